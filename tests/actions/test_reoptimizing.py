"""Orders that are not released yet are routed together: cheaper in total, and nothing is lost, doubled or moved in vain."""

import asyncio

import pytest

from actions.backorders import retry_backorders
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.confirming import ConfirmOrder, confirm
from actions.orders.holding import ApplyHold, apply_hold
from actions.reoptimizing.moving import move_together
from actions.reoptimizing.reading import ReoptimizeOrders, read_standing
from actions.reoptimizing.running import reoptimize
from domain.errors import DomainError, InvalidInput
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.orders import AddressKind, FulfilmentMethod
from domain.promising.offers import Confidence
from domain.routing.values import Method
from models import (
    LineStatus,
    Order,
    OrderAddress,
    OrderLine,
    OutboxFact,
    Promise,
    RoutingRun,
    StockMovement,
)
from server.audit import examine, snapshot
from tests.world import World, channel, furnish, stock
from tests.world.orders import new_order, released, schedule, units

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus
NEAR = {"NYC": (40.7, -74.0), "CHI": (41.9, -87.6), "LAX": (34.0, -118.2)}
IN_ZONE, ACROSS = 580 + 45, 960 + 170
"""A parcel of one kilogram that stays in the city, or goes from coast to coast."""


async def order_from(world: World, city: str, *, at: str, **values) -> Order:
    """An order of one mug that goes to a city and is scheduled at a location."""
    order = await new_order(world, at=at, is_confirmed=False, **{"MUG": 1, **values})
    latitude, longitude = NEAR[city]
    await OrderAddress.create(
        order=order,
        kind=AddressKind.SHIPPING,
        name="Ada",
        line1="1 Main Street",
        city=city,
        country="US",
        latitude=latitude,
        longitude=longitude,
    )
    return order


async def where(order: Order, sku: str = "MUG") -> dict[str | None, int]:
    """Units by the code of the location where they are scheduled; None for those without one."""
    rows = await LineStatus.filter(order_id=order.id, line__sku=sku).prefetch_related("location")
    return {row.location.code if row.location else None: row.quantity for row in rows}


async def run(world: World, **command) -> RoutingRun:
    return await RoutingRun.get(id=await reoptimize(world.act(), ReoptimizeOrders(**command)))


async def release_now(world: World, order: Order) -> None:
    await confirm(world.act(), ConfirmOrder(order_id=order.id))
    await release(world.act(), ReleaseOrder(order_id=order.id))


async def broken_rules(database_url: str) -> list[str]:
    async with snapshot(database_url) as connection:
        return [f"{rule}: {findings[0]}" async for rule, findings in examine(connection) if findings]


async def bad_turn() -> tuple[World, Order, Order]:
    """First come, first served: Chicago's order took New York's mug, so New York's order waits for one from Los Angeles."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 1, ("MUG", "LAX"): 1})
    west = await order_from(world, "LAX", at="NYC")
    east = await order_from(world, "NYC", at="LAX")
    return world, west, east


async def test_two_orders_trade_places_when_that_is_cheaper(database_url):
    world, west, east = await bad_turn()

    run_ = await run(world)

    assert (await where(west), await where(east)) == ({"LAX": 1}, {"NYC": 1})
    assert (run_.orders_considered, run_.orders_moved, run_.orders_skipped, run_.units_served) == (2, 2, 0, 0)
    assert (run_.cost_before_minor, run_.cost_after_minor) == (2 * ACROSS, 2 * IN_ZONE)
    assert (run_.actor, run_.currency, run_.finished_at >= run_.started_at) == ("staff:test", "USD", True)
    assert [(await world.level("MUG", code)).allocated for code in ("NYC", "LAX")] == [1, 1]
    assert await broken_rules(database_url) == []


async def test_an_order_becomes_dearer_if_another_gains_more():
    """Chicago's order gives New York's mug, 115 cents dearer for it, to an order that saves far more."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 1, ("MUG", "LAX"): 1})
    middle = await order_from(world, "CHI", at="NYC")
    east = await order_from(world, "NYC", at="LAX")

    run_ = await run(world)

    assert (await where(middle), await where(east)) == ({"LAX": 1}, {"NYC": 1})
    assert run_.cost_before_minor == 740 + 90 + ACROSS
    assert run_.cost_after_minor == 880 + 140 + IN_ZONE


async def test_a_waiting_order_gets_what_another_can_do_without():
    """The channel of one order has New York only, where another one sits that Chicago could serve."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 1, ("MUG", "CHI"): 1})
    local = await channel(world, "LOCAL", location_ids=(world.locations["NYC"].id,))
    settled = await order_from(world, "NYC", at="NYC")
    waiting = await order_from(world, "NYC", at="NYC", waiting=S.BACKORDERED, channel=local)

    run_ = await run(world)

    assert (await where(settled), await where(waiting)) == ({"CHI": 1}, {"NYC": 1})
    assert (run_.orders_moved, run_.units_served) == (2, 1)


async def test_nobody_loses_a_location_to_somebody_who_waits():
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 1})
    settled = await order_from(world, "LAX", at="NYC")
    waiting = await order_from(world, "NYC", at="NYC", waiting=S.BACKORDERED)

    run_ = await run(world)

    assert (await where(settled), await where(waiting)) == ({"NYC": 1}, {None: 1})
    assert (run_.orders_considered, run_.orders_moved) == (2, 0)


async def test_parcels_of_one_order_are_joined():
    world = await furnish(units=5)
    order = await order_from(world, "NYC", at="NYC", MUG=1, LAMP=1, waiting=S.BACKORDERED)
    await schedule(world, order, "MUG", 1, "CHI")
    await schedule(world, order, "LAMP", 1, "NYC")

    run_ = await run(world)

    assert (await where(order), await where(order, "LAMP")) == ({"NYC": 1}, {"NYC": 1})
    assert (run_.cost_before_minor, run_.cost_after_minor) == (740 + 90 + IN_ZONE + 250, IN_ZONE)


async def test_facts_tell_of_every_move_and_name_the_run():
    world, west, _ = await bad_turn()
    before = (await Order.get(id=west.id)).version

    run_ = await run(world)

    facts = await OutboxFact.filter(order_id=west.id).order_by("-id").limit(2)
    assert [fact.kind for fact in facts] == [FactKind.UNITS_SCHEDULED, FactKind.UNITS_UNSCHEDULED]
    assert {fact.payload["run"] for fact in facts} == {str(run_.id)}
    assert (await Order.get(id=west.id)).version == before + 2


@pytest.mark.parametrize("kind", [HoldKind.FRAUD, HoldKind.PENDING_CHANGE])
async def test_orders_held_against_scheduling_stay_where_they_are(kind):
    world, west, east = await bad_turn()
    await apply_hold(world.act(), ApplyHold(order_id=west.id, kind=kind))

    run_ = await run(world)

    assert (await where(west), await where(east)) == ({"NYC": 1}, {"LAX": 1})
    assert (run_.orders_considered, run_.orders_moved) == (1, 0)


async def test_orders_held_only_against_release_move():
    world, west, east = await bad_turn()
    await apply_hold(world.act(), ApplyHold(order_id=west.id, kind=HoldKind.MANUAL))

    assert (await run(world)).orders_moved == 2

    assert (await where(west), await where(east)) == ({"LAX": 1}, {"NYC": 1})


async def test_orders_of_which_anything_is_released_stay_where_they_are():
    world, west, east = await bad_turn()
    await released(world, west)

    run_ = await run(world)

    assert (await where(west), await where(east)) == ({"NYC": 1}, {"LAX": 1})
    assert run_.orders_considered == 1


async def test_orders_with_a_promise_stay_where_it_was_reckoned_from():
    world, west, east = await bad_turn()
    day = world.now.date()
    promise = await Promise.create(
        organization_id=world.organization_id,
        channel=world.web,
        method=Method.SHIP,
        rule="",
        confidence=Confidence.HIGH,
        ready_at=world.now,
        earliest_on=day,
        latest_on=day,
        currency="USD",
        cost_minor=0,
        price_minor=0,
        parcels=[],
        promised_at=world.now,
        expires_at=world.now,
    )
    await Order.filter(id=west.id).update(promise_id=promise.id)

    done = await run(world)

    assert (done.orders_considered, done.orders_promised) == (1, 1)
    assert (await where(west), await where(east)) == ({"NYC": 1}, {"LAX": 1})


async def test_units_to_be_picked_up_stay_where_the_customer_goes():
    world, west, _ = await bad_turn()
    await OrderLine.filter(order_id=west.id).update(
        method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations["NYC"].id
    )

    assert (await run(world)).orders_considered == 1

    assert await where(west) == {"NYC": 1}


async def test_what_saves_too_little_is_not_done():
    world, *_ = await bad_turn()
    saving = 2 * (ACROSS - IN_ZONE)

    assert (await run(world, least_saving_minor=saving + 1)).orders_moved == 0
    assert (await run(world, least_saving_minor=saving)).orders_moved == 2


async def test_a_second_run_finds_nothing_left():
    world, *_ = await bad_turn()
    await run(world)
    moves = await StockMovement.all().count()

    again = await run(world, seed=2)

    assert (again.orders_considered, again.orders_moved) == (2, 0)
    assert await StockMovement.all().count() == moves


async def test_only_the_named_orders_and_channels_are_looked_at():
    world, west, east = await bad_turn()

    assert (await run(world, order_ids=(west.id,))).orders_considered == 1
    assert (await run(world, channel_id=world.channels["SHOP"].id)).orders_considered == 0
    assert (await run(world, order_ids=(west.id, east.id), channel_id=world.web.id)).orders_moved == 2


async def test_the_same_key_gives_the_same_run_once():
    world, *_ = await bad_turn()

    first = await reoptimize(world.act("again"), ReoptimizeOrders())
    second = await reoptimize(world.act("again"), ReoptimizeOrders())

    assert first == second
    assert await RoutingRun.all().count() == 1


async def test_routing_together_while_others_place_cancel_and_release(database_url):
    """Twelve orders in the worst places; while they are routed, some are cancelled or released and one waits for units."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 6, ("MUG", "LAX"): 6})
    west = [await order_from(world, "LAX", at="NYC") for _ in range(6)]
    east = [await order_from(world, "NYC", at="LAX") for _ in range(6)]
    await order_from(world, "NYC", at="NYC", waiting=S.BACKORDERED, MUG=2)

    runs = await asyncio.gather(
        reoptimize(world.act(), ReoptimizeOrders(seed=1)),
        reoptimize(world.act(), ReoptimizeOrders(seed=2)),
        *(cancel(world.act(), CancelOrder(order_id=order.id)) for order in (*west[:2], *east[:1])),
        *(release_now(world, order) for order in (west[2], east[2])),
        retry_backorders(world.act()),
        return_exceptions=True,
    )

    wrong = [each for each in runs if isinstance(each, BaseException) and not isinstance(each, DomainError)]
    assert wrong == []
    assert await broken_rules(database_url) == []
    for code in ("NYC", "LAX"):
        level = await world.level("MUG", code)
        assert 0 <= level.allocated <= level.on_hand == 6
    assert await RoutingRun.filter(finished_at__isnull=True).count() == 0
    final = await run(world, seed=3)
    assert final.units_served or final.cost_after_minor <= final.cost_before_minor  # who waited is served, at a cost


async def test_what_changes_between_planning_and_moving_is_left_out():
    world, west, east = await bad_turn()
    reading = await read_standing(world.act(), ReoptimizeOrders())
    trade = {
        order.id: (reading.units[order.id], [world.locations[code].id])
        for order, code in ((west, "LAX"), (east, "NYC"))
    }
    await cancel(world.act(), CancelOrder(order_id=west.id))

    assert await move_together(world.act(), [trade], reading.considered, run_id=new_id()) == []

    assert (await units(west), await where(east)) == ({S.CANCELLED: 1}, {"LAX": 1})


async def test_units_that_somebody_took_meanwhile_are_not_taken_twice():
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 1, ("MUG", "LAX"): 1})
    east = await order_from(world, "NYC", at="LAX")
    reading = await read_standing(world.act(), ReoptimizeOrders())
    await order_from(world, "NYC", at="NYC")

    trade = {east.id: (reading.units[east.id], [world.locations["NYC"].id])}
    assert await move_together(world.act(), [trade], reading.considered, run_id=new_id()) == []

    assert await where(east) == {"LAX": 1}


async def test_absurd_searches_are_refused():
    world = await furnish(units=0)

    with pytest.raises(InvalidInput) as refused:
        await reoptimize(world.act(), ReoptimizeOrders(rounds=0, seed=-1, least_saving_minor=-1, order_ids=()))

    assert {problem.path for problem in refused.value.problems} == {
        "rounds",
        "seed",
        "least_saving_minor",
        "order_ids",
    }
    assert await RoutingRun.all().count() == 0
