"""Kits are routed together with everything else, and move whole or not at all."""

import asyncio
import random

import pytest

from actions.fulfilment.releasing import ReleaseOrder, release
from actions.orders.cancelling import CancelledKit, CancelOrder, cancel
from actions.orders.confirming import ConfirmOrder, confirm
from actions.orders.parting import PartKit, part
from actions.reoptimizing.moving import move_together
from actions.reoptimizing.reading import ReoptimizeOrders, read_standing
from domain.errors import DomainError
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.placing.commands import Address, OrderedLine, PlaceOrder
from domain.routing.rules.values import DecisionKind
from models import LineStatus, Order, OrderKit, RoutingDecision
from models.db import rows
from tests.actions.scenarios.placing import opened_desk
from tests.actions.test_reoptimizing import NEAR, broken_rules, run, where
from tests.actions.test_routing_rules import replays
from tests.world import World, furnish, stock
from tests.world.kits import kit, kits_at, whole

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus
ALLOCATED = "SELECT coalesce(sum(allocated), 0)::int AS units FROM stock_levels"


@pytest.fixture
async def world() -> World:
    world = await furnish(units=0)
    await kit(world, "SET", MUG=1, LAMP=2)
    return world


async def placed(world: World, city: str, **quantities: int) -> Order:
    latitude, longitude = NEAR[city]
    address = Address(
        name="Ada", line1="1 Main Street", city=city, country="US", latitude=latitude, longitude=longitude
    )
    lines = tuple(OrderedLine(variant_id=world.variants[sku].id, quantity=units) for sku, units in quantities.items())
    async with opened_desk() as desk:
        command = PlaceOrder(channel_id=world.web.id, lines=lines, shipping_address=address, allow_backorder=True)
        return await Order.get(id=await desk.place(world.act(), command))


async def sets(world: World, city: str, count: int = 1) -> None:
    await stock(world, {("MUG", city): count, ("LAMP", city): 2 * count})


async def bad_turn(world: World) -> tuple[Order, Order]:
    """Los Angeles' order took the set in New York, so New York's took the one in Los Angeles."""
    await sets(world, "NYC")
    west = await placed(world, "LAX", SET=1)
    await sets(world, "LAX")
    return west, await placed(world, "NYC", SET=1)


async def test_orders_with_kits_trade_places_and_what_was_decided_can_be_replayed(world, database_url):
    west, east = await bad_turn(world)

    done = await run(world)

    assert (await kits_at(west.id), await kits_at(east.id)) == ({(S.SCHEDULED, "LAX"): 1}, {(S.SCHEDULED, "NYC"): 1})
    assert (done.orders_considered, done.orders_moved, done.orders_apart) == (2, 2, 0)
    assert done.cost_after_minor < done.cost_before_minor
    decisions = await RoutingDecision.filter(kind=DecisionKind.REOPTIMIZED)
    assert {each.order_id for each in decisions} == {west.id, east.id}
    assert all([await replays(each) for each in decisions])
    assert await broken_rules(database_url) == []


async def test_a_kit_does_not_move_to_where_only_some_of_it_lies(world):
    await sets(world, "LAX")
    east = await placed(world, "NYC", SET=1)
    await stock(world, {("MUG", "NYC"): 9, ("LAMP", "NYC"): 1})

    assert (await run(world)).orders_moved == 0

    assert await kits_at(east.id) == {(S.SCHEDULED, "LAX"): 1}


async def test_kits_that_wait_are_served_whole_and_counted_by_the_unit(world):
    waiting = await placed(world, "NYC", SET=2)
    await sets(world, "CHI", 3)

    done = await run(world)

    assert await kits_at(waiting.id) == {(S.SCHEDULED, "CHI"): 2}
    assert done.units_served == 6


async def test_a_kit_gets_the_component_that_another_order_can_do_without(world):
    await sets(world, "NYC")
    mug = await placed(world, "NYC", MUG=1)
    waiting = await placed(world, "NYC", SET=1)
    await stock(world, {("MUG", "CHI"): 1})

    done = await run(world)

    assert (await where(mug), await kits_at(waiting.id)) == ({"CHI": 1}, {(S.SCHEDULED, "NYC"): 1})
    assert (done.orders_moved, done.units_served) == (2, 3)


async def test_parcels_of_a_kit_and_what_was_ordered_beside_it_are_joined(world):
    await sets(world, "LAX")
    await stock(world, {("CHAIR", "NYC"): 1})
    order = await placed(world, "NYC", SET=1, CHAIR=1)
    before = await kits_at(order.id), await where(order, "CHAIR")
    await sets(world, "NYC")

    await run(world)

    assert before == ({(S.SCHEDULED, "LAX"): 1}, {"NYC": 1})
    assert (await kits_at(order.id), await where(order, "CHAIR")) == ({(S.SCHEDULED, "NYC"): 1}, {"NYC": 1})
    [decision] = await RoutingDecision.filter(order_id=order.id, kind=DecisionKind.REOPTIMIZED)
    assert await replays(decision)


async def test_components_of_a_parted_kit_move_alone(world):
    await sets(world, "LAX")
    east = await placed(world, "NYC", SET=1)
    await part(world.act(), PartKit(kit_id=(await OrderKit.get(order_id=east.id)).id, reason="Sooner."))
    await stock(world, {("MUG", "NYC"): 1, ("LAMP", "NYC"): 2, ("MUG", "CHI"): 1})

    await run(world)

    assert (await where(east, "MUG"), await where(east, "LAMP")) == ({"NYC": 1}, {"NYC": 2})


async def test_a_kit_that_was_cancelled_in_part_meanwhile_is_left_out(world):
    west, east = await bad_turn(world)
    reading = await read_standing(world.act(), ReoptimizeOrders())
    trade = {
        order.id: (reading.units[order.id], [world.locations[code].id] * 2)
        for order, code in ((west, "LAX"), (east, "NYC"))
    }
    await cancel(world.act(), CancelOrder(order_id=west.id))

    assert await move_together(world.act(), [trade], reading.considered, run_id=new_id()) == []

    assert await kits_at(east.id) == {(S.SCHEDULED, "LAX"): 1}


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_stands_where_kits_move_whole_and_nothing_is_lost(world, database_url, seed):
    luck = random.Random(seed)
    await kit(world, "PAIR", MUG=1, CHAIR=1)

    async def more(chance: float) -> None:
        lines = {(sku, city): luck.randint(1, 4) for sku in ("MUG", "LAMP", "CHAIR") for city in NEAR}
        await stock(world, {place: units for place, units in lines.items() if luck.random() < chance})

    orders = []
    for _ in range(10):
        await more(0.3)
        skus = luck.sample(["SET", "PAIR", "MUG", "CHAIR"], luck.randint(1, 3))
        orders.append(await placed(world, luck.choice(list(NEAR)), **{sku: luck.randint(1, 2) for sku in skus}))
    await more(0.9)
    scheduled = await LineStatus.filter(status=S.SCHEDULED).values_list("line_id", "quantity")
    [before] = await rows(ALLOCATED)

    done = await run(world, seed=seed + 1)

    assert await whole()
    [after] = await rows(ALLOCATED)
    assert after["units"] == before["units"] + done.units_served
    kept = dict.fromkeys((line for line, _ in scheduled), 0)
    for line, units in await LineStatus.filter(status=S.SCHEDULED).values_list("line_id", "quantity"):
        kept[line] = kept.get(line, 0) + units
    for line in {line for line, _ in scheduled}:
        assert kept[line] >= sum(units for each, units in scheduled if each == line)
    assert done.orders_moved
    assert all([await replays(each) for each in await RoutingDecision.all()])
    assert await broken_rules(database_url) == []


async def test_routing_kits_together_while_others_cancel_part_and_release_them(world, database_url):
    await sets(world, "NYC", 6)
    west = [await placed(world, "LAX", SET=1) for _ in range(6)]
    await sets(world, "LAX", 6)
    east = [await placed(world, "NYC", SET=1) for _ in range(6)]
    kits = {each.order_id: each.id for each in await OrderKit.all()}

    async def release_now(order: Order) -> None:
        await confirm(world.act(), ConfirmOrder(order_id=order.id))
        await release(world.act(), ReleaseOrder(order_id=order.id))

    runs = await asyncio.gather(
        run(world, seed=1),
        run(world, seed=2),
        *(cancel(world.act(), CancelOrder(order_id=o.id, kits=(CancelledKit(kit_id=kits[o.id]),))) for o in west[:2]),
        *(part(world.act(), PartKit(kit_id=kits[order.id], reason="Now.")) for order in east[:2]),
        *(release_now(order) for order in (west[2], east[2])),
        return_exceptions=True,
    )

    assert [each for each in runs if isinstance(each, BaseException) and not isinstance(each, DomainError)] == []
    assert await whole()
    assert await broken_rules(database_url) == []
