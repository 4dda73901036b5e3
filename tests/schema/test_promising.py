"""Promising through the graph: what can be had and when, by whom it may be asked."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from actions import desk
from actions.promising import rules
from actions.promising.services import ServiceZone
from domain.errors import InvalidInput
from domain.orders import Capability
from domain.permissions import Role
from domain.routing.values import Method
from models import Order, Promise, PromiseRule, Reservation
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.schema.promise_talk import (
    PROMISE,
    THERE,
    announce,
    first_option,
    keep_service,
    lines,
    order,
    promise,
)
from tests.world import NOW, furnish, place, stock


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def test_a_parcel_is_promised_after_lead_time_cut_off_holiday_and_days_on_the_way(counter):
    """Ordered on Monday at 10 in New York: four hours of work miss 14:00, and on Tuesday, Election Day, nobody fetches."""
    world = await furnish()

    option = await first_option(world, methods=["SHIP"])

    assert (option["method"], option["service"], option["confidence"]) == ("SHIP", "standard", "HIGH")
    assert (option["shipOn"], option["earliestOn"], option["latestOn"]) == ("2026-11-04", "2026-11-05", "2026-11-06")
    assert option["expiresAt"] == "2026-11-02T15:15:00.000000Z"
    assert option["price"] == {"minor": 620 + 55, "currency": "USD"}
    [parcel] = option["parcels"]
    assert parcel["location"] == {"code": "NYC"}
    assert parcel["units"] == [{"variant": {"sku": "MUG"}, "quantity": 2, "kind": "ON_HAND", "comingOn": None}]


async def test_asking_keeps_nothing(counter):
    world = await furnish()

    await promise(world)

    assert await Promise.all().count() == await Reservation.all().count() == 0
    assert (await world.level("MUG", "NYC")).reserved == 0


async def test_the_nearest_stores_come_first_and_a_store_is_ready_within_its_hours(counter):
    world = await furnish()
    shop_hours = {"weekly": {day: [["10:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}}
    await place(world, "QNS", postal_code="11101", calendar=shop_hours, capabilities=(Capability.PICKUP,))
    await stock(world, {("MUG", "QNS"): 2})
    evening = datetime(2026, 11, 4, 22, 30, tzinfo=UTC)

    options = (await promise(world, methods=["PICKUP"], now=evening))["options"]

    at_store = next(option for option in options if option["location"]["code"] == "QNS")
    assert [option["method"] for option in options] == ["PICKUP"] * 4
    assert {option["location"]["code"] for option in options[:2]} == {"QNS", "NYC"}
    assert at_store["readyAt"] == "2026-11-05T16:31:00.000000Z"
    assert at_store["latestOn"] == "2026-11-05"
    assert at_store["shipOn"] is None
    assert at_store["price"]["minor"] == 0


async def test_same_day_comes_from_one_place_in_reach_and_only_in_time(counter):
    world = await furnish()
    zones = (ServiceZone(up_to_km=40, days_least=0, days_most=0, base_minor=1500),)
    times = {"cut_off": "16:00", "pickup_time": "16:00"}
    await keep_service(world, "courier", is_same_day=True, zones=zones, price_minor=999, **times)
    near = {"country": "US", "region": "NY", "postalCode": "10002"}

    in_time = await promise(world, methods=["SAME_DAY"], address=near)
    too_late = await promise(world, methods=["SAME_DAY"], address=near, now=NOW + timedelta(hours=3))
    too_far = await promise(world, methods=["SAME_DAY"])

    [option] = in_time["options"]
    assert (option["latestOn"], option["location"]["code"], option["price"]["minor"]) == ("2026-11-02", "NYC", 999)
    assert too_late["options"] == too_far["options"] == []


async def test_services_of_ones_own_replace_the_standard_one_and_the_first_to_arrive_is_first(counter):
    world = await furnish()
    await keep_service(world, "slow", zones=(ServiceZone(days_least=3, days_most=5, base_minor=500),))
    await keep_service(world, "fast", cut_off="16:00")

    options = (await promise(world, methods=["SHIP"]))["options"]

    assert [(option["service"], option["shipOn"], option["latestOn"]) for option in options] == [
        ("fast", "2026-11-02", "2026-11-05"),
        ("slow", "2026-11-04", "2026-11-12"),
    ]


async def test_what_is_late_is_promised_from_the_last_supply_that_is_needed(counter):
    """IBM Sterling Order Management, availability by date: demand is matched against dated supplies by breakup."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 2})
    await announce(world, "MUG", "NYC", 3, date(2026, 11, 10))
    await announce(world, "MUG", "CHI", 50, date(2026, 12, 20))

    answer = await promise(world, MUG=4, methods=["SHIP"])

    [line] = answer["lines"]
    assert line["supplies"] == [
        {"comingOn": None, "quantity": 2, "kind": "ON_HAND"},
        {"comingOn": "2026-11-10", "quantity": 2, "kind": "PURCHASE_ORDER"},
    ]
    assert (line["availableOn"], line["missing"]) == ("2026-11-10", 0)
    [option] = answer["options"]
    assert option["confidence"] == "LOW"
    # The day after it comes is Veterans Day.
    assert [parcel["shipOn"] for parcel in option["parcels"]] == ["2026-11-04", "2026-11-12"]
    assert (option["shipOn"], option["latestOn"]) == ("2026-11-12", "2026-11-16")


async def test_more_than_will_ever_come_has_no_option_and_says_how_much_is_missing(counter):
    world = await furnish(units=1)

    answer = await promise(world, MUG=5)

    assert answer["options"] == []
    assert (answer["lines"][0]["missing"], answer["lines"][0]["availableOn"]) == (2, None)


async def test_supply_that_waiting_orders_will_take_is_not_promised_again(counter):
    world = await furnish(units=0)
    await announce(world, "MUG", "NYC", 3, date(2026, 11, 10))
    await order(counter, world, world.viewer())

    answer = await promise(world, MUG=2, methods=["SHIP"])

    assert answer["options"] == []
    assert answer["lines"][0]["missing"] == 1


async def test_an_order_long_past_its_day_counts_no_more_where_the_rule_says_so(counter):
    """IBM Sterling, ATP rule: past due demand days."""
    world = await furnish(units=0)
    await announce(world, "MUG", "NYC", 3, date(2026, 11, 10))
    await order(counter, world, world.viewer())
    await Order.all().update(promised_date=date(2026, 10, 30))  # three days ago

    missing = {}
    for days in (None, 3, 2):
        await rules.upsert_promise_rule(world.act(), rules.UpsertPromiseRule(code="all", past_due_demand_days=days))
        missing[days] = (await promise(world, MUG=2, methods=["SHIP"]))["lines"][0]["missing"]

    assert missing == {None: 1, 3: 1, 2: 0}


async def test_how_long_demand_counts_is_not_said_of_a_location(counter):
    world = await furnish()
    at = world.locations["NYC"].id
    await rules.upsert_promise_rule(world.act(), rules.UpsertPromiseRule(code="nyc", location_id=at))

    with pytest.raises(InvalidInput) as refused:
        await rules.upsert_promise_rule(world.act(), rules.UpsertPromiseRule(code="nyc", past_due_demand_days=3))

    assert [(each.path, each.code) for each in refused.value.problems] == [
        ("past_due_demand_days", "NOT_FOR_A_LOCATION")
    ]
    assert (await PromiseRule.get()).past_due_demand_days is None


@pytest.mark.parametrize(
    ("forward", "wanted_on", "missing"), [(None, None, 0), (8, None, 0), (7, None, 2), (7, "2026-11-03", 0)]
)
async def test_supplies_are_promised_as_far_ahead_as_the_rule_looks(counter, forward, wanted_on, missing):
    """IBM Sterling, ATP rule: forward consumption days."""
    world = await furnish(units=0)
    await announce(world, "MUG", "NYC", 3, date(2026, 11, 10))
    await rules.upsert_promise_rule(world.act(), rules.UpsertPromiseRule(code="all", forward_days=forward))

    answer = await promise(world, methods=["SHIP"], wantedOn=wanted_on)

    assert answer["lines"][0]["missing"] == missing
    assert bool(answer["options"]) is (missing == 0)


async def test_with_a_wish_for_a_day_what_comes_in_time_is_promised_and_the_shelf_is_left_alone(counter):
    """IBM Sterling Intelligent Promising, matching of supplies: closest ETA."""
    world = await furnish(units=5)
    await announce(world, "MUG", "NYC", 3, date(2026, 11, 10))

    option = await first_option(world, methods=["SHIP"], wantedOn="2026-12-01")

    assert option["parcels"][0]["units"] == [
        {"variant": {"sku": "MUG"}, "quantity": 2, "kind": "PURCHASE_ORDER", "comingOn": "2026-11-10"}
    ]


async def test_a_late_supply_is_believed_for_the_days_of_the_rule(counter):
    world = await furnish(units=0)
    yesterday = replace(world, now=NOW - timedelta(days=1))
    await announce(yesterday, "MUG", "NYC", 3, date(2026, 11, 1))

    believed = await promise(world, methods=["SHIP"])
    await rules.upsert_promise_rule(world.act(), rules.UpsertPromiseRule(code="strict", past_due_days=0))
    given_up = await promise(world, methods=["SHIP"])

    assert believed["lines"][0]["supplies"] == [{"comingOn": "2026-11-02", "quantity": 2, "kind": "PURCHASE_ORDER"}]
    assert given_up["options"] == []


async def test_units_kept_back_for_a_way_are_not_promised_by_it(counter):
    world = await furnish(units=3)
    command = rules.UpsertSafetyRule(code="stores", method=Method.PICKUP, quantity=2)
    await rules.upsert_safety_rule(world.act(), command)

    ways = {option["method"] for option in (await promise(world))["options"]}
    both = await promise(world, MUG=4)

    assert ways == {"SHIP"}
    assert both["lines"][0]["missing"] == 1


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_may_ask_and_only_some_learn_what_it_costs_us(counter, role):
    world = await furnish()
    costs = PROMISE.replace("confidence\n", "confidence cost { minor }\n")
    variables = {"channel": global_id("Channel", world.web.id), "lines": lines(world, MUG=1), "address": THERE}

    answer = await promise(world, world.viewer(role))
    with_costs = await ask(costs, world.viewer(role), variables, clock=lambda: NOW)

    assert answer["options"]
    if role in {Role.ADMIN, Role.AGENT, Role.PARTNER}:
        assert with_costs["data"]["promise"]["options"][0]["cost"]["minor"] > 0
    else:
        assert codes(with_costs) == ["FORBIDDEN"]


async def test_what_another_organization_sells_cannot_be_asked_for(counter):
    world, other = await furnish(), await furnish()
    variables = {"channel": global_id("Channel", world.web.id), "lines": lines(other, MUG=1)}

    answer = await ask(PROMISE, world.viewer(), variables, clock=lambda: NOW)

    assert codes(answer) == ["NOT_FOUND"]
