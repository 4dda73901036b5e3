"""Routing together keeps to what locations can do a day, where a rule asks for it: as exactly as placing does."""

import asyncio
from datetime import timedelta

import orjson
import pytest

from actions import desk
from actions.orders.cancelling import CancelOrder, cancel
from actions.reoptimizing.moving import move_together
from actions.reoptimizing.reading import ReoptimizeOrders, read_standing
from actions.reoptimizing.running import reoptimize
from actions.routing_rules import DraftRoutingRule, RuleConstraint
from domain.errors import DomainError
from domain.ids import new_id
from domain.routing.rules.explaining import explain_case
from domain.routing.rules.keeping import kept_of
from domain.routing.rules.values import ConstraintKind
from domain.routing.values import Exclusion
from models import LocationDay, Order, RoutingDecision
from tests.actions.asserting import books_balance
from tests.actions.test_placing import wanted
from tests.actions.test_reoptimizing import S, bad_turn, broken_rules, order_from, run, where
from tests.actions.test_routing_rules import activated, replays
from tests.actions.test_workload import HARD, SOFT, TODAY, days, limit
from tests.world import World, furnish, stock

pytestmark = pytest.mark.usefixtures("database")


async def ruled(world: World, *constraints: RuleConstraint) -> None:
    await activated(world, DraftRoutingRule(name="Busy", constraints=constraints or (HARD,)))


async def from_afar(world: World, count: int, **values) -> list[Order]:
    """Orders of New York that are to be sent from Los Angeles; there are mugs in New York now."""
    await stock(world, {("MUG", "LAX"): count * 2})
    orders = [await order_from(world, "NYC", at="LAX", **values) for _ in range(count)]
    await stock(world, {("MUG", "NYC"): 20})
    return orders


async def near(orders: list[Order]) -> int:
    return sum([(await where(order)).get("NYC", 0) for order in orders])


@pytest.mark.parametrize("constraint", [HARD, SOFT])
async def test_as_many_orders_move_as_the_day_has_room_for(constraint, database_url):
    world = await furnish(units=0)
    await limit(world, "NYC", daily_capacity_units=5)
    orders = await from_afar(world, 4, MUG=2)
    await ruled(world, constraint)

    done = await run(world)

    assert (done.orders_considered, done.orders_moved, done.orders_ruled, done.orders_skipped) == (4, 2, 0, 0)
    assert await near(orders) == 4
    assert await days() == {TODAY: (4, 2)}
    assert await broken_rules(database_url) == []


@pytest.mark.parametrize(
    ("limits", "moved"),
    [({"daily_capacity_orders": 3}, 3), ({"daily_capacity_lines": 3}, 3), ({"daily_capacity_units": 0}, 0)],
)
async def test_orders_and_lines_are_limited_like_units(limits, moved):
    world = await furnish(units=0)
    await limit(world, "NYC", **limits)
    await from_afar(world, 5)
    await ruled(world)

    done = await run(world)

    assert (done.orders_moved, done.orders_skipped) == (moved, 0)
    await days()


async def test_without_a_rule_that_asks_for_it_all_move_and_are_counted():
    world = await furnish(units=0)
    await limit(world, "NYC", daily_capacity_units=1)
    await from_afar(world, 3)

    assert (await run(world)).orders_moved == 3

    assert await days() == {TODAY: (3, 3)}


async def test_orders_trade_places_where_both_locations_are_full():
    world = await furnish(units=0)
    for code in ("NYC", "LAX"):
        await limit(world, code, daily_capacity_units=1)
    await stock(world, {("MUG", "NYC"): 1, ("MUG", "LAX"): 1})
    west = await order_from(world, "LAX", at="NYC")
    east = await order_from(world, "NYC", at="LAX")
    await ruled(world)

    assert (await run(world)).orders_moved == 2

    assert (await where(west), await where(east)) == ({"LAX": 1}, {"NYC": 1})
    assert {(each.units, each.orders) for each in await LocationDay.all()} == {(1, 1)}


async def test_what_counts_for_yesterday_makes_no_room_today():
    """Both came yesterday, when both places were full; today is full of others."""
    world = await furnish(units=0)
    for code in ("NYC", "LAX"):
        await limit(world, code, daily_capacity_units=1)
    await stock(world, {("MUG", "NYC"): 1, ("MUG", "LAX"): 1})
    west = await order_from(world, "LAX", at="NYC")
    east = await order_from(world, "NYC", at="LAX")
    for code in ("NYC", "LAX"):
        await limit(world, code, daily_capacity_units=0)
    await ruled(world)

    tomorrow = world.act(now=world.now + timedelta(days=1))
    await reoptimize(tomorrow, ReoptimizeOrders())

    assert (await where(west), await where(east)) == ({"NYC": 1}, {"LAX": 1})


async def test_who_waits_is_served_where_there_is_room():
    world = await furnish(units=0)
    await limit(world, "NYC", daily_capacity_units=0)
    waiting = await order_from(world, "NYC", at="NYC", waiting=S.BACKORDERED)
    await stock(world, {("MUG", "NYC"): 5, ("MUG", "CHI"): 5})
    await ruled(world)

    done = await run(world)

    assert (done.units_served, await where(waiting)) == (1, {"CHI": 1})


async def test_a_decision_says_where_there_was_no_room_and_is_replayed():
    world = await furnish(units=0)
    await limit(world, "NYC", daily_capacity_units=0)
    [order] = await from_afar(world, 1)
    await stock(world, {("MUG", "CHI"): 5})
    await ruled(world)

    await run(world)

    [decision] = await RoutingDecision.filter(order_id=order.id)
    assert await where(order) == {"CHI": 1}
    assert await replays(decision)
    told = explain_case(kept_of(orjson.loads(decision.request)).case)
    codes = {location.id: code for code, location in world.locations.items()}
    reasons = {codes[one.candidate.location]: dict(one.reasons) for one in told.verdicts}
    assert reasons == {"NYC": {0: Exclusion.CAPACITY}, "CHI": {}, "LAX": {0: Exclusion.LEFT_TO_OTHERS}}


async def test_room_that_somebody_took_since_it_was_read_is_not_taken_again(database_url):
    world = await furnish(units=0)
    await limit(world, "NYC", daily_capacity_units=1)
    [order] = await from_afar(world, 1)
    await ruled(world)
    reading = await read_standing(world.act(), ReoptimizeOrders())
    trade = {order.id: (reading.units[order.id], [world.locations["NYC"].id])}
    async with desk.opened(database_url) as counter:
        await counter.place(world.act(), wanted(world, ("MUG", 1)))

    moved = await move_together(world.act(), [trade], reading.considered, run_id=new_id())

    assert moved == []
    assert await where(order) == {"LAX": 1}
    assert (await days())[TODAY] == (1, 1)


async def test_orders_that_trade_places_as_placing_goes_on_never_pass_a_day(database_url):
    """Placing, cancelling and two runs at once, again and again: a day never has more than it can do."""
    world = await furnish(units=0)
    await limit(world, "NYC", daily_capacity_units=7, daily_capacity_orders=5)
    await limit(world, "CHI", daily_capacity_units=4)
    await ruled(world)
    orders = await from_afar(world, 6)
    await stock(world, {("MUG", "CHI"): 30, ("MUG", "LAX"): 30})

    async with desk.opened(database_url) as counter:
        for turn in range(4):
            placing = [counter.place(world.act(), wanted(world, ("MUG", 1 + at % 2))) for at in range(4)]
            answers = await asyncio.gather(
                *placing[:2],
                reoptimize(world.act(), ReoptimizeOrders(seed=turn + 1, rounds=200)),
                *placing[2:],
                reoptimize(world.act(), ReoptimizeOrders(seed=turn + 11, rounds=200)),
                cancel(world.act(), CancelOrder(order_id=orders[turn].id)),
                return_exceptions=True,
            )
            wrong = [each for each in answers if isinstance(each, BaseException) and not isinstance(each, DomainError)]
            assert wrong == []
            await days()
            for day in await LocationDay.all().prefetch_related("location"):
                most = {"NYC": (7, 5), "CHI": (4, 99), "LAX": (99, 99)}[day.location.code]
                assert (day.units <= most[0], day.orders <= most[1]) == (True, True)
    await books_balance()
    assert await broken_rules(database_url) == []


async def test_a_rule_that_keeps_units_back_still_leaves_its_orders_alone():
    world, *_ = await bad_turn()
    await limit(world, "NYC", daily_capacity_units=5)
    await ruled(world, HARD, RuleConstraint(kind=ConstraintKind.KEEP_UNITS, value=1))

    done = await run(world)

    assert (done.orders_considered, done.orders_ruled) == (0, 2)
