"""A rule that asks for one delivery, as a planner tries it out and lets it decide."""

import pytest

from actions import desk
from resolvers.ids import global_id
from tests.schema.asking import ask
from tests.schema.test_orders_placing import place, wanted
from tests.schema.test_routing import ACTIVATE, MONTH, SIMULATE, do
from tests.schema.test_simulation_changes import changes
from tests.world.forwarding import mugs_and_lamps_apart

DRAFT = """mutation($input: DraftRoutingRuleInput!) { draftRoutingRule(input: $input) {
    __typename ... on InvalidInput { problems { path code } }
    ... on RoutingRule { id constraints { kind isHard value location { code } } } } }"""
WHERE = """query($id: ID!) { order(id: $id) { merge { location { code } waitDays }
    routingDecisions { costMinor rule { name } lastLeg { location { code } } replay { isIdentical }
        explanation { mergePlaces { location { code } isChosen unservedUnits } runnerUp { costMinor } } } } }"""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world(database):
    return await mugs_and_lamps_apart(5)


async def drafted(world, **values) -> dict:
    constraint = {"kind": "DELIVER_TOGETHER", "value": 4, **values}
    return await do(DRAFT, world, {"name": "together", "constraints": [constraint]})


async def seen(world, order) -> dict:
    answer = await ask(WHERE, world.viewer(), {"id": order["id"]})
    assert "errors" not in answer, answer
    return answer["data"]["order"]


async def test_a_rule_is_tried_on_past_orders_and_then_decides(counter, world):
    apart = await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("LAMP", 1)), "key-0001")
    rule = await drafted(world)

    tried = (await ask(SIMULATE, world.viewer(), {"input": {**MONTH, "ruleId": rule["id"]}}))["data"]["simulateRouting"]
    told = await changes(world, {"ruleId": rule["id"]})
    await do(ACTIVATE, world, {"ruleId": rule["id"]})
    together = await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("LAMP", 1)), "key-0002")

    assert [each["number"] for each in tried["changed"]] == [apart["number"]]
    [would], [was] = tried["simulated"]["costs"], tried["decided"]["costs"]
    found = await seen(world, together)
    [decision] = found["routingDecisions"]
    assert found["merge"] == {"location": {"code": "NYC"}, "waitDays": 4}
    assert (decision["rule"]["name"], decision["lastLeg"]["location"]["code"]) == ("together", "NYC")
    assert decision["replay"] == {"isIdentical": True}
    assert would["minor"] == decision["costMinor"]
    [change] = told["changes"]["nodes"]
    assert (change["decided"]["costMinor"], change["simulated"]["costMinor"]) == (was["minor"], would["minor"])
    assert (change["decided"]["lastLegMinor"], change["simulated"]["lastLegMinor"] > 0) == (0, True)
    assert was["minor"] == (await seen(world, apart))["routingDecisions"][0]["costMinor"]
    back = (await ask(SIMULATE, world.viewer(), {"input": MONTH}))["data"]["simulateRouting"]
    assert [each["number"] for each in back["changed"]] == [apart["number"]]


async def test_a_rule_says_where_orders_come_together(counter, world):
    rule = await drafted(world, locationId=global_id("Location", world.locations["LAX"].id))
    await do(ACTIVATE, world, {"ruleId": rule["id"]})

    order = await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("LAMP", 1)), "key-0001")

    assert rule["constraints"] == [
        {"kind": "DELIVER_TOGETHER", "isHard": True, "value": 4, "location": {"code": "LAX"}}
    ]
    assert (await seen(world, order))["merge"]["location"] == {"code": "LAX"}


async def test_a_soft_rule_that_was_dropped_says_what_no_place_could_have(counter, world):
    rule = await drafted(world, isHard=False)
    await do(ACTIVATE, world, {"ruleId": rule["id"]})

    order = await place(counter, world.viewer(), wanted(world, ("MUG", 6), ("LAMP", 1)), "key-0001")

    found = await seen(world, order)
    [decision] = found["routingDecisions"]
    assert (found["merge"], decision["lastLeg"]) == (None, None)
    assert decision["replay"] == {"isIdentical": True}
    places = decision["explanation"]["mergePlaces"]
    assert [each["isChosen"] for each in places] == [False] * 3
    assert {each["unservedUnits"] for each in places} == {1}


async def test_a_rule_that_says_too_much_or_too_little_is_refused_with_its_path(world):
    told = await drafted(world, value=61)

    assert told["__typename"] == "InvalidInput"
    assert told["problems"][0]["path"] == ["constraints", "0", "value"]
