"""A customer buys, staff work, a location packs: one order from the basket to the door, by the graph alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.facts import FactKind
from domain.orders import ConfirmationPolicy
from domain.permissions import Role
from models import LoggedFact, Order
from realtime.cursor import Cursor
from resolvers.ids import global_id, uuid_of
from server import audit
from tests.end_to_end.callers import BOSTON, Caller, caller, customer_of
from tests.world import World, channel, furnish, price

ORDER = "... on Order { id number status version total { minor } authorizeStatus chargeStatus }"
FULFILMENT = "... on Fulfilment { id number status availableActions }"
PARCEL = "... on Parcel { id number status }"
WATCH = """subscription($id: ID!, $after: String) { orderChanges(orderId: $id, after: $after) {
    cursor kind fact { kind at } order { number status version authorizeStatus chargeStatus
        lines { sku status units { status quantity } } } } }"""
WATCH_INSIDE = WATCH.replace("at }", "at details }")
STATE = """query($id: ID!) { order(id: $id) { number status version authorizeStatus chargeStatus
    lines { sku status units { status quantity } } } }"""
QUEUE = """subscription($id: ID!) { fulfilmentQueue(locationId: $id) {
    kind fact { kind } gone fulfilments { id number status order { number } lines { quantity orderLine { sku } } } } }"""
STOCK = """subscription($variants: [ID!]) { stockChanges(variantIds: $variants) {
    kind fact { kind } levels { onHand allocated reserved available location { code } } } }"""


@pytest.fixture
async def world(database) -> World:
    """Its phone channel waits for somebody to say yes to each order."""
    world = await furnish()
    phone = await channel(world, "PHONE", confirmation=ConfirmationPolicy.MANUAL)
    for sku in world.variants:
        await price(world, sku, phone, 1_000)
    return world


def basket(world: World, **wanted: int) -> dict[str, Any]:
    lines = [{"variantId": global_id("Variant", world.variants[sku].id), "quantity": n} for sku, n in wanted.items()]
    return {"channelId": global_id("Channel", world.channels["PHONE"].id), "lines": lines, "shippingAddress": BOSTON}


async def buy(ada: Caller, world: World, **wanted: int) -> dict[str, Any]:
    """Ordered and paid by card, not confirmed yet."""
    order = await ada.change("placeOrder", "PlaceOrderInput", ORDER, **basket(world, **wanted))
    assert order["__typename"] == "Order", order
    card = {"orderId": order["id"], "tender": "CARD", "gateway": "fake", "token": "visa"}
    assert (await ada.change("addPayment", "AddPaymentInput", "", **card))["__typename"] == "Payment"
    paid = await ada.change("authorizePayment", "AuthorizePaymentInput", ORDER, orderId=order["id"])
    assert paid["authorizeStatus"] == "FULL", paid
    return paid


async def confirm_and_release(agent: Caller, order: dict[str, Any]) -> None:
    confirmed = await agent.change("confirmOrder", "ConfirmOrderInput", ORDER, orderId=order["id"])
    assert confirmed["__typename"] == "Order", confirmed
    released = await agent.change("releaseOrder", "ReleaseOrderInput", ORDER, orderId=order["id"])
    # The worker releases confirmed orders by itself and may have been faster.
    assert released["__typename"] in {"Order", "IllegalTransition"}, released


async def send(clerk: Caller, fulfilment: str, number: str) -> str:
    """From accepted to the carrier's hands; the parcel's id."""
    for name, takes in (("acceptFulfilment", "AcceptFulfilmentInput"), ("pickUnits", "PickUnitsInput")):
        done = await clerk.change(name, takes, FULFILMENT, fulfilmentId=fulfilment)
        assert done["__typename"] == "Fulfilment", done
    parcel = await clerk.change("packParcel", "PackParcelInput", PARCEL, contents=[{"fulfilmentId": fulfilment}])
    assert parcel["__typename"] == "Parcel", parcel
    label = {"parcelId": parcel["id"], "carrier": "UPS", "trackingNumber": number}
    shipped = await clerk.change("shipParcel", "ShipParcelInput", PARCEL, **label)
    assert shipped["__typename"] == "Parcel", shipped
    return parcel["id"]


async def track(clerk: Caller, parcel: str) -> None:
    """The carrier's reports come twice, and one of them late."""
    began = datetime.now(UTC)
    for hours, code in ((1, "PICKED_UP"), (3, "OUT_FOR_DELIVERY"), (2, "IN_TRANSIT"), (4, "DELIVERED")):
        report = {"parcelId": parcel, "code": code, "eventKey": f"ups-{code}"}
        report["occurredAt"] = (began - timedelta(hours=5 - hours)).isoformat()
        for _ in range(2):
            told = await clerk.change("recordTrackingEvent", "RecordTrackingInput", PARCEL, **report)
            assert told["__typename"] == "Parcel", told


async def watch_over_breaking_connections(who: Caller, document: str, order: str, heard: list[Any]) -> None:
    """Until the closing note. Every connection drops after two messages, whatever is on its way."""
    while not heard or not is_note(heard[-1]):
        async with who.watching(document, id=order, after=heard[-1]["cursor"] if heard else None) as messages:
            heard.append(await messages.next())
            if not is_note(heard[-1]):
                heard.append(await messages.next())


def is_note(message: dict[str, Any]) -> bool:
    return message["fact"] is not None and message["fact"]["kind"] == "NOTE_ADDED"


async def close_with_a_note(agent: Caller, order: str) -> None:
    """When it is at the door, and the worker has taken the money for it."""
    async with agent.watching(WATCH, id=order) as messages:
        await messages.until(
            lambda told: (told["order"]["status"], told["order"]["chargeStatus"]) == ("DELIVERED", "FULL")
        )
    note = {"orderId": order, "text": "Delivered.", "visibility": "PUBLIC"}
    assert (await agent.change("addNote", "AddNoteInput", "", **note))["__typename"] == "Order"


async def test_an_order_is_bought_worked_on_and_watched_to_the_door_by_the_graph_alone(world, address, database_url):
    ada = await customer_of(world, address)
    agent = await caller(world, address, Role.AGENT, channel_ids=(world.channels["PHONE"].id,))
    clerk = await caller(world, address, Role.WAREHOUSE, location_ids=(world.locations["NYC"].id,))
    order = await buy(ada, world, MUG=3, LAMP=1)
    heard: list[Any] = []
    heard_inside: list[Any] = []

    async with (
        asyncio.TaskGroup() as everybody,
        clerk.watching(QUEUE, id=global_id("Location", world.locations["NYC"].id)) as queue,
    ):
        everybody.create_task(watch_over_breaking_connections(ada, WATCH, order["id"], heard))
        everybody.create_task(watch_over_breaking_connections(agent, WATCH_INSIDE, order["id"], heard_inside))
        assert (await queue.next())["fulfilments"] == []
        await confirm_and_release(agent, order)
        released = await queue.next()
        [work] = released["fulfilments"]
        await track(clerk, await send(clerk, work["id"], "1Z 1"))
        await queue.until(lambda message: work["id"] in message["gone"])
        await close_with_a_note(agent, order["id"])

    fresh = (await ada.ask(STATE, id=order["id"])).data["order"]
    assert (released["fact"]["kind"], work["status"]) == ("UNITS_RELEASED", "OPEN")
    for messages in (heard, heard_inside):
        first, *changes = messages
        assert (first["kind"], first["fact"]) == ("SNAPSHOT", None)
        assert {change["kind"] for change in changes} == {"CHANGED"}
        assert [change["fact"]["kind"] for change in changes] == await facts_after(first["cursor"], order["id"])
        assert changes[-1]["order"] == fresh
    details = [change["fact"]["details"] for change in heard_inside[1:]]
    versions = [each["version"] for each in details if "version" in each]  # a parcel's news changes no order
    assert versions == list(range(versions[0], fresh["version"] + 1))
    assert fresh["status"] == "DELIVERED"
    assert await audit.audit(database_url) == 0


async def facts_after(cursor: str, order: str) -> list[str]:
    facts = LoggedFact.filter(order_id=uuid_of("Order", order), seq__gt=Cursor.parse(cursor).seq).order_by("seq")
    return [FactKind(fact.kind).name for fact in await facts]


async def test_stock_is_seen_to_come_be_kept_be_promised_and_leave(world, address):
    ada = await customer_of(world, address)
    agent = await caller(world, address, Role.AGENT, channel_ids=(world.channels["PHONE"].id,))
    clerk = await caller(world, address, Role.WAREHOUSE, location_ids=(world.locations["NYC"].id,))
    mug = global_id("Variant", world.variants["MUG"].id)
    here = {"variantId": mug, "locationId": global_id("Location", world.locations["NYC"].id)}
    cart = {"channelId": global_id("Channel", world.web.id), "cart": "a cart of Ada's"}
    seen = []

    async def sees(on_hand: int, allocated: int, reserved: int) -> None:
        wanted = {"onHand": on_hand, "allocated": allocated, "reserved": reserved}
        heard = await messages.until(lambda told: wanted.items() <= told["levels"][0].items())
        seen.extend(told["kind"] for told in heard)

    async with (
        clerk.watching(STOCK, variants=[mug]) as messages,
        clerk.watching(QUEUE, id=here["locationId"]) as queue,
    ):
        await queue.next()
        await sees(10, 0, 0)
        await clerk.change("receiveStock", "StockLinesInput", "", lines=[here | {"quantity": 5}])
        await sees(15, 0, 0)
        await ada.change("reserveCart", "ReserveCartInput", "", lines=[{"variantId": mug, "quantity": 2}], **cart)
        await sees(15, 0, 2)
        await ada.change("releaseCart", "NamedCartInput", "", cart=cart["cart"])
        await sees(15, 0, 0)
        order = await buy(ada, world, MUG=4)
        await sees(15, 4, 0)
        await confirm_and_release(agent, order)
        [work] = (await queue.next())["fulfilments"]
        await send(clerk, work["id"], "1Z 2")
        await sees(11, 0, 0)

    assert seen[0] == "SNAPSHOT"
    assert set(seen[1:]) == {"CHANGED"}
    assert (await Order.get(id=uuid_of("Order", order["id"]))).status.value == "shipped"
