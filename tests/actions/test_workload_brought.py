"""A store's day counts what is brought to it: from the decision on, for the day on which it hands it over."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from actions import desk
from actions.backorders import retry_all_backorders
from actions.forwarding.declining import DeclineTransfer, decline
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.orders.cancelling import CancelOrder, cancel
from actions.transfers import moving
from actions.transfers.moving import CancelTransfer, ReceiveTransfer, ShipTransfer
from domain.errors import InsufficientStock, InvalidInput
from domain.fulfilment import DeclineReason
from domain.ids import new_id
from domain.orders import Capability, FulfilmentMethod
from domain.placing.commands import CartLine, OrderedLine, PlaceOrder, ReserveCart
from domain.stock import ReservationStatus
from domain.transfers import Discrepancy, Remainder
from models import LineClaim, LocationDay, Reservation, Transfer
from tests.actions.asserting import books_balance
from tests.actions.test_routing_rules import activated, replays
from tests.actions.test_workload import HARD, DraftRoutingRule, RoutingDecision, days, limit
from tests.world import World, furnish, stock
from tests.world.forwarding import receiving, take_any_stock, where

pytestmark = pytest.mark.usefixtures("database")

FROM_CHICAGO = date(2026, 11, 10)
"""Sent on Monday the second it is there on Monday the ninth at the latest, and handed over on the day after."""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def busy(**limits: Any) -> World:
    """New York hands over what Chicago brings, so much a day; nothing lies there."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 100, ("LAMP", "CHI"): 100})
    await take_any_stock(world)
    await limit(world, "NYC", **limits)
    await activated(world, DraftRoutingRule(name="Busy", constraints=(HARD,)))
    return world


def collected(world: World, *lines: tuple[str, int], at: str = "NYC") -> PlaceOrder:
    store = world.locations[at].id
    ordered = tuple(
        OrderedLine(
            variant_id=world.variants[sku].id,
            quantity=quantity,
            method=FulfilmentMethod.PICKUP,
            pickup_location_id=store,
        )
        for sku, quantity in lines
    )
    return PlaceOrder(channel_id=world.web.id, customer_id=world.customer.id, lines=ordered)


def cart_of(world: World, quantity: int, **values: Any) -> ReserveCart:
    line = CartLine(
        variant_id=world.variants["MUG"].id,
        quantity=quantity,
        pickup_location_id=world.locations["NYC"].id,
        **values,
    )
    return ReserveCart(channel_id=world.web.id, cart="cart-1", lines=(line,))


async def counted() -> dict[date, tuple[int, int]]:
    """Days on which something is to be done."""
    return {day: count for day, count in (await days()).items() if any(count)}


async def on_its_way(world: World, order_id: UUID) -> Transfer:
    await release(world.act(), ReleaseOrder(order_id=order_id))
    transfer = await Transfer.get(order_id=order_id)
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))
    return await Transfer.get(id=transfer.id)


async def received(world: World, transfer: Transfer, now: datetime) -> None:
    await moving.receive(world.act(now=now), ReceiveTransfer(transfer_id=transfer.id))


async def test_it_counts_for_the_day_on_which_it_is_handed_over_whoever_has_it(counter):
    world = await busy(daily_capacity_units=5)
    order_id = await counter.place(world.act(), collected(world, ("MUG", 3)))
    placed = await counted()

    transfer = await on_its_way(world, order_id)
    sent = await counted()
    await received(world, transfer, world.now)

    assert placed == sent == await counted() == {FROM_CHICAGO: (3, 1)}
    assert await where(order_id) == {("scheduled", "NYC"): 3}
    await books_balance()


async def test_what_comes_later_than_thought_counts_for_the_day_after_all(counter):
    world = await busy(daily_capacity_units=5, daily_capacity_lines=5)
    order_id = await counter.place(world.act(), collected(world, ("MUG", 2), ("LAMP", 1)))
    transfer = await on_its_way(world, order_id)

    await received(world, transfer, world.now + timedelta(days=20))

    late = date(2026, 11, 22)
    assert await counted() == {late: (3, 1)}
    assert {(each.day, each.units) for each in await LineClaim.all()} == {(late, 2), (late, 1)}
    assert (await LocationDay.get(day=late)).lines == 2


async def test_no_more_is_brought_than_can_be_handed_over_on_the_day(counter):
    world = await busy(daily_capacity_units=5)
    first = await counter.place(world.act(), collected(world, ("MUG", 3)))
    second = await counter.place(world.act(), collected(world, ("MUG", 3)))

    await retry_all_backorders(world.now + timedelta(hours=1))
    waiting = await where(second)
    await retry_all_backorders(world.now + timedelta(days=2))

    assert await where(first) == {("scheduled", "CHI"): 3}
    assert waiting == {("scheduled", "CHI"): 2, ("backordered", None): 1}
    assert await where(second) == {("scheduled", "CHI"): 3}
    assert await counted() == {FROM_CHICAGO: (5, 2), FROM_CHICAGO + timedelta(days=1): (1, 1)}
    assert all([await replays(decision) for decision in await RoutingDecision.all()])


async def test_a_place_that_brings_it_on_another_day_is_asked_instead(counter):
    world = await busy(daily_capacity_units=3)
    await stock(world, {("MUG", "LAX"): 100})
    await counter.place(world.act(), collected(world, ("MUG", 3)))

    order_id = await counter.place(world.act(), collected(world, ("MUG", 3)))

    [(_, source)] = await where(order_id)
    found = await counted()
    assert (source, sorted(found.values())) == ("LAX", [(3, 1), (3, 1)])
    assert len(found) == 2


async def test_a_cart_for_collection_keeps_what_the_order_will_be_served_from(counter):
    """The day on which New York hands over what Chicago brings is full; what Los Angeles brings comes on another one."""
    world = await busy(daily_capacity_units=3)
    await counter.place(world.act(), collected(world, ("MUG", 3)))
    with pytest.raises(InsufficientStock):
        await counter.reserve(world.act(), cart_of(world, 3))
    assert await Reservation.all().count() == 0
    await stock(world, {("MUG", "LAX"): 100})

    await counter.reserve(world.act(), cart_of(world, 3))
    order_id = await counter.place(world.act(), replace(collected(world, ("MUG", 3)), cart="cart-1"))

    kept = await Reservation.get()
    assert (kept.location_id, kept.status) == (world.locations["LAX"].id, ReservationStatus.CONVERTED)
    assert await where(order_id) == {("scheduled", "LAX"): 3}


async def test_a_cart_for_collection_keeps_what_is_brought_from_one_place_if_it_says_so(counter):
    world = await busy(daily_capacity_units=5)
    await stock(world, {("MUG", "LAX"): 100})

    await counter.reserve(world.act(), cart_of(world, 3, location_id=world.locations["LAX"].id))

    assert (await Reservation.get()).location_id == world.locations["LAX"].id


async def test_nothing_is_kept_for_collection_where_nothing_can_be_collected(counter):
    world = await busy()
    await limit(world, "CHI", capabilities=(Capability.SHIP,))
    for at, code in (("CHI", "NO_PICKUP"), (None, "UNKNOWN_LOCATION")):
        place_id = world.locations[at].id if at else new_id()
        line = CartLine(variant_id=world.variants["MUG"].id, quantity=1, pickup_location_id=place_id)

        with pytest.raises(InvalidInput) as refusal:
            await counter.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart="cart-1", lines=(line,)))

        assert [(each.path, each.code) for each in refusal.value.problems] == [("lines.0.pickupLocationId", code)]


async def test_a_store_that_is_full_of_orders_or_of_lines_is_full(counter):
    world = await busy(daily_capacity_orders=1)
    await counter.place(world.act(), collected(world, ("MUG", 1)))
    order_id = await counter.place(world.act(), collected(world, ("MUG", 1)))
    assert await where(order_id) == {("backordered", None): 1}

    await limit(world, "NYC", daily_capacity_orders=None, daily_capacity_lines=1)
    by_lines = await counter.place(world.act(), collected(world, ("MUG", 1), ("LAMP", 1)))

    assert sorted((await where(by_lines)).values()) == [1, 1]


async def test_orders_racing_for_the_last_room_of_a_day_leave_all_but_what_fits_waiting(counter, database_url):
    world = await busy(daily_capacity_units=7)
    async with desk.opened(database_url) as other:
        orders = [collected(world, ("MUG", 3)) for _ in range(6)]
        await asyncio.gather(
            *(each.place(world.act(), order) for each, order in zip([counter, other] * 3, orders, strict=True))
        )

    found = await counted()
    assert set(found) == {FROM_CHICAGO}
    assert found[FROM_CHICAGO][0] == 7


async def test_what_will_not_come_gives_its_room_back(counter):
    world = await busy(daily_capacity_units=20, daily_capacity_lines=20)
    cancelled, lost, damaged, declined = [
        await counter.place(world.act(), collected(world, ("MUG", 3))) for _ in range(4)
    ]
    assert await counted() == {FROM_CHICAGO: (12, 4)}

    await cancel(world.act(), CancelOrder(order_id=cancelled))
    assert await counted() == {FROM_CHICAGO: (9, 3)}
    await moving.cancel(
        world.act(),
        CancelTransfer(transfer_id=(await on_its_way(world, lost)).id, remainder=Remainder.WRITE_OFF),
    )
    assert await counted() == {FROM_CHICAGO: (9, 3)}, "other units are brought"
    some = await receiving(await on_its_way(world, damaged), received=3, damaged=3, discrepancy=Discrepancy.DAMAGED)
    await moving.receive(world.act(), some)
    assert await counted() == {FROM_CHICAGO: (9, 3)}, "and here again"
    await release(world.act(), ReleaseOrder(order_id=declined))
    transfer = await Transfer.get(order_id=declined)
    await decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.NO_CAPACITY))
    assert await counted() == {FROM_CHICAGO: (6, 2)}, "nobody else has any"
    await books_balance()


async def test_what_nobody_counted_when_it_was_decided_counts_when_it_arrives(counter):
    world = await busy()
    order_id = await counter.place(world.act(), collected(world, ("MUG", 2), ("LAMP", 1)))
    transfer = await on_its_way(world, order_id)
    await limit(world, "NYC", daily_capacity_units=5, daily_capacity_lines=5)

    await received(world, transfer, world.now)

    today = date(2026, 11, 2)
    assert await counted() == {today: (3, 1)}
    assert (await LocationDay.get(day=today)).lines == 2


async def test_where_the_store_says_nothing_nothing_is_counted(counter):
    world = await busy()

    await counter.place(world.act(), collected(world, ("MUG", 3)))

    assert await days() == {}


async def test_the_source_counts_its_own_day_and_the_store_its_own(counter):
    world = await busy(daily_capacity_units=5)
    await limit(world, "CHI", daily_capacity_units=50)
    order_id = await counter.place(world.act(), collected(world, ("MUG", 3)))

    transfer = await on_its_way(world, order_id)
    await received(world, transfer, world.now)

    assert await counted() == {date(2026, 11, 2): (3, 1), FROM_CHICAGO: (3, 1)}
