"""All there is to say about one variant: what lies where, what comes when, and who wants it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from domain.demand import DEMAND_OF, Coming, Demand, DemandKind, Projected, projection, together, unserved
from domain.lifecycle import UnitStatus
from domain.stock import COUNTERS
from domain.viewer import Audience, Viewer
from models import Location, Variant
from models.backorders import is_awaited
from models.db import rows
from resolvers.context import Info
from resolvers.ids import uuid_of
from resolvers.scopes import seen
from resolvers.visible import LOCATIONS, VARIANTS

_LEVELS: Final = ", ".join(COUNTERS)
FIGURES: Final = f"""
SELECT location_id, sum(on_hand)::int AS on_hand, sum(allocated)::int AS allocated, sum(reserved)::int AS reserved,
    sum(damaged)::int AS damaged, sum(quality_control)::int AS quality_control, sum(safety)::int AS safety,
    sum(set_aside)::int AS set_aside,
    sum(available)::int AS available, sum(in_transit)::int AS in_transit, sum(on_order)::int AS on_order,
    sum(planned)::int AS planned
FROM (
    SELECT location_id, {_LEVELS}, safety, set_aside,
        greatest(0, on_hand - allocated - reserved - damaged - quality_control - safety - set_aside) AS available,
        0 AS in_transit, 0 AS on_order, 0 AS planned
    FROM stock_levels WHERE organization_id = $1 AND variant_id = $2
    UNION ALL
    SELECT location_id, 0, 0, 0, 0, 0, 0, 0, 0, CASE WHEN kind = 'in_transit' THEN quantity ELSE 0 END,
        CASE WHEN kind = 'purchase_order' THEN quantity ELSE 0 END, CASE WHEN kind = 'planned' THEN quantity ELSE 0 END
    FROM expected_supplies WHERE organization_id = $1 AND variant_id = $2 AND status = 'expected'
) AS each WHERE $3::uuid[] IS NULL OR location_id = ANY($3) GROUP BY location_id"""

COMING: Final = """
SELECT location_id, expected_on AS on, coalesce(sum(quantity) FILTER (WHERE kind = 'in_transit'), 0)::int AS in_transit,
    coalesce(sum(quantity) FILTER (WHERE kind = 'purchase_order'), 0)::int AS on_order,
    coalesce(sum(quantity) FILTER (WHERE kind = 'planned'), 0)::int AS planned
FROM expected_supplies
WHERE organization_id = $1 AND variant_id = $2 AND status = 'expected' AND ($3::uuid[] IS NULL OR location_id = ANY($3))
GROUP BY location_id, expected_on HAVING sum(quantity) > 0 ORDER BY expected_on, location_id LIMIT $4"""

WANTED: Final = f"""
SELECT s.status, s.location_id, s.status = 'backordered' AND {is_awaited("i.variant_id", "o.channel_id", "$3")} AS is_awaited,
    sum(s.quantity)::int AS quantity
FROM line_status s JOIN order_lines i ON i.id = s.line_id JOIN orders o ON o.id = s.order_id
WHERE o.organization_id = $1 AND i.variant_id = $2 AND s.status = ANY($4) GROUP BY 1, 2, 3"""

Wanted = dict[UUID | None, Counter[DemandKind]]

MOST_DAYS: Final = 1_000
"""Days of locations on which something comes, the soonest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`available` is never below 0 at any location, so the sum may be more than what the other sums make."""

    on_hand: int = 0
    allocated: int = 0
    reserved: int = 0
    damaged: int = 0
    quality_control: int = 0
    safety: int = 0
    set_aside: int = 0
    available: int = 0
    in_transit: int = 0
    on_order: int = 0
    planned: int = 0


@dataclass(frozen=True, slots=True)
class LocationFigures:
    location: Location
    figures: Figures
    demand: list[Demand]
    by_date: list[Projected]


@dataclass(frozen=True, slots=True)
class Position:
    variant: Variant
    total: Figures
    demand: list[Demand]
    by_date: list[Projected]
    locations: list[LocationFigures]
    backordered: int
    at_vendors: int


async def position(
    info: Info,
    variant_id: Annotated[strawberry.ID, strawberry.argument(description="The variant.")],
) -> Position | None:
    """At the viewer's locations, and what belongs to none. Raises `BadId`."""
    viewer = info.context.viewer
    variant = await seen(Variant, VARIANTS, viewer).get_or_none(id=uuid_of("Variant", variant_id))
    if variant is None:
        return None
    places = list(viewer.location_ids) if is_at_locations(viewer) else None
    of = [variant.organization_id, variant.id]
    found = {row.pop("location_id"): Figures(**row) for row in await rows(FIGURES, [*of, places])}
    visible = await seen(Location, LOCATIONS, viewer).filter(id__in=list(found)).order_by("code")
    total = summed([found[location.id] for location in visible])
    wanted = await _wanted(variant, info.context.clock())
    coming = _by_location(await rows(COMING, [*of, places, MOST_DAYS]))
    everywhere = _over(wanted, wanted)
    demand = demands(everywhere if places is None else _over(wanted, [None, *places]), total.reserved)
    by_location = [
        LocationFigures(
            location,
            found[location.id],
            demands(wanted[location.id], found[location.id].reserved),
            projection(found[location.id].available, coming[location.id]),
        )
        for location in visible
    ]
    return Position(
        variant=variant,
        total=total,
        demand=demand,
        by_date=projection(total.available - unserved(demand), together(coming.values())),
        locations=by_location,
        backordered=everywhere[DemandKind.BACKORDERED] + everywhere[DemandKind.PREORDERED],
        at_vendors=everywhere[DemandKind.AT_VENDOR],
    )


async def _wanted(variant: Variant, now: datetime) -> Wanted:
    """Units that orders want, by kind, at each location, and at None where they belong to none yet."""
    wanted: Wanted = defaultdict(Counter)
    statuses = [status.value for status in DEMAND_OF]
    for row in await rows(WANTED, [variant.organization_id, variant.id, now, statuses]):
        kind = DemandKind.PREORDERED if row["is_awaited"] else DEMAND_OF[UnitStatus(row["status"])]
        wanted[row["location_id"]][kind] += row["quantity"]
    return wanted


def _over(wanted: Wanted, places: Iterable[UUID | None]) -> Counter[DemandKind]:
    return sum((wanted[place] for place in list(places)), Counter())


def demands(units: Counter[DemandKind], in_carts: int) -> list[Demand]:
    """Every kind of which there is some."""
    counted = {**units, DemandKind.CART: in_carts}
    return [Demand(kind, counted[kind]) for kind in DemandKind if counted.get(kind)]


def _by_location(found: Iterable[dict[str, Any]]) -> dict[UUID, list[Coming]]:
    coming: dict[UUID, list[Coming]] = defaultdict(list)
    for row in found:
        coming[row.pop("location_id")].append(Coming(**row))
    return coming


def summed(figures: list[Figures]) -> Figures:
    return Figures(**{each.name: sum(getattr(one, each.name) for one in figures) for each in fields(Figures)})


def is_at_locations(viewer: Viewer) -> bool:
    """The same whom the scope of stock levels confines."""
    return viewer.audience is Audience.LOCATION
