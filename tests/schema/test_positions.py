"""One view of a variant's stock: what lies where, what is on its way, and who waits."""

from datetime import timedelta

import pytest

from actions import desk, inventory
from actions.backordering import terms
from actions.backordering.terms import SetBackorderTerms
from actions.fulfilment import releasing
from actions.fulfilment.releasing import ReleaseOrder
from actions.inventory import MarkDamaged, SafetyLine, SetSafetyStock, StockLine
from domain.lifecycle import UnitStatus
from domain.permissions import Role
from domain.placing.commands import CartLine, ReserveCart
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import furnish
from tests.world.orders import new_order
from tests.world.stock_papers import draft_purchase, ordered_purchase, shipped_transfer
from tests.world.vendors import acknowledged, chained_order

pytestmark = pytest.mark.usefixtures("database")

POSITION = """
query ($id: ID!) { stockPosition(variantId: $id) {
  variant { sku } backordered atVendors
  total { ...F } locations { location { code } figures { ...F } }
} }
fragment F on StockFigures {
  onHand allocated reserved damaged qualityControl safety setAside available inTransit onOrder planned
}
"""
NOTHING = {
    "onHand": 0,
    "allocated": 0,
    "reserved": 0,
    "damaged": 0,
    "qualityControl": 0,
    "safety": 0,
    "setAside": 0,
    "available": 0,
    "inTransit": 0,
    "onOrder": 0,
    "planned": 0,
}


@pytest.fixture
async def world():
    """10 mugs everywhere; 4 go from New York to Chicago, Los Angeles ordered 20 and drafted 50."""
    world = await furnish(units=10)
    await shipped_transfer(world, expected_on=world.now.date(), MUG=4)
    await ordered_purchase(world, at="LAX", MUG=20)
    await draft_purchase(world, at="LAX", MUG=50)
    await new_order(world, at="NYC", MUG=2)
    await new_order(world, waiting=UnitStatus.BACKORDERED, MUG=3)
    nyc = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id}
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(StockLine(**nyc, quantity=1),)))
    await inventory.set_safety_stock(world.act(), SetSafetyStock(lines=(SafetyLine(**nyc, safety=2),)))
    return world


async def position(world, viewer):
    answer = await ask(POSITION, viewer, {"id": global_id("Variant", world.variants["MUG"].id)})
    return answer["data"]["stockPosition"]


async def test_a_position_is_the_sum_of_its_locations(world):
    found = await position(world, world.viewer())

    assert found["variant"] == {"sku": "MUG"}
    assert {each["location"]["code"]: each["figures"] for each in found["locations"]} == {
        "CHI": {**NOTHING, "onHand": 10, "available": 10, "inTransit": 4},
        "LAX": {**NOTHING, "onHand": 10, "available": 10, "onOrder": 20},
        "NYC": {**NOTHING, "onHand": 6, "allocated": 2, "damaged": 1, "safety": 2, "available": 1},
    }
    assert found["total"] == {
        **NOTHING,
        "onHand": 26,
        "allocated": 2,
        "damaged": 1,
        "safety": 2,
        "available": 21,
        "inTransit": 4,
        "onOrder": 20,
    }
    assert found["backordered"] == 3


async def test_a_store_sees_its_own_shelf_only(world):
    found = await position(world, world.viewer(Role.STORE_ASSOCIATE, location_ids=(world.locations["CHI"].id,)))

    assert [each["location"]["code"] for each in found["locations"]] == ["CHI"]
    assert found["total"] == {**NOTHING, "onHand": 10, "available": 10, "inTransit": 4}


async def test_customers_see_no_positions(world):
    answer = await ask(POSITION, world.viewer(Role.CUSTOMER), {"id": global_id("Variant", world.variants["MUG"].id)})

    assert codes(answer) == ["FORBIDDEN"]


async def test_what_a_vendor_ships_to_customers_is_neither_waited_for_nor_on_order(world):
    before = await position(world, world.viewer())
    await chained_order(world, MUG=4)
    await acknowledged(world, MUG=1)

    found = await position(world, world.viewer())

    assert (before["atVendors"], found["atVendors"]) == (0, 5)
    assert {**found, "atVendors": 0} == before


WANTED = """
query ($id: ID!) { stockPosition(variantId: $id) {
  total { onHand } demand { ...D } byDate { ...P } locations { location { code } demand { ...D } byDate { ...P } }
} }
fragment D on StockDemand { kind quantity }
fragment P on ProjectedStock { coming { on inTransit onOrder planned } free }
"""


async def wanted(world, viewer):
    answer = await ask(WANTED, viewer, {"id": global_id("Variant", world.variants["MUG"].id)})
    return answer["data"]["stockPosition"]


def demand(found):
    return {each["kind"]: each["quantity"] for each in found["demand"]}


async def test_demand_is_told_by_kind_and_by_location(world, database_url):
    released = await new_order(world, at="NYC", MUG=1)
    await releasing.release(world.act(), ReleaseOrder(order_id=released.id))
    await new_order(world, waiting=UnitStatus.UNSCHEDULED, MUG=2)
    mugs = (CartLine(variant_id=world.variants["MUG"].id, quantity=4),)
    async with desk.opened(database_url) as counter:
        near = ReserveCart(channel_id=world.web.id, cart="cart-1", lines=mugs, country="US", postal_code="90012")
        await counter.reserve(world.act(), near)
    await chained_order(world, MUG=5)

    found = await wanted(world, world.viewer())

    assert demand(found) == {
        "CART": 4,
        "SCHEDULED": 2,
        "AT_WORK": 1,
        "UNSCHEDULED": 2,
        "BACKORDERED": 3,
        "AT_VENDOR": 5,
    }
    assert {each["location"]["code"]: demand(each) for each in found["locations"]} == {
        "CHI": {},
        "LAX": {"CART": 4},
        "NYC": {"SCHEDULED": 2, "AT_WORK": 1},
    }


async def test_units_that_wait_for_a_launch_are_another_kind(world):
    launch = SetBackorderTerms(variant_id=world.variants["MUG"].id, launches_at=world.now + timedelta(days=3_650))
    await terms.set_terms(world.act(), launch)

    found = await wanted(world, world.viewer())

    assert demand(found) == {"SCHEDULED": 2, "PREORDERED": 3}


async def test_a_position_says_what_will_be_free_on_each_day_something_comes(world):
    today = world.now.date()

    found = await wanted(world, world.viewer())

    chicago, los_angeles, new_york = found["locations"]
    transfer = {"on": today.isoformat(), "inTransit": 4, "onOrder": 0, "planned": 0}
    purchase = {"on": (today + timedelta(days=7)).isoformat(), "inTransit": 0, "onOrder": 20, "planned": 0}
    assert found["byDate"] == [{"coming": transfer, "free": 21 - 3 + 4}, {"coming": purchase, "free": 21 - 3 + 24}]
    assert chicago["byDate"] == [{"coming": transfer, "free": 14}]
    assert los_angeles["byDate"] == [{"coming": purchase, "free": 30}]
    assert new_york["byDate"] == []


async def test_a_store_sees_what_is_wanted_of_it_and_what_comes_to_it(world):
    found = await wanted(world, world.viewer(Role.STORE_ASSOCIATE, location_ids=(world.locations["NYC"].id,)))

    assert demand(found) == {"SCHEDULED": 2, "BACKORDERED": 3}
    assert found["byDate"] == []
    assert [demand(each) for each in found["locations"]] == [{"SCHEDULED": 2}]
