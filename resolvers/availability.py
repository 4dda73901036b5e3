"""How plentiful variants are in a channel, in words, as anybody may know it; and the boundaries of the words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final
from uuid import UUID

import strawberry

from actions import reference
from actions.backordering.terms import is_sold
from actions.quotas.buyers import free_for, segment_of
from actions.safe_units import safe_for, safe_kits
from domain.availability import STANDARD, AvailabilityLevel, Bounds, bounds_from, level_of
from domain.errors import InputProblem, InvalidInput, NotFound
from domain.facts import FactKind
from domain.viewer import Viewer
from models import Channel, Variant
from models.channels import serves
from models.db import Fetching, rows
from models.kits import kits_sql
from realtime.facts import RecordedFact
from realtime.interest import Interest
from resolvers.live import Snapshot
from resolvers.scopes import seen
from resolvers.visible import CHANNELS, VARIANTS

MAX_VARIANTS: Final = 200


# Of a kit there is what can be put together of its components. What is
# still to be launched is ordered, but not to be had.
def _available(free: str, kits: str) -> str:
    return f"""
SELECT s.variant_id, sum(s.units)::int AS units FROM (
    SELECT f.variant_id, f.organization_id, f.location_id, {free} AS units
    FROM stock_levels f WHERE f.variant_id = ANY($1::uuid[])
    UNION ALL {kits}) AS s
JOIN locations l ON l.id = s.location_id
WHERE s.organization_id = $2 AND l.is_active AND {is_sold("s.variant_id", "$3")}
    AND {serves("$3", "s.location_id")}
GROUP BY s.variant_id"""


AVAILABLE: Final = _available(free_for("f", "$3", "$4"), kits_sql("$1", free_for("f", "$3", "$4")))
SAFELY_AVAILABLE: Final = _available(safe_for("f", "$3", "$4"), safe_kits("$1", "$3", "$4"))
"""Where safety rules keep units back; what is had one way or another counts."""

# In the sum over a channel, locations' boundaries do not count.
BOUNDS: Final = """
SELECT coalesce(v.medium_from, o.medium_from) AS medium_from, coalesce(v.high_from, o.high_from) AS high_from
FROM unnest($2::uuid[]) WITH ORDINALITY AS u(variant_id, at)
LEFT JOIN availability_thresholds v ON v.organization_id = $1 AND v.variant_id = u.variant_id
LEFT JOIN availability_thresholds o ON o.organization_id = $1 AND o.variant_id IS NULL AND o.location_id IS NULL
ORDER BY u.at"""


@dataclass(frozen=True, slots=True)
class Availability:
    variant: Variant
    channel: Channel
    available: int
    level: AvailabilityLevel


async def availabilities(channel: Channel, variants: Sequence[Variant], segment: str = "") -> list[Availability]:
    """In the order of the variants, all of the channel's organization; what buyers of that segment can have."""
    keys = [each.id for each in variants]
    network = await reference.network(Fetching, channel.organization_id)
    sql = SAFELY_AVAILABLE if network.safety_rules else AVAILABLE
    counted = await rows(sql, [keys, channel.organization_id, channel.id, segment])
    units = {row["variant_id"]: row["units"] for row in counted}
    bounds = await _bounds(channel.organization_id, keys)
    found = []
    for variant, bound in zip(variants, bounds, strict=True):
        sold = units.get(variant.id, 0) if variant.is_active and channel.is_active else 0
        found.append(Availability(variant, channel, sold, level_of(sold, bound)))
    return found


async def own_segment(viewer: Viewer) -> str:
    """Of a customer, where units may be set aside for it; empty for all others, who see the same."""
    if viewer.customer_id is None:
        return ""
    network = await reference.network(Fetching, viewer.organization_id)
    named = {group.segment for group in network.quota_groups if group.segment}
    segment = await segment_of(viewer.organization_id, viewer.customer_id) if named else ""
    return segment if segment in named else ""


async def _bounds(organization_id: UUID, variant_ids: Sequence[UUID]) -> list[Bounds]:
    found = await rows(BOUNDS, [organization_id, list(variant_ids)])
    return [bounds_from(row["medium_from"], row["high_from"]) for row in found]


def level_sql(units: str) -> str:
    """`level_of` for a row of stock levels, as an expression over `{row}`: lists of stock ask it of every row."""
    medium, high = (_bound_sql(name, getattr(STANDARD, name)) for name in ("medium_from", "high_from"))
    return (
        f"(SELECT CASE WHEN u.units <= 0 THEN '{AvailabilityLevel.NONE}' WHEN u.units < {medium} THEN '{AvailabilityLevel.LOW}' "
        f"WHEN u.units < {high} THEN '{AvailabilityLevel.MEDIUM}' ELSE '{AvailabilityLevel.HIGH}' END "
        f"FROM (SELECT {units} AS units) AS u)"
    )


def _bound_sql(name: str, standard: int) -> str:
    ours = f"(SELECT t.{name} FROM availability_thresholds t WHERE t.organization_id = {{row}}.organization_id"
    return (
        f"coalesce({ours} AND t.variant_id = {{row}}.variant_id), {ours} AND t.location_id = {{row}}.location_id), "
        f"{ours} AND t.variant_id IS NULL AND t.location_id IS NULL), {standard})"
    )


@dataclass(frozen=True, slots=True)
class Words:
    """The levels of some variants in one channel. What the viewer may not see or buy is left out."""

    channel_id: UUID
    variant_ids: frozenset[UUID]
    conflates: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.variant_ids) <= MAX_VARIANTS:
            message = f"Name 1 to {MAX_VARIANTS} variants."
            raise InvalidInput([InputProblem("variantIds", "OUT_OF_RANGE", message)])

    def interest(self, viewer: Viewer) -> Interest:
        return Interest(
            organization_id=viewer.organization_id,
            kinds=frozenset({FactKind.AVAILABILITY_CROSSED}),
            variant_ids=self.variant_ids,
            channel_ids=frozenset({self.channel_id}),
        )

    async def check(self, viewer: Viewer) -> None:
        await self._channel(viewer)

    async def snapshot(self, viewer: Viewer) -> Snapshot[Availability]:
        return Snapshot(await self._read(viewer, self.variant_ids))

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> Availability | None:
        assert fact.variant_id is not None, "only facts of the named variants are heard"
        if fact.payload.get("segment", "") != await own_segment(viewer):
            return None
        return next(iter(await self._read(viewer, {fact.variant_id})), None)

    def gone(self, row: Availability) -> None:
        """What is not to be had any more is NONE."""

    async def _read(self, viewer: Viewer, variant_ids: frozenset[UUID] | set[UUID]) -> list[Availability]:
        channel = await self._channel(viewer)
        variants = await seen(Variant, VARIANTS, viewer).filter(id__in=sorted(variant_ids))
        return await availabilities(channel, sorted(variants, key=lambda each: each.sku), await own_segment(viewer))

    async def _channel(self, viewer: Viewer) -> Channel:
        """Raises NotFound also when it is not to be seen any more: there is nothing left to watch."""
        channel = await seen(Channel, CHANNELS, viewer).get_or_none(id=self.channel_id)
        if channel is None:
            raise NotFound("channel", self.channel_id)
        return channel


VariantIds = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"The variants to watch, at most {MAX_VARIANTS}.")
]
