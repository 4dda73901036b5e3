"""Transfers through the graph: who sees them, and which end may do what."""

import pytest

from domain.permissions import Role
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import NOW, furnish
from tests.world.stock_papers import ready_transfer, shipped_transfer, transfer_lines

pytestmark = pytest.mark.usefixtures("database")

CREATE = """
mutation ($input: CreateTransferInput!) { createTransfer(input: $input) {
  __typename
  ... on Transfer { status origin { code } destination { code } note expectedOn availableActions version
    lines { variant { sku } quantity shipped inTransit } }
  ... on InvalidInput { problems { path code } }
} }
"""
STEP = """
mutation ($input: %sInput!) { step: %s(input: $input) {
  __typename
  ... on Transfer { status version lines { shipped received damaged writtenOff inTransit discrepancy } }
  ... on Problem { message }
} }
"""
SHORT = "... on InsufficientStock { missing { sku units } } ... on Problem"
LIST = """
query ($filter: TransferFilter) { transfers(first: 10, filter: $filter) { totalCount nodes { number status } } }
"""


@pytest.fixture
async def world():
    return await furnish(units=10)


def confined(world, *codes, role=Role.WAREHOUSE):
    return world.viewer(role, location_ids=tuple(world.locations[code].id for code in codes))


def plan(world, origin="NYC", destination="CHI", quantity=4):
    return {
        "originId": global_id("Location", world.locations[origin].id),
        "destinationId": global_id("Location", world.locations[destination].id),
        "lines": [{"variantId": global_id("Variant", world.variants["MUG"].id), "quantity": quantity}],
    }


async def step(name, viewer, transfer_id, **values):
    query = STEP % (f"{name[0].upper()}{name[1:]}", name)
    query = query.replace("... on Problem", SHORT) if name == "shipTransfer" else query
    taken = {"transferId": global_id("Transfer", transfer_id), **values}
    return (await ask(query, viewer, {"input": taken}))["data"]["step"]


async def test_a_planned_transfer_comes_back_as_it_is(world):
    planned = {**plan(world), "note": "for the window", "expectedOn": "2026-11-05"}

    answer = await ask(CREATE, world.viewer(), {"input": planned}, clock=lambda: NOW)

    assert answer["data"]["createTransfer"] == {
        "__typename": "Transfer",
        "status": "DRAFT",
        "origin": {"code": "NYC"},
        "destination": {"code": "CHI"},
        "note": "for the window",
        "expectedOn": "2026-11-05",
        "availableActions": ["CHANGE", "MAKE_READY", "CANCEL"],
        "version": 1,
        "lines": [{"variant": {"sku": "MUG"}, "quantity": 4, "shipped": 0, "inTransit": 0}],
    }


async def test_a_transfer_to_where_it_comes_from_is_refused(world):
    answer = await ask(CREATE, world.viewer(), {"input": plan(world, destination="NYC")})

    assert answer["data"]["createTransfer"]["problems"] == [{"path": ["destinationId"], "code": "SAME_LOCATION"}]


async def test_a_store_plans_transfers_from_or_to_itself_only(world):
    ours = await ask(CREATE, confined(world, "CHI"), {"input": plan(world)})
    theirs = await ask(CREATE, confined(world, "LAX"), {"input": plan(world)})

    assert ours["data"]["createTransfer"]["__typename"] == "Transfer"
    assert theirs["data"]["createTransfer"]["__typename"] == "Forbidden"


async def test_the_origin_ships_and_the_destination_receives(world):
    transfer_id = await ready_transfer(world, MUG=4)
    origin, destination = confined(world, "NYC"), confined(world, "CHI")

    assert (await step("shipTransfer", destination, transfer_id))["__typename"] == "Forbidden"
    shipped = await step("shipTransfer", origin, transfer_id)
    assert (await step("receiveTransfer", origin, transfer_id))["__typename"] == "Forbidden"
    [line] = await transfer_lines(transfer_id)
    part = {
        "lineId": global_id("TransferLine", line.id),
        "received": 2,
        "damaged": 1,
        "missing": 1,
        "discrepancy": "DAMAGED",
    }
    received = await step("receiveTransfer", destination, transfer_id, lines=[part])

    assert shipped["lines"][0]["inTransit"] == 4
    assert received == {
        "__typename": "Transfer",
        "status": "PARTIALLY_RECEIVED",
        "version": 4,
        "lines": [
            {"shipped": 4, "received": 2, "damaged": 1, "writtenOff": 1, "inTransit": 1, "discrepancy": "DAMAGED"}
        ],
    }


async def test_goods_that_left_are_called_back_by_the_origin_alone(world):
    transfer_id = await shipped_transfer(world, MUG=4)

    theirs = await step("cancelTransfer", confined(world, "CHI"), transfer_id, remainder="WRITE_OFF")
    ours = await step("cancelTransfer", confined(world, "NYC"), transfer_id, remainder="WRITE_BACK")

    assert (theirs["__typename"], ours["status"]) == ("Forbidden", "CANCELLED")


async def test_before_they_left_the_destination_may_cancel_too(world):
    transfer_id = await ready_transfer(world, MUG=4)

    answer = await step("cancelTransfer", confined(world, "CHI"), transfer_id)

    assert answer["status"] == "CANCELLED"


async def test_what_is_not_there_is_named(world):
    transfer_id = await ready_transfer(world, MUG=14)

    answer = await step("shipTransfer", world.viewer(), transfer_id)

    assert (answer["__typename"], answer["missing"]) == ("InsufficientStock", [{"sku": "MUG", "units": 4}])


async def test_each_end_sees_its_transfers_and_others_see_none(world):
    await shipped_transfer(world, MUG=4)
    seen = {}
    for code in world.locations:
        answer = await ask(LIST, confined(world, code))
        seen[code] = answer["data"]["transfers"]["totalCount"]

    assert seen == {"NYC": 1, "CHI": 1, "LAX": 0}


async def test_transfers_are_found_by_end_and_status(world):
    await shipped_transfer(world, MUG=4)
    await ready_transfer(world, origin="LAX", MUG=1)
    at = global_id("Location", world.locations["LAX"].id)

    answer = await ask(LIST, world.viewer(), {"filter": {"originIds": [at], "status": ["READY", "DRAFT"]}})

    assert answer["data"]["transfers"]["totalCount"] == 1


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANONYMOUS, Role.AGENT])
async def test_who_does_not_work_with_stock_transfers_none(world, role):
    answer = await ask(CREATE, world.viewer(role), {"input": plan(world)})

    assert codes(answer) == ["FORBIDDEN"]
