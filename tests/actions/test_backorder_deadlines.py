"""Until when units wait for stock: by the channel's policy or by hand, and cancelled once after it."""

import asyncio
from datetime import timedelta

import pytest

from actions import desk
from actions.backordering.deadlines import OVERDUE, SetBackorderDeadline, cancel_overdue, set_deadline
from actions.backorders import retry_backorders
from actions.changing import lock_order, save
from actions.orders.holding import ApplyHold, apply_hold
from actions.payments.voiding import void_unneeded
from actions.routing import route
from domain.errors import Conflict, IllegalTransition, InvalidInput
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.lifecycle import OrderStatus, UnitStatus
from domain.payments import AuthorizeStatus
from models import Backorder, Order
from models.db import tx
from tests.actions.asserting import books_balance, refused, told
from tests.actions.payments.shop import Shop, money, words
from tests.world import World, channel, furnish, stock
from tests.world.orders import line, new_order, units
from tests.world.waiting import place, wait_of

S = UnitStatus
DAY = timedelta(days=1)


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def impatient(units: int = 0) -> World:
    """Its web shop lets nobody wait longer than ten days."""
    world = await furnish(units=units)
    await channel(world, "WEB", backorder_cancel_days=10)
    return world


async def waiting_until(world: World, days: int, **values) -> Order:
    order = await new_order(world, **{"MUG": 2, "waiting": S.BACKORDERED, **values})
    await set_deadline(
        world.act(), SetBackorderDeadline(order_id=order.id, cancels_at=world.now + days * DAY, reason="as agreed")
    )
    return await Order.get(id=order.id)


async def test_the_channels_days_count_from_the_order(counter):
    world = await impatient(units=1)

    order = await Order.get(id=await place(counter, world, MUG=5, LAMP=1))

    assert (await wait_of(order)).cancels_at == world.now + 10 * DAY
    assert await wait_of(order, "LAMP") is None
    [fact] = await told(FactKind.ORDER_PLACED)
    assert fact.payload["waits"] == {
        str((await line(order)).id): {
            "cancels_at": (world.now + 10 * DAY).isoformat(), "launches_at": None, "ships_by": None,
        }
    }  # fmt: skip


async def test_without_a_policy_an_order_waits_for_as_long_as_it_takes(counter):
    world = await furnish(units=0)
    await place(counter, world, MUG=1)

    assert await cancel_overdue(world.now + 9_999 * DAY) == 0

    assert await Backorder.all().count() == 0


async def test_what_still_waits_after_its_day_is_cancelled_once(counter):
    world = await impatient(units=1)
    order = await Order.get(id=await place(counter, world, MUG=5, LAMP=1))
    due = world.now + 10 * DAY

    assert await cancel_overdue(due - timedelta(seconds=1)) == 0
    assert [await cancel_overdue(due), await cancel_overdue(due)] == [1, 0]

    assert await units(order) == {S.SCHEDULED: 3, S.CANCELLED: 2}
    [fact] = await told(FactKind.UNITS_CANCELLED)
    assert (fact.actor, fact.payload["reason"], fact.payload["amount_minor"]) == ("job:backorders", OVERDUE, 2_000)
    await books_balance()


async def test_two_jobs_at_once_cancel_once(database):
    world = await furnish(units=0)
    order = await waiting_until(world, 1)

    await asyncio.gather(*(cancel_overdue(world.now + DAY) for _ in range(4)))

    assert len(await told(FactKind.UNITS_CANCELLED)) == 1
    assert (await Order.get(id=order.id)).status is OrderStatus.CANCELLED


async def test_stock_that_comes_at_the_last_moment_or_the_day_wins_but_never_both(database):
    world = await furnish(units=0)
    orders = [await waiting_until(world, 1, MUG=1) for _ in range(6)]
    await stock(world, {("MUG", "CHI"): 6})

    await asyncio.gather(cancel_overdue(world.now + DAY), retry_backorders(world.act(now=world.now + DAY)))

    for order in orders:
        assert await units(order) in ({S.SCHEDULED: 1}, {S.CANCELLED: 1})
    await books_balance()


async def test_what_was_served_in_time_is_left_alone(database):
    world = await furnish(units=0)
    order = await waiting_until(world, 1)
    await stock(world, {("MUG", "CHI"): 2})
    await retry_backorders(world.act())
    version = (await Order.get(id=order.id)).version

    assert [await cancel_overdue(world.now + DAY), await cancel_overdue(world.now + DAY)] == [1, 0]

    assert await units(order) == {S.SCHEDULED: 2}
    assert (await Order.get(id=order.id)).version == version


async def test_money_set_aside_for_what_was_cancelled_is_given_up(database):
    shop = Shop(await furnish(units=0))
    order, payment = await shop.paid(MUG=2, waiting=S.BACKORDERED)
    await set_deadline(
        shop.act(), SetBackorderDeadline(order_id=order.id, cancels_at=shop.world.now + DAY, reason="as agreed")
    )

    await cancel_overdue(shop.world.now + DAY)
    await void_unneeded(shop.gateways, shop.world.now + DAY)

    assert await money(payment) == {"cancelled": 2_000}
    assert await words(order) == (AuthorizeStatus.FULL.value, "full")


async def test_a_chosen_day_can_be_put_off_and_taken_away(database):
    world = await furnish(units=0)
    order = await waiting_until(world, 1)

    await set_deadline(
        world.act(),
        SetBackorderDeadline(
            order_id=order.id, cancels_at=world.now + 5 * DAY, reason="she will wait", expected_version=order.version
        ),
    )
    assert await cancel_overdue(world.now + DAY) == 0
    wait = await wait_of(order)
    assert (wait.cancels_at, wait.is_fixed, wait.reason) == (world.now + 5 * DAY, True, "she will wait")
    await set_deadline(world.act(), SetBackorderDeadline(order_id=order.id, reason="for ever"))
    assert await cancel_overdue(world.now + 99 * DAY) == 0

    [*_, fact] = await told(FactKind.BACKORDER_CHANGED)
    assert (fact.payload["reason"], next(iter(fact.payload["waits"].values()))["cancels_at"]) == ("for ever", None)


async def test_one_line_may_wait_longer_than_the_other(database):
    world = await furnish(units=0)
    order = await waiting_until(world, 1, MUG=2, LAMP=1)
    lamps = await line(order, "LAMP")
    put_off = SetBackorderDeadline(
        order_id=order.id, line_id=lamps.id, cancels_at=world.now + 9 * DAY, reason="only lamps"
    )
    await set_deadline(world.act(), put_off)

    await cancel_overdue(world.now + DAY)

    assert await units(order) == {S.CANCELLED: 2}
    assert await units(order, "LAMP") == {S.BACKORDERED: 1}


async def test_choosing_a_day_is_refused_where_nothing_waits_or_it_makes_no_sense(database):
    world = await furnish(units=0)
    order = await new_order(world, waiting=S.BACKORDERED)
    gone = await new_order(world, LAMP=1, waiting=S.UNSCHEDULED)

    async with refused(InvalidInput) as refusal:
        await set_deadline(world.act(), SetBackorderDeadline(order_id=order.id, cancels_at=world.now, reason=""))
    async with refused(IllegalTransition):
        await set_deadline(world.act(), SetBackorderDeadline(order_id=gone.id, reason="x"))
    async with refused(Conflict):
        await set_deadline(world.act(), SetBackorderDeadline(order_id=order.id, reason="x", expected_version=99))
    async with refused(InvalidInput):
        stranger = SetBackorderDeadline(order_id=order.id, line_id=(await line(gone, "LAMP")).id, reason="x")
        await set_deadline(world.act(), stranger)

    assert [problem.path for problem in refusal.value.problems] == ["reason", "cancels_at"]


async def test_an_order_that_is_being_changed_is_passed_over_until_it_is_not(database):
    world = await furnish(units=0)
    held, free = await waiting_until(world, 1), await waiting_until(world, 1)
    until = world.now + 2 * DAY
    await apply_hold(world.act(), ApplyHold(order_id=held.id, kind=HoldKind.PENDING_CHANGE, expires_at=until))

    assert await cancel_overdue(world.now + DAY, limit=1) == 1

    assert await units(free) == {S.CANCELLED: 2}
    assert await units(held) == {S.BACKORDERED: 2}


async def test_what_is_missed_when_it_is_picked_waits_anew(counter):
    """A location finds nothing: the days begin on the day the units begin to wait."""
    world = await impatient(units=0)
    order = await new_order(world, MUG=1, waiting=S.UNSCHEDULED)
    later = world.now + 3 * DAY
    async with tx():
        change = await lock_order(world.act(), order.id)
        await route(world.act(now=later), change)
        await save(world.act(now=later), [change])

    assert await units(order) == {S.BACKORDERED: 1}
    assert (await wait_of(order)).cancels_at == later + 10 * DAY
    [fact] = await told(FactKind.UNITS_BACKORDERED)
    assert list(fact.payload["waits"]) == [str((await line(order)).id)]


async def test_a_run_is_bounded_and_the_rest_has_its_turn_in_the_next(database):
    world = await furnish(units=0)
    for _ in range(3):
        await waiting_until(world, 1)

    assert [await cancel_overdue(world.now + DAY, limit=2) for _ in range(3)] == [2, 1, 0]
