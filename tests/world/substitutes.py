"""What may be sent instead of what, and proposals to do so."""

from typing import Any
from uuid import UUID

from actions.catalogue import SetSubstitutes, SetSubstituteTerms, set_substitute_terms, set_substitutes
from actions.substituting.proposing import ProposeSubstitute, propose
from domain.substitution import SubstitutePrice
from models import Order, OrderKit, Substitution
from tests.world import World, price
from tests.world.orders import line


async def instead(world: World, sku: str, *others: str, **terms: Any) -> None:
    """Of the variant, best first, all on the same terms."""
    variants = [world.variants[other].id for other in others]
    command = SetSubstitutes(variant_id=world.variants[sku].id, substitute_ids=tuple(variants))
    await set_substitutes(world.act(), command)
    given = {"price_rule": SubstitutePrice.ORIGINAL_PRICE, **terms}
    for variant_id in variants:
        named = SetSubstituteTerms(variant_id=world.variants[sku].id, substitute_id=variant_id, **given)
        await set_substitute_terms(world.act(), named)


async def costs(world: World, sku: str, amount_minor: int) -> None:
    for channel in world.channels.values():
        await price(world, sku, channel, amount_minor)


async def proposed(
    world: World, order: Order, sku: str = "LAMP", *, for_sku: str = "MUG", **values: Any
) -> Substitution:
    ordered = await line(order, for_sku)
    command = ProposeSubstitute(order_id=order.id, line_id=ordered.id, variant_id=world.variants[sku].id, **values)
    await propose(world.act(), command)
    found = await Substitution.filter(line_id=ordered.id).order_by("-id").first()
    assert found is not None
    return found


async def proposed_for_kits(
    world: World, order_id: UUID, sku: str, *, for_sku: str = "SET", **values: Any
) -> Substitution:
    kits = await OrderKit.get(order_id=order_id, sku=for_sku)
    command = ProposeSubstitute(order_id=order_id, kit_id=kits.id, variant_id=world.variants[sku].id, **values)
    await propose(world.act(), command)
    found = await Substitution.filter(kit_id=kits.id).order_by("-id").first()
    assert found is not None
    return found
