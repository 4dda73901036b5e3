"""Goods are brought to where an order is handed over, or are not."""

from actions.forwarding import accepting, declining, merging
from actions.forwarding.declining import DeclineTransfer
from actions.forwarding.merging import DeliverTogether, DeliverWithoutWaiting
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.orders.cancelling import CancelOrder, cancel
from actions.transfers import moving
from actions.transfers.moving import CancelTransfer, ReceiveTransfer, ShipTransfer
from domain.fulfilment import DeclineReason
from domain.transfers import Discrepancy, Remainder
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World
from tests.world.forwarding import forwarded, order_from, receiving, sent, shipping, take_any_stock
from tests.world.orders import new_order


@scenario(release)
async def telling_a_place_to_bring_what_is_collected_elsewhere(world: World) -> Story:
    order = await order_from(world, MUG=2, LAMP=1)
    yield
    await release(world.act(), ReleaseOrder(order_id=order.id))


@scenario(moving.ship)
async def sending_what_an_order_waits_for(world: World) -> Story:
    transfer = await forwarded(world, await order_from(world, MUG=2))
    yield
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer.id))


@scenario(moving.ship)
async def sending_fewer_than_an_order_waits_for(world: World) -> Story:
    await take_any_stock(world)
    transfer = await forwarded(world, await order_from(world, MUG=3))
    yield
    await moving.ship(world.act(), await shipping(transfer, 1, reason=DeclineReason.NOT_FOUND))


@scenario(moving.receive)
async def receiving_what_an_order_waits_for_in_parts(world: World) -> Story:
    await take_any_stock(world)
    transfer = await sent(world, MUG=4)
    yield
    some = await receiving(transfer, received=2, damaged=1, missing=1, discrepancy=Discrepancy.DAMAGED)
    await moving.receive(world.act(), some)
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer.id))


@scenario(moving.cancel)
async def calling_back_what_an_order_waits_for(world: World) -> Story:
    await take_any_stock(world)
    first, second = await sent(world, MUG=2), await forwarded(world, await order_from(world, MUG=1))
    yield
    await moving.cancel(world.act(), CancelTransfer(transfer_id=first.id, remainder=Remainder.WRITE_BACK))
    await moving.cancel(world.act(), CancelTransfer(transfer_id=second.id))


@scenario(declining.decline)
async def saying_that_an_empty_shelf_brings_nothing(world: World) -> Story:
    await take_any_stock(world)
    transfer = await forwarded(world, await order_from(world, MUG=2))
    await order_from(world, MUG=1)
    yield
    command = DeclineTransfer(transfer_id=transfer.id, reason=DeclineReason.OUT_OF_STOCK)
    await declining.decline(world.act(), command)


@scenario(cancel)
async def cancelling_what_is_on_its_way_and_what_is_not(world: World) -> Story:
    transfer = await sent(world, MUG=2)
    other = await forwarded(world, await order_from(world, MUG=1))
    yield
    await cancel(world.act(), CancelOrder(order_id=transfer.order_id))
    await cancel(world.act(), CancelOrder(order_id=other.order_id))


@scenario(merging.deliver_together)
async def bringing_an_order_together(world: World) -> Story:
    order = await new_order(world, MUG=2, LAMP=1)
    yield
    command = DeliverTogether(order_id=order.id, location_id=world.locations["CHI"].id)
    await merging.deliver_together(world.act(), command)


@scenario(merging.deliver_without_waiting)
async def waiting_for_the_rest_no_more(world: World) -> Story:
    order = await new_order(world, MUG=2, LAMP=1)
    command = DeliverTogether(order_id=order.id, location_id=world.locations["CHI"].id)
    await merging.deliver_together(world.act(), command)
    yield
    await merging.deliver_without_waiting(world.act(), DeliverWithoutWaiting(order_id=order.id))


without_story(accepting.accept, "Saying yes moves nothing.")
