"""What decides without being paid for is told, part by part, and simulations know it."""

from typing import Any

import pytest

from actions import desk, markdowns, reference
from actions.markdowns import LocationCredit, SetMarkdownCredits
from models import ShadowPrice
from resolvers.ids import global_id
from tests.schema.asking import ask
from tests.schema.test_orders_placing import place, wanted
from tests.schema.test_routing import ACTIVATE, MONTH, RULE, SIMULATE, at, do
from tests.world import World, furnish

WEIGHED = """query($id: ID!) { order(id: $id) { routingDecisions {
    costMinor splitMinor weighedMinor
    parcels { location { code } shippingMinor handlingMinor labourMinor backlogMinor delayMinor
        sequenceMinor scarcityMinor markdownMinor }
    explanation {
        candidates { location { code } parcelMinor weighedMinor sequenceMinor scarcityMinor markdownMinor
            lines { quantity reason dropped } }
        relaxed { quantity orderLine { sku } }
        runnerUp { costMinor splitMinor weighedMinor differenceMinor } } } } }"""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def credit(world: World, code: str, minor: int) -> None:
    given = (LocationCredit(location_id=world.locations[code].id, unit_minor=minor),)
    command = SetMarkdownCredits(variant_id=world.variants["MUG"].id, credits=given)
    await markdowns.set_credits(world.act(), command)


async def decision(world: World, order: dict) -> dict[str, Any]:
    answer = await ask(WEIGHED, world.viewer(), {"id": order["id"]})
    assert "errors" not in answer, answer
    [found] = answer["data"]["order"]["routingDecisions"]
    return found


async def test_a_markdown_credit_that_decides_is_told_as_what_it_is(counter):
    world = await furnish(units=9)
    await credit(world, "LAX", 5_000)

    found = await decision(world, await place(counter, world.viewer(), wanted(world, ("MUG", 1))))

    [parcel] = found["parcels"]
    seen = {each["location"]["code"]: each for each in found["explanation"]["candidates"]}
    assert (parcel["location"]["code"], parcel["markdownMinor"], parcel["sequenceMinor"]) == ("LAX", 0, 0)
    assert found["weighedMinor"] == found["costMinor"] == seen["LAX"]["weighedMinor"]
    assert seen["NYC"]["lines"] == [{"quantity": 0, "reason": "WORTH_MORE", "dropped": None}]
    assert seen["NYC"]["weighedMinor"] == seen["NYC"]["parcelMinor"] + seen["NYC"]["markdownMinor"]
    assert seen["NYC"]["markdownMinor"] == 5_000
    runner_up = found["explanation"]["runnerUp"]
    assert runner_up["weighedMinor"] - found["weighedMinor"] == 5_000 + runner_up["differenceMinor"] > 0


async def test_the_cheapest_location_that_keeps_its_last_units_for_others_says_so(counter):
    world = await furnish(units=9)
    nyc = world.locations["NYC"]
    await ShadowPrice.create(
        organization_id=world.organization_id, variant=world.variants["MUG"], location=nyc, unit_minor=100
    )
    reference.forget(world.organization_id)

    found = await decision(world, await place(counter, world.viewer(), wanted(world, ("MUG", 2))))

    seen = {each["location"]["code"]: each for each in found["explanation"]["candidates"]}
    assert [parcel["location"]["code"] for parcel in found["parcels"]] == ["CHI"]
    assert seen["NYC"]["parcelMinor"] < found["costMinor"] < seen["NYC"]["weighedMinor"]
    assert (seen["NYC"]["scarcityMinor"], seen["NYC"]["sequenceMinor"], seen["NYC"]["markdownMinor"]) == (200, 0, 0)
    assert seen["NYC"]["weighedMinor"] == seen["NYC"]["parcelMinor"] + 200
    assert seen["NYC"]["lines"] == [{"quantity": 0, "reason": "WORTH_MORE", "dropped": None}]
    assert found["explanation"]["runnerUp"]["differenceMinor"] == seen["NYC"]["parcelMinor"] - found["costMinor"]


async def test_what_was_served_only_without_the_soft_constraint_says_which_and_what_it_cost(counter):
    world = await furnish(units=9)
    far = [{"kind": "MAX_DISTANCE", "isHard": False, "value": 1}]
    rule = await do(RULE, world, {"name": "Near", "constraints": far})
    await do(ACTIVATE, world, {"ruleId": rule["id"]})

    found = await decision(world, await place(counter, world.viewer(), wanted(world, ("MUG", 2))))

    seen = {each["location"]["code"]: each for each in found["explanation"]["candidates"]}
    assert found["explanation"]["relaxed"] == [{"quantity": 2, "orderLine": {"sku": "MUG"}}]
    assert seen["NYC"]["lines"] == [{"quantity": 2, "reason": None, "dropped": "TOO_FAR"}]
    assert (seen["NYC"]["parcelMinor"], seen["CHI"]["lines"][0]["reason"]) == (found["costMinor"], "TOO_FAR")


async def test_the_parts_that_are_weighed_and_those_that_are_paid_sum_to_what_was_compared(counter):
    world = await furnish(units=2)
    await credit(world, "LAX", 300)
    steps = [{"name": "West", "locationIds": at(world, "LAX")}, {"name": "Rest"}]
    rule = await do(RULE, world, {"name": "West", "steps": steps, "stepMinor": 10_000, "splitMinor": 400})
    await do(ACTIVATE, world, {"ruleId": rule["id"]})

    found = await decision(world, await place(counter, world.viewer(), wanted(world, ("MUG", 3))))

    assert {each["location"]["code"]: each["sequenceMinor"] for each in found["parcels"]} == {"LAX": 0, "NYC": 10_000}
    assert {each["location"]["code"]: each["markdownMinor"] for each in found["parcels"]} == {"LAX": 0, "NYC": 300}
    parts = {key for key in found["parcels"][0] if key.endswith("Minor")}
    weighed = {"sequenceMinor", "scarcityMinor", "markdownMinor"}
    assert found["splitMinor"] == 400
    assert found["costMinor"] == 400 + sum(parcel[part] for parcel in found["parcels"] for part in parts - weighed)
    assert found["weighedMinor"] == 400 + sum(parcel[part] for parcel in found["parcels"] for part in parts)


async def test_a_simulation_weighs_what_was_weighed_then(counter):
    world = await furnish(units=9)
    await credit(world, "LAX", 5_000)
    await place(counter, world.viewer(), wanted(world, ("MUG", 1)))

    found = await do(SIMULATE, world, MONTH)
    without = await do(SIMULATE, world, {**MONTH, "closedLocationIds": at(world, "LAX")})

    assert (found["changedCount"], found["simulated"]) == (0, found["decided"])
    assert [each["location"]["code"] for each in without["simulated"]["locations"]] == ["NYC"]


async def test_a_simulation_imagines_stock_away(counter):
    world = await furnish(units=3)
    await place(counter, world.viewer(), wanted(world, ("MUG", 2)))
    less = {"variantId": global_id("Variant", world.variants["MUG"].id), "locationId": at(world, "NYC")[0], "units": -2}

    found = await do(SIMULATE, world, {**MONTH, "extraStock": [less], "maxParcels": 1})

    assert [each["location"]["code"] for each in found["decided"]["locations"]] == ["NYC"]
    assert [each["location"]["code"] for each in found["simulated"]["locations"]] == ["CHI"]


async def test_a_simulated_period_ends_after_it_begins(counter):
    world = await furnish()
    backwards = {"placedFrom": MONTH["placedBefore"], "placedBefore": MONTH["placedFrom"]}

    answer = await ask(SIMULATE, world.viewer(), {"input": backwards})

    assert [error["message"] for error in answer["errors"]] == ["placedBefore: Must be after the moment it begins."]
