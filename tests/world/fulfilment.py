"""Orders at work, brought there by the real actions.

fulfilment = await open_fulfilment(world, MUG=3)      released, at New York
await accept_all(world, fulfilment)
parcel = await packed(world, fulfilment)
"""

from typing import Any
from uuid import UUID

from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.picking import PickUnits, pick
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.parcels.packing import PackedUnits, PackParcel, pack
from actions.parcels.shipping import ShipParcel, ship
from domain.orders import AddressKind, FulfilmentMethod
from models import Fulfilment, Order, OrderAddress, OrderLine, Parcel, PickupCode
from tests.world import World
from tests.world.orders import new_order


async def open_fulfilment(world: World, *, at: str = "NYC", **wanted: Any) -> Fulfilment:
    """What a new order released there, with what `new_order` takes."""
    order = await new_order(world, at=at, **wanted)
    return await released_of(world, order)


async def released_of(world: World, order: Order) -> Fulfilment:
    """The one fulfilment of an order with one location."""
    await release(world.act(), ReleaseOrder(order_id=order.id))
    return await Fulfilment.get(order_id=order.id)


async def pickup_fulfilment(world: World, *, at: str = "NYC", **wanted: Any) -> Fulfilment:
    """Of an order that the customer collects there."""
    order = await new_order(world, at=at, **wanted)
    await OrderLine.filter(order_id=order.id).update(
        method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations[at].id
    )
    return await released_of(world, order)


async def code_of(fulfilment_id: UUID) -> str:
    """What its customer shows."""
    return (await PickupCode.get(fulfilment_id=fulfilment_id)).code


async def accepted(world: World, fulfilment: Fulfilment) -> Fulfilment:
    await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id))
    return await Fulfilment.get(id=fulfilment.id)


async def picked(world: World, fulfilment: Fulfilment) -> Fulfilment:
    """Accepted and picked, all of it."""
    await accepted(world, fulfilment)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))
    return await Fulfilment.get(id=fulfilment.id)


async def packed(world: World, *fulfilments: Fulfilment) -> Parcel:
    """Everything picked for these, in one parcel."""
    contents = tuple(PackedUnits(fulfilment_id=fulfilment.id) for fulfilment in fulfilments)
    return await Parcel.get(id=await pack(world.act(), PackParcel(contents=contents)))


async def shipped(world: World, parcel: Parcel, *, tracking_number: str | None = "1Z 999") -> Parcel:
    await ship(world.act(), ShipParcel(parcel_id=parcel.id, carrier="UPS", tracking_number=tracking_number))
    return await Parcel.get(id=parcel.id)


async def parcel_on_its_way(world: World, *, tracking_number: str | None = "1Z 999", **wanted: Any) -> Parcel:
    """A whole order in one parcel, shipped."""
    fulfilment = await picked(world, await open_fulfilment(world, **wanted))
    return await shipped(world, await packed(world, fulfilment), tracking_number=tracking_number)


async def ships_to(order_id: Any, **values: Any) -> OrderAddress:
    """Give the order its shipping address: Ada's in Boston unless told."""
    given = {
        "name": "Ada Example",
        "line1": "1 Beacon Street",
        "city": "Boston",
        "region": "MA",
        "postal_code": "02108",
        "country": "US",
        **values,
    }
    return await OrderAddress.create(order_id=order_id, kind=AddressKind.SHIPPING, **given)
