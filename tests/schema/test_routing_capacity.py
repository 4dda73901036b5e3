"""A location's day through the graph: what it has taken on, why an order went elsewhere, and what if it could do more."""

import pytest

from actions import desk, locations
from domain.permissions import Role
from tests.schema.asking import ask
from tests.schema.test_orders_placing import place, wanted
from tests.schema.test_routing import ACTIVATE, MONTH, RULE, SIMULATE, do, from_where
from tests.world import World, furnish

DAYS = "{ locationDays(first: 9) { edges { node { location { code } day units orders } } } }"
WHY = """query($id: ID!) { order(id: $id) { routingDecisions { costMinor replay { isIdentical }
    parcels { location { code } shippingMinor handlingMinor labourMinor backlogMinor delayMinor }
    explanation { candidates { location { code } workOn daysLater lines { reason }
        capacity { units orders mostUnits mostOrders } } } } } }"""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def busy(counter, **rule) -> tuple[World, list[dict]]:
    """New York can do four units a day; five orders of two mugs come."""
    world = await furnish(units=50)
    await locations.upsert_location(world.act(), locations.UpsertLocation(code="NYC", daily_capacity_units=4))
    draft = await do(RULE, world, {"name": "Busy", **rule})
    await do(ACTIVATE, world, {"ruleId": draft["id"]})
    orders = [await place(counter, world.viewer(), wanted(world, ("MUG", 2)), f"key-{n:04}") for n in range(5)]
    return world, orders


async def decided(world: World, order: dict) -> dict:
    answer = await ask(WHY, world.viewer(Role.AGENT), {"id": order["id"]})
    assert "errors" not in answer, answer
    [found] = answer["data"]["order"]["routingDecisions"]
    return found


async def test_an_order_that_found_no_room_says_so_and_the_day_is_counted(counter):
    world, orders = await busy(counter, constraints=[{"kind": "DAILY_CAPACITY"}])

    days = await ask(DAYS, world.viewer(Role.AGENT), {})
    told = await decided(world, orders[2])

    assert [from_where(order) for order in orders] == [{"NYC"}, {"NYC"}, {"CHI"}, {"CHI"}, {"CHI"}]
    [day] = [edge["node"] for edge in days["data"]["locationDays"]["edges"]]
    assert (day["location"], day["units"], day["orders"]) == ({"code": "NYC"}, 4, 2)
    [full] = [one for one in told["explanation"]["candidates"] if one["location"]["code"] == "NYC"]
    assert full["lines"] == [{"reason": "CAPACITY"}]
    assert full["capacity"] == {"units": 4, "orders": 2, "mostUnits": 4, "mostOrders": None}
    assert (full["workOn"], full["daysLater"]) == (day["day"], 0)
    assert told["replay"] == {"isIdentical": True}


async def test_lines_of_a_day_are_told_where_they_are_limited(counter):
    world = await furnish(units=50)
    upsert = """mutation($input: UpsertLocationInput!) { upsertLocation(input: $input) {
        ... on Location { dailyCapacityLines } ... on InvalidInput { problems { path } } } }"""
    limited = await do(upsert, world, {"code": "NYC", "dailyCapacityLines": 2})
    wrong = await do(upsert, world, {"code": "NYC", "dailyCapacityLines": -1})
    rule = await do(RULE, world, {"name": "Busy", "constraints": [{"kind": "DAILY_CAPACITY"}]})
    await do(ACTIVATE, world, {"ruleId": rule["id"]})

    both = [("MUG", 2), ("LAMP", 1)]
    orders = [await place(counter, world.viewer(), wanted(world, *both), f"key-{n:04}") for n in range(2)]

    assert limited == {"dailyCapacityLines": 2}
    assert [problem["path"] for problem in wrong["problems"]] == [["dailyCapacityLines"]]
    assert [from_where(order) for order in orders] == [{"NYC"}, {"CHI"}]
    asked = "{ locationDays(first: 9) { nodes { units orders lines } } }"
    days = await ask(asked, world.viewer(Role.AGENT), {})
    assert days["data"]["locationDays"]["nodes"] == [{"units": 3, "orders": 1, "lines": 2}]
    answer = await ask(
        """query($id: ID!) { order(id: $id) { routingDecisions { replay { isIdentical }
        explanation { candidates { capacity { lines mostLines } lines { reason } } } } } }""",
        world.viewer(Role.AGENT),
        {"id": orders[1]["id"]},
    )
    [told] = answer["data"]["order"]["routingDecisions"]
    [full] = [one for one in told["explanation"]["candidates"] if one["capacity"]]
    assert full == {"capacity": {"lines": 2, "mostLines": 2}, "lines": [{"reason": "CAPACITY"}] * 2}
    assert told["replay"] == {"isIdentical": True}
    found = await do(SIMULATE, world, MONTH)
    assert (found["changedCount"], found["simulated"]) == (0, found["decided"])


async def test_the_cost_of_a_backlog_is_told_part_by_part(counter):
    world, orders = await busy(counter, backlogMinor=40)

    told = [await decided(world, order) for order in orders[:3]]

    parcels = [each["parcels"][0] for each in told]
    assert [parcel["backlogMinor"] for parcel in parcels] == [0, 20, 40]
    parts = ("shippingMinor", "handlingMinor", "labourMinor", "backlogMinor", "delayMinor")
    assert [each["costMinor"] for each in told] == [sum(parcel[part] for part in parts) for parcel in parcels]


async def test_simulated_without_a_change_nothing_changes_and_without_the_limit_all_come_from_the_nearest(counter):
    world, _ = await busy(counter, constraints=[{"kind": "DAILY_CAPACITY"}])
    free = await do(RULE, world, {"name": "Busy"})

    same = await do(SIMULATE, world, MONTH)
    other = await do(SIMULATE, world, {**MONTH, "ruleId": free["id"]})

    assert (same["changedCount"], same["decided"]) == (0, same["simulated"])
    assert other["changedCount"] == 3
    assert [(each["location"]["code"], each["units"]) for each in other["simulated"]["locations"]] == [("NYC", 10)]
