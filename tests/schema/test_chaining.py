"""Drop-ship through the graph: offers, chained orders, and what a vendor sees and says of its own and of nothing else."""

from contextlib import aclosing

import pytest

from actions.chaining.ordering import chain_due
from actions.orders.cancelling import CancelOrder, cancel
from domain.permissions import Role
from models import PurchaseOrder
from resolvers.ids import global_id
from tests.realtime.fixtures import hub, relay, writers
from tests.schema.asking import ask, codes
from tests.schema.test_live import heard, listen
from tests.world import channel, furnish
from tests.world.stock_papers import purchase_lines
from tests.world.vendors import by_itself, chain, drop_shipper, offer, waiting_order

__all__ = ["hub", "relay", "writers"]

pytestmark = pytest.mark.usefixtures("database")

OFFER = """
mutation ($input: UpsertVendorOfferInput!) { upsertVendorOffer(input: $input) {
  __typename
  ... on VendorOffer { vendor { code location { code } } variant { sku } unitCostMinor leadTimeDays dropShips
    minimumQuantity maximumQuantity rank isActive version }
  ... on InvalidInput { problems { path code } }
} }
"""
WITHDRAW = """
mutation ($input: WithdrawVendorOfferInput!) { withdrawVendorOffer(input: $input) {
  ... on VendorOffer { isActive version }
} }
"""
OFFERS = "{ vendorOffers(first: 10) { totalCount nodes { variant { sku } rank } } }"
POLICY = """
mutation ($input: SetChainingPolicyInput!) { setChainingPolicy(input: $input) {
  ... on ChainingPolicy { channel { code } isAutomatic waitMinutes version }
} }
"""
POLICIES = "{ chainingPolicies { channel { code } isAutomatic waitMinutes } }"
CHAIN = """
mutation ($input: ChainOrderInput!) { chainOrder(input: $input) {
  __typename
  ... on Order { status lines { units { status quantity location { code } } }
    purchaseOrders { kind status availableActions destination { code } order { status } fulfilment { status }
      lines { quantity atVendor onOrder shipped declined cancelled } } }
  ... on NoVendor { skus }
} }
"""
STEP = """
mutation ($input: %sInput!) { step: %s(input: $input) {
  __typename
  ... on PurchaseOrder { status order { status } lines { atVendor shipped declined } }
  ... on InvalidInput { problems { path code } }
} }
"""
MINE = "{ purchaseOrders(first: 10) { nodes { vendor { code } kind order { number } } } vendors(first: 10) { nodes { code } } }"
QUEUE = "{ fulfilments(first: 10) { nodes { location { code } status availableActions } } }"

QUEUED = """
subscription ($location: ID!) { fulfilmentQueue(locationId: $location) { fact { kind } fulfilments { id status } gone } }
"""


@pytest.fixture
async def world():
    return await furnish(units=0)


@pytest.fixture
async def two_vendors(world):
    """A purchase order with each, for two orders."""
    await drop_shipper(world, MUG=400)
    await drop_shipper(world, "OTHER", LAMP=900)
    found = []
    for wanted in ({"MUG": 2}, {"LAMP": 1}):
        order = await waiting_order(world, **wanted)
        await chain(world, order)
        found.append(await PurchaseOrder.get(order_id=order.id))
    return found


def of_vendor(world, code="ACME"):
    return world.viewer(Role.WAREHOUSE, location_ids=(world.locations[code].id,))


async def step(name, kind, viewer, chained, **values):
    taken = {"purchaseOrderId": global_id("PurchaseOrder", chained.id), **values}
    return await ask(STEP % (kind, name), viewer, {"input": taken})


async def test_an_offer_is_kept_by_vendor_and_variant(world):
    vendor_id = await drop_shipper(world)
    named = {"vendorId": global_id("Vendor", vendor_id), "variantId": global_id("Variant", world.variants["MUG"].id)}
    given = {"unitCostMinor": 400, "leadTimeDays": 2, "dropShips": True, "minimumQuantity": 2, "rank": 3}

    answer = await ask(OFFER, world.viewer(), {"input": {**named, **given}})

    assert answer["data"]["upsertVendorOffer"] == {
        "__typename": "VendorOffer",
        "vendor": {"code": "ACME", "location": {"code": "ACME"}},
        "variant": {"sku": "MUG"},
        "maximumQuantity": None,
        "isActive": True,
        "version": 1,
        **given,
    }

    wrong = (await ask(OFFER, world.viewer(), {"input": {**named, "maximumQuantity": 1}}))["data"]["upsertVendorOffer"]
    assert wrong["problems"] == [{"path": ["maximumQuantity"], "code": "OUT_OF_RANGE"}]


async def test_a_withdrawn_offer_stands_again_when_it_is_kept_again(world):
    vendor_id = await drop_shipper(world)
    offer_id = global_id("VendorOffer", await offer(world, vendor_id, "MUG"))

    answer = await ask(WITHDRAW, world.viewer(), {"input": {"offerId": offer_id, "expectedVersion": 1}})

    assert answer["data"]["withdrawVendorOffer"] == {"isActive": False, "version": 2}
    named = {"vendorId": global_id("Vendor", vendor_id), "variantId": global_id("Variant", world.variants["MUG"].id)}
    again = (await ask(OFFER, world.viewer(), {"input": named}))["data"]["upsertVendorOffer"]
    assert (again["isActive"], again["unitCostMinor"], again["version"]) == (True, 400, 3)


async def test_a_channels_policy_comes_after_the_one_for_all(world):
    for values in ({"isAutomatic": True, "waitMinutes": 30}, {"channelId": global_id("Channel", world.web.id)}):
        await ask(POLICY, world.viewer(), {"input": values})

    answer = await ask(POLICIES, world.viewer())

    assert answer["data"]["chainingPolicies"] == [
        {"channel": None, "isAutomatic": True, "waitMinutes": 30},
        {"channel": {"code": "WEB"}, "isAutomatic": False, "waitMinutes": 0},
    ]


async def test_an_order_that_waits_is_chained_by_hand(world):
    await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=2)
    taken = {"orderId": global_id("Order", order.id), "expectedVersion": order.version}

    answer = await ask(CHAIN, world.viewer(), {"input": taken})

    assert answer["data"]["chainOrder"] == {
        "__typename": "Order",
        "status": "AWAITING_VENDOR",
        "lines": [{"units": [{"status": "AWAITING_VENDOR", "quantity": 2, "location": {"code": "ACME"}}]}],
        "purchaseOrders": [
            {
                "kind": "DROP_SHIP",
                "status": "ORDERED",
                "availableActions": ["RESCHEDULE", "ACKNOWLEDGE", "DECLINE", "REPORT_SHIPMENT"],
                "destination": {"code": "ACME"},
                "order": {"status": "AWAITING_VENDOR"},
                "fulfilment": {"status": "OPEN"},
                "lines": [{"quantity": 2, "atVendor": 2, "onOrder": 0, "shipped": 0, "declined": 0, "cancelled": 0}],
            }
        ],
    }


async def test_what_no_vendor_ships_is_named(world):
    order = await waiting_order(world, MUG=2)

    answer = await ask(CHAIN, world.viewer(), {"input": {"orderId": global_id("Order", order.id)}})

    assert answer["data"]["chainOrder"] == {"__typename": "NoVendor", "skus": ["MUG"]}


async def test_a_vendor_sees_its_own_chained_orders_and_nothing_of_other_vendors(world, two_vendors):
    mine, other = two_vendors

    answer = (await ask(MINE, of_vendor(world)))["data"]

    number = (await mine.order).number
    assert answer == {
        "purchaseOrders": {"nodes": [{"vendor": {"code": "ACME"}, "kind": "DROP_SHIP", "order": {"number": number}}]},
        "vendors": {"nodes": [{"code": "ACME"}]},
    }
    offers = (await ask(OFFERS, of_vendor(world)))["data"]["vendorOffers"]
    assert [each["variant"]["sku"] for each in offers["nodes"]] == ["MUG"]
    queue = (await ask(QUEUE, of_vendor(world)))["data"]["fulfilments"]["nodes"]
    assert queue == [
        {
            "location": {"code": "ACME"},
            "status": "OPEN",
            "availableActions": ["VENDOR_ACCEPT", "VENDOR_DECLINE", "CANCEL"],
        }
    ]
    hidden = await step("acknowledgePurchaseOrder", "AcknowledgePurchaseOrder", of_vendor(world), other)
    assert hidden["data"]["step"]["__typename"] == "NotFound"


async def test_a_vendor_takes_on_fewer_then_ships_then_declines_the_rest(world, two_vendors):
    chained, _ = two_vendors
    [line] = await purchase_lines(chained.id)
    vendor, one = of_vendor(world), [{"lineId": global_id("PurchaseLine", line.id), "quantity": 1}]

    taken = await step(
        "acknowledgePurchaseOrder", "AcknowledgePurchaseOrder", vendor, chained, lines=one, reason="DAMAGED"
    )
    assert taken["data"]["step"]["lines"] == [{"atVendor": 1, "shipped": 0, "declined": 1}]

    parcel = {"carrier": "UPS", "trackingNumber": "1Z1"}
    sent = await step("reportVendorShipment", "ReportVendorShipment", vendor, chained, **parcel)
    assert sent["data"]["step"] == {
        "__typename": "PurchaseOrder",
        "status": "SHIPPED",
        "order": {"status": "PARTIALLY_SHIPPED"},
        "lines": [{"atVendor": 0, "shipped": 1, "declined": 1}],
    }

    late = await step("declinePurchaseOrder", "DeclinePurchaseOrder", vendor, chained, reason="OTHER")
    assert late["data"]["step"]["__typename"] == "IllegalTransition"


async def test_a_vendor_neither_chains_nor_learns_what_goods_cost(world, two_vendors):
    chained, _ = two_vendors
    order = await waiting_order(world, MUG=1)

    refused = await ask(CHAIN, of_vendor(world), {"input": {"orderId": global_id("Order", order.id)}})
    costs = await ask("{ vendorOffers(first: 1) { nodes { unitCostMinor } } }", of_vendor(world))

    assert codes(refused) == codes(costs) == ["FORBIDDEN"]
    assert chained.version == 1


async def test_a_partner_sees_what_is_chained_to_orders_of_its_channels(world, two_vendors):
    await channel(world, "FAR")
    far = world.viewer(Role.PARTNER, channel_ids=(world.channels["FAR"].id,), location_ids=())
    near = world.viewer(Role.PARTNER, channel_ids=(world.web.id,), location_ids=())

    assert len((await ask(MINE, near))["data"]["purchaseOrders"]["nodes"]) == 2
    assert (await ask(MINE, far))["data"]["purchaseOrders"]["nodes"] == []


async def test_what_is_chained_by_itself_is_seen_at_once(world):
    await drop_shipper(world, MUG=400)
    await by_itself(world)
    await waiting_order(world, MUG=2)

    assert await chain_due(world.now) == 1

    seen = (await ask("{ orders(first: 1) { nodes { status purchaseOrders { status } } } }", world.viewer()))["data"]
    assert seen["orders"]["nodes"] == [{"status": "AWAITING_VENDOR", "purchaseOrders": [{"status": "ORDERED"}]}]


async def test_a_vendors_queue_shows_what_it_is_asked_for_and_that_it_was_called_off(world, hub):
    await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=2)
    here = global_id("Location", world.locations["ACME"].id)

    async with aclosing(listen(hub, of_vendor(world), QUEUED, location=here)) as stream:
        assert (await heard(stream))["data"]["fulfilmentQueue"]["fulfilments"] == []
        await chain(world, order)
        shown = (await heard(stream))["data"]["fulfilmentQueue"]
        await cancel(world.act(), CancelOrder(order_id=order.id))
        while not (last := (await heard(stream))["data"]["fulfilmentQueue"])["gone"]:
            pass

    [fulfilment] = shown["fulfilments"]
    assert (shown["fact"]["kind"], fulfilment["status"]) == ("UNITS_CHAINED", "OPEN")
    assert last["gone"] == [fulfilment["id"]]
