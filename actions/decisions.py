"""Store what routing decided, with all that it depended on, so that it can be explained, replayed and simulated."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from actions.bulk import arrays, insert_sql
from domain.ids import first_id, id_maker
from domain.placing.sourcing import Routed
from domain.routing.rules.keeping import plain_plan
from domain.routing.rules.values import DecisionKind
from domain.routing.values import real_cost_minor
from models.db import execute, rows

COLUMNS: Final = {
    "id": "uuid",
    "order_id": "uuid",
    "kind": "text",
    "made_at": "timestamptz",
    "rule_id": "uuid",
    "request": "text",
    "plan": "text",
    "cost_minor": "int8",
}
_INSERT: Final = insert_sql("routing_decisions", COLUMNS, 1)
FORGOTTEN_AT_ONCE: Final = 2_000
"""Rows that one statement deletes."""
MOST_FORGOTTEN: Final = 100_000
"""Rows that one run deletes at most; the rest have their turn in the next run."""
FORGET: Final = """
WITH gone AS (DELETE FROM routing_decisions WHERE id IN (
    SELECT id FROM routing_decisions WHERE id < $1 AND made_at < $2 LIMIT $3) RETURNING 1)
SELECT count(*)::int AS gone FROM gone"""


class Made(NamedTuple):
    """A decision about an order; `positions` are those of its lines where only some of them were routed."""

    order_id: UUID
    kind: DecisionKind
    at: datetime
    routed: Routed
    positions: Sequence[int] | None = None


def row(key: UUID, made: Made) -> tuple[object, ...]:
    """The values of COLUMNS."""
    routed = made.routed
    return (
        key,
        made.order_id,
        made.kind.value,
        made.at,
        None if routed.rule is None else routed.rule.id,
        orjson.dumps(routed.plain(made.positions)).decode(),
        orjson.dumps(plain_plan(routed.plan)).decode(),
        real_cost_minor(routed.plan),
    )


async def store(made: Sequence[Made]) -> None:
    make = id_maker(len(made))
    await execute(_INSERT, arrays([row(make(), each) for each in made], COLUMNS))


async def forget_before(moment: datetime, *, at_once: int = FORGOTTEN_AT_ONCE) -> int:
    """Delete what was decided and written down earlier, a batch at a time, each on its own; how many.

    What an import decides about orders of long ago is as young as the import: it was brought in to be looked at.
    """
    forgotten = 0
    while forgotten < MOST_FORGOTTEN:
        [found] = await rows(FORGET, [first_id(moment), moment, at_once])
        forgotten += found["gone"]
        if found["gone"] < at_once:
            break
    return forgotten
