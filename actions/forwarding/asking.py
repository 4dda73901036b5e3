"""The row that says that a new order is delivered together."""

from typing import Any, Final

from actions.bulk import Columns, arrays, insert_sql
from actions.orders.rows import NewOrder
from domain.ids import new_id
from models.db import execute

COLUMNS: Final[Columns] = {
    "id": "uuid",
    "organization_id": "uuid",
    "order_id": "uuid",
    "location_id": "uuid",
    "wait_days": "int4",
    "waits_until": "timestamptz",
    "asked_by": "text",
    "asked_at": "timestamptz",
}
WRITE: Final = insert_sql("order_merges", COLUMNS, 1)


def rows_of(new: NewOrder) -> list[tuple[Any, ...]]:
    """The values of COLUMNS; none for an order that did not ask for it."""
    if new.merge is None:
        return []
    return [
        (new_id(), new.act.organization_id, new.id, *new.merge[:3], new.merge.asked_by or new.act.actor, new.act.now)
    ]


async def write(new: NewOrder) -> None:
    if merges := rows_of(new):
        await execute(WRITE, arrays(merges, COLUMNS))
