"""Kits that nobody has are ordered whole from one vendor that ships all of their components to the customer."""

import asyncio
from dataclasses import replace

import pytest

from actions.chaining import answering
from actions.chaining.answering import AcceptedUnits, AcknowledgePurchase, DeclinePurchase
from actions.chaining.ordering import chain_due
from actions.chaining.shipping import SentUnits
from actions.orders.cancelling import CancelledKit, CancelOrder, cancel
from actions.orders.confirming import ConfirmOrder, confirm
from actions.orders.holding import ApplyHold, apply_hold
from actions.orders.parting import PartKit, part
from domain.errors import DomainError, InvalidInput, NoVendor
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus as S
from models import Order, OrderKit, OrderLine, PurchaseOrder
from tests.actions.asserting import books_balance, papers_agree, refused
from tests.actions.scenarios.placing import opened_desk, wanted
from tests.actions.stock_walk.truth import audited
from tests.world import furnish
from tests.world.kits import kit, kits_at, whole
from tests.world.stock_papers import purchase_lines
from tests.world.vendors import by_itself, chain, drop_shipper, report

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world(database, database_url):
    """A set is a mug and two lamps, and nothing lies anywhere."""
    made = await furnish(units=0)
    await kit(made)
    yield made
    assert await whole()
    await books_balance()
    await papers_agree()
    await audited(database_url)


async def waiting(world, **quantities):
    async with opened_desk() as desk:
        command = replace(wanted(world, **quantities or {"SET": 2}), allow_backorder=True)
        order = await Order.get(id=await desk.place(world.act(), command))
    if order.confirmed_at is None:
        await confirm(world.act(), ConfirmOrder(order_id=order.id))
    return order


async def chained(world, **quantities):
    await drop_shipper(world, MUG=400, LAMP=900)
    order = await waiting(world, **quantities)
    await chain(world, order)
    return await PurchaseOrder.get(order_id=order.id)


async def accepting(order, mugs, lamps):
    units = zip(await purchase_lines(order.id), (mugs, lamps), strict=True)
    lines = tuple(AcceptedUnits(line_id=line.id, quantity=quantity) for line, quantity in units)
    return AcknowledgePurchase(purchase_order_id=order.id, lines=lines, reason=DeclineReason.OUT_OF_STOCK)


async def test_a_kit_is_ordered_whole_and_sent_to_the_customer(world):
    order = await chained(world)
    assert await kits_at(order.order_id) == {(S.AWAITING_VENDOR, "ACME"): 2}
    assert [line.quantity for line in await purchase_lines(order.id)] == [2, 4]

    await answering.acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=order.id))
    await report(world, order)

    assert await kits_at(order.order_id) == {(S.SHIPPED, "ACME"): 2}


async def test_two_vendors_do_not_make_a_kit(world):
    await drop_shipper(world, MUG=400)
    await drop_shipper(world, "BRIGHT", LAMP=900)
    order = await waiting(world)

    async with refused(NoVendor):
        await chain(world, order)

    assert await kits_at(order.id) == {(S.BACKORDERED, None): 2}


async def test_a_component_is_not_ordered_without_its_kit(world):
    await drop_shipper(world, MUG=400, LAMP=900)
    order = await waiting(world)
    mugs = await OrderLine.get(order_id=order.id, sku="MUG")

    async with refused(InvalidInput) as refusal:
        await chain(world, order, line_ids=(mugs.id,))
    assert [(each.path, each.code) for each in refusal.value.problems] == [("line_ids", "KIT")]

    await chain(world, order, line_ids=tuple(await OrderLine.filter(order_id=order.id).values_list("id", flat=True)))
    assert await kits_at(order.id) == {(S.AWAITING_VENDOR, "ACME"): 2}


async def test_a_parted_kit_is_ordered_component_by_component(world):
    await drop_shipper(world, MUG=400)
    order = await waiting(world)
    await part(world.act(), PartKit(kit_id=(await OrderKit.get(order_id=order.id)).id, reason="Asked for."))

    await chain(world, order)

    assert [line.quantity for line in await purchase_lines((await PurchaseOrder.get(order_id=order.id)).id)] == [2]


async def test_a_vendor_accepts_whole_kits_and_the_others_wait_again(world):
    order = await chained(world)

    async with refused(InvalidInput) as refusal:
        await answering.acknowledge(world.act(), await accepting(order, 2, 3))
    assert [(each.path, each.code) for each in refusal.value.problems] == [("lines", "KIT_INCOMPLETE")]
    await answering.acknowledge(world.act(), await accepting(order, 1, 2))

    assert await kits_at(order.order_id) == {(S.VENDOR_ACCEPTED, "ACME"): 1, (S.BACKORDERED, None): 1}


async def test_boxes_of_a_kit_leave_one_after_the_other_and_the_rest_cannot_be_declined(world):
    order = await chained(world)
    mugs, lamps = await purchase_lines(order.id)
    await report(world, order, lines=(SentUnits(line_id=mugs.id, quantity=1),))

    async with refused(InvalidInput):
        await answering.decline(world.act(), DeclinePurchase(purchase_order_id=order.id, reason=DeclineReason.OTHER))
    async with refused(InvalidInput):
        only = DeclinePurchase(purchase_order_id=order.id, reason=DeclineReason.OTHER, line_ids=(lamps.id,))
        await answering.decline(world.act(), only)
    await report(world, order, "1Z2")

    assert await kits_at(order.order_id) == {(S.SHIPPED, "ACME"): 2}


async def test_what_a_vendor_declines_waits_whole_and_goes_to_the_next(world):
    order = await chained(world)

    await answering.decline(world.act(), DeclinePurchase(purchase_order_id=order.id, reason=DeclineReason.OTHER))
    assert await kits_at(order.order_id) == {(S.BACKORDERED, None): 2}
    await drop_shipper(world, "BRIGHT", MUG=500, LAMP=1_000)
    await chain(world, await Order.get(id=order.order_id))

    assert await kits_at(order.order_id) == {(S.AWAITING_VENDOR, "BRIGHT"): 2}


async def test_kits_are_cancelled_at_the_vendor_whole(world):
    order = await chained(world)
    kept = await OrderKit.get(order_id=order.order_id)

    named = CancelledKit(kit_id=kept.id, quantity=1)
    await cancel(world.act(), CancelOrder(order_id=order.order_id, kits=(named,)))

    assert await kits_at(order.order_id) == {(S.CANCELLED, None): 1, (S.AWAITING_VENDOR, "ACME"): 1}
    assert [line.cancelled for line in await purchase_lines(order.id)] == [1, 2]


async def test_the_job_orders_kits_that_one_vendor_has_whole_and_no_others(world):
    await by_itself(world)
    await drop_shipper(world, MUG=400)
    order = await waiting(world)
    assert await chain_due(world.now) == 0

    await drop_shipper(world, "BRIGHT", MUG=500, LAMP=1_000)
    assert await chain_due(world.now) == 1

    assert await kits_at(order.id) == {(S.AWAITING_VENDOR, "BRIGHT"): 2}


async def test_the_job_leaves_a_kit_alone_of_which_a_component_is_held(world):
    await by_itself(world)
    await drop_shipper(world, MUG=400, LAMP=900)
    order = await waiting(world)
    mugs = await OrderLine.get(order_id=order.id, sku="MUG")
    await apply_hold(world.act(), ApplyHold(order_id=order.id, line_id=mugs.id, kind=HoldKind.MANUAL))

    assert await chain_due(world.now) == 0


async def test_of_a_vendors_yes_and_cancelling_the_kit_nobody_parts_it(world):
    for _ in range(3):
        order = await chained(world, SET=1)
        kept = await OrderKit.get(order_id=order.order_id)
        stop = CancelOrder(order_id=order.order_id, kits=(CancelledKit(kit_id=kept.id),))

        both = await asyncio.gather(
            answering.acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=order.id)),
            cancel(world.act(), stop),
            return_exceptions=True,
        )

        assert all(isinstance(each, DomainError) for each in both if isinstance(each, BaseException))
        assert len(await kits_at(order.order_id)) == 1
