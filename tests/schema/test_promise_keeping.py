"""Promises through the graph: held and ordered as they were offered, and compared with what happened."""

from datetime import UTC, date, datetime, timedelta

import pytest

from actions import desk
from actions.parcels.tracking import RecordTracking, record_tracking_event
from actions.promising.services import ServiceZone
from domain.orders import OrderOrigin
from domain.permissions import Role
from domain.tracking import TrackingCode
from models import Fulfilment, Order, Promise, Reservation
from resolvers.ids import global_id, uuid_of
from tests.actions.test_placing import wanted
from tests.schema.asking import ask, codes
from tests.schema.promise_talk import BOSTON, SCORES, first_option, hold, keep_service, lines, order, promise, scores
from tests.world import NOW, furnish, stock
from tests.world.fulfilment import packed, picked, released_of, shipped


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


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


async def test_an_agent_holds_in_their_own_channels_only(counter):
    world = await furnish()
    option = await first_option(world)
    elsewhere = world.viewer(Role.AGENT, channel_ids=(world.channels["SHOP"].id,))

    held = await hold(counter, elsewhere, option["id"])

    assert held["code"] == "FORBIDDEN"
    assert await Reservation.all().count() == 0


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
            "key": "standard", "name": "standard", "location": None, "promised": 1, "shipped": 0, "delivered": 0, "shippedOnTime": 0,
            "onTime": 0, "late": 0, "onTimeShare": None, "medianLatenessDays": None,
        }
    ]  # fmt: skip
    late = {
        "promised": 1, "shipped": 1, "delivered": 1, "shippedOnTime": 1, "onTime": 0, "late": 1, "onTimeShare": 0.0,
        "medianLatenessDays": 2,
    }  # fmt: skip
    place = world.locations["NYC"]
    assert after == [
        [{"key": "NYC", "name": place.name, "location": {"code": "NYC"}, **late}],
        [{"key": "UPS", "name": "UPS", "location": None, **late}],
        [{"key": "standard", "name": "standard", "location": None, **late}],
    ]
    assert await Fulfilment.filter(order_id=order_id).count() == 1


async def test_an_overdue_order_is_late_before_it_arrives(counter):
    world = await furnish()
    option = await first_option(world, methods=["SHIP"])
    await order(counter, world, world.viewer(), promise=option["id"])

    [score] = await scores(world, "LOCATION", now=NOW + timedelta(days=5))

    assert (score["location"], score["late"], score["onTimeShare"]) == ({"code": "NYC"}, 1, 0.0)


async def test_a_day_that_came_with_the_order_is_a_promise_too(counter):
    world = await furnish()
    await order(counter, world, world.viewer(), promisedDate="2026-11-05")
    before = [await scores(world, by, now=NOW + timedelta(days=9)) for by in ("LOCATION", "CARRIER", "RULE")]
    parcel = await shipped(world, await packed(world, await picked(world, await released_of(world, await Order.get()))))
    delivered_at = datetime(2026, 11, 4, 15, tzinfo=UTC)
    await record_tracking_event(
        world.act(now=delivered_at),
        RecordTracking(parcel_id=parcel.id, code=TrackingCode.DELIVERED, occurred_at=delivered_at, event_key="d-1"),
    )

    [place], [carrier], nothing = [await scores(world, by) for by in ("LOCATION", "CARRIER", "RULE")]

    assert [[(each["location"], each["late"]) for each in found] for found in before] == [
        [({"code": "NYC"}, 1)],
        [],
        [],
    ]
    assert (place["location"], place["onTime"], place["late"], place["onTimeShare"]) == ({"code": "NYC"}, 1, 0, 1.0)
    assert (carrier["key"], carrier["onTime"], carrier["medianLatenessDays"]) == ("UPS", 1, -1)
    assert nothing == []


async def test_what_was_imported_or_is_collected_does_not_count(counter):
    world = await furnish()
    pickup = {"method": "PICKUP", "pickupLocationId": global_id("Location", world.locations["NYC"].id)}
    goods = [{**line, **pickup} for line in lines(world, MUG=1)]
    await order(counter, world, world.viewer(), goods=goods, shippingAddress=None, promisedDate="2026-11-05")
    await counter.place(
        world.act("imported"), wanted(world, ("MUG", 1), promised_date=date(2026, 11, 5), origin=OrderOrigin.IMPORT)
    )

    assert await scores(world, "LOCATION", now=NOW + timedelta(days=9)) == []


async def test_customers_do_not_see_how_promises_are_kept_and_agents_see_their_channels(counter):
    world = await furnish()
    option = await first_option(world, methods=["SHIP"])
    await order(counter, world, world.viewer(), promise=option["id"])

    refused = await ask(SCORES, world.viewer(Role.CUSTOMER), {"by": "RULE"}, clock=lambda: NOW)
    elsewhere = world.viewer(Role.AGENT, channel_ids=(world.channels["SHOP"].id,))

    assert codes(refused) == ["FORBIDDEN"]
    assert await scores(world, "RULE", viewer=elsewhere) == []
