"""Waiting for stock through the graph: what customers see of it, and who may set it."""

from datetime import timedelta

import pytest

from actions import desk
from domain.permissions import Role
from models import Order
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.schema.promise_talk import first_option, lines, order
from tests.world import furnish
from tests.world.waiting import place, terms

DAY = timedelta(days=1)
WAITING = """query ($id: ID!) { order(id: $id) { lines { status
    backorder { isPreorder launchesAt shipsBy cancelsAt } variant { backorderTerms { launchesAt shipsBy launchedAt } } } } }"""
DEADLINE = """mutation ($input: SetBackorderDeadlineInput!) { setBackorderDeadline(input: $input) {
    __typename ... on Order { lines { backorder { cancelsAt reason isFixed } } } ... on Problem { code } } }"""
OWN = """mutation ($input: SetChannelBackorderTermsInput!) { setChannelBackorderTerms(input: $input) {
    __typename
    ... on Variant { channelBackorderTerms { limitUnits launchesAt shipsBy launchedAt channel { code } } }
    ... on Problem { code message }
    ... on InvalidInput { problems { path code } } } }"""
TERMS = """mutation ($input: SetBackorderTermsInput!) { setBackorderTerms(input: $input) {
    __typename ... on Variant { backorderTerms { limitUnits launchesAt } } ... on Problem { code } } }"""
PLACE = """mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) @idempotent(key: "order-0001") {
    __typename ... on BackorderLimitExceeded { code left { sku units } } } }"""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def test_a_customer_sees_that_it_is_a_pre_order_and_when_it_is_to_be_sent(counter):
    world = await furnish()
    await terms(world, launches_at=world.now + 10 * DAY, ships_by=(world.now + 15 * DAY).date())
    ada = world.viewer(Role.CUSTOMER)
    placed = await order(counter, world, ada)

    answer = await ask(WAITING, ada, {"id": placed["id"]})

    [line] = answer["data"]["order"]["lines"]
    assert line == {
        "status": "BACKORDERED",
        "backorder": {
            "isPreorder": True, "launchesAt": "2026-11-12T15:00:00.000000Z", "shipsBy": "2026-11-17", "cancelsAt": None,
        },
        "variant": {
            "backorderTerms": {
                "launchesAt": "2026-11-12T15:00:00.000000Z", "shipsBy": "2026-11-17", "launchedAt": None,
            }
        },
    }  # fmt: skip


async def test_a_date_is_promised_after_the_launch_not_before(counter):
    world = await furnish()
    await terms(world, launches_at=world.now + 10 * DAY)

    option = await first_option(world, methods=["SHIP"])

    assert option["shipOn"] > "2026-11-12"
    assert [unit["comingOn"] for parcel in option["parcels"] for unit in parcel["units"]] == ["2026-11-12"]


async def test_too_many_are_refused_with_what_is_left(counter):
    world = await furnish(units=0)
    await terms(world, limit_units=1)
    address = {"name": "Ann", "line1": "1 Main St", "city": "Boston", "country": "US"}
    wanted = {
        "channelId": global_id("Channel", world.web.id), "lines": lines(world, MUG=2), "shippingAddress": address,
    }  # fmt: skip

    answer = await ask(PLACE, world.viewer(Role.CUSTOMER), {"input": wanted}, counter=counter)

    assert answer["data"]["placeOrder"] == {
        "__typename": "BackorderLimitExceeded",
        "code": "BACKORDER_LIMIT_EXCEEDED",
        "left": [{"sku": "MUG", "units": 1}],
    }


async def test_an_agent_puts_the_day_off_and_a_customer_may_not(counter):
    world = await furnish(units=0)
    placed = await Order.get(id=await place(counter, world, MUG=1))
    wanted = {
        "orderId": global_id("Order", placed.id), "cancelsAt": "2026-12-01T00:00:00Z", "reason": "She will wait.",
    }  # fmt: skip

    answer = await ask(DEADLINE, world.viewer(Role.AGENT), {"input": wanted})

    assert answer["data"]["setBackorderDeadline"]["lines"] == [
        {"backorder": {"cancelsAt": "2026-12-01T00:00:00.000000Z", "reason": "She will wait.", "isFixed": True}}
    ]
    assert codes(await ask(DEADLINE, world.viewer(Role.CUSTOMER), {"input": wanted})) == ["FORBIDDEN"]


async def test_terms_are_set_by_those_who_keep_the_catalogue(database):
    world = await furnish()
    wanted = {"variantId": global_id("Variant", world.variants["MUG"].id), "limitUnits": 5}

    answer = await ask(TERMS, world.viewer(), {"input": wanted})
    cleared = await ask(TERMS, world.viewer(), {"input": {**wanted, "limitUnits": None}})

    assert answer["data"]["setBackorderTerms"]["backorderTerms"] == {"limitUnits": 5, "launchesAt": None}
    assert cleared["data"]["setBackorderTerms"]["backorderTerms"]["limitUnits"] is None
    assert codes(await ask(TERMS, world.viewer(Role.AGENT), {"input": wanted})) == ["FORBIDDEN"]


async def test_a_channel_is_given_its_own_launch_and_dates_are_promised_by_it(database):
    world = await furnish()
    await terms(world, launches_at=world.now + 10 * DAY)
    launch = {
        "variantId": global_id("Variant", world.variants["MUG"].id),
        "channelId": global_id("Channel", world.web.id),
        "launchesAt": "2026-11-08T15:00:00Z",
        "limitUnits": 7,
    }

    answer = await ask(OWN, world.viewer(), {"input": launch})
    option = await first_option(world, methods=["SHIP"])
    refused = await ask(OWN, world.viewer(Role.CUSTOMER), {"input": launch})
    wrong = await ask(OWN, world.viewer(), {"input": {**launch, "launchesAt": None, "shipsBy": "2026-11-09"}})

    assert answer["data"]["setChannelBackorderTerms"]["channelBackorderTerms"] == [
        {
            "limitUnits": 7,
            "launchesAt": "2026-11-08T15:00:00.000000Z",
            "shipsBy": None,
            "launchedAt": None,
            "channel": {"code": "WEB"},
        }
    ]
    assert "2026-11-08" < option["shipOn"] < "2026-11-12"
    assert codes(refused) == ["FORBIDDEN"]
    problems = wrong["data"]["setChannelBackorderTerms"]["problems"]
    assert [problem["path"] for problem in problems] == [["shipsBy"]]
