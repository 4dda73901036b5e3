"""What lies elsewhere than where it is collected is brought there: every unit on the way is the order's, or somebody's."""

import asyncio
from datetime import date

import pytest

from actions import inventory
from actions.backorders import retry_all_backorders
from actions.forwarding import declining
from actions.forwarding.declining import DeclineTransfer
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.releasing import ReleaseOrder, release, release_due
from actions.inventory import SafetyLine, SetSafetyStock
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.holding import ApplyHold, ResolveHold, apply_hold, resolve_hold
from actions.transfers import moving
from actions.transfers.moving import ReceiveTransfer, ShipTransfer
from domain.errors import BlockedByHold, Conflict, DomainError, IllegalTransition
from domain.facts import FactKind
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus
from domain.promising.supply import SupplyStatus
from domain.stock import MovementKind
from domain.transfers import Discrepancy, TransferStatus, in_transit
from models import ExpectedSupply, Fulfilment, Hold, Order, OrderLine, StockMovement, Transfer
from tests.actions.asserting import papers_agree, refused, told
from tests.actions.forwarding_world import world
from tests.world import stock
from tests.world.forwarding import (
    arrived,
    counters,
    forwarded,
    lines_of,
    order_from,
    receiving,
    sent,
    where,
)
from tests.world.fulfilment import code_of, picked
from tests.world.orders import new_order

__all__ = ["world"]

pytestmark = pytest.mark.usefixtures("database")


async def test_releasing_tells_the_place_to_send_what_is_collected_elsewhere(world):
    order = await order_from(world, MUG=2, LAMP=1)

    await release(world.act(), ReleaseOrder(order_id=order.id))

    transfer = await Transfer.get(order_id=order.id)
    assert (transfer.status, transfer.origin_id) == (TransferStatus.READY, world.locations["CHI"].id)
    assert transfer.destination_id == world.locations["NYC"].id
    assert [(line.quantity, line.awaited) for line in await lines_of(transfer.id)] == [(2, 2), (1, 1)]
    assert await where(order.id) == {("awaiting_transfer", "CHI"): 3}
    assert await counters(world) == {"CHI": (10, 2)}
    assert await Fulfilment.filter(order_id=order.id).count() == 0


async def test_what_lies_where_it_is_collected_is_released_as_ever(world):
    await stock(world, {("MUG", "NYC"): 1})
    order = await order_from(world, "NYC", MUG=1)

    await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await where(order.id) == {("released", "NYC"): 1}
    assert await Transfer.all().count() == 0


async def test_sent_units_are_in_nobodys_stock(world):
    transfer = await sent(world, MUG=2)

    assert await where(transfer.order_id) == {("in_transfer", "CHI"): 2}
    assert await counters(world) == {"CHI": (8, 0), "NYC": (0, 0)}
    assert transfer.status is TransferStatus.IN_TRANSIT
    assert await ExpectedSupply.all().count() == 0, "they are for nobody else"


async def test_the_store_is_told_when_what_was_sent_should_be_there(world):
    transfer = await sent(world, MUG=2)

    # Monday; 1,145 kilometres take a standard parcel five working days at most, and the weekend is none of them.
    assert transfer.expected_on == date(2026, 11, 9)


async def test_a_day_of_the_way_is_one_of_the_origins_calendar(world):
    """On Sunday evening in Chicago it is Monday in UTC; what leaves then is there on Friday, and not on Monday."""
    world.now = world.now.replace(hour=3)
    transfer = await sent(world, MUG=2)

    assert transfer.expected_on == date(2026, 11, 6)


async def test_units_that_arrive_are_the_orders_from_the_first_moment(world):
    transfer = await sent(world, MUG=2)

    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))

    assert await where(transfer.order_id) == {("scheduled", "NYC"): 2}
    assert await counters(world) == {"CHI": (8, 0), "NYC": (2, 2)}
    moved = await StockMovement.filter(kind=MovementKind.FORWARDED_IN)
    assert [(each.quantity, each.reference) for each in moved] == [(2, transfer.number)]


async def test_what_arrived_is_collected_like_anything_else(world):
    transfer = await arrived(world, MUG=2)

    assert await release_due(world.now) == 1
    fulfilment = await picked(world, await Fulfilment.get(order_id=transfer.order_id))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))

    assert await where(transfer.order_id) == {("picked_up", "NYC"): 2}
    assert await counters(world) == {"CHI": (8, 0), "NYC": (0, 0)}


async def test_units_arrive_where_safety_stock_leaves_nothing_free(world):
    transfer = await sent(world, MUG=2)
    line = SafetyLine(variant_id=world.variants["MUG"].id, location_id=world.locations["NYC"].id, safety=50)
    await inventory.set_safety_stock(world.act(), SetSafetyStock(lines=(line,)))

    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))

    assert await where(transfer.order_id) == {("scheduled", "NYC"): 2}


async def test_the_release_job_does_the_same(world):
    order = await order_from(world, MUG=1)

    assert await release_due(world.now) == 1
    assert await release_due(world.now) == 0

    assert await where(order.id) == {("awaiting_transfer", "CHI"): 1}


async def test_what_is_wanted_next_from_a_place_goes_along_while_nothing_left(world):
    order = await order_from(world, MUG=2, LAMP=1)
    lamps = await OrderLine.get(order_id=order.id, sku="LAMP")
    await apply_hold(world.act(), ApplyHold(order_id=order.id, line_id=lamps.id, kind=HoldKind.MANUAL))
    first = await forwarded(world, order)
    assert [line.quantity for line in await lines_of(first.id)] == [2]
    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=(await Hold.get()).id))

    again = await forwarded(world, order)

    assert again.id == first.id
    assert [line.quantity for line in await lines_of(first.id)] == [2, 1]


async def test_cancelling_before_it_is_sent_gives_back_and_asks_for_less(world):
    order = await order_from(world, MUG=3)
    transfer = await forwarded(world, order)
    [line] = await OrderLine.filter(order_id=order.id)

    await cancel(world.act(), CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=line.id, quantity=1),)))

    [asked] = await lines_of(transfer.id)
    assert (asked.quantity, asked.awaited) == (2, 2)
    assert await counters(world) == {"CHI": (10, 2)}


async def test_nothing_is_sent_of_an_order_that_is_cancelled(world):
    order = await order_from(world, MUG=3)
    transfer = await forwarded(world, order)

    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert (await Transfer.get(id=transfer.id)).status is TransferStatus.CANCELLED
    assert await counters(world) == {"CHI": (10, 0)}
    async with refused(IllegalTransition):
        await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))


async def test_what_is_cancelled_on_its_way_is_free_stock_when_it_arrives(world):
    transfer = await sent(world, MUG=3)
    [line] = await OrderLine.filter(order_id=transfer.order_id)
    some = (CancelledLine(line_id=line.id, quantity=2),)

    await cancel(world.act(), CancelOrder(order_id=transfer.order_id, lines=some))

    [under_way] = await lines_of(transfer.id)
    supply = await ExpectedSupply.get(id=under_way.supply_id)
    assert (under_way.awaited, in_transit(under_way), supply.quantity) == (1, 3, 2)

    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))

    assert await where(transfer.order_id) == {("scheduled", "NYC"): 1, ("cancelled", None): 2}
    assert await counters(world) == {"CHI": (7, 0), "NYC": (3, 1)}
    assert (await ExpectedSupply.get(id=under_way.supply_id)).status is SupplyStatus.RECEIVED


async def test_of_what_arrives_short_the_order_has_its_units_first(world):
    transfer = await sent(world, MUG=3)
    [line] = await OrderLine.filter(order_id=transfer.order_id)
    await cancel(
        world.act(), CancelOrder(order_id=transfer.order_id, lines=(CancelledLine(line_id=line.id, quantity=1),))
    )

    await moving.receive(world.act(), await receiving(transfer, received=2, missing=1, discrepancy=Discrepancy.LOST))

    assert await where(transfer.order_id) == {("scheduled", "NYC"): 2, ("cancelled", None): 1}


async def test_lost_and_damaged_units_are_looked_for_again(world):
    transfer = await sent(world, MUG=3)

    await moving.receive(
        world.act(), await receiving(transfer, received=2, damaged=1, missing=1, discrepancy=Discrepancy.DAMAGED)
    )

    assert await where(transfer.order_id) == {("scheduled", "NYC"): 1, ("scheduled", "CHI"): 2}
    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated, level.damaged) == (2, 1, 1)


async def test_what_nobody_has_any_more_waits_for_stock(world):
    await new_order(world, at="CHI", MUG=8)
    transfer = await sent(world, MUG=2)

    await moving.receive(world.act(), await receiving(transfer, missing=2, discrepancy=Discrepancy.LOST))

    assert await where(transfer.order_id) == {("backordered", None): 2}
    await stock(world, {("MUG", "LAX"): 2})
    await retry_all_backorders(world.now)
    assert await where(transfer.order_id) == {("scheduled", "LAX"): 2}


async def test_a_held_order_is_not_sent_and_arrives_all_the_same(world):
    order = await order_from(world, MUG=2)
    transfer = await forwarded(world, order)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))
    async with refused(BlockedByHold):
        await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))

    other = await sent(world, MUG=1)
    await apply_hold(world.act(), ApplyHold(order_id=other.order_id, kind=HoldKind.FRAUD))
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=other.id))

    assert await where(other.order_id) == {("scheduled", "NYC"): 1}
    assert await release_due(world.now) == 0


async def test_another_version_is_refused(world):
    transfer = await forwarded(world, await order_from(world, MUG=2))

    async with refused(Conflict):
        await declining.decline(
            world.act(),
            DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.OTHER, expected_version=9),
        )


async def test_both_ends_and_the_customer_are_told_every_step(world):
    transfer = await arrived(world, MUG=1)

    facts = {
        kind: [fact.location_id for fact in await told(kind)]
        for kind in (FactKind.UNITS_FORWARDED, FactKind.UNITS_SENT, FactKind.UNITS_ARRIVED)
    }
    chicago, new_york = world.locations["CHI"].id, world.locations["NYC"].id
    assert facts == {
        FactKind.UNITS_FORWARDED: [chicago],
        FactKind.UNITS_SENT: [chicago],
        FactKind.UNITS_ARRIVED: [new_york],
    }
    changed = await told(FactKind.TRANSFER_CHANGED)
    assert {fact.location_id for fact in changed} == {chicago, new_york}
    assert {fact.payload["order"] for fact in changed} == {str(transfer.order_id)}


async def test_sending_and_cancelling_at_once_loses_no_unit(world):
    for _ in range(4):
        order = await order_from(world, MUG=2)
        transfer = await forwarded(world, order)

        await asyncio.gather(
            moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id)),
            cancel(world.act(), CancelOrder(order_id=order.id)),
            return_exceptions=True,
        )

        found = await Transfer.get(id=transfer.id)
        assert await where(order.id) == {("cancelled", None): 2}
        [line] = await lines_of(transfer.id)
        assert (found.status is TransferStatus.CANCELLED) != (in_transit(line) == 2)
        await papers_agree()
        if in_transit(line):
            await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))


async def test_of_two_who_send_and_decline_at_once_one_wins(world):
    order = await order_from(world, MUG=2)
    transfer = await forwarded(world, order)

    outcomes = await asyncio.gather(
        moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id)),
        declining.decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.OTHER)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, DomainError) for each in outcomes) == 1
    assert set(await where(order.id)) in ({("in_transfer", "CHI")}, {("backordered", None)})


async def test_nobody_gets_units_between_their_arrival_and_their_allocation(world):
    await stock(world, {("MUG", "LAX"): 0})
    transfer = await sent(world, MUG=2)
    order = await Order.get(id=transfer.order_id)
    waiting = await new_order(world, waiting=UnitStatus.BACKORDERED, MUG=20)
    await asyncio.gather(
        moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id)),
        *(retry_all_backorders(world.now) for _ in range(3)),
    )

    assert await where(order.id) == {("scheduled", "NYC"): 2}
    assert (await where(waiting.id)).get(("scheduled", "NYC")) is None
