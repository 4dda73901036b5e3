"""Vendors and purchase orders through the graph: who sees them, who buys, who receives, and who is told what it costs."""

import pytest

from domain.permissions import Role
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import NOW, furnish
from tests.world.stock_papers import ordered_purchase, purchase_lines, vendor

pytestmark = pytest.mark.usefixtures("database")

VENDOR = """
mutation ($input: UpsertVendorInput!) { upsertVendor(input: $input) {
  ... on Vendor { code name currency leadTimeDays overPercent shortPercent isActive version }
} }
"""
CREATE = """
mutation ($input: CreatePurchaseOrderInput!) { createPurchaseOrder(input: $input) {
  __typename
  ... on PurchaseOrder { id status currency vendor { code } destination { code } availableActions
    lines { variant { sku } quantity onOrder unitCost { minor currency } } }
} }
"""
STEP = """
mutation ($input: %sInput!) { step: %s(input: $input) {
  __typename
  ... on PurchaseOrder { status expectedOn closingReason lines { received damaged onOrder } }
  ... on InvalidInput { problems { path code } }
} }
"""
LIST = "{ purchaseOrders(first: 10) { totalCount nodes { number lines { quantity } } } }"
COSTS = "{ purchaseOrders(first: 10) { nodes { lines { unitCost { minor } } } } }"


@pytest.fixture
async def world():
    return await furnish(units=10)


def confined(world, *codes, role=Role.WAREHOUSE):
    return world.viewer(role, location_ids=tuple(world.locations[code].id for code in codes))


async def step(name, kind, viewer, purchase_id, **values):
    taken = {"purchaseOrderId": global_id("PurchaseOrder", purchase_id), **values}
    return (await ask(STEP % (kind, name), viewer, {"input": taken}, clock=lambda: NOW))["data"]["step"]


async def test_a_vendor_is_kept_by_its_code(world):
    given = {"code": "ACME", "name": "Acme", "currency": "USD", "leadTimeDays": 9, "overPercent": 5}

    answer = await ask(VENDOR, world.viewer(), {"input": given})

    assert answer["data"]["upsertVendor"] == {**given, "shortPercent": 0, "isActive": True, "version": 1}


async def test_a_drafted_order_comes_back_with_its_costs(world):
    line = {"variantId": global_id("Variant", world.variants["MUG"].id), "quantity": 5, "unitCostMinor": 250}
    drafted = {
        "vendorId": global_id("Vendor", await vendor(world)),
        "destinationId": global_id("Location", world.locations["NYC"].id),
        "lines": [line],
    }

    answer = (await ask(CREATE, world.viewer(), {"input": drafted}))["data"]["createPurchaseOrder"]

    assert answer.pop("id")
    assert answer == {
        "__typename": "PurchaseOrder",
        "status": "DRAFT",
        "currency": "USD",
        "vendor": {"code": "ACME"},
        "destination": {"code": "NYC"},
        "availableActions": ["CHANGE", "RESCHEDULE", "ORDER", "CANCEL"],
        "lines": [
            {
                "variant": {"sku": "MUG"},
                "quantity": 5,
                "onOrder": 0,
                "unitCost": {"minor": 250, "currency": "USD"},
            }
        ],
    }


async def test_a_warehouse_receives_what_goes_to_it(world):
    purchase_id = await ordered_purchase(world, MUG=5)
    [line] = await purchase_lines(purchase_id)
    delivered = {"lineId": global_id("PurchaseLine", line.id), "received": 3, "damaged": 1}

    answer = await step(
        "receivePurchaseOrder", "ReceivePurchaseOrder", confined(world, "NYC"), purchase_id, lines=[delivered]
    )

    assert answer["status"] == "PARTIALLY_RECEIVED"
    assert answer["lines"] == [{"received": 3, "damaged": 1, "onOrder": 2}]


async def test_a_warehouse_sees_orders_to_itself_and_not_what_they_cost(world):
    await ordered_purchase(world, MUG=5)

    at, elsewhere = [await ask(LIST, confined(world, code)) for code in ("NYC", "CHI")]
    costs = await ask(COSTS, confined(world, "NYC"))

    assert [each["data"]["purchaseOrders"]["totalCount"] for each in (at, elsewhere)] == [1, 0]
    assert codes(costs) == ["FORBIDDEN"]


async def test_news_of_the_day_and_an_end_without_a_reason(world):
    purchase_id = await ordered_purchase(world, MUG=5)
    later = await step(
        "reschedulePurchaseOrder", "ReschedulePurchaseOrder", world.viewer(), purchase_id, expectedOn="2026-12-24"
    )
    [line] = await purchase_lines(purchase_id)
    delivered = {"lineId": global_id("PurchaseLine", line.id), "received": 3}
    ended = await step(
        "receivePurchaseOrder",
        "ReceivePurchaseOrder",
        world.viewer(),
        purchase_id,
        lines=[delivered],
        isComplete=True,
    )

    assert later["expectedOn"] == "2026-12-24"
    assert ended["problems"] == [{"path": ["reason"], "code": "REQUIRED"}]


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANONYMOUS, Role.AGENT])
async def test_who_does_not_buy_sees_no_purchase_orders(world, role):
    answer = await ask(LIST, world.viewer(role))

    assert codes(answer) == ["FORBIDDEN"]


async def test_a_warehouse_orders_nothing(world):
    purchase_id = await ordered_purchase(world, MUG=5)
    taken = {"purchaseOrderId": global_id("PurchaseOrder", purchase_id)}

    answer = await ask(STEP % ("PurchaseOrder", "cancelPurchaseOrder"), confined(world, "NYC"), {"input": taken})

    assert codes(answer) == ["FORBIDDEN"]
