"""Goods go from one location to another, arrive in parts, or come back."""

from actions.transfers import drafting, moving
from actions.transfers.moving import CancelTransfer, ReceivedUnits, ReceiveTransfer, ShippedUnits, ShipTransfer
from domain.transfers import Discrepancy, Remainder
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World
from tests.world.stock_papers import ready_transfer, transfer_lines

without_story(drafting.create, "A draft touches no stock.")
without_story(drafting.change, "A draft touches no stock.")
without_story(drafting.make_ready, "Nothing has left yet.")


@scenario(moving.ship)
async def shipping_a_transfer(world: World) -> Story:
    transfer_id = await ready_transfer(world, MUG=4, LAMP=2)
    yield
    [mugs, _] = await transfer_lines(transfer_id)
    some = (ShippedUnits(line_id=mugs.id, quantity=3),)
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer_id, lines=some))


@scenario(moving.receive)
async def receiving_a_transfer_in_parts(world: World) -> Story:
    transfer_id = await ready_transfer(world, MUG=4)
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer_id))
    yield
    [mugs] = await transfer_lines(transfer_id)
    some = (ReceivedUnits(line_id=mugs.id, received=2, damaged=1, discrepancy=Discrepancy.DAMAGED),)
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id, lines=some))
    await moving.receive(world.act(), ReceiveTransfer(transfer_id=transfer_id))


@scenario(moving.cancel)
async def calling_a_transfer_back(world: World) -> Story:
    transfer_id = await ready_transfer(world, MUG=4)
    await moving.ship(world.act(), ShipTransfer(transfer_id=transfer_id))
    yield
    await moving.cancel(world.act(), CancelTransfer(transfer_id=transfer_id, remainder=Remainder.WRITE_BACK))
