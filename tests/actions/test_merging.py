"""What is delivered together leaves together, and nothing keeps the rest for ever."""

import asyncio
from datetime import timedelta

import pytest

from actions.backorders import retry_all_backorders
from actions.forwarding import merging
from actions.forwarding.declining import DeclineTransfer, decline
from actions.forwarding.merging import DeliverTogether, DeliverWithoutWaiting
from actions.fulfilment.releasing import ReleaseOrder, release, release_due
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.holding import ApplyHold, apply_hold
from actions.parcels.packing import PackedUnits, PackParcel, pack
from actions.parcels.shipping import ShipParcel, ship
from actions.reoptimizing.running import ReoptimizeOrders, reoptimize
from actions.substituting.proposing import AnswerSubstitution, answer
from actions.transfers import moving
from actions.transfers.moving import ReceiveTransfer, ShipTransfer
from domain.errors import Conflict, DomainError, IllegalTransition, InvalidInput
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus
from domain.transfers import Discrepancy
from models import Fulfilment, Order, OrderLine, OrderMerge, RoutingDecision, Transfer
from tests.actions.asserting import books_balance, papers_agree, refused
from tests.actions.scenarios.placing import opened_desk, wanted
from tests.world import furnish, stock
from tests.world.forwarding import mugs_and_lamps_apart, receiving, where
from tests.world.fulfilment import picked, ships_to
from tests.world.kits import kit, kits_at
from tests.world.orders import line, new_order, schedule
from tests.world.substitutes import instead, proposed

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world(database):
    """Mugs lie in Chicago, lamps in New York."""
    world = await mugs_and_lamps_apart()
    yield world
    await books_balance()
    await papers_agree()


async def split(world, **wanted) -> Order:
    """An order of mugs and lamps, scheduled where they lie."""
    order = await new_order(world, waiting=UnitStatus.UNSCHEDULED, **(wanted or {"MUG": 2, "LAMP": 3}))
    await ships_to(order.id)
    await schedule(world, order, "MUG", wanted.get("MUG", 2), "CHI")
    await schedule(world, order, "LAMP", wanted.get("LAMP", 3), "NYC")
    return await Order.get(id=order.id)


async def together(world, **values) -> Order:
    order = await split(world)
    await merging.deliver_together(world.act(), DeliverTogether(order_id=order.id, **values))
    return await Order.get(id=order.id)


async def released(world, **values) -> tuple[Order, Transfer]:
    order = await together(world, **values)
    await release(world.act(), ReleaseOrder(order_id=order.id))
    return order, await Transfer.get(order_id=order.id)


async def bring(world, transfer) -> None:
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))


async def test_it_comes_together_where_that_costs_least_and_the_rest_is_brought_there(world):
    order, transfer = await released(world)

    merge = await OrderMerge.get(order_id=order.id)
    assert (merge.location_id, merge.waits_until) == (world.locations["NYC"].id, world.now + timedelta(days=7))
    assert (transfer.origin_id, transfer.destination_id) == (world.locations["CHI"].id, merge.location_id)
    assert await where(order.id) == {("awaiting_transfer", "CHI"): 2, ("scheduled", "NYC"): 3}


async def test_what_is_there_leaves_only_when_all_of_it_is(world):
    order, transfer = await released(world)
    assert await release_due(world.now) == 0
    async with refused(IllegalTransition):
        await release(world.act(), ReleaseOrder(order_id=order.id))

    await bring(world, transfer)
    assert await release_due(world.now) == 1

    fulfilment = await picked(world, await Fulfilment.get(order_id=order.id))
    parcel = await pack(world.act(), PackParcel(contents=(PackedUnits(fulfilment_id=fulfilment.id),)))
    await ship(world.act(), ShipParcel(parcel_id=parcel, carrier="UPS"))
    assert await where(order.id) == {("shipped", "NYC"): 5}


async def test_another_place_may_be_named_and_everything_is_brought_there(world):
    order = await together(world, location_id=world.locations["LAX"].id)

    await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await where(order.id) == {("awaiting_transfer", "CHI"): 2, ("awaiting_transfer", "NYC"): 3}
    assert {each.destination_id for each in await Transfer.all()} == {world.locations["LAX"].id}


async def test_the_decision_to_bring_it_is_kept(world):
    order = await together(world)

    [decision] = await RoutingDecision.filter(order_id=order.id)
    assert str(world.locations["NYC"].id) in str(decision.request)
    assert decision.cost_minor > 0


async def test_what_is_cancelled_is_not_waited_for(world):
    order, _ = await released(world)
    mugs = await line(order, "MUG")

    await cancel(world.act(), CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=mugs.id),)))

    assert await release_due(world.now) == 1
    assert await where(order.id) == {("cancelled", None): 2, ("released", "NYC"): 3}


async def test_what_nobody_has_is_waited_for_until_the_days_are_over(world):
    order, transfer = await released(world, wait_days=2)
    await decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.OUT_OF_STOCK))
    assert await where(order.id) == {("backordered", None): 2, ("scheduled", "NYC"): 3}

    assert await release_due(world.now + timedelta(days=1, hours=23)) == 0
    assert await release_due(world.now + timedelta(days=2)) == 1

    assert await where(order.id) == {("backordered", None): 2, ("released", "NYC"): 3}


async def test_what_comes_into_stock_meanwhile_is_brought_too(world):
    order, transfer = await released(world)
    await decline(world.act(), DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.OUT_OF_STOCK))
    await stock(world, {("MUG", "LAX"): 2})

    await retry_all_backorders(world.now)
    await release_due(world.now)

    assert await where(order.id) == {("awaiting_transfer", "LAX"): 2, ("scheduled", "NYC"): 3}


async def test_lost_units_are_brought_again_while_the_rest_waits(world):
    order, transfer = await released(world)
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))

    await moving.receive(world.act(), await receiving(transfer, received=1, missing=1, discrepancy=Discrepancy.LOST))
    await release_due(world.now)

    assert await where(order.id) == {("scheduled", "NYC"): 4, ("awaiting_transfer", "CHI"): 1}


async def test_somebody_may_decide_not_to_wait(world):
    order, transfer = await released(world)

    await merging.deliver_without_waiting(world.act(), DeliverWithoutWaiting(order_id=order.id))

    assert await release_due(world.now) == 1
    assert await where(order.id) == {("awaiting_transfer", "CHI"): 2, ("released", "NYC"): 3}
    await bring(world, transfer)
    assert await release_due(world.now) == 1
    assert await where(order.id) == {("released", "NYC"): 5}
    async with refused(IllegalTransition):
        await merging.deliver_without_waiting(world.act(), DeliverWithoutWaiting(order_id=order.id))


async def test_an_order_that_somebody_works_on_stays_as_it_is(world):
    order = await split(world)
    await release(world.act(), ReleaseOrder(order_id=order.id))

    async with refused(IllegalTransition):
        await merging.deliver_together(world.act(), DeliverTogether(order_id=order.id))


async def test_a_place_that_ships_nothing_or_is_unknown_and_days_without_end_are_refused(world):
    order = await split(world)

    for wrong in (
        DeliverTogether(order_id=order.id, wait_days=61),
        DeliverTogether(order_id=order.id, location_id=world.variants["MUG"].id),
    ):
        async with refused(InvalidInput):
            await merging.deliver_together(world.act(), wrong)
    async with refused(Conflict):
        await merging.deliver_together(world.act(), DeliverTogether(order_id=order.id, expected_version=99))


async def test_a_held_order_is_routed_when_the_hold_is_gone(world):
    order = await split(world)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))

    await merging.deliver_together(world.act(), DeliverTogether(order_id=order.id))

    assert await where(order.id) == {("unscheduled", None): 5}


async def test_it_is_left_alone_when_orders_are_routed_together_again(world):
    order = await together(world)
    before = await where(order.id)

    await reoptimize(world.act(), ReoptimizeOrders(order_ids=(order.id,)))

    assert await where(order.id) == before


async def test_of_two_who_release_and_bring_together_at_once_either_is_right(world):
    order = await split(world)

    outcomes = await asyncio.gather(
        release(world.act(), ReleaseOrder(order_id=order.id)),
        merging.deliver_together(world.act(), DeliverTogether(order_id=order.id)),
        return_exceptions=True,
    )

    assert not [each for each in outcomes if isinstance(each, BaseException) and not isinstance(each, DomainError)]
    is_together = await OrderMerge.filter(order_id=order.id).exists()
    assert ("released", "CHI") not in await where(order.id) if is_together else isinstance(outcomes[1], DomainError)


async def test_what_nobody_has_comes_together_where_that_costs_least_once_somebody_has_some(world):
    order = await new_order(world, CHAIR=2, waiting=UnitStatus.BACKORDERED)
    await ships_to(order.id)
    await merging.deliver_together(world.act(), DeliverTogether(order_id=order.id, wait_days=2))
    assert (await OrderMerge.get(order_id=order.id)).location_id is None
    await stock(world, {("CHAIR", "LAX"): 2})

    later = world.now + timedelta(days=9)
    await retry_all_backorders(later)

    merge = await OrderMerge.get(order_id=order.id)
    assert (merge.location_id, merge.waits_until) == (world.locations["LAX"].id, later + timedelta(days=2))
    assert await where(order.id) == {("scheduled", "LAX"): 2}


async def test_the_first_unit_of_it_that_lies_anywhere_says_where_it_comes_together(world):
    order = await new_order(world, CHAIR=2, SHIRT=1, waiting=UnitStatus.BACKORDERED)
    await ships_to(order.id)
    await merging.deliver_together(world.act(), DeliverTogether(order_id=order.id))
    await instead(world, "SHIRT", "LAMP")

    substitution = await proposed(world, order, "LAMP", for_sku="SHIRT")
    await answer(world.act(), AnswerSubstitution(substitution_id=substitution.id, accept=True))

    assert (await OrderMerge.get(order_id=order.id)).location_id == world.locations["NYC"].id


async def test_what_is_collected_goes_its_own_way(world):
    order = await split(world)
    mugs = await line(order, "MUG")
    await OrderLine.filter(id=mugs.id).update(method="pickup", pickup_location_id=world.locations["CHI"].id)
    await merging.deliver_together(world.act(), DeliverTogether(order_id=order.id))

    await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await where(order.id) == {("released", "CHI"): 2, ("released", "NYC"): 3}
    assert await Transfer.all().count() == 0


async def test_kits_are_brought_to_where_the_order_comes_together():
    world = await furnish(units=0)
    await kit(world, "SET", MUG=1, LAMP=2)
    await stock(world, {("MUG", "CHI"): 1, ("LAMP", "CHI"): 2})
    async with opened_desk() as desk:
        order_id = await desk.place(world.act(), wanted(world, SET=1))

    at = world.locations["NYC"].id
    await merging.deliver_together(world.act(), DeliverTogether(order_id=order_id, location_id=at))
    await release(world.act(), ReleaseOrder(order_id=order_id))

    transfer = await Transfer.get(order_id=order_id)
    assert transfer.destination_id == at
    assert await kits_at(order_id) == {(UnitStatus.AWAITING_TRANSFER, "CHI"): 1}
