"""Routing through the graph, as a planner uses it: rules, reasons, simulation."""

import random
from datetime import date
from typing import Any

import pytest

from actions import desk
from domain.permissions import Permission, Role
from models.db import rows
from models.locations import LocationKind
from resolvers.ids import global_id
from tests.actions.test_placing import wanted as ordered
from tests.schema.asking import ask, codes, sent_from_now
from tests.schema.test_orders_placing import place, wanted
from tests.world import World, furnish
from tests.world import place as location

RULE = """mutation($input: DraftRoutingRuleInput!) { draftRoutingRule(input: $input) {
    __typename ... on Problem { code message } ... on InvalidInput { problems { path code } }
    ... on RoutingRule { id name revision status version steps { name priority locations { code } locationKinds }
        constraints { kind isHard value } handling { locationKind parcelMinor } } } }"""
ACTIVATE = """mutation($input: ActivateRoutingRuleInput!) { activateRoutingRule(input: $input) {
    __typename ... on Problem { code } ... on RoutingRule { name revision status version } } }"""
ARCHIVE = """mutation($input: ArchiveRoutingRuleInput!) { archiveRoutingRule(input: $input) {
    __typename ... on Problem { code } ... on RoutingRule { status } } }"""
WHY = """query($id: ID!) { order(id: $id) { number routingDecisions {
    id kind costMinor rule { name revision } replay { isIdentical costMinor }
    parcels { location { code } distanceKm weightGrams shippingMinor handlingMinor labourMinor
        contents { orderLine { sku } quantity } }
    unserved { orderLine { sku } quantity reason }
    explanation {
        candidates { location { code } isChosen distanceKm parcelMinor lines { orderLine { sku } quantity reason } }
        runnerUp { costMinor differenceMinor unservedUnits parcels { location { code } } } } } } }"""
SIMULATE = """query($input: SimulateRoutingInput!) { simulateRouting(input: $input) {
    changedCount isTruncated changed { number }
    decided { ...totals } simulated { ...totals } } }
fragment totals on RoutingTotals { decisions parcels splits unservedUnits promised onTime averageDistanceKm costs { minor currency }
    locations { location { code } units parcels share } }"""
MONTH = {"placedFrom": "2020-01-01T00:00:00Z", "placedBefore": "2100-01-01T00:00:00Z"}


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


def at(world: World, *codes: str) -> list[str]:
    return [global_id("Location", world.locations[code].id) for code in codes]


async def do(document: str, world: World, values: dict, role: Role = Role.ADMIN) -> dict[str, Any]:
    answer = await ask(document, world.viewer(role), {"input": values})
    assert "errors" not in answer, answer
    (found,) = answer["data"].values()
    return found


async def why(world: World, order: dict) -> list[dict]:
    answer = await ask(WHY, world.viewer(Role.AGENT), {"id": order["id"]})
    assert "errors" not in answer, answer
    return answer["data"]["order"]["routingDecisions"]


def from_where(order: dict) -> set[str]:
    return {units["location"]["code"] for line in order["lines"] for units in line["units"] if units["location"]}


async def test_a_planner_changes_a_rule_simulates_reads_why_activates_and_new_orders_follow(counter):
    world = await furnish(units=10)
    admin = world.viewer()
    orders = [await place(counter, admin, wanted(world, ("MUG", 1)), f"key-{n:04}") for n in range(3)]
    assert [from_where(order) for order in orders] == [{"NYC"}] * 3
    west = {"name": "West first", "steps": [{"name": "West", "locationIds": at(world, "LAX")}, {"name": "Rest"}]}

    draft = await do(RULE, world, west)
    what_if = await do(SIMULATE, world, {**MONTH, "ruleId": draft["id"]})
    still = await place(counter, admin, wanted(world, ("MUG", 1)), "key-0003")
    [reason] = await why(world, orders[0])
    active = await do(ACTIVATE, world, {"ruleId": draft["id"], "expectedVersion": draft["version"]})
    new = await place(counter, admin, wanted(world, ("MUG", 1)), "key-0004")
    [decided] = await why(world, new)

    assert (draft["status"], draft["revision"]) == ("DRAFT", 1)
    assert draft["steps"] == [
        {"name": "West", "priority": 0, "locations": [{"code": "LAX"}], "locationKinds": []},
        {"name": "Rest", "priority": 1, "locations": [], "locationKinds": []},
    ]
    assert (what_if["changedCount"], what_if["isTruncated"]) == (3, False)
    assert {order["number"] for order in what_if["changed"]} == {order["number"] for order in orders}
    assert [(each["location"]["code"], each["units"]) for each in what_if["decided"]["locations"]] == [("NYC", 3)]
    assert [(each["location"]["code"], each["share"]) for each in what_if["simulated"]["locations"]] == [("LAX", 1.0)]
    assert what_if["simulated"]["costs"][0]["minor"] > what_if["decided"]["costs"][0]["minor"]
    assert what_if["simulated"]["averageDistanceKm"] > 4_000 > what_if["decided"]["averageDistanceKm"]
    assert from_where(still) == {"NYC"}
    assert reason["rule"] is None
    assert {each["location"]["code"]: each["isChosen"] for each in reason["explanation"]["candidates"]} == {
        "NYC": True,
        "CHI": False,
        "LAX": False,
    }
    [verdict] = [each for each in reason["explanation"]["candidates"] if each["location"]["code"] == "CHI"]
    assert verdict["lines"] == [{"orderLine": {"sku": "MUG"}, "quantity": 0, "reason": "DEARER"}]
    assert verdict["parcelMinor"] > reason["costMinor"]
    runner_up = reason["explanation"]["runnerUp"]
    assert [parcel["location"]["code"] for parcel in runner_up["parcels"]] == ["CHI"]
    assert runner_up["differenceMinor"] == runner_up["costMinor"] - reason["costMinor"] > 0
    assert active == {
        "__typename": "RoutingRule",
        "name": "West first",
        "revision": 1,
        "status": "ACTIVE",
        "version": 2,
    }
    assert from_where(new) == {"LAX"}
    assert decided["rule"] == {"name": "West first", "revision": 1}
    assert decided["replay"] == {"isIdentical": True, "costMinor": decided["costMinor"]}
    assert decided["explanation"]["runnerUp"]["differenceMinor"] < 0


async def test_the_parts_of_a_decision_sum_to_its_cost(counter):
    world = await furnish(units=2)
    await do(ACTIVATE, world, {"ruleId": (await do(RULE, world, {
        "name": "Work costs", "handling": [{"locationKind": "WAREHOUSE", "parcelMinor": 70, "unitMinor": 30}],
        "splitMinor": 500,
    }))["id"]})  # fmt: skip

    order = await place(counter, world.viewer(), wanted(world, ("MUG", 3), ("LAMP", 1)))
    [decision] = await why(world, order)

    parcels = decision["parcels"]
    parts = ("shippingMinor", "handlingMinor", "labourMinor")
    assert len(parcels) == 2
    assert decision["costMinor"] == 500 + sum(parcel[part] for parcel in parcels for part in parts)
    assert [parcel["handlingMinor"] for parcel in parcels] == [70, 70]
    assert sum(parcel["labourMinor"] for parcel in parcels) == 4 * 30
    assert decision["unserved"] == []


async def test_what_nobody_can_serve_says_why(counter):
    world = await furnish(units=1)

    order = await place(counter, world.viewer(), wanted(world, ("MUG", 5)))
    [decision] = await why(world, order)

    assert decision["unserved"] == [{"orderLine": {"sku": "MUG"}, "quantity": 2, "reason": "NO_STOCK"}]


async def test_a_rule_says_from_how_many_locations_a_line_may_come(counter):
    world = await furnish(units=2)
    for value in ({}, {"value": 0}):
        refused = await do(RULE, world, {"name": "Two", "constraints": [{"kind": "MAX_SOURCES_PER_LINE", **value}]})
        assert [problem["path"] for problem in refused["problems"]] == [["constraints", "0", "value"]]
    two = await do(RULE, world, {"name": "Two", "constraints": [{"kind": "MAX_SOURCES_PER_LINE", "value": 2}]})
    await do(ACTIVATE, world, {"ruleId": two["id"]})

    waits = await place(counter, world.viewer(), wanted(world, ("MUG", 5)), "key-0001")
    goes = await place(counter, world.viewer(), wanted(world, ("MUG", 4)), "key-0002")

    [decision] = await why(world, waits)
    assert (decision["parcels"], decision["replay"]["isIdentical"]) == ([], True)
    assert decision["unserved"] == [{"orderLine": {"sku": "MUG"}, "quantity": 5, "reason": "MAX_SOURCES"}]
    [decision] = await why(world, goes)
    assert (len(decision["parcels"]), decision["unserved"]) == (2, [])
    assert decision["costMinor"] == decision["replay"]["costMinor"]
    found = await do(SIMULATE, world, {**MONTH, "maxSourcesPerLine": 1})
    assert (found["decided"]["unservedUnits"], found["simulated"]["unservedUnits"]) == (5, 9)
    found = await do(SIMULATE, world, {**MONTH, "maxSourcesPerLine": 3})
    assert found["simulated"]["unservedUnits"] == 4, (
        "the first has five of six, and the second comes complete or not at all"
    )


async def counts() -> dict[str, int]:
    tables = await rows(
        "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    found = {}
    for table in tables:
        [row] = await rows(
            f"SELECT count(*)::int AS n, coalesce(sum(xmin::text::bigint), 0)::bigint AS x FROM {table['name']}"
        )
        found[table["name"]] = (row["n"], row["x"])
    return found


async def test_a_simulation_writes_nothing(counter):
    world = await furnish(units=3)
    for n in range(4):
        await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("LAMP", 1)), f"key-{n:04}")
    draft = await do(RULE, world, {"name": "Far", "steps": [{"locationIds": at(world, "LAX", "CHI")}]})
    before = await counts()

    found = await do(SIMULATE, world, {
        **MONTH, "ruleId": draft["id"], "splitMinor": 10, "maxParcels": 3, "closedLocationIds": at(world, "CHI"),
        "handling": [{"locationKind": "WAREHOUSE", "unitMinor": 5}],
        "extraStock": [
            {"variantId": global_id("Variant", world.variants["MUG"].id), "locationId": at(world, "LAX")[0], "units": 9}
        ],
    })  # fmt: skip

    assert found["simulated"]["decisions"] == 4
    assert {each["location"]["code"] for each in found["simulated"]["locations"]} == {"LAX"}
    assert await counts() == before


async def test_a_simulation_without_a_change_finds_what_was_decided(counter):
    world = await furnish(units=4)
    for n in range(6):
        await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("SHIRT", 1)), f"key-{n:04}")

    found = await do(SIMULATE, world, MONTH)

    assert found["changedCount"] == 0
    assert found["simulated"] == found["decided"]
    assert found["decided"]["decisions"] == 6


async def test_what_a_simulation_takes_elsewhere_is_missing_there_afterwards(counter):
    world = await furnish(units=3)
    for n in range(4):
        await place(counter, world.viewer(), wanted(world, ("MUG", 1)), f"key-{n:04}")
    draft = await do(RULE, world, {"name": "West", "steps": [{"locationIds": at(world, "LAX")}, {}]})

    found = await do(SIMULATE, world, {**MONTH, "ruleId": draft["id"]})

    assert [(each["location"]["code"], each["units"]) for each in found["simulated"]["locations"]] == [
        ("LAX", 3),
        ("NYC", 1),
    ]


async def test_a_simulation_says_how_many_parcels_would_come_in_time(counter):
    world = await furnish(units=9)
    monday_for_friday = ordered(world, ("MUG", 1), promised_date=date(2026, 11, 6))
    for command in (monday_for_friday, ordered(world, ("MUG", 1))):
        await counter.place(world.act(), command)
    draft = await do(RULE, world, {"name": "West", "steps": [{"locationIds": at(world, "LAX")}]})

    found = await do(SIMULATE, world, {**MONTH, "ruleId": draft["id"]})

    assert [(each["promised"], each["onTime"]) for each in (found["decided"], found["simulated"])] == [(1, 1), (1, 0)]


async def test_a_simulation_needs_orders_to_decide_about(counter):
    world = await furnish()

    answer = await ask(SIMULATE, world.viewer(), {"input": {}})

    assert codes(answer) == ["INVALID_INPUT"]


@pytest.mark.parametrize("role", [Role.WAREHOUSE, Role.CUSTOMER, Role.ANONYMOUS])
async def test_only_who_reads_routing_simulates(database, role):
    world = await furnish()

    answer = await ask(SIMULATE, world.viewer(role), {"input": MONTH})

    assert answer["data"] is None
    assert Permission.READ_ROUTING.value in str(answer["errors"]).lower()


async def test_agents_read_rules_and_do_not_change_them(database):
    world = await furnish()
    await do(RULE, world, {"name": "R"})

    refused = await ask(RULE, world.viewer(Role.AGENT), {"input": {"name": "R"}})
    listed = await ask("{ routingRules { nodes { name status } } }", world.viewer(Role.AGENT))

    assert Permission.CHANGE_ROUTING.value in str(refused["errors"]).lower()
    assert listed["data"]["routingRules"]["nodes"] == [{"name": "R", "status": "DRAFT"}]


async def test_refusals_of_rules_are_members_of_the_result(database):
    world = await furnish()
    draft = await do(RULE, world, {"name": "R"})

    wrong = await do(RULE, world, {
        "name": "R", "region": "NY", "constraints": [{"kind": "SHIP_COMPLETE", "value": 3}, {"kind": "MAX_DISTANCE"}]
    })  # fmt: skip
    stale = await do(RULE, world, {"name": "R", "expectedVersion": 7})
    await do(ARCHIVE, world, {"ruleId": draft["id"]})
    again = await do(ARCHIVE, world, {"ruleId": draft["id"]})

    assert wrong["__typename"] == "InvalidInput"
    assert [problem["path"] for problem in wrong["problems"]] == [
        ["country"], ["constraints", "0", "value"], ["constraints", "1", "value"],
    ]  # fmt: skip
    assert stale["__typename"] == "Conflict"
    assert again["__typename"] == "IllegalTransition"


async def test_every_stored_decision_of_random_orders_replays_identically(counter):
    world = await furnish(units=6)
    for code, kind in (("BOS", LocationKind.STORE), ("DAL", LocationKind.THIRD_PARTY)):
        await location(world, code, kind=kind, postal_code={"BOS": "02108", "DAL": "75201"}[code])
    for rule in (
        {"name": "Stores first", "steps": [{"locationKinds": ["STORE"]}, {}], "segment": ""},
        {"name": "Near", "channelId": global_id("Channel", world.channels["SHOP"].id), "constraints": [
            {"kind": "MAX_DISTANCE", "value": 1500, "isHard": False}, {"kind": "KEEP_UNITS", "value": 2, "isHard": False},
        ]},
        {"name": "Mugs", "variantId": global_id("Variant", world.variants["MUG"].id), "splitMinor": 0, "constraints": [
            {"kind": "WHOLE_LINES", "isHard": False}, {"kind": "MAX_PARCELS", "value": 2}]},
        {"name": "Far away", "country": "US", "region": "CA", "constraints": [{"kind": "SHIP_COMPLETE", "isHard": False}]},
    ):  # fmt: skip
        await do(ACTIVATE, world, {"ruleId": (await do(RULE, world, rule))["id"]})
    luck = random.Random(8)
    for n in range(40):
        lines = [(sku, luck.randint(1, 4)) for sku in luck.sample(list(world.variants), luck.randint(1, 4))]
        region = luck.choice(["MA", "CA"])
        values = wanted(world, *lines, channelId=global_id("Channel", luck.choice(list(world.channels.values())).id))
        values["shippingAddress"] = {**values["shippingAddress"], "region": region}
        await place(counter, world.viewer(), values, f"key-{n:04}")

    answer = await ask(
        """{ orders(first: 50) { nodes { routingDecisions { rule { name } replay { isIdentical } unserved { quantity }
        explanation { candidates { isChosen } runnerUp { differenceMinor } } } } } }""",
        world.viewer(),
    )

    assert "errors" not in answer, answer
    decisions = [each for order in answer["data"]["orders"]["nodes"] for each in order["routingDecisions"]]
    assert len(decisions) == 40
    assert all(each["replay"]["isIdentical"] for each in decisions)
    assert {each["rule"] and each["rule"]["name"] for each in decisions} >= {"Near", "Mugs", "Stores first"}


async def test_reasons_are_read_in_as_many_statements_for_many_orders_as_for_one(counter, monkeypatch):
    world = await furnish()
    await do(RULE, world, {"name": "A", "steps": [{"name": "near", "locationIds": at(world, "NYC", "CHI")}]})
    everything = f"query {{ orders {{ nodes {{ {WHY[WHY.index('routingDecisions') : -3]} }} }} "
    everything += "routingRules { nodes { steps { locations { code } groups { code } } } } }"
    counts = []

    for at_once in (1, 3):
        for _ in range(at_once):
            await place(counter, world.viewer(), wanted(world, ("MUG", 1), ("LAMP", 1)))
        sent = sent_from_now(monkeypatch)
        answer = await ask(everything, world.viewer())
        monkeypatch.undo()
        assert "errors" not in answer, answer
        counts.append(len(sent))
        await do(RULE, world, {"name": "B", "steps": [{"name": "far", "locationIds": at(world, "LAX")}]})

    assert counts[1] <= counts[0], "what is asked for at the same moment is read together, now and then more of it"


async def test_the_graph_shows_only_what_the_viewer_may_see_of_a_decision(counter):
    world = await furnish()
    order = await place(counter, world.viewer(), wanted(world, ("MUG", 1)))
    agent = world.viewer(Role.AGENT, channel_ids=(world.channels["SHOP"].id,))
    [found] = await rows("SELECT id FROM routing_decisions")

    elsewhere = await ask("query($id: ID!) { routingDecision(id: $id) { kind } }", agent, {
        "id": global_id("RoutingDecision", found["id"])
    })  # fmt: skip
    here = await ask("query($id: ID!) { routingDecision(id: $id) { kind order { number } } }", world.viewer(), {
        "id": global_id("RoutingDecision", found["id"])
    })  # fmt: skip

    assert elsewhere["data"] == {"routingDecision": None}
    assert here["data"]["routingDecision"] == {"kind": "PLACED", "order": {"number": order["number"]}}
