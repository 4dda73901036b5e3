"""What cannot be brought, or is called back, is looked for elsewhere, and the books say why."""

import pytest

from actions.forwarding import declining
from actions.forwarding.declining import DeclineTransfer
from actions.fulfilment.declining import DeclineFulfilment
from actions.fulfilment.declining import decline as decline_fulfilment
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.transfers import moving
from actions.transfers.moving import CancelTransfer, ShipTransfer
from domain.errors import IllegalTransition, InvalidInput
from domain.fulfilment import DeclineReason
from domain.transfers import Remainder, TransferStatus
from models import ExcludedLocation, Fulfilment, Transfer
from tests.actions.asserting import refused
from tests.actions.forwarding_world import world
from tests.world import stock
from tests.world.forwarding import (
    counters,
    forwarded,
    order_from,
    sent,
    shipping,
    where,
)
from tests.world.orders import new_order
from tests.world.stock_papers import ready_transfer

__all__ = ["world"]

pytestmark = pytest.mark.usefixtures("database")


async def test_a_place_that_cannot_send_is_not_asked_again_and_another_one_is(world):
    await stock(world, {("MUG", "LAX"): 5})
    order = await order_from(world, MUG=2)
    transfer = await forwarded(world, order)

    await declining.decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.NO_CAPACITY))

    assert (await Transfer.get(id=transfer.id)).status is TransferStatus.CANCELLED
    assert await where(order.id) == {("scheduled", "LAX"): 2}
    assert await counters(world) == {"CHI": (10, 0), "LAX": (5, 2)}
    assert (await ExcludedLocation.get()).location_id == world.locations["CHI"].id


async def test_an_empty_shelf_is_empty_for_every_order_that_counts_on_it(world):
    order, other = await order_from(world, MUG=2), await order_from(world, MUG=3)
    transfer, others = await forwarded(world, order), await forwarded(world, other)

    await declining.decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.OUT_OF_STOCK))

    assert await where(order.id) == {("backordered", None): 2}
    assert await where(other.id) == {("backordered", None): 3}
    assert (await Transfer.get(id=others.id)).status is TransferStatus.CANCELLED
    assert await counters(world) == {"CHI": (0, 0)}


async def test_an_empty_shelf_found_by_somebody_else_takes_along_what_is_to_be_sent(world):
    order = await order_from(world, MUG=2)
    transfer = await forwarded(world, order)
    here = await new_order(world, at="CHI", MUG=1)
    await release(world.act(), ReleaseOrder(order_id=here.id))
    fulfilment = await Fulfilment.get(order_id=here.id)

    await decline_fulfilment(
        world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OUT_OF_STOCK)
    )

    assert await where(order.id) == {("backordered", None): 2}
    assert (await Transfer.get(id=transfer.id)).status is TransferStatus.CANCELLED


async def test_what_is_short_when_it_is_sent_is_looked_for_elsewhere(world):
    await stock(world, {("MUG", "LAX"): 5})
    transfer = await forwarded(world, await order_from(world, MUG=3))

    await moving.ship(world.act(), await shipping(transfer, 1, reason=DeclineReason.NOT_FOUND))

    assert await where(transfer.order_id) == {("in_transfer", "CHI"): 1, ("scheduled", "LAX"): 2}
    assert await counters(world) == {"CHI": (7, 0), "NYC": (0, 0), "LAX": (5, 2)}


async def test_sending_fewer_wants_a_reason_and_a_reason_wants_fewer(world):
    transfer = await forwarded(world, await order_from(world, MUG=3))

    async with refused(InvalidInput):
        await moving.ship(world.act(), await shipping(transfer, 1))
    async with refused(InvalidInput):
        await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id, reason=DeclineReason.OTHER))


async def test_a_transfer_for_stock_is_not_declined(world):
    await stock(world, {("MUG", "NYC"): 5})
    transfer_id = await ready_transfer(world, MUG=2)

    async with refused(IllegalTransition):
        await declining.decline(world.act(), DeclineTransfer(transfer_id=transfer_id, reason=DeclineReason.OTHER))


async def test_calling_it_off_before_it_is_sent_looks_elsewhere(world):
    await stock(world, {("MUG", "LAX"): 5})
    transfer = await forwarded(world, await order_from(world, MUG=2))

    await moving.cancel(world.act(), CancelTransfer(transfer_id=transfer.id))

    assert await where(transfer.order_id) == {("scheduled", "LAX"): 2}


@pytest.mark.parametrize(
    ("remainder", "left"), [(Remainder.WRITE_BACK, (10, 2)), (Remainder.WRITE_OFF, (8, 2))], ids=str
)
async def test_calling_it_back_on_its_way_looks_for_other_units(world, remainder, left):
    transfer = await sent(world, MUG=2)

    await moving.cancel(world.act(), CancelTransfer(transfer_id=transfer.id, remainder=remainder))

    assert await where(transfer.order_id) == {("scheduled", "CHI"): 2}
    assert (await counters(world))["CHI"] == left


async def test_an_empty_shelf_that_sends_a_part_is_empty_for_others_too(world):
    order, other = await order_from(world, MUG=3), await order_from(world, MUG=2)
    transfer, others = await forwarded(world, order), await forwarded(world, other)

    await moving.ship(world.act(), await shipping(transfer, 1, reason=DeclineReason.OUT_OF_STOCK))

    assert await where(order.id) == {("in_transfer", "CHI"): 1, ("backordered", None): 2}
    assert await where(other.id) == {("backordered", None): 2}
    assert (await Transfer.get(id=others.id)).status is TransferStatus.CANCELLED
    assert await counters(world) == {"CHI": (0, 0), "NYC": (0, 0)}
