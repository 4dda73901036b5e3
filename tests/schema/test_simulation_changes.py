"""What a simulation would change, order by order: from where, at what cost, and why no longer from where it came."""

import pytest

from actions import desk
from domain.permissions import Role
from resolvers.ids import global_id
from tests.schema.asking import ask, codes, sent_from_now
from tests.schema.test_orders_placing import place, wanted
from tests.schema.test_routing import MONTH, RULE, at, do
from tests.world import World, furnish

CHANGES = """query($input: SimulateRoutingInput!, $first: Int! = 20, $after: ID) { simulateRouting(input: $input) {
    changedCount decided { costs { minor } } simulated { costs { minor } }
    changes(first: $first, after: $after) { hasNextPage endCursor nodes {
        order { number } differenceMinor decided { ...plan } simulated { ...plan }
        givenUp { location { code } orderLine { sku } quantity reason } } } } }
fragment plan on RoutingSources { costMinor splitMinor lastLegMinor unservedUnits sources {
    location { code } broughtTo { code } units distanceKm shippingMinor handlingMinor labourMinor backlogMinor delayMinor
    contents { orderLine { sku } quantity } } }"""
PARTS = ("shippingMinor", "handlingMinor", "labourMinor", "backlogMinor", "delayMinor")


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def changes(world: World, given: dict, **page) -> dict:
    answer = await ask(CHANGES, world.viewer(), {"input": {**MONTH, **given}, **page})
    assert "errors" not in answer, answer
    return answer["data"]["simulateRouting"]


def units(plan: dict) -> dict:
    return {
        (source["location"]["code"], each["orderLine"]["sku"]): each["quantity"]
        for source in plan["sources"]
        for each in source["contents"]
    }


async def test_each_changed_order_is_told_before_and_after_to_the_cent(counter):
    world = await furnish(units=3)
    order = await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("LAMP", 1)))

    found = await changes(world, {"closedLocationIds": at(world, "NYC"), "splitMinor": 7})

    [change] = found["changes"]["nodes"]
    assert (found["changedCount"], change["order"]) == (1, {"number": order["number"]})
    assert units(change["decided"]) == {("NYC", "MUG"): 2, ("NYC", "LAMP"): 1}
    assert units(change["simulated"]) == {("CHI", "MUG"): 2, ("CHI", "LAMP"): 1}
    for side in ("decided", "simulated"):
        plan = change[side]
        parts = sum(source[part] for source in plan["sources"] for part in PARTS)
        assert plan["costMinor"] == parts + plan["splitMinor"] + plan["lastLegMinor"]
        assert found[side]["costs"] == [{"minor": plan["costMinor"]}]
        assert [source["units"] for source in plan["sources"]] == [3]
    assert change["differenceMinor"] == change["simulated"]["costMinor"] - change["decided"]["costMinor"] > 0
    assert change["givenUp"] == [
        {"location": {"code": "NYC"}, "orderLine": {"sku": sku}, "quantity": quantity, "reason": "CLOSED"}
        for sku, quantity in (("MUG", 2), ("LAMP", 1))
    ]


async def test_a_source_without_stock_or_outside_the_rule_is_given_up_for_that(counter):
    world = await furnish(units=2)
    await place(counter, world.viewer(), wanted(world, ("MUG", 2)))
    gone = {"variantId": global_id("Variant", world.variants["MUG"].id), "locationId": at(world, "NYC")[0], "units": -2}
    draft = await do(RULE, world, {"name": "West", "steps": [{"locationIds": at(world, "LAX")}]})

    reasons = [
        (each["simulated"]["sources"][0]["location"]["code"], each["givenUp"][0]["reason"])
        for given in ({"extraStock": [gone]}, {"ruleId": draft["id"]})
        for each in (await changes(world, given))["changes"]["nodes"]
    ]

    assert reasons == [("CHI", "NO_STOCK"), ("LAX", "NOT_IN_RULE")]


async def test_what_nobody_would_serve_is_told_too(counter):
    world = await furnish(units=1)
    await place(counter, world.viewer(), wanted(world, ("MUG", 2)))

    found = await changes(world, {"closedLocationIds": at(world, "NYC", "CHI")})

    [change] = found["changes"]["nodes"]
    assert (change["decided"]["unservedUnits"], change["simulated"]["unservedUnits"]) == (0, 1)
    assert change["differenceMinor"] < 0


async def test_changes_come_in_pages_in_the_order_of_their_decisions(counter):
    world = await furnish(units=9)
    orders = [await place(counter, world.viewer(), wanted(world, ("MUG", 1)), f"key-{n:04}") for n in range(5)]
    given = {"closedLocationIds": at(world, "NYC")}

    pages, after = [], None
    for _ in range(3):
        found = (await changes(world, given, first=2, after=after))["changes"]
        pages.append([each["order"]["number"] for each in found["nodes"]])
        after = found["endCursor"]

    numbers = [order["number"] for order in orders]
    assert pages == [numbers[:2], numbers[2:4], numbers[4:]]
    assert found["hasNextPage"] is False
    assert (await changes(world, given, after=after))["changes"]["nodes"] == []


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ({"first": 0}, "PAGE_SIZE"),
        ({"first": 101}, "PAGE_SIZE"),
        ({"after": global_id("Order", "00000000-0000-0000-0000-000000000001")}, "BAD_CURSOR"),
    ],
)
async def test_a_page_that_there_is_not_is_refused(database, page, code):
    world = await furnish()

    answer = await ask(CHANGES, world.viewer(), {"input": MONTH, **page})

    assert codes(answer) == [code]


async def test_a_page_of_many_takes_no_more_statements_than_one_of_one(counter, monkeypatch):
    world = await furnish(units=9)
    for n in range(6):
        await place(counter, world.viewer(), wanted(world, ("MUG", 1), ("LAMP", 1)), f"key-{n:04}")
    given = {"closedLocationIds": at(world, "NYC")}
    await changes(world, given)
    sent = sent_from_now(monkeypatch)

    counted = []
    for first in (1, 6):
        sent.clear()
        assert len((await changes(world, given, first=first))["changes"]["nodes"]) == first
        counted.append(len(sent))

    assert counted[0] == counted[1]


async def test_an_agent_reads_changes_in_their_own_channels_only(counter):
    world = await furnish(units=9)
    await place(counter, world.viewer(), wanted(world, ("MUG", 1)))
    given = {**MONTH, "closedLocationIds": at(world, "NYC")}

    answer = await ask(CHANGES, world.viewer(Role.AGENT, channel_ids=(world.channels["SHOP"].id,)), {"input": given})

    assert answer["data"]["simulateRouting"]["changes"]["nodes"] == []
