"""Orders to act on, made row by row, so that a test of one action does not depend on another.

    order = await new_order(world, MUG=3)              three mugs, scheduled in New York
    waiting = await new_order(world, MUG=3, waiting=UnitStatus.BACKORDERED)
    fulfilment = await released(world, order)
    await walk(world, order, Action.ACCEPT, Action.PICK)

Movements, facts and counters are written as actions write them, so the books balance.
"""

from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from actions.changing import OrderChange, lock_order, save
from domain.facts import FactKind
from domain.fulfilment import derive_fulfilment
from domain.lifecycle import FROM_OF, Action, OrderStatus, UnitStatus
from domain.orders import FulfilmentMethod, OrderOrigin
from models import (
    Channel,
    Customer,
    Fulfilment,
    FulfilmentLine,
    LineStatus,
    Location,
    Order,
    OrderLine,
)
from models.db import tx
from tests.world import World

PRICE_MINOR = 1_000
FACT_OF = {
    Action.ACCEPT: FactKind.FULFILMENT_ACCEPTED,
    Action.DECLINE: FactKind.FULFILMENT_DECLINED,
    Action.PICK: FactKind.UNITS_PICKED,
    Action.PACK: FactKind.UNITS_PACKED,
    Action.SHIP: FactKind.UNITS_SHIPPED,
    Action.DELIVER: FactKind.UNITS_DELIVERED,
    Action.MAKE_READY: FactKind.READY_FOR_PICKUP,
    Action.HAND_OVER: FactKind.UNITS_PICKED_UP,
}

_numbers = count(1)


async def new_order(
    world: World,
    *,
    at: str = "NYC",
    waiting: UnitStatus | None = None,
    channel: Channel | None = None,
    customer: Customer | None = None,
    is_confirmed: bool = True,
    placed_at: datetime | None = None,
    promised_date: date | None = None,
    requested_date: date | None = None,
    **quantities: int,
) -> Order:
    """A line for each SKU named, scheduled at the location, or without one in the status `waiting`."""
    wanted = quantities or {"MUG": 1}
    lines = [_line(world, position, sku, quantity) for position, (sku, quantity) in enumerate(wanted.items())]
    total = sum(line.total_minor for line in lines)
    order = await Order.create(
        organization_id=world.organization_id,
        number=f"T-{next(_numbers)}",
        channel=channel or world.web,
        origin=OrderOrigin.CUSTOMER,
        customer=customer,
        status=OrderStatus.PLACED,
        currency="USD",
        subtotal_minor=total,
        discount_minor=0,
        shipping_minor=0,
        tax_minor=0,
        total_minor=total,
        placed_at=placed_at or world.now,
        promised_date=promised_date,
        requested_date=requested_date,
        confirmed_at=world.now if is_confirmed else None,
    )
    first = waiting if waiting in {UnitStatus.DRAFT, UnitStatus.UNSCHEDULED} else UnitStatus.PLACED
    for line in lines:
        line.order_id = order.id
        await line.save()
        await LineStatus.create(line=line, order=order, status=first, quantity=line.quantity)
    await _settle(world, order, world.locations[at], waiting)
    return await Order.get(id=order.id)


async def schedule(world: World, order: Order, sku: str, quantity: int, at: str) -> None:
    """Give that many waiting units of a line a location."""
    async with tx():
        change = await lock_order(world.act(), order.id)
        [units] = [units for units in change.units(line_id=(await line(order, sku)).id) if not units.place.location_id]
        change.move(Action.SCHEDULE, units.place, quantity, location_id=world.locations[at].id)
        change.record(FactKind.UNITS_SCHEDULED)
        await save(world.act(), [change])


async def released(
    world: World, order: Order, *, at: str = "NYC", method: FulfilmentMethod = FulfilmentMethod.SHIP
) -> Fulfilment:
    """Everything scheduled at the location, in one fulfilment."""
    place = world.locations[at]
    async with tx():
        change = await lock_order(world.act(), order.id)
        fulfilment = await _fulfilment(world, order, place, method)
        for units in change.units(UnitStatus.SCHEDULED):
            if units.place.location_id == place.id:
                change.move(Action.RELEASE, units.place, units.quantity, fulfilment_id=fulfilment.id)
                await FulfilmentLine.create(fulfilment=fulfilment, line_id=units.place.line_id, quantity=units.quantity)
        change.record(FactKind.UNITS_RELEASED, fulfilment_id=fulfilment.id, location_id=place.id)
        await save(world.act(), [change])
    return fulfilment


async def walk(world: World, order: Order, *actions: Action, quantity: int | None = None) -> None:
    """Move every unit that can (or only the first `quantity` of them) through each action in turn."""
    for action in actions:
        async with tx():
            change = await lock_order(world.act(), order.id)
            left = sum(units.quantity for units in change.units()) if quantity is None else quantity
            for units in change.units(*FROM_OF[action]):
                moved = min(units.quantity, left)
                if moved:
                    change.move(action, units.place, moved)
                    left -= moved
            change.record(FACT_OF[action])
            await _tell_fulfilments(change)
            await save(world.act(), [change])


async def line(order: Order, sku: str = "MUG") -> OrderLine:
    return await OrderLine.get(order_id=order.id, sku=sku)


async def units(order: Order, sku: str = "MUG") -> dict[UnitStatus, int]:
    """How many units of the line are in each status, wherever."""
    found: dict[UnitStatus, int] = {}
    for row in await LineStatus.filter(order_id=order.id, line__sku=sku):
        found[row.status] = found.get(row.status, 0) + row.quantity
    return found


def _line(world: World, position: int, sku: str, quantity: int) -> OrderLine:
    variant = world.variants[sku]
    values: dict[str, Any] = {
        "position": position,
        "variant_id": variant.id,
        "sku": variant.sku,
        "name": variant.name,
        "quantity": quantity,
        "unit_price_minor": PRICE_MINOR,
        "discount_minor": 0,
        "tax_rate_ppm": 0,
        "tax_minor": 0,
        "total_minor": quantity * PRICE_MINOR,
        "status": OrderStatus.PLACED,
    }
    return OrderLine(**values)


async def _settle(world: World, order: Order, location: Location, waiting: UnitStatus | None) -> None:
    async with tx():
        change = await lock_order(world.act(), order.id)
        for place, quantity in change.units(UnitStatus.PLACED):
            if waiting is None:
                change.move(Action.SCHEDULE, place, quantity, location_id=location.id)
            elif waiting is UnitStatus.BACKORDERED:
                change.move(Action.BACKORDER, place, quantity)
        change.record(FactKind.ORDER_PLACED)
        await save(world.act(), [change])


async def _fulfilment(world: World, order: Order, place: Location, method: FulfilmentMethod) -> Fulfilment:
    return await Fulfilment.create(
        organization_id=world.organization_id,
        number=f"TF-{next(_numbers)}",
        order_id=order.id,
        location=place,
        method=method,
        released_at=world.now,
    )


async def _tell_fulfilments(change: OrderChange) -> None:
    moved: set[UUID] = change.fulfilments_moved()
    for key in moved:
        statuses = [units.place.status for units in change.units(fulfilment_id=key)]
        word = derive_fulfilment(statuses, gave_back=not statuses)
        await Fulfilment.filter(id=key).update(status=word)
