"""Variants that may not be ordered without end, and orders that wait for them."""

from typing import Any
from uuid import UUID

from actions.backordering.terms import SetBackorderTerms, SetChannelBackorderTerms, set_channel_terms, set_terms
from actions.desk import Desk
from domain.placing.commands import Address, OrderedLine, PlaceOrder
from models import Backorder
from tests.world import World
from tests.world.orders import line

BOSTON = Address(name="Ann", line1="1 Main St", city="Boston", country="US", latitude=42.36, longitude=-71.06)


async def terms(world: World, sku: str = "MUG", **values: Any) -> None:
    await set_terms(world.act(), SetBackorderTerms(variant_id=world.variants[sku].id, **values))


async def channel_terms(world: World, channel: str, sku: str = "MUG", **values: Any) -> None:
    named = {"variant_id": world.variants[sku].id, "channel_id": world.channels[channel].id}
    await set_channel_terms(world.act(), SetChannelBackorderTerms(**named, **values))


def wanted(world: World, *, channel: str = "WEB", **quantities: int) -> PlaceOrder:
    lines = tuple(OrderedLine(variant_id=world.variants[sku].id, quantity=units) for sku, units in quantities.items())
    return PlaceOrder(channel_id=world.channels[channel].id, lines=lines, shipping_address=BOSTON)


async def place(counter: Desk, world: World, *, now: Any = None, channel: str = "WEB", **quantities: int) -> UUID:
    return await counter.place(world.act(now=now), wanted(world, channel=channel, **quantities))


async def wait_of(order: Any, sku: str = "MUG") -> Backorder | None:
    return await Backorder.get_or_none(line_id=(await line(order, sku)).id)
