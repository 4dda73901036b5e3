"""Reorder rules through the graph: what is suggested, why, and what is drafted of it."""

import pytest

from domain.permissions import Role
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import furnish
from tests.world.stock_papers import reorder_rule, shipped_transfer, vendor

pytestmark = pytest.mark.usefixtures("database")

SET = """
mutation ($input: SetReorderRuleInput!) { setReorderRule(input: $input) {
  __typename
  ... on ReorderRule { variant { sku } location { code } vendor { code } policy reorderPoint quantity version }
} }
"""
SUGGESTED = """
query ($locations: [ID!]) { reorderSuggestions(locationIds: $locations) {
  rule { variant { sku } location { code } } available inTransit onOrder drafted soldUnits daysOfSupply quantity expectedOn
} }
"""
ORDER = """
mutation { createPurchaseOrdersFromSuggestions(input: {}) {
  ... on DraftedPurchaseOrders { purchaseOrders { status vendor { code } lines { quantity unitCost { minor } } } }
} }
"""


@pytest.fixture
async def world():
    return await furnish(units=10)


async def test_a_rule_comes_back_as_it_is_kept(world):
    given = {
        "variantId": global_id("Variant", world.variants["MUG"].id),
        "locationId": global_id("Location", world.locations["NYC"].id),
        "vendorId": global_id("Vendor", await vendor(world)),
        "policy": "FIXED_LOTS",
        "reorderPoint": 5,
        "quantity": 12,
        "unitCostMinor": 250,
    }

    answer = await ask(SET, world.viewer(), {"input": given})

    assert answer["data"]["setReorderRule"] == {
        "__typename": "ReorderRule",
        "variant": {"sku": "MUG"},
        "location": {"code": "NYC"},
        "vendor": {"code": "ACME"},
        "policy": "FIXED_LOTS",
        "reorderPoint": 5,
        "quantity": 12,
        "version": 1,
    }


async def test_a_suggestion_says_why_and_becomes_a_draft(world):
    await reorder_rule(world, "MUG", at="CHI", reorder_point=15)
    await shipped_transfer(world, MUG=4)

    before = await ask(SUGGESTED, world.viewer())
    drafted = await ask(ORDER, world.viewer())
    after = await ask(SUGGESTED, world.viewer())

    [found] = before["data"]["reorderSuggestions"]
    assert found.pop("expectedOn")
    assert found == {
        "rule": {"variant": {"sku": "MUG"}, "location": {"code": "CHI"}},
        "available": 10,
        "inTransit": 4,
        "onOrder": 0,
        "drafted": 0,
        "soldUnits": 0,
        "daysOfSupply": None,
        "quantity": 16,
    }
    assert drafted["data"]["createPurchaseOrdersFromSuggestions"]["purchaseOrders"] == [
        {"status": "DRAFT", "vendor": {"code": "ACME"}, "lines": [{"quantity": 16, "unitCost": {"minor": 400}}]}
    ]
    assert after["data"]["reorderSuggestions"] == []


async def test_whoever_buys_for_one_location_sees_suggestions_for_it_alone(world):
    await reorder_rule(world, "MUG", at="CHI", reorder_point=15)
    await reorder_rule(world, "LAMP", at="NYC", reorder_point=15)
    buyer = world.viewer(
        Role.WAREHOUSE, location_ids=(world.locations["CHI"].id,), permissions=world.viewer().permissions
    )

    own = await ask(SUGGESTED, buyer)
    others = await ask(SUGGESTED, buyer, {"locations": [global_id("Location", world.locations["NYC"].id)]})

    assert [each["rule"]["variant"]["sku"] for each in own["data"]["reorderSuggestions"]] == ["MUG"]
    assert others["data"] is None
    assert "own locations" in others["errors"][0]["message"]


@pytest.mark.parametrize("role", [Role.WAREHOUSE, Role.AGENT, Role.CUSTOMER])
async def test_who_does_not_buy_is_suggested_nothing(world, role):
    assert codes(await ask(SUGGESTED, world.viewer(role))) == ["FORBIDDEN"]
