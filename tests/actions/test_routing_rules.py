"""Rules from draft to archive, and the decisions that re-routing stores."""

import orjson
import pytest

from actions import desk
from actions.backorders import retry_backorders
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.routing_rules import (
    ActivateRoutingRule,
    ArchiveRoutingRule,
    DraftRoutingRule,
    RuleStep,
    activate_rule,
    archive_rule,
    draft_rule,
)
from domain.errors import Conflict, IllegalTransition, InvalidInput
from domain.fulfilment import DeclineReason
from domain.ids import new_id
from domain.routing.rules.keeping import kept_of, plain_plan
from domain.routing.rules.passes import solve
from domain.routing.rules.values import DecisionKind, RuleStatus
from models import LineStatus, OutboxFact, RoutingDecision, RoutingRule
from tests.actions.test_placing import wanted
from tests.world import World, furnish, stock
from tests.world.fulfilment import open_fulfilment

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


def west(world: World, name: str = "West") -> DraftRoutingRule:
    return DraftRoutingRule(name=name, steps=(RuleStep(location_ids=(world.locations["LAX"].id,)), RuleStep()))


async def activated(world: World, command: DraftRoutingRule) -> RoutingRule:
    key = await draft_rule(world.act(), command)
    await activate_rule(world.act(), ActivateRoutingRule(rule_id=key))
    return await RoutingRule.get(id=key)


async def replays(decision: RoutingDecision) -> bool:
    again = plain_plan(solve(kept_of(orjson.loads(decision.request)).case))
    return orjson.loads(orjson.dumps(again)) == orjson.loads(decision.plan)


async def test_a_draft_is_written_anew_and_an_active_rule_gets_a_new_revision():
    world = await furnish(units=0)
    first = await draft_rule(world.act(), DraftRoutingRule(name="R"))
    again = await draft_rule(world.act(), west(world, "R"))
    await activate_rule(world.act(), ActivateRoutingRule(rule_id=first))
    second = await draft_rule(world.act(), DraftRoutingRule(name="R", priority=3))

    found = await RoutingRule.all().order_by("revision").values_list("id", "revision", "status", "version")

    assert again == first
    assert found == [(first, 1, RuleStatus.ACTIVE, 3), (second, 2, RuleStatus.DRAFT, 1)]


async def test_activating_archives_the_former_one_of_the_name_and_an_archived_one_comes_back():
    world = await furnish(units=0)
    first = await activated(world, DraftRoutingRule(name="R"))
    other = await activated(world, DraftRoutingRule(name="Other"))
    second = await activated(world, DraftRoutingRule(name="R"))
    statuses = dict(await RoutingRule.all().values_list("id", "status"))

    await activate_rule(world.act(), ActivateRoutingRule(rule_id=first.id))

    assert statuses == {
        first.id: RuleStatus.ARCHIVED,
        other.id: RuleStatus.ACTIVE,
        second.id: RuleStatus.ACTIVE,
    }
    assert dict(await RoutingRule.filter(name="R").values_list("revision", "status")) == {
        1: RuleStatus.ACTIVE,
        2: RuleStatus.ARCHIVED,
    }


async def test_every_change_of_a_rule_is_a_fact():
    world = await furnish(units=0)
    rule = await activated(world, DraftRoutingRule(name="R"))
    await archive_rule(world.act(), ArchiveRoutingRule(rule_id=rule.id))

    facts = await OutboxFact.filter(kind="routing_changed").order_by("id")

    assert [fact.payload["routing_rule"]["status"] for fact in facts] == ["draft", "active", "archived"]


async def test_what_does_not_fit_is_refused_and_nothing_changes():
    world = await furnish(units=0)
    rule = await activated(world, DraftRoutingRule(name="R"))

    with pytest.raises(IllegalTransition):
        await activate_rule(world.act(), ActivateRoutingRule(rule_id=rule.id))
    with pytest.raises(Conflict):
        await archive_rule(world.act(), ArchiveRoutingRule(rule_id=rule.id, expected_version=1))
    with pytest.raises(InvalidInput) as refused:
        await draft_rule(world.act(), DraftRoutingRule(name="R", steps=(RuleStep(location_ids=(new_id(),)),)))

    assert [problem.path for problem in refused.value.problems] == ["steps.0.location_ids.0"]
    assert await RoutingRule.all().values_list("status", "version") == [(RuleStatus.ACTIVE, 2)]


async def test_new_orders_follow_a_rule_from_its_activation_to_its_end(counter):
    world = await furnish()
    before = await counter.place(world.act(), wanted(world, ("MUG", 1)))
    rule = await activated(world, west(world))
    during = await counter.place(world.act(), wanted(world, ("MUG", 1)))
    await archive_rule(world.act(), ArchiveRoutingRule(rule_id=rule.id))
    after = await counter.place(world.act(), wanted(world, ("MUG", 1)))

    places = {row.order_id: row.location_id for row in await LineStatus.all()}
    rules = {row.order_id: row.rule_id for row in await RoutingDecision.all()}

    codes = {location.id: code for code, location in world.locations.items()}
    assert [codes[places[order]] for order in (before, during, after)] == ["NYC", "LAX", "NYC"]
    assert [rules[order] for order in (before, during, after)] == [None, rule.id, None]


async def test_a_declined_line_is_routed_by_the_rule_and_the_decision_is_stored():
    world = await furnish()
    rule = await activated(world, west(world))
    fulfilment = await open_fulfilment(world, MUG=2)

    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.DAMAGED))

    [decision] = await RoutingDecision.filter(order_id=fulfilment.order_id)
    [units] = await LineStatus.filter(order_id=fulfilment.order_id)
    assert (decision.kind, decision.rule_id) == (DecisionKind.REROUTED, rule.id)
    assert units.location_id == world.locations["LAX"].id
    assert orjson.loads(decision.request)["x"] == [[0, 0, "tried_before"]]
    assert await replays(decision)


async def test_a_retry_is_stored_only_when_it_changes_something(counter):
    world = await furnish(units=1)
    order = await counter.place(world.act(), wanted(world, ("MUG", 5)))
    await retry_backorders(world.act())
    waiting = await RoutingDecision.filter(order_id=order).count()
    await stock(world, {("MUG", "CHI"): 9})

    await retry_backorders(world.act())

    decisions = await RoutingDecision.filter(order_id=order).order_by("id")
    assert waiting == 1
    assert [each.kind for each in decisions] == [DecisionKind.PLACED, DecisionKind.BACKORDER_RETRY]
    assert [await replays(each) for each in decisions] == [True, True]


async def test_a_draft_order_has_no_decision_until_it_is_placed():
    world = await furnish()
    order = await draft(world.act(), wanted(world, ("MUG", 1)))
    before = await RoutingDecision.all().count()

    await place_draft(world.act(), PlaceDraft(order_id=order))

    assert before == 0
    assert [each.kind for each in await RoutingDecision.all()] == [DecisionKind.PLACED]
