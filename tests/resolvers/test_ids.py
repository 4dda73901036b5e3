"""Ids outside lead to one type and one row."""

from uuid import UUID, uuid4

import pytest

from models import db
from resolvers.ids import BadId, global_id, global_id_sql, parse_id, uuid_of


def test_an_id_leads_back_to_its_type_and_key() -> None:
    key = uuid4()

    assert parse_id(global_id("Order", key)) == ("Order", key)
    assert uuid_of("Order", global_id("Order", key)) == key


@pytest.mark.parametrize("text", ["", "x", "é", "T3JkZXI=", "T3JkZXI6eA==", "//79"])
def test_what_is_no_id_is_named_with_what_was_wanted(text: str) -> None:
    with pytest.raises(BadId, match="is not the id of an Order") as refused:
        uuid_of("Order", text)

    assert refused.value.extensions == {"code": "BAD_ID", "wanted": "Order"}


def test_an_id_of_another_type_is_refused() -> None:
    with pytest.raises(BadId):
        uuid_of("Order", global_id("Customer", uuid4()))


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("name", ["A", "CancellationRequest", "ATypeWithAVeryLongNameIndeed"])
async def test_the_database_writes_the_same_ids(name: str) -> None:
    key = UUID(int=7)

    (row,) = await db.rows(f"SELECT {global_id_sql(name, '$1::text')} AS id", [str(key)])

    assert row["id"] == global_id(name, key)
