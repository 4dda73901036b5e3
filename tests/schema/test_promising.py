"""Promising through the graph: what can be had and when, held and ordered as it was offered, and how it went."""

from datetime import UTC, date, datetime, timedelta

import pytest

from actions import desk
from actions.parcels.tracking import RecordTracking, record_tracking_event
from actions.promising import rules, services, supplies
from actions.promising.services import ServiceZone
from domain.orders import Capability
from domain.permissions import Role
from domain.routing.values import Method
from domain.tracking import TrackingCode
from models import Fulfilment, Order, Promise, Reservation
from resolvers.ids import global_id, uuid_of
from tests.schema.asking import ask, codes
from tests.world import NOW, World, furnish, place, stock
from tests.world.fulfilment import packed, picked, released_of, shipped

BOSTON = {"name": "Ann", "line1": "1 Main St", "city": "Boston", "region": "MA", "postalCode": "02108", "country": "US"}
THERE = {"country": "US", "region": "MA", "postalCode": "02108"}
OPTION = """id method carrier service serviceName location { code } shipOn earliestOn latestOn readyAt expiresAt confidence
    price { minor currency }
    parcels { location { code } shipOn latestOn units { variant { sku } quantity kind comingOn } }"""
PROMISE = f"""query ($channel: ID!, $lines: [PromiseLineInput!]!, $address: PromiseAddressInput, $methods: [PromiseMethod!],
        $cart: String, $wantedOn: Date) {{
    promise(channelId: $channel, lines: $lines, address: $address, methods: $methods, cart: $cart, wantedOn: $wantedOn) {{
        options {{ {OPTION} }}
        lines {{ variant {{ sku }} quantity availableOn missing supplies {{ comingOn quantity kind }} }} }} }}"""
HOLD = """mutation ($input: HoldPromiseInput!) { holdPromise(input: $input) {
    __typename
    ... on DeliveryPromise { id cart method latestOn expiresAt price { minor } parcels { location { code } } }
    ... on InvalidInput { problems { path code } } ... on Problem { code message } } }"""
PLACE = """mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) @idempotent(key: "order-0001") {
    __typename
    ... on Order { id promisedDate shipping { minor } promise { id method latestOn carrier }
        lines { units { status quantity location { code } } } }
    ... on InvalidInput { problems { path code } } ... on Problem { code message } } }"""
SCORES = """query ($by: PromiseScoreBy!) { promiseScores(by: $by, placedFrom: "2026-11-01", placedBefore: "2026-12-01") {
    key location { code } promised shipped delivered shippedOnTime onTime late onTimeShare medianLatenessDays } }"""


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


def lines(world: World, **quantities: int) -> list:
    return [
        {"variantId": global_id("Variant", world.variants[sku].id), "quantity": units}
        for sku, units in quantities.items()
    ]


async def promise(world: World, viewer=None, *, now=NOW, address=THERE, **values) -> dict:
    given = {name: values.pop(name) for name in ("methods", "cart", "wantedOn") if name in values}
    variables = {
        "channel": global_id("Channel", world.web.id),
        "lines": lines(world, **(values or {"MUG": 2})),
        "address": address,
        **given,
    }
    answer = await ask(PROMISE, viewer or world.viewer(), variables, clock=lambda: now)
    assert "errors" not in answer, answer
    return answer["data"]["promise"]


async def first_option(world: World, viewer=None, **values) -> dict:
    return (await promise(world, viewer, **values))["options"][0]


async def hold(counter, viewer, option: str, *, now=NOW, cart: str = "cart-7") -> dict:
    answer = await ask(HOLD, viewer, {"input": {"cart": cart, "option": option}}, counter=counter, clock=lambda: now)
    assert "errors" not in answer, answer
    return answer["data"]["holdPromise"]


async def order(counter, world: World, viewer, *, now=NOW, goods=None, **values) -> dict:
    given = {
        "channelId": global_id("Channel", world.web.id),
        "lines": goods or lines(world, MUG=2),
        "shippingAddress": BOSTON,
        **values,
    }
    answer = await ask(PLACE, viewer, {"input": given}, counter=counter, clock=lambda: now)
    assert "errors" not in answer, answer
    return answer["data"]["placeOrder"]


async def announce(world: World, sku: str, at: str, quantity: int, on: date, **values) -> None:
    line = supplies.AnnouncedLine(
        variant_id=world.variants[sku].id,
        location_id=world.locations[at].id,
        quantity=quantity,
        expected_on=on,
        **values,
    )
    await supplies.announce(world.act(), supplies.AnnounceSupplies(lines=(line,), reference="PO-1"))


async def keep_service(world: World, code: str, **values) -> None:
    given = {"name": code.title(), "carrier": "ups", "zones": (ServiceZone(days_least=1, days_most=2, base_minor=900),)}
    await services.upsert_carrier_service(world.act(), services.UpsertCarrierService(code=code, **{**given, **values}))


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
    """Availability by date (IBM Sterling): breakup of partial supplies; semantics.md section 10."""
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


async def test_with_a_wish_for_a_day_what_comes_in_time_is_promised_and_the_shelf_is_left_alone(counter):
    """Closest ETA matching; semantics.md section 10."""
    world = await furnish(units=5)
    await announce(world, "MUG", "NYC", 3, date(2026, 11, 10))

    option = await first_option(world, methods=["SHIP"], wantedOn="2026-12-01")

    assert option["parcels"][0]["units"] == [
        {"variant": {"sku": "MUG"}, "quantity": 2, "kind": "PURCHASE_ORDER", "comingOn": "2026-11-10"}
    ]


async def test_a_late_supply_is_believed_for_the_days_of_the_rule(counter):
    world = await furnish(units=0)
    await announce(world, "MUG", "NYC", 3, date(2026, 11, 1))

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


async def test_a_held_promise_keeps_its_units_where_they_were_promised(counter):
    world = await furnish()
    viewer = world.viewer(Role.CUSTOMER)
    pickup = (await promise(world, viewer, methods=["PICKUP"]))["options"][1]

    held = await hold(counter, viewer, pickup["id"])

    assert (held["__typename"], held["cart"], held["method"]) == ("DeliveryPromise", "cart-7", "PICKUP")
    assert (held["latestOn"], held["expiresAt"]) == (pickup["latestOn"], pickup["expiresAt"])
    assert held["parcels"] == [{"location": pickup["location"]}]
    reservation = await Reservation.get()
    assert (reservation.quantity, reservation.location_id) == (
        2,
        world.locations[pickup["location"]["code"]].id,
    )
    assert reservation.customer_id == (await Promise.get()).customer_id == world.customer.id


async def test_what_a_cart_keeps_counts_as_free_for_it_alone(counter):
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 2})
    viewer = world.viewer(Role.CUSTOMER)
    await hold(counter, viewer, (await first_option(world, viewer, methods=["SHIP"]))["id"])

    own = await promise(world, viewer, cart="cart-7", methods=["SHIP"])
    others = await promise(world, viewer, methods=["SHIP"])

    assert len(own["options"]) == 1
    assert others["options"] == []


async def test_units_that_went_meanwhile_cannot_be_held(counter):
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 2})
    option = await first_option(world, methods=["SHIP"])
    await order(counter, world, world.viewer())

    held = await hold(counter, world.viewer(), option["id"])

    assert held["__typename"] == "InsufficientStock"
    assert await Promise.all().count() == 0


async def test_an_option_that_was_tampered_with_or_made_elsewhere_is_refused(counter):
    world, other = await furnish(), await furnish()
    own, foreign = [await first_option(each) for each in (world, other)]
    changed = own["id"][:40] + ("A" if own["id"][40] != "A" else "B") + own["id"][41:]

    for option in (changed, foreign["id"], "nonsense", ""):
        held = await hold(counter, world.viewer(), option)
        assert held["problems"] == [{"path": ["option"], "code": "NOT_OFFERED"}]
        placed = await order(counter, world, world.viewer(), promise=option)
        assert placed["problems"] == [{"path": ["promise"], "code": "NOT_OFFERED"}]
    assert await Order.all().count() == await Reservation.all().count() == 0


async def test_an_offer_that_expired_is_refused(counter):
    world = await furnish()
    option = await first_option(world)
    later = datetime.fromisoformat(option["expiresAt"])

    held = await hold(counter, world.viewer(), option["id"], now=later)
    placed = await order(counter, world, world.viewer(), promise=option["id"], now=later)

    assert held["code"] == placed["code"] == "PROMISE_ENDED"
    assert await Order.all().count() == 0


async def test_an_order_gets_the_day_and_price_that_were_promised_and_keeps_the_promise(counter):
    world = await furnish()
    viewer = world.viewer(Role.CUSTOMER)
    option = await first_option(world, viewer, methods=["SHIP"])
    held = await hold(counter, viewer, option["id"])

    placed = await order(counter, world, viewer, cart="cart-7", promise=option["id"])

    assert placed["promisedDate"] == option["latestOn"] == "2026-11-06"
    assert placed["shipping"] == {"minor": option["price"]["minor"]}
    assert placed["promise"] == {
        "id": held["id"],
        "method": "SHIP",
        "latestOn": "2026-11-06",
        "carrier": "standard",
    }
    assert placed["lines"][0]["units"] == [{"status": "SCHEDULED", "quantity": 2, "location": {"code": "NYC"}}]
    assert await Promise.all().count() == 1


async def test_the_same_request_after_the_offer_expired_is_answered_as_before(counter):
    world = await furnish()
    option = await first_option(world, methods=["SHIP"])

    first = await order(counter, world, world.viewer(), promise=option["id"])
    again = await order(counter, world, world.viewer(), promise=option["id"], now=NOW + timedelta(hours=2))

    assert first == again
    assert await Order.all().count() == 1


async def test_a_promise_is_for_the_goods_the_way_and_the_address_it_was_made_for(counter):
    world = await furnish()
    ship, pickup = [await first_option(world, methods=[method]) for method in ("SHIP", "PICKUP")]
    store = global_id("Location", world.locations[pickup["location"]["code"]].id)
    collected = [{**line, "method": "PICKUP", "pickupLocationId": store} for line in lines(world, MUG=2)]
    other_orders = (
        {"promise": ship["id"], "goods": lines(world, MUG=3)},
        {"promise": ship["id"], "goods": collected},
        {"promise": pickup["id"]},
        {"promise": ship["id"], "shippingAddress": {**BOSTON, "postalCode": "90001"}},
    )

    for values in other_orders:
        placed = await order(counter, world, world.viewer(), **values)
        assert placed["problems"] == [{"path": ["promise"], "code": "OTHER_ORDER"}]

    placed = await order(counter, world, world.viewer(), promise=pickup["id"], goods=collected)
    assert placed["promise"]["method"] == "PICKUP"


async def test_a_same_day_order_comes_from_its_place_or_not_at_all(counter):
    """Routing alone would take both from the one place that has them cheapest; the promise names another."""
    world = await furnish()
    zones = (ServiceZone(up_to_km=40, days_least=0, days_most=0, base_minor=1500),)
    await keep_service(world, "courier", is_same_day=True, zones=zones, cut_off="16:00", pickup_time="16:00")
    address = {"country": "US", "region": "CA", "postalCode": "90002"}
    early = {"now": NOW + timedelta(hours=1)}
    option = await first_option(world, methods=["SAME_DAY"], address=address, **early)
    home = {**BOSTON, "city": "Los Angeles", "region": "CA", "postalCode": "90002"}

    placed = await order(counter, world, world.viewer(), promise=option["id"], shippingAddress=home, **early)

    assert placed["lines"][0]["units"] == [{"status": "SCHEDULED", "quantity": 2, "location": {"code": "LAX"}}]


async def test_promises_are_compared_with_what_happened(counter):
    world = await furnish()
    option = await first_option(world, methods=["SHIP"])
    placed = await order(counter, world, world.viewer(), promise=option["id"])
    order_id = uuid_of("Order", placed["id"])
    before = await scores(world, "CARRIER")
    parcel = await shipped(world, await packed(world, await picked(world, await released_of(world, await Order.get()))))
    await type(parcel).filter(id=parcel.id).update(shipped_at=datetime(2026, 11, 4, 22, tzinfo=UTC))
    # Three in the morning of the 9th in Greenwich is still the evening of the 8th in Boston.
    delivered_at = datetime(2026, 11, 9, 3, tzinfo=UTC)
    command = RecordTracking(
        parcel_id=parcel.id, code=TrackingCode.DELIVERED, occurred_at=delivered_at, event_key="delivered-1"
    )
    await record_tracking_event(world.act(now=delivered_at), command)

    after = [await scores(world, by) for by in ("LOCATION", "CARRIER", "RULE")]

    assert before == [
        {
            "key": "standard", "location": None, "promised": 1, "shipped": 0, "delivered": 0, "shippedOnTime": 0,
            "onTime": 0, "late": 0, "onTimeShare": None, "medianLatenessDays": None,
        }
    ]  # fmt: skip
    late = {
        "promised": 1, "shipped": 1, "delivered": 1, "shippedOnTime": 1, "onTime": 0, "late": 1, "onTimeShare": 0.0,
        "medianLatenessDays": 2,
    }  # fmt: skip
    place_key = str(world.locations["NYC"].id)
    assert after == [
        [{"key": place_key, "location": {"code": "NYC"}, **late}],
        [{"key": "standard", "location": None, **late}],
        [{"key": "standard", "location": None, **late}],
    ]
    assert await Fulfilment.filter(order_id=order_id).count() == 1


async def test_an_overdue_order_is_late_before_it_arrives(counter):
    world = await furnish()
    option = await first_option(world, methods=["SHIP"])
    await order(counter, world, world.viewer(), promise=option["id"])

    [score] = await scores(world, "LOCATION", now=NOW + timedelta(days=5))

    assert (score["location"], score["late"], score["onTimeShare"]) == ({"code": "NYC"}, 1, 0.0)


async def test_customers_do_not_see_how_promises_are_kept_and_agents_see_their_channels(counter):
    world = await furnish()
    option = await first_option(world, methods=["SHIP"])
    await order(counter, world, world.viewer(), promise=option["id"])

    refused = await ask(SCORES, world.viewer(Role.CUSTOMER), {"by": "RULE"}, clock=lambda: NOW)
    elsewhere = world.viewer(Role.AGENT, channel_ids=(world.channels["SHOP"].id,))

    assert codes(refused) == ["FORBIDDEN"]
    assert await scores(world, "RULE", viewer=elsewhere) == []


async def scores(world: World, by: str, *, viewer=None, now=NOW) -> list:
    answer = await ask(SCORES, viewer or world.viewer(), {"by": by}, clock=lambda: now)
    assert "errors" not in answer, answer
    return answer["data"]["promiseScores"]
