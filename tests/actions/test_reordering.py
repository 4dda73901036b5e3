"""What rules suggest to order, and that nothing is ordered twice."""

import asyncio
from datetime import timedelta

import pytest

from actions.purchasing import ordering
from actions.purchasing.ordering import CancelPurchaseOrder, OrderPurchase
from actions.reordering import OrderSuggestions, order_suggestions, suggestions
from domain.errors import Conflict, InvalidInput
from domain.facts import FactKind
from domain.lifecycle import Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.reordering import ReorderPolicy
from models import Order, OrderLine, PurchaseOrder, ReorderRule
from tests.actions.asserting import refused, told
from tests.world import furnish
from tests.world.forwarding import arrived, take_any_stock
from tests.world.orders import new_order, released, walk
from tests.world.stock_papers import purchase_lines, reorder_rule, shipped_transfer, vendor

pytestmark = pytest.mark.usefixtures("database")
ALL = OrderSuggestions()
TO_SHIPPED = (Action.ACCEPT, Action.PICK, Action.PACK, Action.SHIP)


@pytest.fixture
async def world():
    return await furnish(units=10)


async def suggested(world, wanted=ALL):
    names = {variant.id: sku for sku, variant in world.variants.items()}
    found = await suggestions(world.organization_id, world.now, wanted)
    return {names[each.variant_id]: each.quantity for each in found}


async def test_a_rule_suggests_once_what_is_available_is_little_enough(world):
    await reorder_rule(world, "MUG", reorder_point=9, quantity=30)
    assert await suggested(world) == {}

    await new_order(world, at="NYC", MUG=1)

    assert await suggested(world) == {"MUG": 21}


async def test_what_is_on_its_way_counts(world):
    await reorder_rule(world, "MUG", at="CHI", reorder_point=12, quantity=30)
    await reorder_rule(world, "LAMP", at="CHI", reorder_point=12, policy=ReorderPolicy.FIXED_LOTS, quantity=4)
    await shipped_transfer(world, MUG=2)

    assert await suggested(world) == {"MUG": 18, "LAMP": 4}

    await shipped_transfer(world, MUG=1, LAMP=3)

    assert await suggested(world) == {}


async def test_what_orders_wait_for_is_ordered_on_top(world):
    await reorder_rule(world, "MUG", reorder_point=10, quantity=30)
    await reorder_rule(world, "LAMP", reorder_point=10, policy=ReorderPolicy.FIXED_LOTS, quantity=12)
    await new_order(world, waiting=UnitStatus.BACKORDERED, MUG=7, LAMP=25)
    await new_order(world, waiting=UnitStatus.UNSCHEDULED, MUG=2)

    found = await suggestions(world.organization_id, world.now, ALL)

    assert sorted((each.backordered, each.quantity) for each in found) == [(9, 30 - (10 - 9)), (25, 36)]
    await order_suggestions(world.act(), ALL)
    assert await suggested(world) == {}


async def test_what_orders_wait_for_counts_once_where_most_is_kept(world):
    await reorder_rule(world, "MUG", at="CHI", reorder_point=10)
    await reorder_rule(world, "MUG", at="NYC", reorder_point=12)
    await reorder_rule(world, "MUG", at="LAX", reorder_point=15, is_active=False)
    await new_order(world, waiting=UnitStatus.BACKORDERED, MUG=40)
    own = OrderSuggestions(location_ids=(world.locations["CHI"].id,))

    everywhere = await suggestions(world.organization_id, world.now, ALL)
    [chicago] = await suggestions(world.organization_id, world.now, own)

    counted = {each.location_id: (each.backordered, each.quantity) for each in everywhere}
    assert counted == {world.locations["CHI"].id: (0, 20), world.locations["NYC"].id: (40, 60)}
    assert (chicago.backordered, chicago.quantity) == (0, 20)


async def test_what_waits_to_be_collected_counts_where_it_will_be(world):
    await reorder_rule(world, "MUG", at="CHI", reorder_point=10)
    await reorder_rule(world, "MUG", at="NYC", reorder_point=12)
    order = await new_order(world, waiting=UnitStatus.BACKORDERED, MUG=4)
    await OrderLine.filter(order_id=order.id).update(
        method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations["CHI"].id
    )

    found = await suggestions(world.organization_id, world.now, ALL)

    counted = {each.location_id: each.backordered for each in found}
    assert counted == {world.locations["CHI"].id: 4, world.locations["NYC"].id: 0}


async def test_what_was_sold_in_four_weeks_says_how_long_the_rest_lasts(world):
    await reorder_rule(world, "MUG", reorder_point=5)
    order = await new_order(world, at="NYC", MUG=7)
    await released(world, order)
    await walk(world, order, *TO_SHIPPED)

    [now] = await suggestions(world.organization_id, world.now, ALL)
    [later] = await suggestions(world.organization_id, world.now + timedelta(days=29), ALL)

    assert (now.available, now.sold, now.days_of_supply) == (3, 7, 12)
    assert (later.sold, later.days_of_supply) == (0, None)


async def test_what_was_brought_for_an_order_is_sold_where_it_was_kept(world):
    for at in ("CHI", "NYC"):
        await reorder_rule(world, "MUG", at=at, reorder_point=20)
    await take_any_stock(world)
    own = await new_order(world, at="NYC", MUG=1)
    await released(world, own)
    await walk(world, own, *TO_SHIPPED)

    transfer = await arrived(world, MUG=3)
    waiting = await suggestions(world.organization_id, world.now, ALL)
    await walk(world, await Order.get(id=transfer.order_id), *TO_SHIPPED)
    collected = await suggestions(world.organization_id, world.now, ALL)

    expected = {world.locations["CHI"].id: 3, world.locations["NYC"].id: 1}
    assert {each.location_id: each.sold for each in waiting} == expected
    assert {each.location_id: each.sold for each in collected} == expected


async def test_suggestions_become_one_draft_for_each_vendor_and_destination(world):
    other = await vendor(world, "OTHER", currency="EUR")
    for sku, at, values in (
        ("MUG", "NYC", {}),
        ("LAMP", "NYC", {}),
        ("SHIRT", "NYC", {"vendor_id": other}),
        ("MUG", "CHI", {}),
    ):
        await reorder_rule(world, sku, at=at, reorder_point=10, **values)

    drafts = await order_suggestions(world.act(), ALL)

    orders = await PurchaseOrder.filter(id__in=drafts).prefetch_related("vendor", "destination").order_by("id")
    assert sorted((order.vendor.code, order.destination.code, order.currency) for order in orders) == [
        ("ACME", "CHI", "USD"),
        ("ACME", "NYC", "USD"),
        ("OTHER", "NYC", "EUR"),
    ]
    units = [sorted(line.quantity for line in await purchase_lines(order.id)) for order in orders]
    assert sorted(units) == [[20], [20], [20, 20]]


async def test_what_is_drafted_or_ordered_is_not_suggested_again_and_what_is_cancelled_is(world):
    await reorder_rule(world, "MUG", reorder_point=10)
    [draft] = await order_suggestions(world.act(), ALL)
    assert await suggested(world) == {}
    assert await order_suggestions(world.act(), ALL) == []

    await ordering.order(world.act(), OrderPurchase(purchase_order_id=draft))
    assert await suggested(world) == {}

    await ordering.cancel(world.act(), CancelPurchaseOrder(purchase_order_id=draft))
    assert await suggested(world) == {"MUG": 20}


async def test_of_many_who_order_suggestions_at_once_one_does(world):
    await reorder_rule(world, "MUG", reorder_point=10)

    made = await asyncio.gather(*(order_suggestions(world.act(), ALL) for _ in range(4)))

    assert sorted(map(len, made)) == [0, 0, 0, 1]


async def test_suggestions_can_be_of_some_vendors_or_locations_only(world):
    other = await vendor(world, "OTHER")
    await reorder_rule(world, "MUG", reorder_point=10)
    await reorder_rule(world, "LAMP", at="CHI", reorder_point=10, vendor_id=other)

    assert await suggested(world, OrderSuggestions(vendor_ids=(other,))) == {"LAMP": 20}
    assert await suggested(world, OrderSuggestions(location_ids=(world.locations["NYC"].id,))) == {"MUG": 20}


async def test_neither_a_rule_nor_a_vendor_that_rests_suggests_anything(world):
    gone = await vendor(world, "GONE", is_active=False)
    await reorder_rule(world, "MUG", reorder_point=10, is_active=False)
    await reorder_rule(world, "LAMP", reorder_point=10, vendor_id=gone)

    assert await suggested(world) == {}


async def test_the_lead_time_is_the_rules_own_or_the_vendors(world):
    await reorder_rule(world, "MUG", reorder_point=10)
    await reorder_rule(world, "LAMP", reorder_point=10, lead_time_days=3)

    found = await suggestions(world.organization_id, world.now, ALL)

    assert {(each.expected_on - world.now.date()) / timedelta(days=1) for each in found} == {7, 3}


async def test_a_level_to_fill_up_to_lies_above_the_point(world):
    async with refused(InvalidInput) as refusal:
        await reorder_rule(world, "MUG", vendor_id=world.variants["MUG"].id, reorder_point=10, quantity=10)

    assert [problem.path for problem in refusal.value.problems] == ["quantity", "vendor_id"]


async def test_a_rule_is_one_for_each_variant_and_location(world):
    first = await reorder_rule(world, "MUG")
    again = await reorder_rule(world, "MUG", quantity=40)
    await reorder_rule(world, "MUG", quantity=40)

    rule = await ReorderRule.get()
    assert (first, again, rule.quantity, rule.version) == (rule.id, rule.id, 40, 2)
    assert len(await told(FactKind.REORDER_RULE_CHANGED)) == 2
    async with refused(Conflict):
        await reorder_rule(world, "MUG", quantity=50, expected_version=1)
