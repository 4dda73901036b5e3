"""Kits to act on."""

from collections.abc import Mapping
from uuid import UUID

from actions.kits import KitPart, SetKitComponents, set_kit_components
from domain.lifecycle import UnitStatus
from models import KitLine, LineStatus, Variant
from models.db import rows
from tests.world import World, variant


async def kit(world: World, sku: str = "SET", price_minor: int | None = 3_000, **components: int) -> Variant:
    """A variant made of so many units of each SKU named; of a mug and two lamps if none is."""
    made = await variant(world, sku, price_minor=price_minor)
    await compose(world, sku, components or {"MUG": 1, "LAMP": 2})
    world.variants[sku] = await Variant.get(id=made.id)
    return world.variants[sku]


async def compose(world: World, sku: str, components: Mapping[str, int]) -> None:
    parts = tuple(KitPart(variant_id=world.variants[each].id, quantity=units) for each, units in components.items())
    await set_kit_components(world.act(), SetKitComponents(variant_id=world.variants[sku].id, components=parts))


async def kits_at(order_id: UUID, sku: str = "SET") -> dict[tuple[UnitStatus, str | None], int]:
    """Where an order's kits stand; fails where one does not stand whole in one place."""
    places: dict[tuple[UnitStatus, str | None], dict[UUID, int]] = {}
    in_one: dict[UUID, int] = {}
    for part in await KitLine.filter(kit__order_id=order_id, kit__sku=sku):
        in_one[part.line_id] = part.units
        for row in await LineStatus.filter(line_id=part.line_id).prefetch_related("location"):
            at = places.setdefault((row.status, row.location.code if row.location else None), {})
            at[part.line_id] = at.get(part.line_id, 0) + row.quantity
    found = {}
    for place, units in places.items():
        kits = {units.get(line_id, 0) / needed for line_id, needed in in_one.items()}
        assert len(kits) == 1, f"half a kit is {place}"
        found[place] = int(kits.pop())
    return found


NOT_WHOLE = """
SELECT k.kit_id FROM (
    SELECT c.kit_id, s.location_id, s.fulfilment_id, s.status = 'in_transfer' AS is_under_way, c.line_id, c.units,
        sum(s.quantity) AS units_there
    FROM kit_lines c JOIN order_kits o ON o.id = c.kit_id AND o.parted_at IS NULL
    JOIN line_status s ON s.line_id = c.line_id AND s.status <> 'cancelled'
    GROUP BY c.kit_id, s.location_id, s.fulfilment_id, is_under_way, c.line_id, c.units) AS k
GROUP BY k.kit_id, k.location_id, k.fulfilment_id, k.is_under_way
HAVING min(k.units_there::float / k.units) <> max(k.units_there::float / k.units) OR max(k.units_there % k.units) <> 0
    OR count(*) <> (SELECT count(*) FROM kit_lines n WHERE n.kit_id = k.kit_id)"""


async def whole() -> bool:
    """Whether every kit that was not parted is in one place, in one location's work, or waits or is cancelled whole."""
    return not await rows(NOT_WHOLE)
