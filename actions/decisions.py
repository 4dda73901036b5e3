"""Store what routing decided, with all that it depended on, so that it can be explained, replayed and simulated."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from actions.bulk import arrays, insert_sql
from domain.ids import new_id
from domain.placing.sourcing import Routed
from domain.routing.rules.keeping import plain_plan, real_cost_minor
from domain.routing.rules.values import DecisionKind
from models.db import execute

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


async def store(made: Made) -> None:
    await execute(_INSERT, arrays([row(new_id(), made)], COLUMNS))
