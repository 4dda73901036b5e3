"""Whatever happens at the same time, no location takes on more than it can do, and what it has taken on is what stands there."""

import asyncio
from random import Random

import pytest

from actions import desk, locations
from actions.backorders import retry_all_backorders
from actions.forwarding.declining import DeclineTransfer
from actions.forwarding.declining import decline as decline_transfer
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.reoptimizing.reading import ReoptimizeOrders
from actions.reoptimizing.running import reoptimize
from actions.routing_rules import DraftRoutingRule
from domain.errors import DomainError
from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.transfers import TransferStatus
from models import Fulfilment, LineStatus, OrderLine, Transfer
from models.db import rows
from server.audit import examine, snapshot
from tests.actions.test_placing import wanted
from tests.actions.test_routing_rules import activated
from tests.actions.test_workload import HARD
from tests.actions.test_workload_brought import collected
from tests.world import World, furnish
from tests.world.forwarding import take_any_stock

LIMITS = {
    "NYC": {"daily_capacity_units": 12, "daily_capacity_lines": 5},
    "CHI": {"daily_capacity_orders": 4},
    "LAX": {"daily_capacity_units": 7, "daily_capacity_lines": 4},
}
# What stands somewhere, and what is to be brought to where it is collected.
WORK = """
WITH work(order_id, line_id, location_id, quantity) AS (
    SELECT order_id, line_id, location_id, quantity FROM line_status WHERE location_id IS NOT NULL
    UNION ALL SELECT s.order_id, s.line_id, i.pickup_location_id, s.quantity
    FROM line_status s JOIN order_lines i ON i.id = s.line_id WHERE i.pickup_location_id <> s.location_id)"""
STANDING = f"""{WORK}
SELECT c.order_id FROM (SELECT order_id, location_id, sum(units) AS units FROM capacity_claims GROUP BY 1, 2) AS c
FULL JOIN (SELECT order_id, location_id, sum(quantity) AS units FROM work GROUP BY 1, 2)
    AS s ON s.order_id = c.order_id AND s.location_id = c.location_id WHERE c.units IS DISTINCT FROM s.units"""
LINES_STANDING = f"""{WORK}
SELECT c.line_id FROM (SELECT line_id, location_id, sum(units) AS units FROM line_claims GROUP BY 1, 2) AS c
FULL JOIN (
    SELECT s.line_id, s.location_id, sum(s.quantity) AS units FROM work s JOIN locations l ON l.id = s.location_id
    WHERE l.daily_capacity_lines IS NOT NULL GROUP BY 1, 2
) AS s ON s.line_id = c.line_id AND s.location_id = c.location_id WHERE c.units IS DISTINCT FROM s.units"""
DAYS = """
SELECT l.code, d.units, d.orders, d.lines, l.daily_capacity_lines AS most_lines, l.daily_capacity_units AS most_units, l.daily_capacity_orders AS most_orders
FROM location_days d JOIN locations l ON l.id = d.location_id"""


async def some_step(world: World, counters: list[desk.Desk], luck: Random) -> None:
    kind = luck.choice(["place", "place", "collect", "collect", "cancel", "decline", "retry", "together"])
    lines = await OrderLine.all().order_by("id")
    try:
        if kind == "place" or not lines:
            order = wanted(world, ("MUG", luck.randint(1, 4)), ("LAMP", luck.randint(1, 2)))
            await luck.choice(counters).place(world.act(), order)
        elif kind == "collect":
            order = collected(world, ("MUG", luck.randint(1, 3)), ("LAMP", 1), at="LAX")
            await luck.choice(counters).place(world.act(), order)
        elif kind == "cancel":
            line = luck.choice(lines)
            part = CancelledLine(line_id=line.id, quantity=1)
            await cancel(world.act(), CancelOrder(order_id=line.order_id, lines=(part,)))
        elif kind == "decline":
            order_id = luck.choice(lines).order_id
            await release(world.act(), ReleaseOrder(order_id=order_id))
            for fulfilment in await Fulfilment.filter(order_id=order_id, status=FulfilmentStatus.OPEN):
                command = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.DAMAGED)
                await decline(world.act(), command)
            for transfer in await Transfer.filter(order_id=order_id, status=TransferStatus.READY):
                late = DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.NO_CAPACITY)
                await decline_transfer(world.act(), late)
        elif kind == "together":
            await reoptimize(world.act(), ReoptimizeOrders(seed=luck.randint(1, 99), rounds=50))
        else:
            await retry_all_backorders(world.now)
    except DomainError:
        pass  # what cannot be done now changes nothing


@pytest.mark.parametrize("seed", range(3))
async def test_nobody_takes_on_more_than_they_can_and_every_claim_stands(database, database_url, seed):
    world = await furnish(units=100)
    for code, limit in LIMITS.items():
        await locations.upsert_location(world.act(), locations.UpsertLocation(code=code, **limit))
    await take_any_stock(world, "LAX")
    await activated(world, DraftRoutingRule(name="Busy", constraints=(HARD,)))
    luck = Random(seed)

    async with desk.opened(database_url) as one, desk.opened(database_url) as other:
        for _ in range(8):
            steps = [some_step(world, [one, other], Random(luck.random())) for _ in range(6)]
            await asyncio.gather(*steps)

            assert not await rows(STANDING)
            assert not await rows(LINES_STANDING)
            for day in await rows(DAYS):
                assert day["units"] <= (day["most_units"] or 10**6)
                assert day["orders"] <= (day["most_orders"] or 10**6)
                assert day["lines"] <= (day["most_lines"] or 10**6)

    assert await LineStatus.exclude(location_id=None).count()
    async with snapshot(database_url) as connection:
        assert [rule async for rule, found in examine(connection) if found] == []
