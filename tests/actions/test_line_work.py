"""Order lines that a location can do a day: counted line by line, given back when the last unit goes."""

import asyncio
from datetime import date, timedelta

import pytest

from actions import desk
from actions.backorders import retry_all_backorders
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.line_work import Ledger
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from domain.fulfilment import DeclineReason
from domain.ids import new_id
from models import CapacityClaim, LineClaim, LineStatus, LocationDay, Order, OrderLine, RoutingDecision
from tests.actions.test_placing import wanted
from tests.actions.test_routing_rules import replays
from tests.actions.test_workload import HARD, SOFT, TODAY, days, limit, limited, units_at
from tests.world import World
from tests.world.fulfilment import released_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def lines_of(world: World, code: str = "NYC") -> dict[date, int]:
    """Lines by day, after having proved that the counters are right."""
    await days()
    found = await LocationDay.filter(location_id=world.locations[code].id)
    return {each.day: each.lines for each in found if each.lines}


async def test_orders_racing_for_the_last_line_are_served_elsewhere_but_for_one(counter, database_url):
    world = await limited(HARD, daily_capacity_lines=5)
    async with desk.opened(database_url) as other:
        orders = [wanted(world, ("MUG", 3), ("LAMP", 1)) for _ in range(6)]
        desks = [counter, other] * 3

        await asyncio.gather(*(each.place(world.act(), order) for each, order in zip(desks, orders, strict=True)))

    at_new_york = await LineStatus.filter(location_id=world.locations["NYC"].id)
    assert len(at_new_york) in (4, 5)
    assert await lines_of(world) == {TODAY: len(at_new_york)}
    assert all([await replays(decision) for decision in await RoutingDecision.all()])


async def test_a_line_counts_once_however_many_units_it_has(counter):
    world = await limited(HARD, daily_capacity_lines=3)

    for _ in range(2):
        await counter.place(world.act(), wanted(world, ("MUG", 7), ("LAMP", 2)))

    assert await units_at(world) == {"NYC": 9, "CHI": 9}
    assert await lines_of(world) == {TODAY: 2}
    assert await LineClaim.all().count() == 2


async def test_a_soft_limit_of_lines_is_passed_only_when_nobody_else_can_serve(counter):
    world = await limited(SOFT, daily_capacity_lines=0)
    for code in ("CHI", "LAX"):
        await limit(world, code, daily_capacity_units=0)

    await counter.place(world.act(), wanted(world, ("MUG", 3), ("LAMP", 1)))

    assert await units_at(world) == {"NYC": 4}
    assert await lines_of(world) == {TODAY: 2}


async def test_where_nobody_limits_lines_none_are_written(counter):
    world = await limited(HARD, daily_capacity_units=9)

    await counter.place(world.act(), wanted(world, ("MUG", 3)))

    assert await CapacityClaim.all().count() == 1
    assert await LineClaim.all().count() == 0


async def test_a_line_is_given_back_with_its_last_unit(counter):
    world = await limited(HARD, daily_capacity_lines=2)
    order = await counter.place(world.act(), wanted(world, ("MUG", 2), ("LAMP", 1)))
    mugs = await OrderLine.get(order_id=order, sku="MUG")
    one_mug = CancelOrder(order_id=order, lines=(CancelledLine(line_id=mugs.id, quantity=1),))

    await cancel(world.act(), one_mug)
    part = await lines_of(world)
    await cancel(world.act(), one_mug)
    rest = await lines_of(world)
    await cancel(world.act(), CancelOrder(order_id=order))

    assert (part, rest, await lines_of(world)) == ({TODAY: 2}, {TODAY: 1}, {})
    assert await LineClaim.all().count() == 0


async def test_declined_lines_count_where_they_go(counter):
    world = await limited(HARD, daily_capacity_lines=4)
    await limit(world, "CHI", daily_capacity_lines=4)
    order = await counter.place(world.act(), wanted(world, ("MUG", 4), ("LAMP", 1)))
    fulfilment = await released_of(world, await Order.get(id=order))

    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.DAMAGED))

    assert await units_at(world) == {"CHI": 5}
    assert (await lines_of(world), await lines_of(world, "CHI")) == ({}, {TODAY: 2})


async def test_lines_that_find_no_room_wait_and_are_served_the_next_day(counter):
    world = await limited(HARD, daily_capacity_lines=1)
    for code in ("CHI", "LAX"):
        await limit(world, code, daily_capacity_lines=0)
    order = await counter.place(world.act(), wanted(world, ("MUG", 3), ("LAMP", 2)))
    served = await units_at(world)

    await retry_all_backorders(world.now + timedelta(days=1))

    assert served == {"NYC": 3}
    assert await LineStatus.filter(order_id=order, location_id=world.locations["NYC"].id).count() == 2
    assert await lines_of(world) == {TODAY: 1, TODAY + timedelta(days=1): 1}


def test_units_that_pass_to_another_line_keep_their_day():
    mug, other, place, row = new_id(), new_id(), new_id(), new_id()
    yesterday = TODAY - timedelta(days=1)
    ledger = Ledger({(mug, place, yesterday): (row, 3)})

    ledger.pass_on(place, {mug: 1}, {other: 1})

    assert ledger.held == {(mug, place, yesterday): 2, (other, place, yesterday): 1}
    assert ledger.counts() == {(place, yesterday): 1}


def test_what_was_never_counted_is_neither_passed_on_nor_given_back():
    mug, other, place = new_id(), new_id(), new_id()
    ledger = Ledger({})

    ledger.pass_on(place, {mug: 2}, {other: 1})

    assert ledger.take_off(mug, place, 1) == []
    assert ledger.counts() == {}
