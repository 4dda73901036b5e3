"""Say when a variant becomes scarce or plentiful, at a location or in a channel: only when a level is crossed.

    follow(now)      stock facts since the last time → levels as they are now → one fact for each that differs from what
                     was last announced

Placing and every other change of stock know nothing of this. How far the log was followed, the levels announced and the
facts that announce them are written in one transaction: stopped anywhere, nothing is told twice and nothing forgotten. A
level that was crossed and crossed back between two looks is not told. What changes the levels of many variants at once
(boundaries, channels, locations, facts that are not there any more) begins a sweep over all variants, in batches; where one
goes on already it is finished first, so that frequent changes keep no variant from its turn.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.backordering.terms import is_sold
from actions.quotas.buyers import common_units, free_for, quotas_for
from actions.safe_units import ANY_RULES, safe_for, safe_kits
from domain.availability import AvailabilityLevel, bounds_from, level_of
from domain.facts import Fact, FactKind
from domain.ids import id_maker
from models.availability import POSITION_ID
from models.channels import serves
from models.db import execute, rows, tx
from models.kits import kits_sql

ACTOR: Final = "job:availability"
FACTS_AT_ONCE: Final = 2_000
VARIANTS_AT_ONCE: Final = 200
"""In one transaction, of those that facts name."""
SWEPT_AT_ONCE: Final = 50
"""That a sweep adds: each may make a fact for every place, and requests wait while those are made."""
REST_SECONDS: Final = 0.05
"""Between two transactions, so that a sweep leaves the process to requests."""
MOST_ROUNDS: Final = 20
"""Transactions in one run of the job."""
PLACE: Final = ("organization_id", "variant_id", "channel_id", "location_id", "segment")
FIRST_VARIANT: Final = UUID(int=0)

OF_ONE_VARIANT: Final = frozenset(
    {FactKind.STOCK_CHANGED, FactKind.QUOTA_CHANGED, FactKind.CATALOGUE_CHANGED, FactKind.THRESHOLDS_CHANGED}
)
OF_MANY: Final = frozenset(
    {
        FactKind.THRESHOLDS_CHANGED,
        FactKind.CHANNEL_CHANGED,
        FactKind.LOCATION_CHANGED,
        FactKind.QUOTA_GROUP_CHANGED,
        FactKind.PROMISING_CHANGED,
    }
)

STATE: Final = "SELECT epoch, last_seq, horizon_seq FROM relay_state"
BEGIN: Final = """
INSERT INTO availability_position (id, seq, epoch, sweeping_after) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"""
POSITION: Final = "SELECT seq, epoch, sweeping_after, sweeps_again FROM availability_position WHERE id = $1 FOR UPDATE"
ADVANCE: Final = """
UPDATE availability_position SET seq = $2, epoch = $3, sweeping_after = $4, sweeps_again = $5 WHERE id = $1"""
NEWS: Final = "SELECT seq, kind, variant_id FROM event_log WHERE seq > $1 ORDER BY seq LIMIT $2"
SWEEP: Final = "SELECT id FROM variants WHERE id > $1 ORDER BY id LIMIT $2"

KITS_OF: Final = "SELECT DISTINCT kit_variant_id AS id FROM kit_components WHERE component_variant_id = ANY($1::uuid[])"


# Segments without a quota of their own see what anybody sees. Where a
# kit was announced, it is looked at also without any left.
def _levels(*, kits: str, sold: str) -> str:
    """`kits` are those of a row of `wanted` that the buyers of a channel can have, `sold` the units of a row of `stock`."""
    return f"""
WITH wanted AS (
    SELECT v.id, v.organization_id, v.is_active, v.is_kit
    FROM variants v WHERE v.id = ANY($1::uuid[])),
segments AS (
    SELECT organization_id, '' AS segment FROM wanted
    UNION SELECT organization_id, segment FROM quota_groups
        WHERE is_active AND organization_id IN (SELECT organization_id FROM wanted)),
stock AS (
    SELECT w.organization_id, s.variant_id, s.location_id, s.id, o.is_open, o.is_open AND s.has_quotas AS has_quotas,
        CASE WHEN o.is_open THEN {common_units("s")} ELSE 0 END AS units
    FROM wanted w JOIN stock_levels s ON s.variant_id = w.id JOIN locations l ON l.id = s.location_id
    CROSS JOIN LATERAL (SELECT w.is_active AND l.is_active AS is_open) AS o WHERE NOT w.is_kit),
kits AS (
    SELECT w.organization_id, w.id AS variant_id, l.id AS location_id,
        CASE WHEN w.is_active AND l.is_active THEN coalesce(max(k.units), 0) ELSE 0 END AS units
    FROM wanted w JOIN locations l ON l.organization_id = w.organization_id
    LEFT JOIN ({kits_sql("$1::uuid[]", common_units("f"))}) AS k ON k.variant_id = w.id AND k.location_id = l.id
    WHERE w.is_kit AND (k.units IS NOT NULL
        OR EXISTS (SELECT FROM availability_levels a WHERE a.variant_id = w.id AND a.location_id = l.id))
    GROUP BY w.organization_id, w.id, l.id, w.is_active, l.is_active),
kits_sold AS (
    SELECT w.organization_id, w.id AS variant_id, c.id AS channel_id, t.segment,
        CASE WHEN c.is_active AND w.is_active AND {is_sold("w.id", "c.id")} THEN coalesce(sum(k.units), 0) ELSE 0 END AS units
    FROM wanted w JOIN channels c ON c.organization_id = w.organization_id
    JOIN segments t ON t.organization_id = w.organization_id
    LEFT JOIN LATERAL (
        SELECT p.units FROM ({kits}) AS p
        JOIN locations l ON l.id = p.location_id AND l.is_active
        WHERE {serves("c.id", "p.location_id")}
    ) AS k ON true
    WHERE w.is_kit GROUP BY w.organization_id, w.id, w.is_active, c.id, c.is_active, t.segment),
sold AS (
    SELECT w.organization_id, w.id AS variant_id, c.id AS channel_id, t.segment,
        CASE WHEN c.is_active AND {is_sold("w.id", "c.id")} THEN coalesce(sum({sold}), 0)
            ELSE 0 END AS units
    FROM wanted w JOIN channels c ON c.organization_id = w.organization_id
    JOIN segments t ON t.organization_id = w.organization_id
    LEFT JOIN stock s ON s.variant_id = w.id AND {serves("c.id", "s.location_id")}
    WHERE NOT w.is_kit GROUP BY w.organization_id, w.id, c.id, c.is_active, t.segment),
every AS (
    SELECT organization_id, variant_id, NULL::uuid AS channel_id, location_id, '' AS segment, units FROM stock
    UNION ALL SELECT organization_id, variant_id, NULL::uuid, location_id, '', units FROM kits
    UNION ALL SELECT organization_id, variant_id, channel_id, NULL::uuid, segment, units FROM sold
    UNION ALL SELECT organization_id, variant_id, channel_id, NULL::uuid, segment, units FROM kits_sold)
SELECT e.organization_id, e.variant_id, e.channel_id, e.location_id, e.segment, e.units::int8, a.level AS before,
    coalesce(v.medium_from, l.medium_from, o.medium_from) AS medium_from,
    coalesce(v.high_from, l.high_from, o.high_from) AS high_from
FROM every e
LEFT JOIN availability_thresholds v ON v.organization_id = e.organization_id AND v.variant_id = e.variant_id
LEFT JOIN availability_thresholds l ON l.organization_id = e.organization_id AND l.location_id = e.location_id
LEFT JOIN availability_thresholds o ON o.organization_id = e.organization_id AND o.variant_id IS NULL AND o.location_id IS NULL
LEFT JOIN availability_levels a ON a.variant_id = e.variant_id AND a.channel_id IS NOT DISTINCT FROM e.channel_id
    AND a.location_id IS NOT DISTINCT FROM e.location_id AND a.segment = e.segment
ORDER BY e.organization_id, e.variant_id, e.channel_id, e.location_id, e.segment"""


LEVELS: Final = _levels(
    kits=kits_sql("ARRAY[w.id]", free_for("f", "c.id", "t.segment")),
    sold=f"s.units + {quotas_for('s', 'c.id', 't.segment')}",
)
SAFE_LEVELS: Final = _levels(
    kits=safe_kits("ARRAY[w.id]", "c.id", "t.segment"),
    sold=f"CASE WHEN s.is_open THEN (SELECT {safe_for('f', 'c.id', 't.segment')} FROM stock_levels f WHERE f.id = s.id) END",
)
"""Where any organization has safety rules: those are about ways to the customer, and so about channels."""

WRITE: Final = """
INSERT INTO availability_levels (id, organization_id, variant_id, channel_id, location_id, segment, level, crossed_at)
SELECT id, organization_id, variant_id, channel_id, location_id, segment, level, $8
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[])
    AS u(id, organization_id, variant_id, channel_id, location_id, segment, level)
ON CONFLICT (variant_id, channel_id, location_id, segment)
DO UPDATE SET level = excluded.level, crossed_at = excluded.crossed_at"""


@dataclass(slots=True)
class Position:
    """`sweeping_after`: the last variant a sweep has looked at; None when no sweep goes on. `sweeps_again`: another follows."""

    seq: int
    epoch: UUID
    sweeping_after: UUID | None
    sweeps_again: bool = False
    variants: set[UUID] = field(default_factory=set)

    def hear(self, fact: dict[str, Any]) -> None:
        self.seq = fact["seq"]
        if fact["kind"] in OF_ONE_VARIANT and fact["variant_id"]:
            self.variants.add(fact["variant_id"])
        elif fact["kind"] in OF_MANY:
            self.sweeps_again |= self.sweeping_after not in (None, FIRST_VARIANT)
            self.sweeping_after = self.sweeping_after or FIRST_VARIANT

    @property
    def reached(self) -> tuple[int, UUID | None, bool]:
        return self.seq, self.sweeping_after, self.sweeps_again


@dataclass(frozen=True, slots=True)
class Crossing:
    """In a channel, `segment` says for whom; it is empty for everybody else."""

    organization_id: UUID
    variant_id: UUID
    channel_id: UUID | None
    location_id: UUID | None
    segment: str
    before: AvailabilityLevel
    level: AvailabilityLevel

    def fact(self) -> Fact:
        """Words only: who hears them need not know the counts."""
        return Fact(
            kind=FactKind.AVAILABILITY_CROSSED,
            variant_id=self.variant_id,
            channel_id=self.channel_id,
            location_id=self.location_id,
            payload={"level": self.level.value, "before": self.before.value, "segment": self.segment},
        )


async def follow(now: datetime) -> int:
    """Until nothing is new, or for MOST_ROUNDS; how many crossings were announced."""
    announced = 0
    for _ in range(MOST_ROUNDS):
        found = await _round(now)
        if found is None:
            break
        announced += found
        await asyncio.sleep(REST_SECONDS)
    if announced:
        outbox.wake()
    return announced


async def _round(now: datetime) -> int | None:
    """One transaction; None when there was nothing to look at."""
    async with tx():
        position = await _position()
        if position is None:
            return None
        before = position.reached
        for fact in await rows(NEWS, [position.seq, FACTS_AT_ONCE]):
            position.hear(fact)
            if len(position.variants) == VARIANTS_AT_ONCE:
                break
        await _sweep(position)
        position.variants.update([row["id"] for row in await rows(KITS_OF, [sorted(position.variants)])])
        if before == position.reached:
            return None
        crossings = await _crossings(sorted(position.variants))
        await _announce(crossings, now)
        await execute(
            ADVANCE, [POSITION_ID, position.seq, position.epoch, position.sweeping_after, position.sweeps_again]
        )
    return len(crossings)


async def _position() -> Position | None:
    """Locked. Where the history is another one, or facts are gone already, it begins behind them with a sweep.

    None while no relay has ever run: then there are no facts to follow.
    """
    found = await rows(STATE)
    if not found:
        return None
    [state] = found
    await execute(BEGIN, [POSITION_ID, state["last_seq"], state["epoch"], FIRST_VARIANT])
    [row] = await rows(POSITION, [POSITION_ID])
    if row["epoch"] != state["epoch"]:
        return Position(state["last_seq"], state["epoch"], FIRST_VARIANT)
    if row["seq"] < state["horizon_seq"]:
        return Position(state["horizon_seq"], state["epoch"], FIRST_VARIANT)
    return Position(row["seq"], row["epoch"], row["sweeping_after"], row["sweeps_again"])


async def _sweep(position: Position) -> None:
    if position.sweeping_after is None:
        return
    found = [row["id"] for row in await rows(SWEEP, [position.sweeping_after, SWEPT_AT_ONCE])]
    position.variants.update(found)
    if len(found) == SWEPT_AT_ONCE:
        position.sweeping_after = found[-1]
    else:
        position.sweeping_after, position.sweeps_again = FIRST_VARIANT if position.sweeps_again else None, False


async def _crossings(variant_ids: Sequence[UUID]) -> list[Crossing]:
    """A component may be in many kits, so they are looked at a batch at a time."""
    crossings = []
    sql = SAFE_LEVELS if await rows(ANY_RULES) else LEVELS
    batches = [variant_ids[at : at + VARIANTS_AT_ONCE] for at in range(0, len(variant_ids), VARIANTS_AT_ONCE)]
    for row in [row for batch in batches for row in await rows(sql, [batch])]:
        before = AvailabilityLevel(row["before"] or AvailabilityLevel.NONE)
        level = level_of(row["units"], bounds_from(row["medium_from"], row["high_from"]))
        if level is not before:
            named = {name: row[name] for name in PLACE}
            crossings.append(Crossing(**named, before=before, level=level))
    return crossings


async def _announce(crossings: Sequence[Crossing], now: datetime) -> None:
    make = id_maker(len(crossings))
    values = [[getattr(each, name) for each in crossings] for name in (*PLACE, "level")]
    await execute(WRITE, [[make() for _ in crossings], *values, now])
    for organization_id in sorted({each.organization_id for each in crossings}):
        facts = [each.fact() for each in crossings if each.organization_id == organization_id]
        await outbox.record(organization_id, ACTOR, now, facts)
