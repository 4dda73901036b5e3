"""Drop-ship: what nobody has is ordered from a vendor once, and ends like everything else or waits again."""

import asyncio
from datetime import timedelta

import pytest

from actions import backorders
from actions.backordering.terms import SetBackorderTerms, set_terms
from actions.chaining import answering, ordering
from actions.chaining.answering import AcknowledgePurchase, DeclinePurchase
from actions.orders.holding import ApplyHold, apply_hold
from domain.errors import (
    BlockedByHold,
    Conflict,
    DomainError,
    IllegalTransition,
    NotFound,
    NotPaid,
    NoVendor,
)
from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import OrderStatus, UnitStatus
from domain.orders import ConfirmationPolicy, FulfilmentMethod
from domain.purchasing import PurchaseKind, PurchaseStatus
from models import (
    ExpectedSupply,
    Fulfilment,
    Location,
    Order,
    OrderLine,
    PurchaseOrder,
    StockMovement,
    Vendor,
)
from tests.actions.asserting import books_balance, papers_agree, refused
from tests.world import channel, furnish, stock
from tests.world.orders import line, units
from tests.world.stock_papers import purchase, purchase_lines
from tests.world.vendors import (
    by_itself,
    chain,
    chained_order,
    drop_shipper,
    offer,
    waiting_order,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world():
    return await furnish(units=0)


async def of_order(chained):
    return await Order.get(id=chained.order_id)


async def counters(chained):
    """Ordered, shipped, declined and cancelled units of each line."""
    found = await purchase_lines(chained.id)
    return [(each.quantity, each.shipped, each.declined, each.cancelled) for each in found]


async def whole(chained):
    """Order and purchase order agree, and no stock was touched."""
    await books_balance()
    assert not await StockMovement.exists()
    await papers_agree()
    return await purchase(chained.id)


async def test_what_nobody_has_is_ordered_from_a_vendor_for_the_order(world):
    vendor_id = await drop_shipper(world, MUG=400, LAMP=900)
    order = await waiting_order(world, MUG=3, LAMP=1)

    await chain(world, order)

    chained = await PurchaseOrder.get(order_id=order.id)
    fulfilment = await Fulfilment.get(id=chained.fulfilment_id)
    mugs, lamps = await purchase_lines(chained.id)
    assert (chained.kind, chained.status, chained.vendor_id) == (
        PurchaseKind.DROP_SHIP,
        PurchaseStatus.ORDERED,
        vendor_id,
    )
    assert chained.expected_on == world.now.date() + timedelta(days=7)
    assert (mugs.quantity, mugs.unit_cost_minor, mugs.order_line_id) == (3, 400, (await line(order)).id)
    assert (lamps.quantity, lamps.unit_cost_minor, lamps.currency) == (1, 900, "USD")
    assert (fulfilment.location_id, fulfilment.status) == (world.locations["ACME"].id, FulfilmentStatus.OPEN)
    assert await units(order) == {UnitStatus.AWAITING_VENDOR: 3}
    assert (await Order.get(id=order.id)).status is OrderStatus.AWAITING_VENDOR
    await whole(chained)


async def test_it_is_never_on_order_for_our_shelves(world):
    await chained_order(world, MUG=3)

    assert not await ExpectedSupply.exists()


async def test_each_vendor_gets_its_own_purchase_order(world):
    await drop_shipper(world, MUG=400)
    await drop_shipper(world, "OTHER", LAMP=900)
    order = await waiting_order(world, MUG=3, LAMP=1, CHAIR=2)

    await chain(world, order)

    assert await PurchaseOrder.filter(order_id=order.id).count() == 2
    assert await units(order, "CHAIR") == {UnitStatus.BACKORDERED: 2}
    assert (await Order.get(id=order.id)).status is OrderStatus.PARTIALLY_AWAITING_VENDOR


async def test_by_hand_one_vendor_can_be_named(world):
    await drop_shipper(world, MUG=400)
    other = await drop_shipper(world, "OTHER", lead_time_days=30, MUG=300)
    order = await waiting_order(world, MUG=3)

    await chain(world, order, vendor_id=other)

    assert (await PurchaseOrder.get(order_id=order.id)).vendor_id == other


async def test_by_hand_some_lines_can_be_named(world):
    await drop_shipper(world, MUG=400, LAMP=900)
    order = await waiting_order(world, MUG=3, LAMP=1)

    await chain(world, order, line_ids=((await line(order, "LAMP")).id,))

    assert await units(order) == {UnitStatus.BACKORDERED: 3}
    assert await units(order, "LAMP") == {UnitStatus.AWAITING_VENDOR: 1}
    async with refused(NotFound):
        await chain(world, order, line_ids=(new_id(),))


async def test_a_vendor_that_has_not_answered_gets_more_on_the_same_order(world):
    vendor_id = await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=3, LAMP=1)
    await chain(world, order)
    await offer(world, vendor_id, "MUG", maximum_quantity=9)
    await offer(world, vendor_id, "LAMP", lead_time_days=20)

    await chain(world, order)

    chained = await PurchaseOrder.get(order_id=order.id)
    assert await counters(chained) == [(3, 0, 0, 0), (1, 0, 0, 0)]
    assert chained.expected_on == world.now.date() + timedelta(days=20)
    assert await Fulfilment.filter(order_id=order.id).count() == 1
    await whole(chained)


async def test_what_comes_after_its_answer_is_another_order(world):
    vendor_id = await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=3, LAMP=1)
    await chain(world, order)
    first = await PurchaseOrder.get(order_id=order.id)
    await answering.acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=first.id))
    await offer(world, vendor_id, "LAMP")

    await chain(world, order)

    assert await PurchaseOrder.filter(order_id=order.id, vendor_id=vendor_id).count() == 2
    await whole(first)


async def test_what_may_not_be_chained_is_refused(world):
    await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=1)
    unconfirmed = await waiting_order(world, MUG=1, is_confirmed=False)
    served = await chained_order(world, MUG=1)

    async with refused(IllegalTransition):
        await chain(world, unconfirmed)
    async with refused(IllegalTransition):
        await chain(world, await of_order(served))
    async with refused(Conflict):
        await chain(world, order, expected_version=99)
    async with refused(NotFound):
        await chain(world, served)


async def test_without_an_offer_it_goes_on_waiting(world):
    vendor_id = await drop_shipper(world, MUG=400)
    await offer(world, vendor_id, "LAMP", drop_ships=False)
    await offer(world, vendor_id, "CHAIR", minimum_quantity=5)
    order = await waiting_order(world, LAMP=1, CHAIR=4)

    async with refused(NoVendor) as refusal:
        await chain(world, order)

    assert refusal.value.skus == ("CHAIR", "LAMP")


async def test_who_left_the_business_is_not_asked(world):
    vendor_id = await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=1)
    for row in (Vendor.filter(id=vendor_id), Location.filter(code="ACME")):
        await row.update(is_active=False)
        async with refused(NoVendor):
            await chain(world, order)
        await row.update(is_active=True)

    await chain(world, order)


async def test_a_vendor_outside_the_channels_locations_is_not_asked(world):
    await drop_shipper(world, MUG=400)
    await channel(world, "WEB", location_ids=(world.locations["NYC"].id,))
    order = await waiting_order(world, MUG=1)

    async with refused(NoVendor):
        await chain(world, order)


async def test_nothing_is_asked_for_before_its_launch(world):
    await drop_shipper(world, MUG=400)
    await by_itself(world)
    soon = world.now + timedelta(days=2)
    mug = world.variants["MUG"].id
    await set_terms(world.act(), SetBackorderTerms(variant_id=mug, launches_at=soon))
    order = await waiting_order(world, MUG=1)

    async with refused(NoVendor):
        await chain(world, order)
    assert await ordering.chain_due(world.now) == 0

    assert await ordering.chain_due(soon) == 1


async def test_what_the_customer_collects_is_not_shipped_by_a_vendor(world):
    await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=1)
    at = world.locations["NYC"].id
    await OrderLine.filter(order_id=order.id).update(method=FulfilmentMethod.PICKUP, pickup_location_id=at)

    async with refused(IllegalTransition):
        await chain(world, order)


async def test_a_hold_that_stops_releasing_stops_chaining(world):
    await drop_shipper(world, MUG=400)
    order = await waiting_order(world, MUG=1)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD, reason="odd"))

    async with refused(BlockedByHold):
        await chain(world, order)


async def test_money_that_is_asked_for_first_is_asked_for_before_a_vendor_is(world):
    await drop_shipper(world, MUG=400)
    await channel(world, "WEB", confirmation=ConfirmationPolicy.ON_AUTHORIZATION)
    order = await waiting_order(world, MUG=1)

    async with refused(NotPaid):
        await chain(world, order)


async def test_the_job_asks_where_it_is_wanted(world):
    await drop_shipper(world, MUG=400)
    web, shop = await waiting_order(world, MUG=1), await waiting_order(world, channel=world.channels["SHOP"], MUG=1)
    assert await ordering.chain_due(world.now) == 0
    await by_itself(world)
    await by_itself(world, channel_id=world.channels["SHOP"].id, wait_minutes=60)

    assert await ordering.chain_due(world.now) == 1
    assert (await units(web), await units(shop)) == (
        {UnitStatus.AWAITING_VENDOR: 1},
        {UnitStatus.BACKORDERED: 1},
    )

    assert await ordering.chain_due(world.now + timedelta(hours=1)) == 1
    assert await units(shop) == {UnitStatus.AWAITING_VENDOR: 1}
    assert await ordering.chain_due(world.now + timedelta(hours=1)) == 0


async def test_orders_that_no_vendor_takes_never_keep_the_others_from_their_turn(world):
    vendor_id = await drop_shipper(world, MUG=400)
    await offer(world, vendor_id, "CHAIR", minimum_quantity=5)
    await by_itself(world)
    for wanted in ({"LAMP": 1}, {"CHAIR": 4}, {"MUG": 1, "is_confirmed": False}):
        await waiting_order(world, **wanted)
    held = await waiting_order(world, MUG=1)
    await apply_hold(world.act(), ApplyHold(order_id=held.id, kind=HoldKind.FRAUD, reason="odd"))
    declined = await chained_order(world, MUG=1)
    await answering.decline(world.act(), DeclinePurchase(purchase_order_id=declined.id, reason=DeclineReason.OTHER))
    order = await waiting_order(world, MUG=1)

    assert await ordering.chain_due(world.now, limit=1) == 1
    assert await units(order) == {UnitStatus.AWAITING_VENDOR: 1}
    assert await ordering.chain_due(world.now) == 0


async def test_units_are_never_both_taken_from_stock_and_ordered_from_a_vendor(world):
    await drop_shipper(world, MUG=400)
    orders = [await waiting_order(world, MUG=2) for _ in range(6)]
    await stock(world, {("MUG", "NYC"): 6})

    await asyncio.gather(
        backorders.retry_backorders(world.act()),
        *(attempt(chain(world, order)) for order in orders),
        backorders.retry_backorders(world.act()),
        *(attempt(chain(world, order)) for order in orders),
    )

    for order in orders:
        found = await units(order)
        assert sum(found.values()) == 2
        assert set(found) <= {UnitStatus.SCHEDULED, UnitStatus.AWAITING_VENDOR}
        assert await PurchaseOrder.filter(order_id=order.id).count() <= 1
    await books_balance()
    await papers_agree()


async def attempt(doing):
    try:
        await doing
    except DomainError as refusal:
        return refusal
    return None
