"""The lines for which customers take automatic substitutes, as they say when they order."""

from typing import Any, Final

from actions.bulk import Columns, arrays, insert_sql
from actions.orders.rows import NewOrder
from domain.ids import new_id
from models.db import execute

COLUMNS: Final[Columns] = {"id": "uuid", "line_id": "uuid", "order_id": "uuid"}
WRITE: Final = insert_sql("substitution_consents", COLUMNS, 1)


def rows_of(new: NewOrder) -> list[tuple[Any, ...]]:
    """The values of COLUMNS, for a new order."""
    return [(new_id(), new.line_ids[at], new.id) for at, line in enumerate(new.command.lines) if line.allow_substitutes]


async def write(new: NewOrder) -> None:
    if consents := rows_of(new):
        await execute(WRITE, arrays(consents, COLUMNS))
