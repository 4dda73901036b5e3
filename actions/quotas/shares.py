"""What plans have of the quotas of locked stock levels.

A level's lock covers the shares of its quotas. Orders do not know of them: what is taken is read off the quota, so of what
its buyers take the plan's units are the first, and the last that are given back.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from domain.ids import id_maker
from models.db import execute, rows

TAKEN: Final = (
    "CASE WHEN s.is_open THEN least(s.units, greatest(0, q.taken - s.taken_before)) ELSE coalesce(s.units, 0) END"
)
"""Of a share `s` of a quota `q`."""
KEPT: Final = f"CASE WHEN s.is_open THEN least(s.units - {TAKEN}, q.quantity) ELSE 0 END"
KEPT_BY_PLANS: Final = f"""
SELECT q.stock_level_id, q.group_id, {KEPT} AS units FROM quota_shares s JOIN quotas q ON q.id = s.quota_id
WHERE s.is_open AND q.stock_level_id = ANY($1::uuid[])"""
WRITE_OFF: Final = f"""
UPDATE quota_shares s SET units = {TAKEN} + {KEPT}, lost = s.lost + s.units - ({TAKEN}) - ({KEPT}) FROM quotas q
WHERE q.id = s.quota_id AND s.is_open AND q.stock_level_id = ANY($1::uuid[]) AND s.units > {TAKEN} + {KEPT} RETURNING s.id"""
WRITE: Final = """
WITH wanted AS (
    SELECT u.id, q.id AS quota_id, q.location_id, q.taken, u.units, u.is_open
    FROM unnest($2::uuid[], $3::uuid[], $4::int4[], $5::bool[]) AS u(id, stock_level_id, units, is_open)
    JOIN quotas q ON q.stock_level_id = u.stock_level_id AND q.group_id = $6),
known AS (
    UPDATE quota_shares s SET units = s.units + w.units, is_open = w.is_open,
        taken_before = CASE WHEN s.is_open THEN s.taken_before ELSE w.taken - s.units END
    FROM wanted w WHERE s.plan_id = $1 AND s.quota_id = w.quota_id RETURNING s.quota_id)
INSERT INTO quota_shares (id, plan_id, quota_id, location_id, units, lost, taken_before, is_open)
SELECT id, $1, quota_id, location_id, units, 0, taken, is_open FROM wanted
WHERE quota_id NOT IN (SELECT quota_id FROM known)"""
"""Of one that is opened again everything was taken."""


class Change(NamedTuple):
    """Units that a plan puts aside at a level, or gives up where negative; closed when it will keep none there."""

    level_id: UUID
    units: int
    is_open: bool


async def kept_by_plans(level_ids: Iterable[UUID]) -> dict[tuple[UUID, UUID], int]:
    """Units that no planner may move by hand, by level and group."""
    found = await rows(KEPT_BY_PLANS, [list(level_ids)])
    return {(row["stock_level_id"], row["group_id"]): row["units"] for row in found}


async def write_off(level_ids: Iterable[UUID]) -> bool:
    """What is not there any more is lost; whether anything is. Else what comes next would be taken for it."""
    return bool(await rows(WRITE_OFF, [list(level_ids)]))


async def write(plan_id: UUID, group_id: UUID, changes: Sequence[Change]) -> None:
    make = id_maker(len(changes))
    await execute(
        WRITE,
        [
            plan_id,
            [make() for _ in changes],
            [change.level_id for change in changes],
            [change.units for change in changes],
            [change.is_open for change in changes],
            group_id,
        ],
    )
