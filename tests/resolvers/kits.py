"""Rows of kits for the business of `world.py`."""

from typing import Any
from uuid import UUID

import models

KITS = [models.KitComponent]
KITS_OF_ORDERS = [models.OrderKit, models.KitLine]


def add_kits(world: Any, organization: UUID) -> None:
    """Of the variants: two kits that are sold, and one that is not, of components one of which is not either."""
    variants = world.of(models.Variant, organization)
    for at, kit in enumerate((variants[3], variants[5], variants[13])):
        kit.is_kit = True
        for part, quantity in ((at, 1), (at + 10, at + 1)):
            world.add(
                models.KitComponent(kit_variant_id=kit.id, component_variant_id=variants[part].id, quantity=quantity)
            )


def add_kits_of_orders(world: Any, organization: UUID) -> None:
    """After the orders: of every other one the first lines are kits, some of them parted, not always in the right ratio."""
    lines: dict[UUID, list[Any]] = {}
    for line in world.rows.get(models.OrderLine, ()):
        lines.setdefault(line.order_id, []).append(line)
    kits = [each for each in world.of(models.Variant, organization) if each.is_kit]
    for at, order in enumerate(world.of(models.Order, organization)):
        if at % 2 or order.id not in lines:
            continue
        parts = lines[order.id][:2]
        kit = world.add(
            models.OrderKit(
                order_id=order.id, position=0, variant_id=kits[at % 3].id, sku=f"KIT {at}", name='odd "kit"\n',
                quantity=parts[0].quantity, unit_price_minor=3_000_000_000, discount_minor=at % 3,
                parted_at=order.placed_at if at % 8 == 0 else None, parted_by="x" if at % 8 == 0 else None,
                parting_reason="O'Brien" if at % 8 == 0 else "",
            )
        )  # fmt: skip
        for line in parts:
            world.add(models.KitLine(kit_id=kit.id, line_id=line.id, units=1))
