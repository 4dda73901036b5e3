"""Declarations agree with tables, indexes and access rules, and wrong ones are named."""

from enum import Enum

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig
from tortoise import Tortoise

import models
from domain.permissions import Permission
from models import db
from resolvers.ids import IdOf
from resolvers.scopes import EVERYONE
from schema.access import bare_fields
from schema.build import schema
from schema.check import not_null_columns, problems
from schema.fields import column, connection, find, graph, many, one, root, sql
from schema.filters import among, matches
from schema.indexes import index_needs
from schema.nodes import Node
from schema.statements import statements
from schema.undescribed import undescribed
from schema.values import SCALARS, Connection

pytestmark = pytest.mark.usefixtures("database")
GRAPH = schema._schema

INDEXES = """
SELECT c.relname, array_agg(trim('"' FROM pg_get_indexdef(i.indexrelid, n, true)) || CASE
           WHEN o.opcname = 'text_pattern_ops' THEN ' text_pattern_ops' ELSE '' END ORDER BY n) AS columns
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) n
JOIN pg_opclass o ON o.oid = i.indclass[n - 1]
WHERE i.indpred IS NULL AND i.indisvalid
GROUP BY c.relname, i.indexrelid
"""


async def test_every_field_says_who_may_read_it() -> None:
    assert bare_fields(GRAPH) == []


async def test_everything_is_described() -> None:
    assert undescribed(GRAPH) == []


async def test_declarations_agree_with_the_models() -> None:
    assert problems(GRAPH) == []


async def test_the_database_holds_not_null_what_plans_trust() -> None:
    rows = await db.rows(
        "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
        "WHERE attnotnull AND relkind = 'r'"
    )
    held = {(row["relname"], row["attname"]) for row in rows}

    assert not_null_columns(GRAPH) - held == set()


async def test_the_database_has_an_index_for_every_list() -> None:
    indexes: dict[str, list[tuple[str, ...]]] = {}
    for row in await db.rows(INDEXES):
        indexes.setdefault(row["relname"], []).append(tuple(row["columns"]))

    missing = {
        str(need)
        for need in index_needs(GRAPH)
        if not any(index[: len(choice)] == choice for index in indexes[need.table] for choice in need.choices)
    }

    assert missing == set()


async def test_the_database_plans_every_statement() -> None:
    connection = Tortoise.get_connection("default")

    sent = 0
    for where, statement in statements(GRAPH):
        try:
            await connection.execute_script(f"EXPLAIN (GENERIC_PLAN) {statement}")
        except Exception as error:  # noqa: BLE001
            pytest.fail(f"{where}: {error}\n{statement}")
        sent += 1

    assert sent > 200


async def test_wrong_declarations_are_named() -> None:
    @graph(models.Product, "x", scope=EVERYONE, needs=Permission.READ_CATALOGUE)
    class Label:
        name: str
        colour: str = column("x")
        variants: list[strawberry.ID] = many("x", order_by="sku")

    @graph(models.Order, "x", scope=EVERYONE)
    class Odd:
        external_id: str = column("x")
        total_minor: int = column("x")
        channel_id: strawberry.ID = column("x", of="Chanel")
        customer: Label = one("x")
        parts: list[Label] = many("x", order_by="name")

    @strawberry.enum
    class OddSort(Enum):
        PROMISED = "promised_date"
        NAMED = "customer_name"
        LOST = "lost"

    @strawberry.input
    class OddFilter:
        tax: list[int] | None = among("tax_minor")
        customer: str | None = matches("customer_name")
        lost: list[str] | None = among("lost")

    @root
    class Query:
        odd: Odd
        odds: Connection[Odd] = connection("x", sort=OddSort, where=OddFilter)
        by_status: Odd | None = find("x", status=str)
        by_channel: Odd | None = find("x", channel_id=IdOf("Chanel"), external_id=str)

    wrong = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))._schema

    assert set(problems(wrong)) == {
        "Odd.externalId: the column may be NULL, the field may not",
        "Odd.totalMinor: the column holds more than an Int",
        "Odd.channelId: there is no type 'Chanel'",
        "Odd.customer: relation 'customer' leads elsewhere",
        "Odd.parts: Order has no relation 'parts'",
        "Label.colour: Product has no column 'colour'",
        "Label.variants: relation 'variants' leads elsewhere",
        "Query.odds: sort PROMISED: rows without a value would be on no page",
        "Query.odds: sort LOST: Order has no column 'lost'",
        "Query.odds: filter lost: Order has no column 'lost'",
        "Query.byStatus: status may find several rows",
        "Query.byChannel: there is no type 'Chanel'",
    }
    assert set(bare_fields(wrong)) == {
        *("Query.odd", "Query.odds", "Query.byStatus", "Query.byChannel"),
        *("Odd.externalId", "Odd.totalMinor", "Odd.channelId"),
    }


async def test_a_list_that_tells_what_its_fields_hide_is_named() -> None:
    @graph(models.Customer, "x", scope=EVERYONE, needs=Permission.READ_CUSTOMERS)
    class Shy:
        mail: str | None = column("x", "email", needs=Permission.READ_CONTACTS)
        number: str = column("x", needs=Permission.READ_CONTACTS)

    @strawberry.enum
    class ShySort(Enum):
        NUMBER = "number"

    @strawberry.input
    class ShyFilter:
        email: str | None = matches("email")
        name: str | None = matches("name", needs=Permission.READ_CONTACTS)

    @root
    class Query:
        shy: Connection[Shy] = connection("x", sort=ShySort, where=ShyFilter)

    wrong = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))._schema

    assert set(problems(wrong)) == {
        "Query.shy: filter email: its column needs read_contacts, it says None",
        "Query.shy: filter name: its column needs None, it says read_contacts",
        "Query.shy: sort NUMBER: not everybody may read what it sorts by",
    }


async def test_a_list_without_an_index_is_named() -> None:
    @graph(models.Order, "x", scope=EVERYONE, needs=Permission.READ_ORDERS)
    class Bare:
        number: str = column("x")

    @strawberry.enum
    class BareSort(Enum):
        NAME = "-customer_name"

    @strawberry.input
    class BareFilter:
        tax: list[int] | None = among("tax_minor")

    @root
    class Query:
        orders: Connection[Bare] = connection("x", sort=BareSort, where=BareFilter)

    wrong = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))._schema

    assert problems(wrong) == [
        "Query.orders: sort NAME needs an index on orders (organization_id, customer_name, id)",
        "Query.orders: filter tax needs an index on orders (organization_id, tax_minor or tax_minor)",
    ]


async def test_a_table_has_one_type_that_is_a_node() -> None:
    @graph(models.Product, "x", scope=EVERYONE, needs=Permission.READ_CATALOGUE)
    class First(Node):
        name: str = column("x")

    @graph(models.Product, "x", scope=EVERYONE, needs=Permission.READ_CATALOGUE)
    class Second(Node):
        name: str = column("x")

    @root
    class Query:
        first: First | None = find("x")
        second: Second | None = find("x")

    wrong = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))._schema

    assert problems(wrong) == ["Product has two types that are a Node"]


async def test_an_expression_that_the_database_cannot_plan_is_found() -> None:
    @graph(models.Product, "x", scope=EVERYONE, needs=Permission.READ_CATALOGUE)
    class Odd:
        wrong: int = sql("x", "{row}.nothing")

    @root
    class Query:
        odd: Odd | None = find("x", code=str)

    planned = dict(statements(strawberry.Schema(Query)._schema))

    with pytest.raises(Exception, match="nothing"):
        await Tortoise.get_connection("default").execute_script(f"EXPLAIN (GENERIC_PLAN) {planned['Odd.wrong']}")
