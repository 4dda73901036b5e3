"""What vendors say to chained orders: yes, fewer, no, or that it is on its way; and what becomes of a cancellation."""

import asyncio
from datetime import timedelta

import pytest

from actions.chaining import answering
from actions.chaining.answering import AcceptedUnits, AcknowledgePurchase, DeclinePurchase
from actions.chaining.shipping import ReportShipment, SentUnits, report_shipment
from actions.fulfilment.timers import decline_late
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.holding import ApplyHold, apply_hold
from actions.orders.recalling import AnswerCancellation, answer_cancellation
from actions.parcels.tracking import RecordTracking, record_tracking_event
from actions.payments.capturing import capture_shipments
from actions.purchasing import ordering as purchasing
from actions.purchasing import receiving
from actions.purchasing.ordering import CancelPurchaseOrder, ReschedulePurchaseOrder
from actions.purchasing.receiving import ReceivePurchase
from domain.errors import (
    AlreadyExists,
    DomainError,
    IllegalTransition,
    InvalidInput,
    NoVendor,
)
from domain.facts import FactKind
from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import OrderStatus, UnitStatus
from domain.purchasing import PurchaseStatus
from domain.tracking import TrackingCode
from models import (
    Backorder,
    CancellationRequest,
    Fulfilment,
    Location,
    Order,
    Parcel,
    ParcelLine,
    PurchaseOrder,
    StockMovement,
)
from models.orders import CancellationStatus
from tests.actions.asserting import books_balance, papers_agree, refused, told
from tests.actions.payments.shop import Shop, money
from tests.world import channel, furnish
from tests.world.orders import line, units
from tests.world.stock_papers import purchase, purchase_lines
from tests.world.vendors import (
    acknowledged,
    chain,
    chained_order,
    drop_shipper,
    report,
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


async def test_a_vendor_takes_on_everything_unless_it_says_otherwise(world):
    chained = await acknowledged(world, MUG=3)

    fulfilment = await Fulfilment.get(id=chained.fulfilment_id)
    assert (chained.status, chained.acknowledged_at) == (PurchaseStatus.ACKNOWLEDGED, world.now)
    assert (fulfilment.status, fulfilment.accepted_at) == (FulfilmentStatus.ACCEPTED, world.now)
    assert await units(await of_order(chained)) == {UnitStatus.VENDOR_ACCEPTED: 3}
    await whole(chained)
    async with refused(IllegalTransition):
        await answering.acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=chained.id))


async def test_what_a_vendor_does_not_take_on_waits_again_and_it_is_not_asked_again(world):
    chained = await chained_order(world, MUG=3, LAMP=2)
    mugs, lamps = await purchase_lines(chained.id)
    later = world.now.date() + timedelta(days=11)
    fewer = (AcceptedUnits(line_id=mugs.id, quantity=1), AcceptedUnits(line_id=lamps.id, quantity=0))
    command = AcknowledgePurchase(
        purchase_order_id=chained.id, lines=fewer, reason=DeclineReason.OUT_OF_STOCK, expected_on=later
    )

    await answering.acknowledge(world.act(), command)

    order = await of_order(chained)
    assert await units(order) == {UnitStatus.VENDOR_ACCEPTED: 1, UnitStatus.BACKORDERED: 2}
    assert await units(order, "LAMP") == {UnitStatus.BACKORDERED: 2}
    assert await counters(chained) == [(3, 0, 2, 0), (2, 0, 2, 0)]
    after = await whole(chained)
    assert (after.status, after.expected_on) == (PurchaseStatus.ACKNOWLEDGED, later)
    async with refused(NoVendor):
        await chain(world, order)

    other = await drop_shipper(world, "OTHER", MUG=500)
    await chain(world, order)
    assert (await PurchaseOrder.get(order_id=order.id, status=PurchaseStatus.ORDERED)).vendor_id == other


async def test_taking_on_fewer_needs_a_reason_and_nobody_takes_on_more(world):
    chained = await chained_order(world, MUG=3)
    [mugs] = await purchase_lines(chained.id)

    for quantity, path in ((2, "reason"), (4, "lines.0.quantity")):
        async with refused(InvalidInput) as refusal:
            fewer = (AcceptedUnits(line_id=mugs.id, quantity=quantity),)
            await answering.acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=chained.id, lines=fewer))
        assert [problem.path for problem in refusal.value.problems] == [path]

    async with refused(InvalidInput):
        none = (AcceptedUnits(line_id=new_id(), quantity=1),)
        await answering.acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=chained.id, lines=none))


@pytest.mark.parametrize("is_acknowledged", [False, True])
async def test_a_vendor_may_decline_before_and_after_its_yes(world, is_acknowledged):
    chained = await (acknowledged if is_acknowledged else chained_order)(world, MUG=3, LAMP=1)
    mugs, _ = await purchase_lines(chained.id)

    some = DeclinePurchase(purchase_order_id=chained.id, reason=DeclineReason.DAMAGED, line_ids=(mugs.id,))
    await answering.decline(world.act(), some)

    assert (await whole(chained)).status is (PurchaseStatus.ACKNOWLEDGED if is_acknowledged else PurchaseStatus.ORDERED)
    async with refused(InvalidInput):
        await answering.decline(world.act(), some)

    await answering.decline(world.act(), DeclinePurchase(purchase_order_id=chained.id, reason=DeclineReason.OTHER))

    after = await whole(chained)
    assert (after.status, after.closed_at) == (PurchaseStatus.DECLINED, world.now)
    assert await units(await of_order(chained), "LAMP") == {UnitStatus.BACKORDERED: 1}
    assert (await Fulfilment.get(id=chained.fulfilment_id)).status is FulfilmentStatus.DECLINED


async def test_a_report_becomes_a_parcel_that_arrives_like_any_other(world):
    chained = await acknowledged(world, MUG=3, LAMP=1)
    mugs, _ = await purchase_lines(chained.id)

    await report(world, chained, "1Z1", lines=(SentUnits(line_id=mugs.id, quantity=2),))

    order = await of_order(chained)
    parcel = await Parcel.get(tracking_number="1Z1")
    assert (parcel.carrier, parcel.weight_grams, parcel.shipped_at) == ("UPS", 1_000, world.now)
    assert parcel.location_id == world.locations["ACME"].id
    assert await units(order) == {UnitStatus.SHIPPED: 2, UnitStatus.VENDOR_ACCEPTED: 1}
    assert (await whole(chained)).status is PurchaseStatus.PARTIALLY_SHIPPED

    await report(world, chained, "1Z2")

    assert (await whole(chained)).status is PurchaseStatus.SHIPPED
    for number in ("1Z1", "1Z2"):
        seen = RecordTracking(
            code=TrackingCode.DELIVERED,
            occurred_at=world.now,
            event_key="d",
            carrier="UPS",
            tracking_number=number,
        )
        await record_tracking_event(world.act(), seen)
    assert (await Order.get(id=order.id)).status is OrderStatus.DELIVERED
    assert (await Fulfilment.get(id=chained.fulfilment_id)).status is FulfilmentStatus.COMPLETED
    await whole(chained)


async def test_a_report_says_yes_for_a_vendor_that_said_nothing(world):
    chained = await chained_order(world, MUG=3)
    [mugs] = await purchase_lines(chained.id)

    await report(world, chained, lines=(SentUnits(line_id=mugs.id, quantity=1),))

    assert await units(await of_order(chained)) == {UnitStatus.SHIPPED: 1, UnitStatus.VENDOR_ACCEPTED: 2}
    assert (await whole(chained)).acknowledged_at == world.now


async def test_a_hold_does_not_undo_what_a_vendor_sent(world):
    chained = await acknowledged(world, MUG=3)
    await apply_hold(world.act(), ApplyHold(order_id=chained.order_id, kind=HoldKind.FRAUD, reason="odd"))

    await report(world, chained)

    assert await units(await of_order(chained)) == {UnitStatus.SHIPPED: 3}


async def test_a_report_of_more_than_is_left_or_of_a_known_number_is_refused(world):
    chained = await acknowledged(world, MUG=3)
    [mugs] = await purchase_lines(chained.id)
    await report(world, chained, lines=(SentUnits(line_id=mugs.id, quantity=1),))

    async with refused(InvalidInput):
        await report(world, chained, "1Z2", lines=(SentUnits(line_id=mugs.id, quantity=3),))
    async with refused(AlreadyExists):
        await report(world, chained, "1Z1")

    await report(world, chained, "1Z2")
    async with refused(IllegalTransition):
        await report(world, chained, "1Z3")


async def test_the_report_is_told_as_units_shipped_with_their_parcel(world):
    chained = await acknowledged(world, MUG=3)

    await report(world, chained)

    [fact] = await told(FactKind.UNITS_SHIPPED)
    assert fact.payload["parcel"]["tracking_number"] == "1Z1"
    assert fact.payload["purchase"] == str(chained.id)
    assert fact.location_id == world.locations["ACME"].id


async def test_what_a_vendor_has_not_acknowledged_is_cancelled_at_once(world):
    chained = await chained_order(world, MUG=3, LAMP=1)
    order = await of_order(chained)
    two = (CancelledLine(line_id=(await line(order)).id, quantity=2),)

    await cancel(world.act(), CancelOrder(order_id=order.id, lines=two))

    assert await units(order) == {UnitStatus.AWAITING_VENDOR: 1, UnitStatus.CANCELLED: 2}
    assert await counters(chained) == [(3, 0, 0, 2), (1, 0, 0, 0)]
    assert (await whole(chained)).status is PurchaseStatus.ORDERED

    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert (await whole(chained)).status is PurchaseStatus.CANCELLED
    assert (await Fulfilment.get(id=chained.fulfilment_id)).status is FulfilmentStatus.CANCELLED


@pytest.mark.parametrize("lets_go", [True, False])
async def test_what_a_vendor_has_acknowledged_it_is_asked_to_let_go(world, lets_go):
    chained = await acknowledged(world, MUG=3)
    order = await of_order(chained)

    await cancel(world.act(), CancelOrder(order_id=order.id))
    request = await CancellationRequest.get(order_id=order.id)
    assert (request.quantity, request.fulfilment_id) == (3, chained.fulfilment_id)
    assert await units(order) == {UnitStatus.VENDOR_ACCEPTED: 3}
    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=lets_go))

    after = await whole(chained)
    assert after.status is (PurchaseStatus.CANCELLED if lets_go else PurchaseStatus.ACKNOWLEDGED)
    assert await counters(chained) == [(3, 0, 0, 3 if lets_go else 0)]


async def test_what_was_sent_meanwhile_is_the_vendors_no(world):
    chained = await acknowledged(world, MUG=3)
    await cancel(world.act(), CancelOrder(order_id=chained.order_id))

    await report(world, chained)

    request = await CancellationRequest.get(order_id=chained.order_id)
    assert request.status is CancellationStatus.DECLINED


async def test_what_a_vendor_declines_and_nobody_wants_any_more_is_cancelled(world):
    chained = await acknowledged(world, MUG=3)
    await cancel(world.act(), CancelOrder(order_id=chained.order_id))

    command = DeclinePurchase(purchase_order_id=chained.id, reason=DeclineReason.OUT_OF_STOCK)
    await answering.decline(world.act(), command)

    assert await units(await of_order(chained)) == {UnitStatus.CANCELLED: 3}
    assert (await whole(chained)).status is PurchaseStatus.DECLINED


async def test_silence_beyond_the_vendors_limit_is_a_no(world):
    chained = await chained_order(world, MUG=3)
    await Location.filter(code="ACME").update(accept_within_minutes=60)

    assert await decline_late(world.now + timedelta(minutes=59)) == 0
    assert await decline_late(world.now + timedelta(minutes=60)) == 1

    assert (await whole(chained)).status is PurchaseStatus.DECLINED
    assert await units(await of_order(chained)) == {UnitStatus.BACKORDERED: 3}


async def test_nothing_of_it_is_received_here(world):
    chained = await chained_order(world, MUG=3)

    async with refused(IllegalTransition):
        await receiving.receive(world.act(), ReceivePurchase(purchase_order_id=chained.id))
    async with refused(IllegalTransition):
        await purchasing.cancel(world.act(), CancelPurchaseOrder(purchase_order_id=chained.id))


async def test_a_vendor_may_say_another_day(world):
    chained = await chained_order(world, MUG=3)
    later = world.now.date() + timedelta(days=20)

    await purchasing.reschedule(world.act(), ReschedulePurchaseOrder(purchase_order_id=chained.id, expected_on=later))

    assert (await whole(chained)).expected_on == later


async def test_the_same_report_twice_makes_one_parcel(world):
    chained = await acknowledged(world, MUG=3)
    sent = ReportShipment(purchase_order_id=chained.id, carrier="UPS", tracking_number="1Z1")

    for _ in range(2):
        await report_shipment(world.act("asn-1"), sent)

    assert await ParcelLine.all().count() == 1


async def test_what_a_vendor_sent_is_captured_like_what_we_sent(world):
    shop = Shop(world)
    order, payment = await shop.paid(MUG=3, waiting=UnitStatus.BACKORDERED)
    await drop_shipper(world, MUG=400)
    await chain(world, order)
    chained = await PurchaseOrder.get(order_id=order.id)
    [mugs] = await purchase_lines(chained.id)
    await capture_shipments(shop.gateways, world.now)
    assert await money(payment) == {"authorized": 3_000}

    await report(world, chained, lines=(SentUnits(line_id=mugs.id, quantity=2),))
    await capture_shipments(shop.gateways, world.now)

    assert await money(payment) == {"authorized": 1_000, "charged": 2_000}


async def test_of_a_cancellation_and_a_yes_at_once_the_later_one_knows_of_the_first(world):
    for _ in range(5):
        chained = await chained_order(world, MUG=3)

        await asyncio.gather(
            attempt(answering.acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=chained.id))),
            attempt(cancel(world.act(), CancelOrder(order_id=chained.order_id))),
        )

        found = await units(await of_order(chained))
        is_asked = await CancellationRequest.filter(order_id=chained.order_id).exists()
        assert found in ({UnitStatus.CANCELLED: 3}, {UnitStatus.VENDOR_ACCEPTED: 3})
        assert is_asked == (found == {UnitStatus.VENDOR_ACCEPTED: 3})
        await whole(chained)


async def test_two_reports_at_once_never_send_more_than_was_ordered(world):
    chained = await acknowledged(world, MUG=3)
    [mugs] = await purchase_lines(chained.id)
    two = (SentUnits(line_id=mugs.id, quantity=2),)

    await asyncio.gather(*(attempt(report(world, chained, f"1Z{at}", lines=two)) for at in range(4)))

    assert await counters(chained) == [(3, 2, 0, 0)]
    await whole(chained)


async def attempt(doing):
    try:
        await doing
    except DomainError as refusal:
        return refusal
    return None


async def test_what_a_vendor_declines_may_wait_as_long_as_if_it_had_never_been_asked(world):
    await channel(world, "WEB", backorder_cancel_days=3)
    chained = await chained_order(world, MUG=3)
    [mugs] = await purchase_lines(chained.id)

    command = DeclinePurchase(purchase_order_id=chained.id, reason=DeclineReason.OTHER)
    await answering.decline(world.act(now=world.now + timedelta(days=9)), command)

    assert (await Backorder.get(line_id=mugs.order_line_id)).cancels_at == world.now + timedelta(days=12)
