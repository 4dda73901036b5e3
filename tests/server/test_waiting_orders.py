"""Goods that come go to the orders that wait, and what is left to plans of quotas, without a job's turn."""

import asyncio

import pytest

from actions import desk
from domain.lifecycle import UnitStatus
from server.waiting_orders import serving_waiting_orders
from tests.actions.test_quotas import order
from tests.patience import PATIENCE_SECONDS
from tests.world import furnish, stock
from tests.world.orders import units
from tests.world.quotas import group, kept, planned

pytestmark = pytest.mark.usefixtures("database")


async def test_orders_that_wait_are_served_before_plans_are_filled(database_url, settings) -> None:
    world = await furnish(units=0)
    plan = await planned(world, await group(world, "SHOPS", channels=["SHOP"]), 20)
    async with desk.opened(database_url) as counter:
        waiting = await order(counter, world, 5, allow_backorder=True)

    async with serving_waiting_orders(settings.clock):
        await stock(world, {("MUG", "NYC"): 8})
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await kept(plan):
                await asyncio.sleep(0.02)

    assert await units(waiting) == {UnitStatus.SCHEDULED: 5}
    assert await kept(plan) == {"NYC": 3}
