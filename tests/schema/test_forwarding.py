"""Collecting at a store what lies elsewhere, through the graph: placed, explained, sent, received, seen by both ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actions import desk
from actions.fulfilment.releasing import release_due
from domain.permissions import Role
from models import Transfer
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.schema.test_orders_placing import place, wanted
from tests.schema.test_routing import MONTH, SIMULATE, do
from tests.world import World, furnish, stock
from tests.world.forwarding import take_any_stock

LOCATION = """mutation($input: UpsertLocationInput!) { upsertLocation(input: $input) {
    __typename ... on Location { code pickupStock } } }"""
WHY_BROUGHT = """query($id: ID!) { order(id: $id) { routingDecisions { costMinor replay { isIdentical }
    parcels { location { code } broughtTo { code } distanceKm shippingMinor }
    explanation { candidates { location { code } broughtTo { code } isChosen lines { reason } } } } } }"""
MINE = """{ orders(first: 10) { nodes { number status transfers { number status origin { code } destination { code }
    order { number } lines { quantity awaited orderLine { sku } } availableActions answerBy acceptedAt } } } }"""
SHIP = """mutation($input: ShipTransferInput!) { shipTransfer(input: $input) {
    __typename ... on Transfer { status } ... on Problem { code } } }"""
DECLINE = """mutation($input: DeclineTransferInput!) { declineTransfer(input: $input) {
    __typename ... on Transfer { status availableActions } ... on Problem { code } } }"""
RECEIVE = """mutation($input: ReceiveTransferInput!) { receiveTransfer(input: $input) {
    __typename ... on Transfer { status lines { awaited received } } ... on Problem { code } } }"""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world(database) -> World:
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 5, ("MUG", "LAX"): 5})
    await take_any_stock(world)
    return world


def collected(world: World, *lines: tuple[str, int], at: str = "NYC") -> dict[str, Any]:
    ordered = wanted(world, *lines)
    for line in ordered["lines"]:
        line |= {"method": "PICKUP", "pickupLocationId": global_id("Location", world.locations[at].id)}
    return ordered


def at(world: World, code: str) -> dict[str, Any]:
    return {"location_ids": (world.locations[code].id,)}


async def units(world: World, order: dict[str, Any]) -> set[tuple[str, str]]:
    found = await ask(
        "query($id: ID!) { order(id: $id) { lines { units { status location { code } } } } }",
        world.viewer(),
        {"id": order["id"]},
    )
    return {
        (each["status"], each["location"] and each["location"]["code"])
        for line in found["data"]["order"]["lines"]
        for each in line["units"]
    }


async def test_a_store_is_told_to_take_any_stock(world):
    answer = await do(LOCATION, world, {"code": "LAX", "pickupStock": "ANY"})

    assert answer == {"__typename": "Location", "code": "LAX", "pickupStock": "ANY"}


async def test_an_order_collected_at_a_store_is_served_from_the_nearest_place_and_says_why(counter, world):
    order = await place(counter, world.viewer(), collected(world, ("MUG", 2)), "key-0001")

    answer = await ask(WHY_BROUGHT, world.viewer(), {"id": order["id"]})
    [decision] = answer["data"]["order"]["routingDecisions"]
    [parcel] = decision["parcels"]
    assert await units(world, order) == {("SCHEDULED", "CHI")}
    assert (parcel["location"]["code"], parcel["broughtTo"]["code"]) == ("CHI", "NYC")
    assert 1_000 < parcel["distanceKm"] < 1_300
    assert decision["costMinor"] == parcel["shippingMinor"] > 0
    assert decision["replay"] == {"isIdentical": True}
    assert {each["location"]["code"]: each["isChosen"] for each in decision["explanation"]["candidates"]} == {
        "CHI": True,
        "LAX": False,
    }
    assert decision["explanation"]["candidates"][1]["lines"] == [{"reason": "DEARER"}]


async def test_a_store_that_takes_only_its_own_lets_the_order_wait(counter, world):
    order = await place(
        counter, world.viewer(), collected(world, ("MUG", 2), at="LAX") | {"allowBackorder": True}, "key-0002"
    )
    assert await units(world, order) == {("SCHEDULED", "LAX")}

    more = await place(
        counter, world.viewer(), collected(world, ("MUG", 4), at="LAX") | {"allowBackorder": True}, "key-0003"
    )

    assert await units(world, more) == {("SCHEDULED", "LAX"), ("BACKORDERED", None)}


async def test_a_simulation_brings_from_elsewhere_what_a_closed_place_brought(counter, world):
    await place(counter, world.viewer(), collected(world, ("MUG", 2)), "key-0001")
    closed = {**MONTH, "closedLocationIds": [global_id("Location", world.locations["CHI"].id)]}

    same, other = await do(SIMULATE, world, MONTH), await do(SIMULATE, world, closed)

    assert same["changedCount"] == 0
    assert same["simulated"]["costs"] == same["decided"]["costs"]
    assert [each["location"]["code"] for each in other["simulated"]["locations"]] == ["LAX"]
    assert other["simulated"]["costs"][0]["minor"] > other["decided"]["costs"][0]["minor"]


async def test_a_simulation_with_stock_in_the_store_brings_nothing(counter, world):
    await place(counter, world.viewer(), collected(world, ("MUG", 2)), "key-0001")
    mugs, store = world.variants["MUG"], world.locations["NYC"]
    extra = {"variantId": global_id("Variant", mugs.id), "locationId": global_id("Location", store.id), "units": 9}

    found = await do(SIMULATE, world, {**MONTH, "extraStock": [extra]})

    assert [each["location"]["code"] for each in found["simulated"]["locations"]] == ["NYC"]
    assert found["simulated"]["costs"][0]["minor"] == 0


async def test_both_ends_see_the_order_and_do_their_own_part_only(counter, world):
    await place(counter, world.viewer(), collected(world, ("MUG", 2)), "key-0001")
    await release_due(datetime.now(UTC))
    transfer = await Transfer.get()
    named = {"input": {"transferId": global_id("Transfer", transfer.id)}}
    source, store = (
        world.viewer(Role.WAREHOUSE, **at(world, "CHI")),
        world.viewer(Role.STORE_ASSOCIATE, **at(world, "NYC")),
    )
    other = world.viewer(Role.STORE_ASSOCIATE, **at(world, "LAX"))

    for viewer in (source, store):
        [order] = (await ask(MINE, viewer))["data"]["orders"]["nodes"]
        assert order["status"] == "AWAITING_TRANSFER"
        [seen] = order["transfers"]
        assert (seen["origin"]["code"], seen["destination"]["code"]) == ("CHI", "NYC")
        assert seen["lines"] == [{"quantity": 2, "awaited": 2, "orderLine": {"sku": "MUG"}}]
        assert seen["availableActions"] == ["ACCEPT", "SHIP", "DECLINE", "CANCEL"]
        assert (seen["answerBy"], seen["acceptedAt"]) == (None, None)
    assert (await ask(MINE, other))["data"]["orders"]["nodes"] == []

    assert (await ask(SHIP, store, named))["data"]["shipTransfer"]["__typename"] == "Forbidden"
    assert (await ask(DECLINE, store, named | {"input": named["input"] | {"reason": "OTHER"}}))["data"][
        "declineTransfer"
    ]["__typename"] == "Forbidden"
    assert (await ask(SHIP, source, named))["data"]["shipTransfer"] == {
        "__typename": "Transfer",
        "status": "IN_TRANSIT",
    }
    assert (await ask(RECEIVE, source, named))["data"]["receiveTransfer"]["__typename"] == "Forbidden"
    assert (await ask(RECEIVE, store, named))["data"]["receiveTransfer"] == {
        "__typename": "Transfer",
        "status": "RECEIVED",
        "lines": [{"awaited": 0, "received": 2}],
    }
    [order] = (await ask(MINE, store))["data"]["orders"]["nodes"]
    assert order["status"] == "SCHEDULED"


async def test_a_source_that_declines_is_heard(counter, world):
    order = await place(counter, world.viewer(), collected(world, ("MUG", 2)), "key-0001")
    await release_due(datetime.now(UTC))
    named = {"transferId": global_id("Transfer", (await Transfer.get()).id), "reason": "NO_CAPACITY"}

    answer = await ask(DECLINE, world.viewer(Role.WAREHOUSE, **at(world, "CHI")), {"input": named})

    assert answer["data"]["declineTransfer"] == {
        "__typename": "Transfer",
        "status": "CANCELLED",
        "availableActions": [],
    }
    assert await units(world, order) == {("SCHEDULED", "LAX")}


ACCEPT = """mutation($input: AcceptTransferInput!) { acceptTransfer(input: $input) {
    __typename ... on Transfer { answerBy acceptedAt availableActions } ... on Problem { code } } }"""


async def test_a_source_says_until_when_it_answers_and_answers(counter, world):
    await do(LOCATION, world, {"code": "CHI", "acceptWithinMinutes": 30})
    await place(counter, world.viewer(), collected(world, ("MUG", 2)), "key-0001")
    moment = datetime.now(UTC)
    await release_due(moment)
    transfer = await Transfer.get()
    named = {"input": {"transferId": global_id("Transfer", transfer.id)}}
    source, store = (
        world.viewer(Role.WAREHOUSE, **at(world, "CHI")),
        world.viewer(Role.STORE_ASSOCIATE, **at(world, "NYC")),
    )
    [asked] = (await ask(MINE, store))["data"]["orders"]["nodes"][0]["transfers"]

    assert datetime.fromisoformat(asked["answerBy"]) == moment + timedelta(minutes=30)
    assert (await ask(ACCEPT, store, named))["data"]["acceptTransfer"]["__typename"] == "Forbidden"
    accepted = (await ask(ACCEPT, source, named))["data"]["acceptTransfer"]
    again = (await ask(ACCEPT, source, named))["data"]["acceptTransfer"]

    assert accepted["acceptedAt"] is not None
    assert (accepted["answerBy"], accepted["availableActions"]) == (None, ["SHIP", "DECLINE", "CANCEL"])
    assert again == {"__typename": "IllegalTransition", "code": "ILLEGAL_TRANSITION"}


TOGETHER = """mutation($input: DeliverTogetherInput!) { deliverTogether(input: $input) {
    __typename ... on Order { version merge { location { code } waitsUntil endedAt } } ... on Problem { code } } }"""
NO_MORE = """mutation($input: DeliverWithoutWaitingInput!) { deliverWithoutWaiting(input: $input) {
    __typename ... on Order { merge { location { code } endedAt } } ... on Problem { code } } }"""


async def test_an_order_is_delivered_together_and_says_where(counter, world):
    await stock(world, {("LAMP", "NYC"): 5})
    order = await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("LAMP", 3)), "key-0001")
    assert await units(world, order) == {("SCHEDULED", "CHI"), ("SCHEDULED", "NYC")}
    named = {"orderId": order["id"]}

    done = await do(TOGETHER, world, named | {"waitDays": 3})
    answer = await ask(WHY_BROUGHT, world.viewer(), {"id": order["id"]})

    assert (done["merge"]["location"], done["merge"]["endedAt"]) == ({"code": "NYC"}, None)
    decision = answer["data"]["order"]["routingDecisions"][-1]
    assert {
        (each["location"]["code"], each["broughtTo"] and each["broughtTo"]["code"]) for each in decision["parcels"]
    } == {
        ("CHI", "NYC"),
        ("NYC", None),
    }
    assert decision["replay"] == {"isIdentical": True}
    ended = await do(NO_MORE, world, named)
    assert ended["merge"]["endedAt"] is not None
    assert (await do(NO_MORE, world, named))["code"] == "ILLEGAL_TRANSITION"


async def test_a_customer_does_not_decide_how_an_order_travels(counter, world):
    order = await place(counter, world.viewer(), wanted(world, ("MUG", 2)), "key-0001")

    answer = await ask(TOGETHER, world.viewer(Role.CUSTOMER), {"input": {"orderId": order["id"]}})

    assert answer["data"] is None
    assert codes(answer) == ["FORBIDDEN"]


WHERE_TOGETHER = """query($id: ID!) { order(id: $id) { availableActions lines { sku availableActions }
    merge { location { code } waitDays }
    routingDecisions { costMinor replay { isIdentical } lastLeg { location { code } weightGrams shippingMinor distanceKm }
        parcels { location { code } broughtTo { code } shippingMinor handlingMinor labourMinor backlogMinor delayMinor }
        explanation { mergePlaces { location { code } isChosen costMinor lastLegMinor unservedUnits distanceKm }
            runnerUp { differenceMinor lastLeg { location { code } } parcels { location { code } } } } } } }"""


async def test_one_delivery_is_asked_for_with_the_order_and_told_with_every_place_it_might_leave_from(counter, world):
    await stock(world, {("LAMP", "NYC"): 5})
    asked = {"deliverTogether": {"waitDays": 3}}
    order = await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("LAMP", 3), **asked), "key-0001")

    answer = await ask(WHERE_TOGETHER, world.viewer(), {"id": order["id"]})

    assert "errors" not in answer, answer
    found = answer["data"]["order"]
    assert found["merge"] == {"location": {"code": "NYC"}, "waitDays": 3}
    [decision] = found["routingDecisions"]
    leg = decision["lastLeg"]
    assert leg["location"] == {"code": "NYC"}
    parts = [sum(value for name, value in each.items() if name.endswith("Minor")) for each in decision["parcels"]]
    assert decision["costMinor"] == sum(parts) + 250 * (len(parts) - 1) + leg["shippingMinor"]
    assert decision["replay"] == {"isIdentical": True}
    places = decision["explanation"]["mergePlaces"]
    assert [each["location"]["code"] for each in places if each["isChosen"]] == ["NYC"]
    assert min(each["costMinor"] for each in places) == decision["costMinor"]
    second = decision["explanation"]["runnerUp"]
    assert second["lastLeg"]["location"] == {"code": "NYC"}
    assert {each["location"]["code"] for each in second["parcels"]} == {"LAX", "NYC"}
    costs = sorted(each["costMinor"] for each in places)
    assert 0 < second["differenceMinor"] <= costs[1] - costs[0]


async def test_what_waits_for_the_rest_is_not_offered_to_be_released(counter, world):
    await stock(world, {("LAMP", "NYC"): 5})
    asked = {"deliverTogether": {"waitDays": 3}}
    order = await place(counter, world.viewer(), wanted(world, ("MUG", 2), ("LAMP", 3), **asked), "key-0001")
    before = (await ask(WHERE_TOGETHER, world.viewer(), {"id": order["id"]}))["data"]["order"]

    await release_due(datetime.now(UTC))
    waiting = (await ask(WHERE_TOGETHER, world.viewer(), {"id": order["id"]}))["data"]["order"]
    await do(NO_MORE, world, {"orderId": order["id"]})
    ended = (await ask(WHERE_TOGETHER, world.viewer(), {"id": order["id"]}))["data"]["order"]

    def offered(found):
        return {each["sku"]: "RELEASE" in each["availableActions"] for each in found["lines"]}

    assert offered(before) == {"MUG": True, "LAMP": False}
    assert offered(waiting) == {"MUG": False, "LAMP": False}
    assert "RELEASE" not in waiting["availableActions"]
    assert "CANCEL" in waiting["availableActions"]
    assert offered(ended) == {"MUG": False, "LAMP": True}


async def test_a_customer_asks_for_one_delivery_but_not_from_where(counter, world):
    await stock(world, {("LAMP", "NYC"): 5})
    named = {"locationId": global_id("Location", world.locations["LAX"].id)}

    placed = await place(
        counter,
        world.viewer(Role.CUSTOMER),
        wanted(world, ("MUG", 2), ("LAMP", 3), deliverTogether={}),
        "key-0001",
    )
    refused = await place(
        counter,
        world.viewer(Role.CUSTOMER),
        wanted(world, ("MUG", 2), ("LAMP", 3), deliverTogether=named),
        "key-0002",
    )

    assert placed["__typename"] == "Order"
    assert refused["__typename"] in {"Forbidden", "NotFound"}
