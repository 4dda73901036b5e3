"""A person chooses the location: all of it or nothing, only what nobody works on, and with a reason that is kept."""

import asyncio
from uuid import UUID

import pytest

from actions import desk
from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.orders.holding import ApplyHold, apply_hold
from actions.orders.relocating import ChooseLocation, choose_location
from actions.routing_rules import ActivateRoutingRule, DraftRoutingRule, RuleStep, activate_rule, draft_rule
from domain.errors import BlockedByHold, DomainError, IllegalTransition, InsufficientStock, InvalidInput, NotFound
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.holds import HoldKind, HoldStatus
from domain.lifecycle import UnitStatus
from domain.routing.rules.values import DecisionKind
from models import ExcludedLocation, Fulfilment, Hold, LineStatus, OrderLine, RoutingDecision
from tests.actions.asserting import books_balance, refused, told
from tests.actions.test_placing import wanted
from tests.actions.test_reoptimizing import order_from, run
from tests.world import World, furnish
from tests.world.fulfilment import accepted, open_fulfilment, picked, pickup_fulfilment
from tests.world.kits import kit, kits_at
from tests.world.orders import line, new_order

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus
WHY = "The dock is flooded."


def chosen(world: World, order_id: UUID, at: str, **values) -> ChooseLocation:
    return ChooseLocation(order_id=order_id, location_id=world.locations[at].id, **{"reason": WHY, **values})


async def where(order_id: UUID) -> dict[tuple[str, UnitStatus, str | None], int]:
    found: dict[tuple[str, UnitStatus, str | None], int] = {}
    for row in await LineStatus.filter(order_id=order_id).select_related("line", "location"):
        key = row.line.sku, row.status, row.location and row.location.code
        found[key] = found.get(key, 0) + row.quantity
    return found


async def test_what_is_planned_elsewhere_comes_from_where_somebody_says():
    world = await furnish()
    order = await new_order(world, MUG=2, LAMP=1)

    await choose_location(world.act(), chosen(world, order.id, "LAX"))

    assert await where(order.id) == {("MUG", S.SCHEDULED, "LAX"): 2, ("LAMP", S.SCHEDULED, "LAX"): 1}
    assert [fact.payload["reason"] for fact in await told(FactKind.UNITS_UNSCHEDULED)] == [WHY]
    assert (await told(FactKind.UNITS_SCHEDULED))[-1].payload["reason"] == WHY
    decision = await RoutingDecision.get(order_id=order.id, kind=DecisionKind.CHOSEN)
    assert (decision.rule_id, decision.request.count("not_chosen")) == (None, 4)
    await books_balance()


async def test_what_a_location_has_not_accepted_is_taken_back_from_it():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=2)

    await choose_location(world.act(), chosen(world, fulfilment.order_id, "CHI"))

    assert await where(fulfilment.order_id) == {("MUG", S.SCHEDULED, "CHI"): 2}
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.CANCELLED
    await books_balance()


async def test_what_waits_and_what_no_rule_lets_come_from_there_is_served_too():
    world = await furnish()
    order = await new_order(world, waiting=S.BACKORDERED, MUG=2)
    only_here = (RuleStep(location_ids=(world.locations["NYC"].id,)),)
    rule = await draft_rule(world.act(), DraftRoutingRule(name="New York", steps=only_here))
    await activate_rule(world.act(), ActivateRoutingRule(rule_id=rule))

    await choose_location(world.act(), chosen(world, order.id, "LAX"))

    assert await where(order.id) == {("MUG", S.SCHEDULED, "LAX"): 2}


async def test_an_order_that_nobody_could_serve_is_let_go():
    world = await furnish()
    order = await new_order(world, waiting=S.BACKORDERED, MUG=1)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.UNROUTABLE))

    await choose_location(world.act(), chosen(world, order.id, "LAX"))

    hold = await Hold.get(order_id=order.id)
    assert (hold.status, hold.resolution) == (HoldStatus.RESOLVED, WHY)
    assert await where(order.id) == {("MUG", S.SCHEDULED, "LAX"): 1}


async def test_what_the_customer_collects_is_collected_where_somebody_says():
    world = await furnish()
    fulfilment = await pickup_fulfilment(world, MUG=2)

    await choose_location(world.act(), chosen(world, fulfilment.order_id, "CHI"))

    [collected] = await OrderLine.filter(order_id=fulfilment.order_id)
    assert collected.pickup_location_id == world.locations["CHI"].id
    assert await where(fulfilment.order_id) == {("MUG", S.SCHEDULED, "CHI"): 2}


async def test_named_lines_move_and_others_stay():
    world = await furnish()
    order = await new_order(world, MUG=2, LAMP=1)

    await choose_location(world.act(), chosen(world, order.id, "LAX", line_ids=((await line(order, "LAMP")).id,)))

    assert await where(order.id) == {("MUG", S.SCHEDULED, "NYC"): 2, ("LAMP", S.SCHEDULED, "LAX"): 1}


async def test_kits_move_whole(database_url):
    world = await furnish()
    await kit(world)
    async with desk.opened(database_url) as counter:
        order_id = await counter.place(world.act(), wanted(world, ("SET", 2)))

    await choose_location(world.act(), chosen(world, order_id, "LAX"))

    assert await kits_at(order_id) == {(S.SCHEDULED, "LAX"): 2}
    component = (await OrderLine.filter(order_id=order_id).first()).id
    async with refused(InvalidInput):
        await choose_location(world.act(), chosen(world, order_id, "NYC", line_ids=(component,)))


async def test_more_than_the_location_has_moves_nothing():
    world = await furnish(units=2)
    order = await new_order(world, waiting=S.BACKORDERED, MUG=1, LAMP=3)

    async with refused(InsufficientStock):
        await choose_location(world.act(), chosen(world, order.id, "LAX"))


async def test_what_somebody_works_on_is_refused():
    world = await furnish()
    work = await accepted(world, await open_fulfilment(world, MUG=1))
    further = await picked(world, await open_fulfilment(world, MUG=1))

    for each in (work, further):
        async with refused(IllegalTransition):
            await choose_location(world.act(), chosen(world, each.order_id, "LAX"))


async def test_a_held_order_stays_where_it_is():
    world = await furnish()
    order = await new_order(world, MUG=1)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))

    async with refused(BlockedByHold):
        await choose_location(world.act(), chosen(world, order.id, "LAX"))


async def test_what_cannot_be_is_named():
    world, other = await furnish(), await furnish()
    order, foreign = await new_order(world, MUG=1), await new_order(other, MUG=1)
    mug = (await line(order)).id
    gave_back = {"line_id": mug, "location_id": world.locations["CHI"].id, "reason": "other"}
    await ExcludedLocation.create(until=world.now.replace(year=2030), **gave_back)
    wrong = {
        "reason": chosen(world, order.id, "LAX", reason=""),
        "location_id": chosen(other, order.id, "LAX"),
        "line_ids.0": chosen(world, order.id, "LAX", line_ids=((await line(foreign)).id,)),
        "line_ids.1": chosen(world, order.id, "LAX", line_ids=(mug, mug)),
    }

    for path, command in {**wrong, "location_id ": chosen(world, order.id, "CHI")}.items():
        async with refused(InvalidInput) as problem:
            await choose_location(world.act(), command)
        assert [each.path for each in problem.value.problems] == [path.strip()]
    async with refused(NotFound):
        await choose_location(world.act(), chosen(world, foreign.id, "LAX"))


async def test_no_run_undoes_what_somebody_chose():
    world = await furnish()
    left, chosen_one = await order_from(world, "NYC", at="LAX"), await order_from(world, "NYC", at="NYC")
    await choose_location(world.act(), chosen(world, chosen_one.id, "LAX"))

    made = await run(world)

    assert (made.orders_considered, made.orders_moved) == (1, 1)
    assert await where(left.id) == {("MUG", S.SCHEDULED, "NYC"): 1}
    assert await where(chosen_one.id) == {("MUG", S.SCHEDULED, "LAX"): 1}


async def test_of_a_store_that_accepts_and_somebody_who_chooses_another_exactly_one_wins():
    for _ in range(5):
        world = await furnish()
        fulfilment = await open_fulfilment(world, MUG=1)

        outcomes = await asyncio.gather(
            accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id)),
            choose_location(world.act(), chosen(world, fulfilment.order_id, "CHI")),
            return_exceptions=True,
        )

        [lost] = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
        assert isinstance(lost, IllegalTransition)
        status = S.ACKNOWLEDGED if lost is outcomes[1] else S.SCHEDULED
        code = "NYC" if lost is outcomes[1] else "CHI"
        assert await where(fulfilment.order_id) == {("MUG", status, code): 1}
