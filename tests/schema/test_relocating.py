"""Choosing the location of an order through the graph."""

import pytest

from domain.permissions import Role
from resolvers.ids import global_id
from tests.schema.asking import ask
from tests.world import World, furnish
from tests.world.fulfilment import pickup_fulfilment
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

CHOOSE = """mutation($input: ChooseLocationInput!) { chooseLocation(input: $input) {
    __typename
    ... on Order { status lines { pickupLocation { code } units { status location { code } } }
        routingDecisions { kind explanation { candidates { location { code } lines { reason } } } } }
    ... on InvalidInput { problems { path code } }
    ... on InsufficientStock { missing { sku units } }
    ... on Problem { message } } }"""


async def choose(world: World, order_id, at: str, role: Role = Role.AGENT) -> dict:
    place = global_id("Location", world.locations[at].id)
    values = {"orderId": global_id("Order", order_id), "locationId": place, "reason": "She called."}
    return await ask(CHOOSE, world.viewer(role), {"input": values})


async def test_an_agent_moves_a_pickup_that_no_store_has_accepted():
    world = await furnish()
    fulfilment = await pickup_fulfilment(world, MUG=1)

    answer = (await choose(world, fulfilment.order_id, "CHI"))["data"]["chooseLocation"]

    [line] = answer["lines"]
    assert line == {
        "pickupLocation": {"code": "CHI"},
        "units": [{"status": "SCHEDULED", "location": {"code": "CHI"}}],
    }


async def test_the_decision_says_that_somebody_chose():
    world = await furnish()
    order = await new_order(world, MUG=1)

    [decision] = (await choose(world, order.id, "LAX"))["data"]["chooseLocation"]["routingDecisions"]

    assert decision["kind"] == "CHOSEN"
    assert {each["location"]["code"]: each["lines"][0]["reason"] for each in decision["explanation"]["candidates"]} == {
        "LAX": None,
        "NYC": "NOT_CHOSEN",
        "CHI": "NOT_CHOSEN",
    }


async def test_what_is_missing_there_is_said():
    world = await furnish(units=2)
    order = await new_order(world, MUG=1, at="NYC")
    short = await new_order(world, MUG=1, at="LAX")
    await choose(world, short.id, "NYC")
    more = await new_order(world, MUG=1, at="LAX")

    refused = (await choose(world, more.id, "NYC"))["data"]["chooseLocation"]

    assert order.id != more.id
    assert (refused["__typename"], refused["missing"]) == ("InsufficientStock", [{"sku": "MUG", "units": 1}])


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.STORE_ASSOCIATE, Role.WAREHOUSE])
async def test_only_who_changes_orders_chooses(role):
    world = await furnish()
    order = await new_order(world, MUG=1)

    answer = await choose(world, order.id, "LAX", role)

    assert answer["data"] is None
    assert "change_orders" in str(answer["errors"]).lower()
