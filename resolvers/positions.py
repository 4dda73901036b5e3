"""All there is to say about one variant: what lies where, what is on its way, and who waits for it."""

from dataclasses import dataclass, fields
from typing import Annotated, Final

import strawberry

from domain.stock import COUNTERS
from domain.viewer import Audience, Viewer
from models import Location, Variant
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

WAITING: Final = """
SELECT coalesce(sum(s.quantity) FILTER (WHERE s.status = 'backordered'), 0)::int AS backordered,
    coalesce(sum(s.quantity) FILTER (WHERE s.status <> 'backordered'), 0)::int AS at_vendors
FROM line_status s JOIN order_lines i ON i.id = s.line_id JOIN orders o ON o.id = s.order_id
WHERE o.organization_id = $1 AND i.variant_id = $2 AND s.status IN ('backordered', 'awaiting_vendor', 'vendor_accepted')"""


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


@dataclass(frozen=True, slots=True)
class Position:
    variant: Variant
    total: Figures
    locations: list[LocationFigures]
    backordered: int
    at_vendors: int


async def position(
    info: Info,
    variant_id: Annotated[strawberry.ID, strawberry.argument(description="The variant.")],
) -> Position | None:
    """At the viewer's locations. Raises `BadId`."""
    viewer = info.context.viewer
    variant = await seen(Variant, VARIANTS, viewer).get_or_none(id=uuid_of("Variant", variant_id))
    if variant is None:
        return None
    places = list(viewer.location_ids) if is_at_locations(viewer) else None
    found = {
        row.pop("location_id"): Figures(**row)
        for row in await rows(FIGURES, [variant.organization_id, variant.id, places])
    }
    visible = await seen(Location, LOCATIONS, viewer).filter(id__in=list(found)).order_by("code")
    [waiting] = await rows(WAITING, [variant.organization_id, variant.id])
    by_location = [LocationFigures(location, found[location.id]) for location in visible]
    return Position(variant, summed([each.figures for each in by_location]), by_location, **waiting)


def summed(figures: list[Figures]) -> Figures:
    return Figures(**{each.name: sum(getattr(one, each.name) for one in figures) for each in fields(Figures)})


def is_at_locations(viewer: Viewer) -> bool:
    """The same whom the scope of stock levels confines."""
    return viewer.audience is Audience.LOCATION
