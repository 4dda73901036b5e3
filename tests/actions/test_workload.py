"""What locations can do a day is counted exactly: taken by whoever comes first, and given back with the units."""

import asyncio
from datetime import date, timedelta

import pytest

from actions import desk, locations
from actions.backorders import REST, retry_all_backorders
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.resting import Rests
from actions.routing_rules import DraftRoutingRule, RuleConstraint
from domain.fulfilment import DeclineReason
from domain.routing.rules.values import ConstraintKind, DecisionKind
from models import CapacityClaim, LineStatus, LocationDay, Order, RoutingDecision
from models.db import rows
from tests.actions.test_placing import wanted
from tests.actions.test_routing_rules import activated, replays
from tests.world import World, furnish
from tests.world.fulfilment import released_of

HARD = RuleConstraint(kind=ConstraintKind.DAILY_CAPACITY)
SOFT = RuleConstraint(kind=ConstraintKind.DAILY_CAPACITY, is_hard=False)
TODAY = date(2026, 11, 2)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def limit(world: World, code: str, **limits) -> None:
    await locations.upsert_location(world.act(), locations.UpsertLocation(code=code, **limits))


async def limited(*constraints: RuleConstraint, **limits) -> World:
    """New York, the nearest, can do so much a day; nobody else says anything."""
    world = await furnish(units=100)
    await limit(world, "NYC", **limits)
    if constraints:
        await activated(world, DraftRoutingRule(name="Busy", constraints=constraints))
    return world


async def units_at(world: World) -> dict[str, int]:
    codes = {location.id: code for code, location in world.locations.items()}
    found: dict[str, int] = {}
    for row in await LineStatus.exclude(location_id=None):
        found[codes[row.location_id]] = found.get(codes[row.location_id], 0) + row.quantity
    return found


async def days() -> dict[date, tuple[int, int]]:
    """By day (units, orders), after having proved that the counters are the sums of the claims."""
    lines = await rows(
        "SELECT d.day FROM location_days d WHERE d.lines <> (SELECT count(*) FROM line_claims c"
        " WHERE c.location_id = d.location_id AND c.day = d.day)"
    )
    assert not lines
    wrong = await rows(
        "SELECT d.day FROM location_days d LEFT JOIN LATERAL (SELECT coalesce(sum(units), 0) AS units, count(*) AS orders"
        " FROM capacity_claims c WHERE c.location_id = d.location_id AND c.day = d.day) AS c ON true"
        " WHERE (d.units, d.orders) <> (c.units, c.orders)"
    )
    assert not wrong
    return {each.day: (each.units, each.orders) for each in await LocationDay.all()}


async def test_orders_racing_for_the_last_room_are_served_elsewhere_but_for_one(counter, database_url):
    world = await limited(HARD, daily_capacity_units=10)
    async with desk.opened(database_url) as other:
        orders = [wanted(world, ("MUG", 3)) for _ in range(8)]
        desks = [counter, other] * 4

        await asyncio.gather(*(each.place(world.act(), order) for each, order in zip(desks, orders, strict=True)))

    assert await units_at(world) == {"NYC": 9, "CHI": 15}
    assert await days() == {TODAY: (9, 3)}
    assert all([await replays(decision) for decision in await RoutingDecision.all()])


async def test_a_limit_of_orders_counts_an_order_once(counter):
    world = await limited(HARD, daily_capacity_orders=2)

    for _ in range(3):
        await counter.place(world.act(), wanted(world, ("MUG", 2), ("LAMP", 1)))

    assert await units_at(world) == {"NYC": 6, "CHI": 3}
    assert await days() == {TODAY: (6, 2)}


async def test_a_soft_limit_is_passed_only_when_nobody_else_can_serve(counter):
    world = await limited(SOFT, daily_capacity_units=2)
    for code in ("CHI", "LAX"):
        await limit(world, code, daily_capacity_units=0)

    await counter.place(world.act(), wanted(world, ("MUG", 3)))

    assert await units_at(world) == {"NYC": 3}
    assert (await days())[TODAY] == (3, 1)


async def test_without_a_rule_that_asks_capacity_is_counted_and_limits_nobody(counter):
    world = await limited(daily_capacity_units=2)

    await counter.place(world.act(), wanted(world, ("MUG", 3)))

    assert await units_at(world) == {"NYC": 3}
    assert await days() == {TODAY: (3, 1)}


async def test_where_nobody_says_how_much_nothing_is_counted(counter):
    world = await furnish()

    await counter.place(world.act(), wanted(world, ("MUG", 3)))

    assert await LocationDay.all().count() == await CapacityClaim.all().count() == 0


async def test_what_finds_no_room_waits_and_is_served_the_next_day(counter):
    world = await limited(HARD, daily_capacity_units=3)
    for code in ("CHI", "LAX"):
        await limit(world, code, daily_capacity_units=0)
    first = await counter.place(world.act(), wanted(world, ("MUG", 3)))
    second = await counter.place(world.act(), wanted(world, ("MUG", 2)))

    await retry_all_backorders(world.now + timedelta(hours=1))
    waiting = await LineStatus.filter(order_id=second).values_list("status", flat=True)
    await retry_all_backorders(world.now + timedelta(days=1))

    assert [status.value for status in waiting] == ["backordered"]
    assert await LineStatus.filter(order_id=first, location_id=world.locations["NYC"].id).count() == 1
    assert await LineStatus.filter(order_id=second, location_id=world.locations["NYC"].id).count() == 1
    counted = {day: count for day, count in (await days()).items() if any(count)}
    assert counted == {TODAY: (3, 1), TODAY + timedelta(days=1): (2, 1)}
    kinds = await RoutingDecision.filter(order_id=second).order_by("id").values_list("kind", flat=True)
    assert kinds == [DecisionKind.PLACED, DecisionKind.BACKORDER_RETRY]


async def test_cancelled_units_give_their_room_back_and_the_next_order_takes_it(counter):
    world = await limited(HARD, daily_capacity_units=4)
    order = await counter.place(world.act(), wanted(world, ("MUG", 4)))

    await cancel(world.act(), CancelOrder(order_id=order))
    freed = await days()
    await counter.place(world.act(), wanted(world, ("MUG", 4)))

    assert freed == {TODAY: (0, 0)}
    assert await units_at(world) == {"NYC": 4}
    assert await days() == {TODAY: (4, 1)}


async def test_declined_units_give_their_room_back_and_take_it_where_they_go(counter):
    world = await limited(HARD, daily_capacity_units=4)
    await limit(world, "CHI", daily_capacity_units=10)
    order = await counter.place(world.act(), wanted(world, ("MUG", 4)))
    fulfilment = await released_of(world, await Order.get(id=order))

    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.DAMAGED))

    assert await units_at(world) == {"CHI": 4}
    assert [(each.location_id, each.units) for each in await CapacityClaim.all()] == [(world.locations["CHI"].id, 4)]
    await days()


async def test_a_draft_takes_room_when_it_is_placed():
    world = await limited(HARD, daily_capacity_units=4)
    order = await draft(world.act(), wanted(world, ("MUG", 3)))
    before = await days()

    await place_draft(world.act(), PlaceDraft(order_id=order))

    assert before == {}
    assert await days() == {TODAY: (3, 1)}


async def test_orders_after_the_cut_off_count_for_the_next_working_day(counter):
    world = await limited(HARD, daily_capacity_units=4, cut_off="10:00")

    await counter.place(world.act(), wanted(world, ("MUG", 4)))
    await counter.place(world.act(now=world.now - timedelta(minutes=1)), wanted(world, ("MUG", 4)))

    assert await units_at(world) == {"NYC": 8}
    assert await days() == {TODAY: (4, 1), TODAY + timedelta(days=1): (4, 1)}


async def test_what_must_leave_today_goes_where_it_is_not_too_late(counter):
    world = await furnish()
    await limit(world, "NYC", cut_off="10:00")
    today = RuleConstraint(kind=ConstraintKind.SHIP_WITHIN_DAYS, value=0)
    await activated(world, DraftRoutingRule(name="Today", constraints=(today,)))

    await counter.place(world.act(), wanted(world, ("MUG", 1)))

    assert await units_at(world) == {"CHI": 1}


async def test_orders_that_find_no_room_rest_and_keep_nobody_else_waiting(counter):
    world = await limited(HARD, daily_capacity_units=1)
    for code in ("CHI", "LAX"):
        await limit(world, code, daily_capacity_units=0)
    for _ in range(3):
        await counter.place(world.act(), wanted(world, ("MUG", 1)))
    rests, later = Rests(REST), world.now + timedelta(minutes=5)

    tried = [await retry_all_backorders(later, rests=rests, limit=1) for _ in range(3)]
    after = await retry_all_backorders(later + REST, rests=rests, limit=9)
    served = await retry_all_backorders(world.now + timedelta(days=1), rests=rests)

    assert (tried, after, served) == ([1, 1, 0], 2, 2)
    assert [row.status.value for row in await LineStatus.all()].count("scheduled") == 2


async def test_an_order_that_was_not_tried_yet_does_not_rest(counter):
    world = await limited(HARD, daily_capacity_units=1)
    for code in ("CHI", "LAX"):
        await limit(world, code, daily_capacity_units=0)
    for _ in range(3):
        await counter.place(world.act(), wanted(world, ("MUG", 1)))
    rests, tomorrow = Rests(REST), world.now + timedelta(days=1)

    tried = [await retry_all_backorders(tomorrow, rests=rests, limit=1) for _ in range(3)]

    assert tried == [1, 1, 0]
    assert [row.status.value for row in await LineStatus.all()].count("scheduled") == 2
