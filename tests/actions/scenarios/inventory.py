"""Stock comes, goes, is counted and changes its condition."""

from actions import inventory
from actions.availability import thresholds
from actions.inventory import Adjustment, AdjustStock, SafetyLine, SetSafetyStock, StockLine
from domain.stock import AdjustmentReason
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World


def mugs(world: World, quantity: int) -> tuple[StockLine, ...]:
    place = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id}
    return (StockLine(**place, quantity=quantity),)


@scenario(inventory.receive, inventory.transfer_in)
async def receiving(world: World) -> Story:
    yield
    await inventory.receive(world.act(), inventory.ReceiveStock(lines=mugs(world, 5)))
    await inventory.transfer_in(world.act(), inventory.TransferIn(lines=mugs(world, 2)))


@scenario(inventory.adjust)
async def counting(world: World) -> Story:
    yield
    [line] = mugs(world, 1)
    lost = Adjustment(variant_id=line.variant_id, location_id=line.location_id, change=-3, reason=AdjustmentReason.LOST)
    await inventory.adjust(world.act(), AdjustStock(lines=(lost,)))


@scenario(
    inventory.mark_damaged,
    inventory.mark_repaired,
    inventory.quarantine,
    inventory.clear,
    inventory.condemn,
    inventory.discard,
)
async def changing_condition(world: World) -> Story:
    yield
    await inventory.mark_damaged(world.act(), inventory.MarkDamaged(lines=mugs(world, 4)))
    await inventory.mark_repaired(world.act(), inventory.MarkRepaired(lines=mugs(world, 1)))
    await inventory.quarantine(world.act(), inventory.QuarantineStock(lines=mugs(world, 2)))
    await inventory.clear(world.act(), inventory.ClearStock(lines=mugs(world, 1)))
    await inventory.condemn(world.act(), inventory.CondemnStock(lines=mugs(world, 1)))
    await inventory.discard(world.act(), inventory.DiscardStock(lines=mugs(world, 2)))


@scenario(inventory.set_safety_stock)
async def keeping_some_back(world: World) -> Story:
    yield
    [line] = mugs(world, 1)
    kept = SafetyLine(variant_id=line.variant_id, location_id=line.location_id, safety=3)
    await inventory.set_safety_stock(world.act(), SetSafetyStock(lines=(kept,)))


without_story(thresholds.set_threshold, "It decides how stock is called, and changes none.")
