"""Read and write the quotas of locked stock levels: movements, what is left, and the facts that makes.

The level's lock covers its quotas. `stock_levels.has_quotas` says whether there is anything to read, so that whoever sets
nothing aside never asks; `stock_levels.set_aside` is the sum of what is left, written with the level's other counters.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from actions.acting import Act
from actions.bulk import Columns, arrays, insert_sql
from domain.facts import FactKind
from domain.ids import id_maker
from domain.quotas.pools import EFFECTS, Pool, Quota, QuotaMovement
from domain.stock import EFFECTS as STOCK
from models.db import rows


def taken_sql(name: str) -> str:
    """What movements `m` add to what a `line`, a `cart` or all have `taken`, or to a `quota`."""
    cases = " ".join(
        f"WHEN '{kind}' THEN {units}" for kind, effect in EFFECTS.items() if (units := getattr(effect, name))
    )
    return f"sum(m.quantity * CASE m.kind {cases} ELSE 0 END)::int"


READ: Final = f"""
SELECT q.stock_level_id, q.id, q.group_id, q.quantity, g.depth, g.priority, g.is_active, c.claimant, c.units
FROM quotas q JOIN quota_groups g ON g.id = q.group_id
LEFT JOIN (
    SELECT m.quota_id, m.line_id AS claimant, {taken_sql("line")} AS units FROM quota_movements m
    WHERE m.line_id = ANY($2::uuid[]) GROUP BY 1, 2
    UNION ALL SELECT m.quota_id, m.reservation_id, {taken_sql("cart")} FROM quota_movements m
    WHERE m.reservation_id = ANY($3::uuid[]) GROUP BY 1, 2) AS c ON c.quota_id = q.id AND c.units > 0
WHERE q.stock_level_id = ANY($1::uuid[]) ORDER BY q.id"""

_HELD: Final = " ".join(f"WHEN '{kind}' THEN {effect.allocated}" for kind, effect in STOCK.items() if effect.allocated)
HELD: Final = f"""
SELECT m.stock_level_id, m.line_id, sum(m.quantity * CASE m.kind {_HELD} ELSE 0 END)::int AS units FROM stock_movements m
WHERE m.line_id = ANY($1::uuid[]) AND m.stock_level_id = ANY($2::uuid[]) GROUP BY 1, 2"""

COLUMNS: Final[Columns] = {
    "id": "uuid",
    "quota_id": "uuid",
    "kind": "text",
    "quantity": "int4",
    "line_id": "uuid",
    "reservation_id": "uuid",
    "plan_id": "uuid",
    "reference": "text",
    "actor": "text",
    "moved_at": "timestamptz",
}
_AT: Final = len(COLUMNS) + 1
WRITE: Final = f"""
WITH moved AS ({insert_sql("quota_movements", COLUMNS, 1)}),
changed AS (
    UPDATE quotas q SET quantity = q.quantity + d.units, taken = q.taken + d.taken, version = q.version + 1
    FROM unnest(${_AT}::uuid[], ${_AT + 1}::int4[], ${_AT + 2}::int4[], ${_AT + 3}::text[]) AS d(id, units, taken, moves)
    WHERE q.id = d.id RETURNING q.*, d.moves)
INSERT INTO outbox (organization_id, kind, location_id, variant_id, payload, actor, recorded_at)
SELECT c.organization_id, '{FactKind.QUOTA_CHANGED}', c.location_id, c.variant_id, jsonb_build_object(
    'id', c.id, 'group', g.code, 'sku', v.sku, 'quantity', c.quantity, 'taken', c.taken, 'version', c.version,
    'moves', c.moves::jsonb), ${_AT + 4}, ${_AT + 5}
FROM changed c JOIN quota_groups g ON g.id = c.group_id JOIN variants v ON v.id = c.variant_id ORDER BY c.id"""


class Drawn(NamedTuple):
    """A movement on its way to the ledger."""

    movement: QuotaMovement
    act: Act
    reference: str = ""


async def read_pools(
    connection: Any, level_ids: Iterable[UUID], line_ids: Iterable[UUID] = (), reservation_ids: Iterable[UUID] = ()
) -> dict[UUID, Pool]:
    """By level, each locked by the caller, with what these lines and reservations have taken and not given back."""
    pools: dict[UUID, Pool] = {}
    found = await connection.fetch(READ, list(level_ids), list(line_ids), list(reservation_ids))
    for level_id, quota_id, group_id, quantity, depth, priority, is_active, claimant, units in map(_values, found):
        pool = pools.setdefault(level_id, Pool({}))
        if group_id not in pool.quotas:
            pool.quotas[group_id] = Quota(quota_id, group_id, quantity, depth, priority, is_active)
        if claimant is not None:
            pool.taken.setdefault(claimant, {})[group_id] = units
    return pools


async def read_held(level_ids: Iterable[UUID], line_ids: Iterable[UUID]) -> dict[tuple[UUID, UUID], int]:
    """Units that the levels hold for each line, by (level, line)."""
    found = await rows(HELD, [list(line_ids), list(level_ids)])
    return {(row["stock_level_id"], row["line_id"]): row["units"] for row in found}


def written(drawn: Sequence[Drawn], actor: str, now: datetime) -> list[Any]:
    """The parameters of WRITE, which counts on the movements' lines and reservations being there; facts carry `actor`."""
    make = id_maker(len(drawn))
    table = [
        (
            make(),
            move.quota_id,
            move.kind.value,
            move.quantity,
            move.line_id,
            move.reservation_id,
            move.plan_id,
            reference,
            by.actor,
            by.now,
        )
        for move, by, reference in drawn
    ]
    units: dict[UUID, int] = {}
    taken: dict[UUID, int] = {}
    moves: dict[UUID, dict[str, int]] = {}
    for move, _, _ in drawn:
        effect = EFFECTS[move.kind]
        if effect.quota or effect.taken:
            units[move.quota_id] = units.get(move.quota_id, 0) + effect.quota * move.quantity
            taken[move.quota_id] = taken.get(move.quota_id, 0) + effect.taken * move.quantity
            told = moves.setdefault(move.quota_id, {})
            told[move.kind.value] = told.get(move.kind.value, 0) + move.quantity
    texts = [orjson.dumps(each).decode() for each in moves.values()]
    return [*arrays(table, COLUMNS), list(units), list(units.values()), list(taken.values()), texts, actor, now]


def _values(row: Any) -> tuple[Any, ...]:
    return tuple(row.values())
