"""Waiting orders get what arrives, oldest promise first, each in its own transaction."""

from datetime import date, timedelta

import pytest

from actions.backorders import retry_all_backorders, retry_backorders
from actions.orders.holding import ApplyHold, apply_hold
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus
from models import ExcludedLocation, Order, OutboxFact
from tests.world import World, channel, furnish, stock
from tests.world.orders import line, new_order, units

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus


async def waiting(world: World, quantity: int = 1, **values) -> Order:
    return await new_order(world, MUG=quantity, **{"waiting": S.BACKORDERED, **values})


async def empty_shelves() -> World:
    return await furnish(units=0)


async def who_got_it(*orders: Order) -> list[int]:
    """Positions of the orders that have scheduled units."""
    return [at for at, order in enumerate(orders) if S.SCHEDULED in await units(order)]


@pytest.mark.parametrize("status", [S.BACKORDERED, S.UNSCHEDULED])
async def test_what_arrives_goes_to_a_waiting_order(status):
    world = await empty_shelves()
    order = await waiting(world, 3, waiting=status)
    await stock(world, {("MUG", "CHI"): 2})

    assert await retry_backorders(world.act()) == 1

    assert (await units(order))[S.SCHEDULED] == 2
    assert (await world.level("MUG", "CHI")).allocated == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"promised_date": date(2026, 11, 5)}, {"promised_date": date(2026, 11, 6)}),
        ({"promised_date": date(2026, 11, 5)}, {}),
        ({"requested_date": date(2026, 11, 5)}, {"requested_date": date(2026, 11, 6)}),
        ({"requested_date": date(2026, 11, 5)}, {}),
        ({}, {}),
    ],
)
async def test_the_oldest_promise_is_kept_first(first, second):
    """Promised date, then requested date, then the moment it was placed; an order without a date comes after them."""
    world = await empty_shelves()
    late = await waiting(world, **{"placed_at": world.now, **second})
    early = await waiting(world, **{"placed_at": world.now - timedelta(hours=1) if not first else world.now, **first})
    await stock(world, {("MUG", "CHI"): 1})

    await retry_backorders(world.act())

    assert await who_got_it(early, late) == [0]


async def test_only_orders_that_want_the_variants_are_tried():
    world = await empty_shelves()
    mug, lamp = await waiting(world), await new_order(world, LAMP=1, waiting=S.BACKORDERED)
    await stock(world, {("MUG", "CHI"): 1, ("LAMP", "CHI"): 1})

    tried = await retry_backorders(world.act(), [world.variants["LAMP"].id])

    assert tried == 1
    assert await units(lamp, "LAMP") == {S.SCHEDULED: 1}
    assert await units(mug) == {S.BACKORDERED: 1}


async def test_an_order_that_nothing_free_can_serve_is_not_tried():
    world = await empty_shelves()
    order = await waiting(world)

    assert await retry_backorders(world.act()) == 0

    assert (await Order.get(id=order.id)).version == order.version


async def test_an_order_waits_while_only_locations_of_other_channels_have_it():
    world = await empty_shelves()
    local = await channel(world, "LOCAL", location_ids=(world.locations["NYC"].id,))
    order = await waiting(world, channel=local)
    await stock(world, {("MUG", "CHI"): 5})

    assert await retry_backorders(world.act()) == 0
    await stock(world, {("MUG", "NYC"): 5})
    assert await retry_backorders(world.act()) == 1

    assert await units(order) == {S.SCHEDULED: 1}


async def test_a_location_that_gave_the_line_back_is_not_asked_before_its_time():
    world = await empty_shelves()
    order = await waiting(world)
    until = world.now + timedelta(days=1)
    await ExcludedLocation.create(
        line=await line(order), location=world.locations["CHI"], until=until, reason="out_of_stock"
    )
    await stock(world, {("MUG", "CHI"): 1})

    assert await retry_backorders(world.act()) == 0
    assert await retry_backorders(world.act(now=until)) == 1

    assert await units(order) == {S.SCHEDULED: 1}


async def test_held_orders_are_passed_over():
    world = await empty_shelves()
    held, free = await waiting(world), await waiting(world, placed_at=world.now + timedelta(hours=1))
    await apply_hold(world.act(), ApplyHold(order_id=held.id, kind=HoldKind.FRAUD))
    await stock(world, {("MUG", "CHI"): 1})

    await retry_backorders(world.act())

    assert await who_got_it(held, free) == [1]


async def test_a_held_line_does_not_stop_the_run():
    world = await empty_shelves()
    held, free = await waiting(world), await waiting(world, placed_at=world.now + timedelta(hours=1))
    mugs = await line(held)
    await apply_hold(world.act(), ApplyHold(order_id=held.id, kind=HoldKind.FRAUD, line_id=mugs.id))
    await stock(world, {("MUG", "CHI"): 1})

    await retry_backorders(world.act())

    assert await who_got_it(held, free) == [1]


async def test_a_run_is_bounded_and_the_rest_has_its_turn_in_the_next():
    world = await empty_shelves()
    for _ in range(3):
        await waiting(world)
    await stock(world, {("MUG", "CHI"): 10})

    assert [await retry_backorders(world.act(), limit=2) for _ in range(3)] == [2, 1, 0]


async def test_the_job_serves_every_organization_and_one_action_only_its_own():
    ours, theirs = await empty_shelves(), await empty_shelves()
    orders = [await waiting(world) for world in (ours, theirs)]
    for world in (ours, theirs):
        await stock(world, {("MUG", "CHI"): 1})

    await retry_backorders(ours.act())
    assert await who_got_it(*orders) == [0]
    await retry_all_backorders(ours.now)

    assert await who_got_it(*orders) == [0, 1]


async def test_scheduling_what_waited_is_told():
    world = await empty_shelves()
    order = await waiting(world)
    await stock(world, {("MUG", "CHI"): 1})

    await retry_backorders(world.act())

    assert await OutboxFact.filter(order_id=order.id, kind=FactKind.UNITS_SCHEDULED).count() == 1
