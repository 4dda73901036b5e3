"""Orders for collection at New York of what lies elsewhere, and the transfers that bring it.

await take_any_stock(world)                      New York hands over what is brought there
order = await order_from(world, MUG=2)           collected in New York, scheduled in Chicago
transfer = await forwarded(world, order)         released: Chicago is to send it
"""

from typing import Any
from uuid import UUID

from actions import locations
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.transfers import moving
from actions.transfers.moving import ReceivedUnits, ReceiveTransfer, ShippedUnits, ShipTransfer
from domain.orders import FulfilmentMethod, PickupStock
from models import LineStatus, Order, OrderLine, StockLevel, Transfer, TransferLine
from tests.world import World, furnish, stock
from tests.world.orders import new_order


async def mugs_and_lamps_apart(units: int = 10) -> World:
    """So many mugs lie in Chicago, as many lamps in New York; orders go to Boston."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): units, ("LAMP", "NYC"): units})
    return world


async def take_any_stock(world: World, code: str = "NYC", policy: PickupStock = PickupStock.ANY) -> None:
    await locations.upsert_location(world.act(), locations.UpsertLocation(code=code, pickup_stock=policy))


async def order_from(world: World, origin: str = "CHI", *, to: str = "NYC", **wanted: Any) -> Order:
    order = await new_order(world, at=origin, **wanted)
    await OrderLine.filter(order_id=order.id).update(
        method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations[to].id
    )
    return order


async def forwarded(world: World, order: Order) -> Transfer:
    """The only transfer of an order that is released just now."""
    await release(world.act(), ReleaseOrder(order_id=order.id))
    return await Transfer.get(order_id=order.id)


async def sent(world: World, **wanted: Any) -> Transfer:
    """On its way from Chicago to New York, for a new order."""
    transfer = await forwarded(world, await order_from(world, **wanted))
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))
    return await Transfer.get(id=transfer.id)


async def arrived(world: World, **wanted: Any) -> Transfer:
    transfer = await sent(world, **wanted)
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))
    return await Transfer.get(id=transfer.id)


async def shipping(transfer: Transfer, *units: int, **values: Any) -> ShipTransfer:
    """So many units of its lines, in their order."""
    lines = [
        ShippedUnits(line_id=line.id, quantity=quantity)
        for line, quantity in zip(await lines_of(transfer.id), units, strict=True)
    ]
    return ShipTransfer(transfer_id=transfer.id, lines=tuple(lines), **values)


async def receiving(transfer: Transfer, **values: Any) -> ReceiveTransfer:
    """Of its only line."""
    [line] = await lines_of(transfer.id)
    return ReceiveTransfer(transfer_id=transfer.id, lines=(ReceivedUnits(line_id=line.id, **values),))


async def lines_of(transfer_id: UUID) -> list[TransferLine]:
    return await TransferLine.filter(transfer_id=transfer_id).order_by("position")


async def where(order_id: Any) -> dict[tuple[str, str | None], int]:
    """Units by status and location code, over all lines."""
    found: dict[tuple[str, str | None], int] = {}
    for row in await LineStatus.filter(order_id=order_id).select_related("location"):
        key = row.status.value, row.location and row.location.code
        found[key] = found.get(key, 0) + row.quantity
    return found


async def counters(world: World, sku: str = "MUG") -> dict[str, tuple[int, int]]:
    """On hand and allocated, by location code."""
    codes = {location.id: code for code, location in world.locations.items()}
    found = await StockLevel.filter(variant=world.variants[sku])
    return {codes[level.location_id]: (level.on_hand, level.allocated) for level in found}
