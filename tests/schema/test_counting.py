"""Counts through the graph: blind for whoever counts, complete for whoever approves."""

import pytest

from domain.permissions import Role
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import furnish
from tests.world.orders import new_order
from tests.world.stock_papers import counted, opened

pytestmark = pytest.mark.usefixtures("database")

OPEN = """
mutation ($input: OpenCountInput!) { openStockCount(input: $input) {
  __typename
  ... on StockCount { status location { code } availableActions
    lines(first: 10) { totalCount nodes { expectedAtStart expected variance } } }
} }
"""
RECORD = """
mutation ($input: RecordCountInput!) { recordStockCount(input: $input) {
  __typename
  ... on StockCount { status lines(first: 10) { nodes { variant { sku } status counted countedBy } } }
} }
"""
STEP = """
mutation ($input: StockCountInput!) { step: %s(input: $input) {
  __typename
  ... on StockCount { status }
  ... on Problem { message }
} }
"""
BLIND = "{ stockCounts(first: 1) { nodes { lines(first: 1) { nodes { expected } } } } }"


@pytest.fixture
async def world():
    return await furnish(units=10)


def confined(world, *codes, role=Role.WAREHOUSE):
    return world.viewer(role, location_ids=tuple(world.locations[code].id for code in codes))


async def step(name, viewer, count_id):
    answer = await ask(STEP % name, viewer, {"input": {"countId": global_id("StockCount", count_id)}})
    return answer["data"]["step"]


def found(world, count_id, quantity):
    line = {"variantId": global_id("Variant", world.variants["MUG"].id), "counted": quantity}
    return {"input": {"countId": global_id("StockCount", count_id), "lines": [line]}}


async def test_an_opened_count_comes_back_with_its_lines(world):
    at = global_id("Location", world.locations["NYC"].id)

    answer = await ask(OPEN, world.viewer(), {"input": {"locationId": at, "toleranceUnits": 1}})

    opened = answer["data"]["openStockCount"]
    assert (opened["status"], opened["location"]["code"]) == ("COUNTING", "NYC")
    assert opened["availableActions"] == ["RECORD", "SUBMIT", "CANCEL"]
    assert opened["lines"]["totalCount"] == 4
    assert opened["lines"]["nodes"][0] == {"expectedAtStart": 10, "expected": None, "variance": None}


async def test_who_counts_does_not_see_what_is_expected(world):
    count_id = await opened(world, "MUG")
    counter = confined(world, "NYC")

    answer = await ask(RECORD, counter, found(world, count_id, 7))

    assert answer["data"]["recordStockCount"]["lines"]["nodes"] == [
        {"variant": {"sku": "MUG"}, "status": "COUNTED", "counted": 7, "countedBy": "warehouse:test"}
    ]
    assert codes(await ask(BLIND, counter)) == ["FORBIDDEN"]


async def test_a_warehouse_counts_at_its_own_locations_only(world):
    count_id = await opened(world, "MUG")

    answer = await ask(RECORD, confined(world, "CHI"), found(world, count_id, 7))

    assert answer["data"]["recordStockCount"]["__typename"] == "NotFound"


async def test_who_counts_submits_and_another_approves(world):
    count_id = await opened(world, "MUG")
    counter = confined(world, "NYC")
    await ask(RECORD, counter, found(world, count_id, 7))

    submitted = await step("submitStockCount", counter, count_id)
    answer = await ask(STEP % "approveStockCount", counter, {"input": {"countId": global_id("StockCount", count_id)}})
    approved = await step("approveStockCount", world.viewer(), count_id)

    assert (submitted["status"], codes(answer), approved["status"]) == ("REVIEW", ["FORBIDDEN"], "POSTED")


async def test_committed_units_are_named_when_a_count_would_take_them(world):
    await new_order(world, at="NYC", MUG=7)
    count_id = await counted(world, MUG=6)
    await step("submitStockCount", world.viewer(), count_id)

    answer = await step("approveStockCount", world.viewer(), count_id)

    assert answer["__typename"] == "StockCommitted"
    assert answer["message"].startswith("There would be 6 units of MUG for 7 that are committed")
