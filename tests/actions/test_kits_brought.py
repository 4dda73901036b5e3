"""Kits are brought to where they are handed over, whole or not at all: to a store that lacks them, or to be delivered together."""

import asyncio

import pytest

from actions.forwarding import declining
from actions.forwarding.declining import DeclineTransfer
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.releasing import ReleaseOrder, release, release_due
from actions.orders.cancelling import CancelledKit, CancelOrder, cancel
from actions.transfers import moving
from actions.transfers.moving import CancelTransfer, ReceivedUnits, ReceiveTransfer, ShippedUnits, ShipTransfer
from domain.errors import DomainError, InsufficientStock, InvalidInput
from domain.fulfilment import DeclineReason
from domain.lifecycle import UnitStatus as S
from domain.orders import FulfilmentMethod
from domain.placing.commands import OrderedLine, PlaceOrder, Together
from domain.transfers import Discrepancy, Remainder, TransferStatus, in_transit
from models import ExpectedSupply, Fulfilment, Order, OrderKit, OrderMerge, Transfer
from tests.actions.asserting import books_balance, papers_agree, refused
from tests.actions.scenarios.placing import BOSTON, opened_desk
from tests.actions.stock_walk.truth import audited
from tests.world import furnish, stock
from tests.world.forwarding import counters, lines_of, take_any_stock
from tests.world.fulfilment import code_of, picked
from tests.world.kits import kit, kits_at, whole
from tests.world.stock_papers import ready_transfer

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world(database, database_url):
    """A set is a mug and two lamps; ten of each lie in Chicago, New York hands over what is brought."""
    made = await furnish(units=0)
    await stock(made, {("MUG", "CHI"): 10, ("LAMP", "CHI"): 10})
    await take_any_stock(made)
    await kit(made)
    yield made
    assert await whole()
    await books_balance()
    await papers_agree()
    await audited(database_url)


def collected(world, sku="SET", quantity=1):
    return OrderedLine(
        variant_id=world.variants[sku].id,
        quantity=quantity,
        method=FulfilmentMethod.PICKUP,
        pickup_location_id=world.locations["NYC"].id,
    )


async def placed(world, *lines, **values):
    command = PlaceOrder(channel_id=world.web.id, lines=lines or (collected(world),), **values)
    async with opened_desk() as desk:
        return await Order.get(id=await desk.place(world.act(), command))


async def forwarded(world, quantity=1):
    order = await placed(world, collected(world, quantity=quantity))
    await release(world.act(), ReleaseOrder(order_id=order.id))
    return await Transfer.get(order_id=order.id)


async def sent(world, quantity=1):
    transfer = await forwarded(world, quantity)
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))
    return transfer


async def shipping(transfer, mugs, lamps, **values):
    """Of each line what leaves, and what is there."""
    lines = [
        ShippedUnits(line_id=line.id, quantity=units[0], found=units[1])
        for line, units in zip(await lines_of(transfer.id), (mugs, lamps), strict=True)
    ]
    return ShipTransfer(transfer_id=transfer.id, lines=tuple(lines), reason=DeclineReason.NOT_FOUND, **values)


async def receiving(transfer, mugs=None, lamps=None):
    lines = zip(await lines_of(transfer.id), (mugs, lamps), strict=True)
    named = tuple(ReceivedUnits(line_id=line.id, **said) for line, said in lines if said)
    return ReceiveTransfer(transfer_id=transfer.id, lines=named)


async def test_a_kit_that_the_store_lacks_is_brought_whole_and_collected(world):
    order = await placed(world)
    assert await kits_at(order.id) == {(S.SCHEDULED, "CHI"): 1}

    await release(world.act(), ReleaseOrder(order_id=order.id))
    transfer = await Transfer.get(order_id=order.id)
    assert [(line.quantity, line.awaited) for line in await lines_of(transfer.id)] == [(1, 1), (2, 2)]
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))
    assert await kits_at(order.id) == {(S.IN_TRANSFER, "CHI"): 1}
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))
    assert await kits_at(order.id) == {(S.SCHEDULED, "NYC"): 1}
    assert await release_due(world.now) == 1
    fulfilment = await picked(world, await Fulfilment.get(order_id=order.id))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))

    assert await kits_at(order.id) == {(S.PICKED_UP, "NYC"): 1}
    assert await counters(world, "LAMP") == {"CHI": (8, 0), "NYC": (0, 0)}


async def test_a_kit_is_not_put_together_from_two_places(world):
    await stock(world, {("MUG", "NYC"): 5, ("LAMP", "LAX"): 5})
    await placed(world, collected(world, quantity=5))

    async with refused(InsufficientStock):
        await placed(world, allow_backorder=False)


async def test_what_lies_in_the_store_whole_is_not_brought(world):
    await stock(world, {("MUG", "NYC"): 1, ("LAMP", "NYC"): 3})

    order = await placed(world, collected(world, quantity=2))

    assert await kits_at(order.id) == {(S.SCHEDULED, "CHI"): 2}, "together, as lines are"
    other = await placed(world)
    assert await kits_at(other.id) == {(S.SCHEDULED, "NYC"): 1}


async def test_half_a_kit_is_not_sent(world):
    transfer = await forwarded(world)

    async with refused(InvalidInput) as refusal:
        await moving.ship(world.act(), await shipping(transfer, (1, None), (1, None)))

    assert [(each.path, each.code) for each in refusal.value.problems] == [("lines", "KIT_INCOMPLETE")]
    assert await kits_at(transfer.order_id) == {(S.AWAITING_TRANSFER, "CHI"): 1}


async def test_only_what_is_missing_is_taken_off_the_books_and_the_kit_is_sought_elsewhere(world):
    await stock(world, {("MUG", "LAX"): 1, ("LAMP", "LAX"): 2})
    transfer = await forwarded(world, 2)
    assert await kits_at(transfer.order_id) == {(S.AWAITING_TRANSFER, "CHI"): 2}

    await moving.ship(world.act(), await shipping(transfer, (1, 2), (2, 3)))

    assert await kits_at(transfer.order_id) == {(S.IN_TRANSFER, "CHI"): 1, (S.SCHEDULED, "LAX"): 1}
    assert (await counters(world, "MUG"))["CHI"] == (9, 0)
    assert (await counters(world, "LAMP"))["CHI"] == (7, 0), "two are under way, one is not there"


async def test_where_no_whole_kit_is_found_nothing_leaves(world):
    transfer = await forwarded(world)

    await moving.ship(world.act(), await shipping(transfer, (0, 1), (0, 1)))

    assert (await Transfer.get(id=transfer.id)).status is TransferStatus.CANCELLED
    assert await kits_at(transfer.order_id) == {(S.BACKORDERED, None): 1}
    assert (await counters(world, "MUG"))["CHI"] == (10, 0)
    assert (await counters(world, "LAMP"))["CHI"] == (9, 0)


async def test_what_else_is_there_is_said_only_of_what_an_order_waits_for(world):
    transfer = await Transfer.get(id=await ready_transfer(world, MUG=2, LAMP=2))

    async with refused(InvalidInput) as refusal:
        await moving.ship(world.act(), await shipping(transfer, (1, 2), (1, 2)))

    assert {each.code for each in refusal.value.problems} == {"NO_ORDER"}


async def test_a_declined_kit_is_sought_elsewhere_whole(world):
    await stock(world, {("MUG", "LAX"): 1, ("LAMP", "LAX"): 2})
    transfer = await forwarded(world)

    await declining.decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.NO_CAPACITY))

    assert await kits_at(transfer.order_id) == {(S.SCHEDULED, "LAX"): 1}


async def test_an_empty_shelf_takes_the_rest_of_other_orders_kits_along(world):
    first, second = await forwarded(world), await forwarded(world)

    empty = DeclineTransfer(transfer_id=first.id, reason=DeclineReason.OUT_OF_STOCK)
    await declining.decline(world.act(), empty)

    assert await kits_at(first.order_id) == await kits_at(second.order_id) == {(S.BACKORDERED, None): 1}


async def test_half_a_kit_does_not_arrive(world):
    transfer = await sent(world)

    async with refused(InvalidInput) as refusal:
        await moving.receive(world.act(), await receiving(transfer, mugs={"received": 1}))

    assert [(each.path, each.code) for each in refusal.value.problems] == [("lines", "KIT_INCOMPLETE")]
    assert await kits_at(transfer.order_id) == {(S.IN_TRANSFER, "CHI"): 1}


async def test_kits_arrive_one_after_the_other(world):
    transfer = await sent(world, 3)

    await moving.receive(world.act(), await receiving(transfer, mugs={"received": 1}, lamps={"received": 2}))

    assert await kits_at(transfer.order_id) == {(S.SCHEDULED, "NYC"): 1, (S.IN_TRANSFER, "CHI"): 2}


@pytest.mark.parametrize(
    "lamps",
    [
        {"received": 2, "damaged": 1, "discrepancy": Discrepancy.DAMAGED},
        {"received": 1, "missing": 1, "discrepancy": Discrepancy.LOST},
    ],
)
async def test_of_a_kit_that_cannot_be_whole_the_rest_is_anybodys_and_another_is_brought(world, lamps):
    transfer = await sent(world)

    await moving.receive(world.act(), await receiving(transfer, mugs={"received": 1}, lamps=lamps))

    assert await kits_at(transfer.order_id) == {(S.SCHEDULED, "CHI"): 1}
    assert (await counters(world, "MUG"))["NYC"] == (1, 0)
    assert (await Transfer.get(id=transfer.id)).status is TransferStatus.RECEIVED


async def test_what_is_still_under_way_of_a_broken_kit_is_announced_to_everybody(world):
    transfer = await sent(world)
    broken = {"received": 1, "damaged": 1, "discrepancy": Discrepancy.DAMAGED}

    await moving.receive(world.act(), await receiving(transfer, mugs=broken))

    assert await kits_at(transfer.order_id) == {(S.SCHEDULED, "CHI"): 1}
    assert [in_transit(line) - line.awaited for line in await lines_of(transfer.id)] == [0, 2]
    supply = await ExpectedSupply.get(status="expected")
    assert (supply.variant_id, supply.quantity) == (world.variants["LAMP"].id, 2)
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))
    assert (await counters(world, "LAMP"))["NYC"] == (2, 0)


async def test_kits_are_cancelled_on_their_way(world):
    transfer = await sent(world, 2)
    kept = await OrderKit.get(order_id=transfer.order_id)

    named = CancelledKit(kit_id=kept.id, quantity=1)
    await cancel(world.act(), CancelOrder(order_id=transfer.order_id, kits=(named,)))

    assert await kits_at(transfer.order_id) == {(S.CANCELLED, None): 1, (S.IN_TRANSFER, "CHI"): 1}
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))
    assert await kits_at(transfer.order_id) == {(S.CANCELLED, None): 1, (S.SCHEDULED, "NYC"): 1}
    assert (await counters(world, "LAMP"))["NYC"] == (4, 2)


async def test_a_transfer_that_is_given_up_loses_whole_kits(world):
    transfer = await sent(world, 2)

    back = CancelTransfer(transfer_id=transfer.id, remainder=Remainder.WRITE_BACK)
    await moving.cancel(world.act(), back)

    assert await kits_at(transfer.order_id) == {(S.SCHEDULED, "CHI"): 2}


async def test_of_who_sends_a_kit_and_who_cancels_it_nobody_parts_it(world):
    for _ in range(3):
        transfer = await forwarded(world)
        kept = await OrderKit.get(order_id=transfer.order_id)
        stop = CancelOrder(order_id=transfer.order_id, kits=(CancelledKit(kit_id=kept.id),))

        both = await asyncio.gather(
            moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id)),
            cancel(world.act(), stop),
            return_exceptions=True,
        )

        assert all(isinstance(each, DomainError) for each in both if isinstance(each, BaseException))
        assert await kits_at(transfer.order_id) == {(S.CANCELLED, None): 1}


async def test_kits_are_delivered_together_with_the_rest_of_the_order(world):
    await stock(world, {("CHAIR", "NYC"): 1})
    lines = tuple(OrderedLine(variant_id=world.variants[sku].id, quantity=1) for sku in ("SET", "CHAIR"))
    at = Together(location_id=world.locations["NYC"].id)
    order = await placed(world, *lines, shipping_address=BOSTON, deliver_together=at)
    assert await kits_at(order.id) == {(S.SCHEDULED, "CHI"): 1}

    await release(world.act(), ReleaseOrder(order_id=order.id))
    transfer = await Transfer.get(order_id=order.id)
    assert not await Fulfilment.filter(order_id=order.id).exists(), "the chair waits for the set"
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))
    await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await kits_at(order.id) == {(S.RELEASED, "NYC"): 1}
    fulfilment = await Fulfilment.get(order_id=order.id).prefetch_related("lines")
    assert sum(line.quantity for line in fulfilment.lines) == 4
    assert (await OrderMerge.get(order_id=order.id)).location_id == world.locations["NYC"].id
