"""Pre-orders: nothing is sent before the launch, whoever ordered first is served first, and a moved launch is followed."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from actions import desk
from actions.backordering import launching
from actions.backordering.deadlines import SetBackorderDeadline, cancel_overdue, set_deadline
from actions.backordering.launching import follow_launches, launch_due
from actions.backorders import retry_all_backorders
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.reoptimizing.reading import ReoptimizeOrders, read_standing
from actions.routing_rules import ActivateRoutingRule, DraftRoutingRule, RuleConstraint, activate_rule, draft_rule
from domain.errors import BackorderLimitExceeded, InsufficientStock
from domain.facts import FactKind
from domain.lifecycle import UnitStatus
from domain.placing.commands import CartLine, ReserveCart
from domain.routing.rules.values import ConstraintKind
from models import BackorderTerms, Order, Reservation, RoutingDecision
from tests.actions.asserting import books_balance, refused, told
from tests.world import World, channel, furnish, stock
from tests.world.kits import kit
from tests.world.orders import new_order, units
from tests.world.waiting import place, terms, wait_of, wanted

S = UnitStatus
DAY = timedelta(days=1)
SHIPS_BY = date(2026, 11, 20)


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def before_launch(units: int = 5, **values) -> World:
    """Mugs lie everywhere, and are launched in ten days."""
    world = await furnish(units=units)
    await terms(world, **{"launches_at": world.now + 10 * DAY, "ships_by": SHIPS_BY, **values})
    return world


async def complete_lines_only(world: World) -> None:
    asked = (RuleConstraint(kind=ConstraintKind.COMPLETE_LINES),)
    drafted = await draft_rule(world.act(), DraftRoutingRule(name="complete", constraints=asked))
    await activate_rule(world.act(), ActivateRoutingRule(rule_id=drafted))


async def launched(world: World) -> bool:
    return (await BackorderTerms.get(variant_id=world.variants["MUG"].id)).launched_at is not None


async def test_what_is_ordered_before_the_launch_waits_whatever_lies_there(counter):
    world = await before_launch()

    order = await Order.get(id=await place(counter, world, MUG=2, LAMP=1))

    assert await units(order) == {S.BACKORDERED: 2}
    assert await units(order, "LAMP") == {S.SCHEDULED: 1}
    wait = await wait_of(order)
    assert (wait.launches_at, wait.ships_by, wait.cancels_at) == (world.now + 10 * DAY, SHIPS_BY, None)
    assert (await world.level("MUG", "NYC")).allocated == 0
    decision = await RoutingDecision.get(order_id=order.id)
    assert "not_launched" in decision.request


async def test_one_limit_caps_pre_orders_too(counter):
    world = await before_launch(limit_units=3)
    await place(counter, world, MUG=2)

    async with refused(BackorderLimitExceeded) as refusal:
        await place(counter, world, MUG=2)

    assert refusal.value.left == {"MUG": 1}


async def test_who_does_not_want_to_wait_is_refused(counter):
    world = await before_launch()
    command = wanted(world, MUG=1)

    async with refused(InsufficientStock):
        await counter.place(world.act(), replace(command, allow_backorder=False))


async def test_what_a_cart_kept_is_given_back(counter):
    world = await before_launch()
    lines = (CartLine(variant_id=world.variants["MUG"].id, quantity=2),)
    await counter.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart="c", lines=lines))
    command = wanted(world, MUG=2)

    order_id = await counter.place(world.act(), replace(command, cart="c"))

    assert await units(await Order.get(id=order_id)) == {S.BACKORDERED: 2}
    assert [row.status for row in await Reservation.all()] == ["released"]
    await books_balance()


async def test_a_draft_placed_before_the_launch_waits_too(database):
    world = await before_launch()
    order_id = await draft(world.act(), wanted(world, MUG=2))

    await place_draft(world.act(), PlaceDraft(order_id=order_id))

    order = await Order.get(id=order_id)
    assert await units(order) == {S.BACKORDERED: 2}
    assert (await wait_of(order)).ships_by == SHIPS_BY


async def test_stock_that_comes_before_the_launch_is_not_given_away(counter):
    world = await before_launch(units=0)
    order = await Order.get(id=await place(counter, world, MUG=2))
    await stock(world, {("MUG", "CHI"): 9})

    assert await retry_all_backorders(world.now + 9 * DAY) == 0

    assert await units(order) == {S.BACKORDERED: 2}


async def test_routing_orders_together_gives_nothing_away_either(counter):
    world = await before_launch()
    order = await Order.get(id=await place(counter, world, MUG=2, LAMP=1))

    reading = await read_standing(world.act(), ReoptimizeOrders())

    assert [each.place.status for each in reading.units[order.id]] == [S.SCHEDULED]


async def test_at_the_launch_the_queue_is_served_in_order(counter):
    """Two mugs lie there: who was promised the earlier day gets them, though he ordered later."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 2})
    await terms(world, launches_at=world.now + 10 * DAY)
    first = await Order.get(id=await place(counter, world, MUG=2))
    promised = await new_order(world, MUG=2, waiting=S.BACKORDERED, promised_date=date(2026, 11, 15))

    assert await launch_due(world.now + 9 * DAY) == 0
    assert await launch_due(world.now + 10 * DAY) == 1

    assert await units(promised) == {S.SCHEDULED: 2}
    assert await units(first) == {S.BACKORDERED: 2}
    assert await launched(world)
    assert await launch_due(world.now + 11 * DAY) == 0
    [*_, fact] = await told(FactKind.CATALOGUE_CHANGED)
    assert fact.payload["backorder_terms"]["launched_at"] == (world.now + 10 * DAY).isoformat()


async def test_whoever_orders_while_the_queue_is_not_served_yet_waits_behind_it(counter):
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 3})
    await terms(world, launches_at=world.now + 10 * DAY)
    queue = [await Order.get(id=await place(counter, world, MUG=1)) for _ in range(3)]
    then = world.now + 10 * DAY

    late = await Order.get(id=await place(counter, world, now=then, MUG=1))
    await launch_due(then)

    assert [await units(order) for order in queue] == [{S.SCHEDULED: 1}] * 3
    assert await units(late) == {S.BACKORDERED: 1}


async def test_a_queue_longer_than_a_run_is_launched_when_all_of_it_was_tried(counter, monkeypatch):
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 3})
    await terms(world, launches_at=world.now)
    queue = [await Order.get(id=await place(counter, world, MUG=1)) for _ in range(3)]
    monkeypatch.setattr(launching, "ROUNDS", 0)

    await launch_due(world.now)
    assert not await launched(world)
    monkeypatch.undo()
    await launch_due(world.now)

    assert await launched(world)
    assert [await units(order) for order in queue] == [{S.SCHEDULED: 1}] * 3


async def test_orders_that_nobody_can_serve_keep_no_launch_from_coming(counter, monkeypatch):
    """Two want more than lies there and nothing less, and are tried first; who comes after them is served."""
    world = await furnish(units=0)
    await complete_lines_only(world)
    await stock(world, {("MUG", "CHI"): 2})
    await terms(world, launches_at=world.now)
    large = [await Order.get(id=await place(counter, world, MUG=3)) for _ in range(2)]
    small = await Order.get(id=await place(counter, world, MUG=1))
    monkeypatch.setattr(launching, "RETRY_BATCH", 2)

    await launch_due(world.now)

    assert [await units(order) for order in large] == [{S.BACKORDERED: 3}] * 2
    assert await units(small) == {S.SCHEDULED: 1}
    assert await launched(world)


async def test_a_launch_comes_however_many_are_in_front_whom_nobody_can_serve(counter, monkeypatch):
    """A run tries two; five stand before the one who can be served. Without a memory every run would try the same two."""
    world = await furnish(units=0)
    await complete_lines_only(world)
    await stock(world, {("MUG", "CHI"): 2})
    await terms(world, launches_at=world.now)
    large = [await Order.get(id=await place(counter, world, MUG=3)) for _ in range(5)]
    small = await Order.get(id=await place(counter, world, MUG=1))
    monkeypatch.setattr(launching, "RETRY_BATCH", 1)
    monkeypatch.setattr(launching, "ROUNDS", 2)
    queues = launching.Queues()

    before = [await launched(world) for _ in range(3) if await launch_due(world.now, queues=queues)]
    await launch_due(world.now, queues=queues)

    assert before == [False] * 3
    assert [await units(order) for order in large] == [{S.BACKORDERED: 3}] * 5
    assert await units(small) == {S.SCHEDULED: 1}
    assert await launched(world)
    assert await launch_due(world.now, queues=queues) == 0
    assert queues.tried == {}


async def test_after_the_launch_it_is_sold_like_any_other(counter):
    world = await before_launch()
    await launch_due(world.now + 10 * DAY)

    order = await Order.get(id=await place(counter, world, now=world.now + 11 * DAY, MUG=2))

    assert await units(order) == {S.SCHEDULED: 2}


async def test_what_has_no_stock_at_its_launch_goes_on_waiting_as_a_backorder_with_its_days(counter):
    """Dynamics 365: after the launch date stock is looked at, and what has none is backordered."""
    world = await furnish(units=0)
    await channel(world, "WEB", backorder_cancel_days=14)
    await terms(world, launches_at=world.now + 10 * DAY)
    order = await Order.get(id=await place(counter, world, MUG=1))

    await launch_due(world.now + 10 * DAY)
    assert await cancel_overdue(world.now + 23 * DAY) == 0
    assert await cancel_overdue(world.now + 24 * DAY) == 1

    assert await units(order) == {S.CANCELLED: 1}


async def test_a_launch_that_is_put_off_is_followed_and_told(counter):
    world = await before_launch()
    await channel(world, "WEB", backorder_cancel_days=14)
    order = await Order.get(id=await place(counter, world, MUG=1))
    moved = world.now + 30 * DAY

    await terms(world, launches_at=moved, ships_by=date(2026, 12, 10))
    assert [await follow_launches(world.now), await follow_launches(world.now)] == [1, 0]

    wait = await wait_of(order)
    assert (wait.launches_at, wait.ships_by, wait.cancels_at) == (moved, date(2026, 12, 10), moved + 14 * DAY)
    [fact] = await told(FactKind.BACKORDER_CHANGED)
    assert next(iter(fact.payload["waits"].values()))["ships_by"] == "2026-12-10"
    assert [await launch_due(world.now + 10 * DAY), await launch_due(moved)] == [0, 1]
    assert await units(order) == {S.SCHEDULED: 1}


async def test_a_day_that_somebody_chose_stays_when_the_launch_is_moved(counter):
    world = await before_launch()
    order = await Order.get(id=await place(counter, world, MUG=1))
    chosen = world.now + 20 * DAY
    await set_deadline(world.act(), SetBackorderDeadline(order_id=order.id, cancels_at=chosen, reason="a gift"))

    await terms(world, launches_at=world.now + 30 * DAY, ships_by=None)
    await follow_launches(world.now)

    wait = await wait_of(order)
    assert (wait.cancels_at, wait.is_fixed, wait.launches_at) == (chosen, True, world.now + 30 * DAY)


async def test_without_a_launch_any_more_a_pre_order_is_a_backorder(counter):
    world = await before_launch()
    order = await Order.get(id=await place(counter, world, MUG=1))

    await terms(world, launches_at=None, ships_by=None)
    await follow_launches(world.now)
    await retry_all_backorders(world.now)

    wait = await wait_of(order)
    assert (wait.launches_at, wait.ships_by) == (None, None)
    assert await units(order) == {S.SCHEDULED: 1}


async def test_what_waits_when_a_launch_is_set_becomes_a_pre_order(database):
    world = await furnish(units=0)
    order = await new_order(world, MUG=1, waiting=S.BACKORDERED)
    await terms(world, launches_at=world.now + DAY)
    await stock(world, {("MUG", "CHI"): 1})

    assert await retry_all_backorders(world.now) == 0
    await follow_launches(world.now)

    assert (await wait_of(order)).launches_at == world.now + DAY


async def test_two_jobs_at_once_launch_once(counter):
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 3})
    await terms(world, launches_at=world.now)
    queue = [await Order.get(id=await place(counter, world, MUG=1)) for _ in range(4)]

    await asyncio.gather(*(launch_due(world.now) for _ in range(3)))

    assert [S.SCHEDULED in await units(order) for order in queue] == [True, True, True, False]
    facts = [fact for fact in await told(FactKind.CATALOGUE_CHANGED) if fact.actor == "job:launches"]
    assert len(facts) == 1
    await books_balance()


async def test_a_kit_waits_for_the_last_of_its_components_to_be_launched(counter):
    world = await before_launch()
    await kit(world, "SET", MUG=1, LAMP=1)

    order = await Order.get(id=await place(counter, world, SET=1))
    before = await units(order, "LAMP")
    await launch_due(world.now + 10 * DAY)

    assert (before, await units(order, "LAMP")) == ({S.BACKORDERED: 1}, {S.SCHEDULED: 1})
