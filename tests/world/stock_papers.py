"""Transfers, purchase orders and counts of a test's world."""

from uuid import UUID

from actions.transfers import drafting, moving
from actions.transfers.drafting import CreateTransfer, ReadyTransfer, WantedUnits
from actions.transfers.moving import ShipTransfer
from models import Transfer, TransferLine
from tests.world import World


async def draft_transfer(world: World, *, origin: str = "NYC", destination: str = "CHI", **units: int) -> UUID:
    """Units by SKU."""
    lines = tuple(WantedUnits(variant_id=world.variants[sku].id, quantity=number) for sku, number in units.items())
    command = CreateTransfer(
        origin_id=world.locations[origin].id, destination_id=world.locations[destination].id, lines=lines
    )
    return await drafting.create(world.act(), command)


async def ready_transfer(world: World, **wanted: int) -> UUID:
    transfer_id = await draft_transfer(world, **wanted)
    return await drafting.make_ready(world.act(), ReadyTransfer(transfer_id=transfer_id))


async def shipped_transfer(world: World, **wanted: int) -> UUID:
    return await moving.ship(world.act(), ShipTransfer(transfer_id=await ready_transfer(world, **wanted)))


async def transfer(transfer_id: UUID) -> Transfer:
    return await Transfer.get(id=transfer_id)


async def transfer_lines(transfer_id: UUID) -> list[TransferLine]:
    return await TransferLine.filter(transfer_id=transfer_id).order_by("position")
