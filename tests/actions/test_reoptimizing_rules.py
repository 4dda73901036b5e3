"""Routing together keeps to the rule that is for an order, or leaves it alone and says so; what it decided is kept."""

import orjson
import pytest

from actions.routing_rules import DraftRoutingRule, RuleConstraint, RuleStep
from domain.routing.rules.explaining import explain_case
from domain.routing.rules.keeping import kept_of
from domain.routing.rules.values import ConstraintKind, DecisionKind
from domain.routing.values import Exclusion
from models import RoutingDecision
from tests.actions.test_reoptimizing import IN_ZONE, S, bad_turn, order_from, run, where
from tests.actions.test_routing_rules import activated, replays
from tests.world import World, furnish, stock

pytestmark = pytest.mark.usefixtures("database")


def at_places(world: World, *codes: str) -> RuleStep:
    return RuleStep(location_ids=tuple(world.locations[code].id for code in codes))


async def test_orders_under_a_rule_move_within_it():
    world, west, east = await bad_turn()
    await activated(world, DraftRoutingRule(name="R", steps=(at_places(world, "NYC", "LAX"),)))

    assert (await run(world)).orders_moved == 2

    assert (await where(west), await where(east)) == ({"LAX": 1}, {"NYC": 1})


async def test_a_rule_that_does_not_name_a_location_keeps_orders_from_it():
    world, west, east = await bad_turn()
    await activated(world, DraftRoutingRule(name="R", steps=(at_places(world, "NYC"),)))

    done = await run(world)

    assert (done.orders_considered, done.orders_moved) == (2, 0)
    assert (await where(west), await where(east)) == ({"NYC": 1}, {"LAX": 1})


async def test_an_earlier_step_goes_before_a_cheaper_parcel():
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 1, ("MUG", "LAX"): 1})
    east = await order_from(world, "NYC", at="NYC")
    await activated(world, DraftRoutingRule(name="R", steps=(at_places(world, "LAX"), RuleStep())))

    await run(world)

    assert await where(east) == {"LAX": 1}


async def test_who_waits_is_served_even_from_the_last_step():
    world = await furnish(units=0)
    waiting = await order_from(world, "NYC", at="NYC", waiting=S.BACKORDERED)
    await stock(world, {("MUG", "CHI"): 1})
    steps = (at_places(world, "NYC"), at_places(world, "LAX"), RuleStep())
    await activated(world, DraftRoutingRule(name="R", steps=steps))

    done = await run(world)

    assert (done.units_served, await where(waiting)) == (1, {"CHI": 1})


@pytest.mark.parametrize(
    "terms",
    [
        {"constraints": (RuleConstraint(kind=ConstraintKind.KEEP_UNITS, value=1),)},
        {"split_minor": 1},
    ],
)
async def test_orders_under_a_rule_that_many_cannot_keep_to_are_left_alone_and_counted(terms):
    world, west, east = await bad_turn()
    await activated(world, DraftRoutingRule(name="R", **terms))

    done = await run(world)

    assert (done.orders_considered, done.orders_ruled, done.orders_promised, done.orders_apart) == (0, 2, 0, 0)
    assert (await where(west), await where(east)) == ({"NYC": 1}, {"LAX": 1})


async def test_an_order_that_ships_complete_is_not_served_in_part():
    world = await furnish(units=0)
    waiting = await order_from(world, "NYC", at="NYC", waiting=S.BACKORDERED, LAMP=1)
    await stock(world, {("MUG", "NYC"): 1})
    complete = RuleConstraint(kind=ConstraintKind.SHIP_COMPLETE)
    await activated(world, DraftRoutingRule(name="R", constraints=(complete,)))

    assert (await run(world)).orders_moved == 0

    assert await where(waiting) == {None: 1}


async def test_a_decision_is_stored_for_every_order_that_moves_and_can_be_replayed_and_explained():
    world, west, east = await bad_turn()
    rule = await activated(world, DraftRoutingRule(name="R", country="US", steps=(at_places(world, "NYC", "LAX"),)))

    await run(world)

    decisions = await RoutingDecision.all().order_by("id")
    assert {each.order_id for each in decisions} == {west.id, east.id}
    assert {(each.kind, each.rule_id, each.cost_minor) for each in decisions} == {
        (DecisionKind.REOPTIMIZED, rule.id, IN_ZONE)
    }
    assert all([await replays(each) for each in decisions])
    [decided] = [each for each in decisions if each.order_id == east.id]
    told = explain_case(kept_of(orjson.loads(decided.request)).case)
    codes = {location.id: code for code, location in world.locations.items()}
    reasons = {codes[one.candidate.location]: dict(one.reasons) for one in told.verdicts}
    assert reasons == {"NYC": {}, "CHI": {0: Exclusion.NOT_IN_RULE}, "LAX": {0: Exclusion.LEFT_TO_OTHERS}}
