"""Days are locked once in a transaction, in one order: whoever waits for a day holds no later one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from actions import desk
from actions.forwarding.merging import DeliverTogether, deliver_together
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.orders.relocating import ChooseLocation, choose_location
from domain.fulfilment import DeclineReason
from models import LocationDay, Order
from models.db import rows, tx
from tests.actions.asserting import books_balance
from tests.actions.test_placing import wanted
from tests.actions.test_workload import TODAY, days, limit
from tests.patience import PATIENCE_SECONDS
from tests.world import World, furnish, stock
from tests.world.fulfilment import released_of

pytestmark = pytest.mark.usefixtures("database")

TOMORROW = TODAY + timedelta(days=1)
FREE = """
SELECT d.id FROM location_days d WHERE (d.location_id, d.day) IN (SELECT * FROM unnest($1::uuid[], $2::date[]))
FOR UPDATE SKIP LOCKED"""

Change = Callable[[World, Order], Awaitable[object]]


@pytest.fixture
async def counter(database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def declined(world: World, order: Order) -> object:
    fulfilment = await released_of(world, order)
    command = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NOT_FOUND)
    return await decline(world.act(now=world.now + timedelta(days=1)), command)


async def sent_from_elsewhere(world: World, order: Order) -> object:
    command = ChooseLocation(order_id=order.id, location_id=world.locations["NYC"].id, reason="nearer")
    return await choose_location(world.act(now=world.now + timedelta(days=1)), command)


async def delivered_together(world: World, order: Order) -> object:
    return await deliver_together(world.act(now=world.now + timedelta(days=1)), DeliverTogether(order_id=order.id))


async def yesterdays(counter: desk.Desk, code: str) -> tuple[World, Order]:
    """An order that counts for the first day of a location; on the second both locations have a day already."""
    world = await furnish(units=0)
    for each in ("NYC", "CHI"):
        await limit(world, each, daily_capacity_units=50)
    await stock(world, {("MUG", code): 9})
    order = await Order.get(id=await counter.place(world.act(), wanted(world, ("MUG", 1))))
    await stock(world, {("MUG", "NYC"): 9, ("MUG", "CHI"): 9, ("LAMP", "NYC"): 9, ("LAMP", "CHI"): 9})
    later = world.act(now=world.now + timedelta(days=1))
    await counter.place(later, wanted(world, ("LAMP", 1)))
    assert {each.day for each in await LocationDay.all()} == {TODAY, TOMORROW}
    return world, order


@pytest.mark.parametrize("act", [declined, sent_from_elsewhere, delivered_together])
@pytest.mark.parametrize("code", ["NYC", "CHI"])
async def test_whoever_waits_for_a_day_holds_no_later_one(counter, code: str, act: Change) -> None:
    world, order = await yesterdays(counter, code)
    nyc, chi = world.locations["NYC"].id, world.locations["CHI"].id
    assert nyc < chi
    # The first day that it needs, and all that come after it.
    first, *after = [(nyc, TODAY), (nyc, TOMORROW), (chi, TODAY), (chi, TOMORROW)][code == "CHI" :]
    begin = asyncio.Event()

    async def change() -> object:
        await begin.wait()
        return await act(world, order)

    changing = asyncio.create_task(change())
    async with tx(), asyncio.timeout(PATIENCE_SECONDS):
        await LocationDay.filter(location_id=first[0], day=first[1]).select_for_update().get()
        begin.set()
        while not await rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        unlocked = await rows(FREE, [[place for place, _ in after], [day for _, day in after]])
    await changing

    assert len(unlocked) == len(after)
    await days()
    await books_balance()
