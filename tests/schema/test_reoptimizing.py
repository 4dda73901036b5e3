"""Routing orders together through the graph: who may, what they are told, and what is kept of it."""

import pytest

from domain.facts import FactKind
from domain.permissions import Role
from models import OutboxFact, RoutingRun
from resolvers.ids import global_id
from tests.actions.test_reoptimizing import ACROSS, IN_ZONE, bad_turn, where
from tests.schema.asking import ask, codes
from tests.world import furnish

pytestmark = pytest.mark.usefixtures("database")

REOPTIMIZE = """
mutation($input: ReoptimizeRoutingInput!) { reoptimizeRouting(input: $input) {
    __typename
    ... on RoutingRun {
        actor seed rounds ordersConsidered ordersMoved ordersSkipped unitsServed
        costBefore { minor currency } costAfter { minor currency } channel { code }
    }
    ... on InvalidInput { problems { path code } }
} }"""
SET = """
mutation($input: SetRoutingPolicyInput!) { setRoutingPolicy(input: $input) {
    __typename
    ... on RoutingPolicy { reoptimizeEveryMinutes leastSavingMinor isLookingAhead pricedAt version }
    ... on Conflict { actualVersion }
    ... on InvalidInput { problems { path code } }
} }"""
RUNS = "{ routingRuns(sort: NEWEST) { totalCount nodes { seed ordersMoved finishedAt } } }"


async def test_a_planner_routes_orders_together_and_reads_what_it_saved():
    world, west, east = await bad_turn()
    orders = [global_id("Order", order.id) for order in (west, east)]

    answer = await ask(REOPTIMIZE, world.viewer(), {"input": {"orderIds": orders, "seed": 5}})

    assert answer["data"]["reoptimizeRouting"] == {
        "__typename": "RoutingRun",
        "actor": "admin:test",
        "seed": 5,
        "rounds": 2000,
        "ordersConsidered": 2,
        "ordersMoved": 2,
        "ordersSkipped": 0,
        "unitsServed": 0,
        "costBefore": {"minor": 2 * ACROSS, "currency": "USD"},
        "costAfter": {"minor": 2 * IN_ZONE, "currency": "USD"},
        "channel": None,
    }
    assert (await where(west), await where(east)) == ({"LAX": 1}, {"NYC": 1})


async def test_runs_are_listed_to_whoever_reads_routing_in_the_organization():
    world, *_ = await bad_turn()
    stranger = await furnish(units=0)
    await ask(REOPTIMIZE, world.viewer(), {"input": {"seed": 5}})

    seen = await ask(RUNS, world.viewer(Role.AGENT))

    assert seen["data"]["routingRuns"]["totalCount"] == 1
    assert seen["data"]["routingRuns"]["nodes"][0]["ordersMoved"] == 2
    assert (await ask(RUNS, stranger.viewer()))["data"]["routingRuns"]["totalCount"] == 0
    assert codes(await ask(RUNS, world.viewer(Role.WAREHOUSE))) == ["FORBIDDEN"]


@pytest.mark.parametrize("role", [Role.AGENT, Role.PARTNER, Role.STORE_ASSOCIATE, Role.CUSTOMER, Role.ANONYMOUS])
@pytest.mark.parametrize("document", [REOPTIMIZE, SET])
async def test_only_who_changes_routing_may_do_it(role, document):
    world = await furnish(units=0)

    answer = await ask(document, world.viewer(role), {"input": {}})

    assert codes(answer) == ["FORBIDDEN"]
    assert await RoutingRun.all().count() == 0


async def test_a_search_without_end_is_refused():
    world = await furnish(units=0)

    answer = await ask(REOPTIMIZE, world.viewer(), {"input": {"rounds": 20_001}})

    assert answer["data"]["reoptimizeRouting"] == {
        "__typename": "InvalidInput",
        "problems": [{"path": ["rounds"], "code": "TOO_LARGE"}],
    }


async def test_a_policy_is_kept_and_what_is_silent_stays():
    world = await furnish(units=0)
    planner = world.viewer()
    nothing = await ask("{ routingPolicy { version } }", planner)

    first = await ask(SET, planner, {"input": {"reoptimizeEveryMinutes": 15, "isLookingAhead": True}})
    second = await ask(SET, planner, {"input": {"leastSavingMinor": 100, "expectedVersion": 1}})
    late = await ask(SET, planner, {"input": {"reoptimizeEveryMinutes": None, "expectedVersion": 1}})
    off = await ask(SET, planner, {"input": {"reoptimizeEveryMinutes": None}})

    assert nothing["data"]["routingPolicy"] is None
    assert first["data"]["setRoutingPolicy"]["version"] == 1
    assert second["data"]["setRoutingPolicy"] == {
        "__typename": "RoutingPolicy",
        "reoptimizeEveryMinutes": 15,
        "leastSavingMinor": 100,
        "isLookingAhead": True,
        "pricedAt": None,
        "version": 2,
    }
    assert late["data"]["setRoutingPolicy"] == {"__typename": "Conflict", "actualVersion": 2}
    assert off["data"]["setRoutingPolicy"]["reoptimizeEveryMinutes"] is None
    assert (await ask("{ routingPolicy { version } }", planner))["data"]["routingPolicy"] == {"version": 3}
    assert await OutboxFact.filter(kind=FactKind.ROUTING_CHANGED).count() == 3


async def test_a_planner_says_where_units_had_better_go_and_buyers_do_not_see_it():
    world = await furnish(units=1)
    mug, place = global_id("Variant", world.variants["MUG"].id), global_id("Location", world.locations["LAX"].id)
    change = """mutation($input: SetMarkdownCreditsInput!) { setMarkdownCredits(input: $input) {
        ... on Variant { markdownCredits { unitMinor location { code } } } ... on Problem { code } } }"""
    values = {"input": {"variantId": mug, "credits": [{"locationId": place, "unitMinor": 250}]}}

    done = await ask(change, world.viewer(), values)
    refused = await ask(change, world.viewer(Role.AGENT), values)
    hidden = await ask(
        "{ variants(first: 9) { nodes { markdownCredits { unitMinor } } } }", world.viewer(Role.CUSTOMER)
    )

    assert done["data"]["setMarkdownCredits"] == {"markdownCredits": [{"unitMinor": 250, "location": {"code": "LAX"}}]}
    assert refused["data"] is None
    assert "errors" in hidden
