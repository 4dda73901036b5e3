"""Picking as asked, and finding fewer than asked."""

import pytest

from actions.fulfilment.picking import FoundLine, PickedLine, PickUnits, ShortPick, pick, short_pick
from domain.errors import BlockedByHold, Conflict, IllegalTransition, InvalidInput
from domain.facts import FactKind
from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from models import Fulfilment, Hold, Order, OrderLine
from tests.actions.asserting import books_balance, refused, told
from tests.world import World, furnish
from tests.world.fulfilment import accepted, open_fulfilment, picked, released_of
from tests.world.orders import line, new_order, schedule, units

pytestmark = pytest.mark.usefixtures("database")


async def at_work(world: World, **quantities: int) -> tuple[Fulfilment, Order]:
    fulfilment = await accepted(world, await open_fulfilment(world, **quantities))
    return fulfilment, await Order.get(id=fulfilment.order_id)


async def quantity_of(order: Order, quantity: int, sku: str = "MUG") -> PickedLine:
    return PickedLine(line_id=(await line(order, sku)).id, quantity=quantity)


async def found(order: Order, units_found: int, sku: str = "MUG") -> FoundLine:
    return FoundLine(line_id=(await line(order, sku)).id, found=units_found)


async def test_picking_without_lines_picks_everything():
    world = await furnish()
    fulfilment, order = await at_work(world, MUG=3, LAMP=1)

    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))

    assert await units(order, "MUG") == {UnitStatus.PICKED: 3}
    assert await units(order, "LAMP") == {UnitStatus.PICKED: 1}
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.IN_PROGRESS
    [fact] = await told(FactKind.UNITS_PICKED)
    assert fact.payload["fulfilments"] == {str(fulfilment.id): "in_progress"}


async def test_part_of_a_line_can_be_picked_and_the_rest_later():
    world = await furnish()
    fulfilment, order = await at_work(world, MUG=3)

    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=(await quantity_of(order, 2),)))
    halfway = await units(order)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=(await quantity_of(order, 1),)))

    assert halfway == {UnitStatus.ACKNOWLEDGED: 1, UnitStatus.PICKED: 2}
    assert await units(order) == {UnitStatus.PICKED: 3}


async def test_picking_leaves_stock_where_it_is():
    world = await furnish()
    await picked(world, await open_fulfilment(world, MUG=3))

    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (10, 3)
    await books_balance()


async def test_nothing_is_picked_before_the_location_accepts():
    world = await furnish()
    fulfilment = await open_fulfilment(world)

    async with refused(IllegalTransition) as refusal:
        await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))

    assert (refusal.value.was, refusal.value.allowed_from) == ("released", ("acknowledged",))


async def test_picking_lists_everything_wrong_at_once():
    world = await furnish()
    fulfilment, order = await at_work(world, MUG=3, LAMP=2)
    lines = (
        await quantity_of(order, 4),
        await quantity_of(order, 0, "LAMP"),
        PickedLine(line_id=new_id(), quantity=1),
        await quantity_of(order, 1),
    )

    async with refused(InvalidInput) as refusal:
        await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=lines))

    assert {(problem.path, problem.code) for problem in refusal.value.problems} == {
        ("lines.0.quantity", "OUT_OF_RANGE"),
        ("lines.1.quantity", "OUT_OF_RANGE"),
        ("lines.2.line_id", "NOT_IN_FULFILMENT"),
        ("lines.3.line_id", "DUPLICATE"),
    }


async def test_picking_a_stale_version_is_a_conflict():
    world = await furnish()
    fulfilment, _ = await at_work(world)

    async with refused(Conflict):
        await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, expected_version=fulfilment.version - 1))


async def test_held_units_are_not_picked():
    world = await furnish()
    fulfilment, order = await at_work(world)
    await Hold.create(order=order, kind=HoldKind.FRAUD, applied_by="test", applied_at=world.now)

    async with refused(BlockedByHold):
        await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))


async def test_what_is_missing_goes_elsewhere_and_what_was_found_is_picked():
    world = await furnish()
    fulfilment, order = await at_work(world, MUG=5, LAMP=1)

    await short_pick(
        world.act(),
        ShortPick(fulfilment_id=fulfilment.id, lines=(await found(order, 2),), reason=DeclineReason.NOT_FOUND),
    )

    assert await units(order, "MUG") == {UnitStatus.PICKED: 2, UnitStatus.SCHEDULED: 3}
    assert await units(order, "LAMP") == {UnitStatus.ACKNOWLEDGED: 1}
    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (7, 2)
    stored = await Fulfilment.get(id=fulfilment.id)
    assert (stored.status, stored.decline_reason) == (FulfilmentStatus.IN_PROGRESS, DeclineReason.NOT_FOUND)
    await books_balance()


async def test_one_fact_tells_what_was_found_and_what_was_missing():
    world = await furnish()
    fulfilment, order = await at_work(world, MUG=5)

    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=(await found(order, 2),)))

    [fact] = await told(FactKind.UNITS_SHORT_PICKED)
    assert [(move["to"], move["quantity"]) for move in fact.payload["moves"]] == [("picked", 2), ("unscheduled", 3)]
    assert fact.payload["reason"] == "out_of_stock"


async def test_a_short_pick_of_an_empty_shelf_leaves_only_what_was_found():
    world = await furnish()
    fulfilment, order = await at_work(world, MUG=5)
    other = await open_fulfilment(world, MUG=2)

    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=(await found(order, 2),)))

    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (2, 2)
    assert (await Fulfilment.get(id=other.id)).status is FulfilmentStatus.DECLINED
    await books_balance()


async def test_the_same_product_twice_in_an_order_goes_along_with_an_empty_shelf():
    world = await furnish()
    order = await new_order(world, MUG=3, LAMP=2, waiting=UnitStatus.BACKORDERED)
    await OrderLine.filter(order=order, sku="LAMP").update(variant_id=world.variants["MUG"].id)
    for sku, quantity in (("MUG", 3), ("LAMP", 2)):
        await schedule(world, order, sku, quantity, "NYC")
    fulfilment = await accepted(world, await released_of(world, order))

    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=(await found(order, 1),)))

    assert await units(order, "MUG") == {UnitStatus.PICKED: 1, UnitStatus.SCHEDULED: 2}
    assert await units(order, "LAMP") == {UnitStatus.SCHEDULED: 2}
    assert (await world.level("MUG", "NYC")).on_hand == 1
    assert (await Fulfilment.get(id=fulfilment.id)).version == fulfilment.version + 1
    assert await told(FactKind.FULFILMENT_DECLINED) == [], "the short pick tells of both lines"
    await books_balance()


async def test_finding_nothing_of_the_only_line_declines_the_fulfilment():
    world = await furnish()
    fulfilment, order = await at_work(world, MUG=5)

    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=(await found(order, 0),)))

    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.DECLINED


async def test_finding_everything_is_no_short_pick():
    world = await furnish()
    fulfilment, order = await at_work(world, MUG=5)

    for lines in ((await found(order, 5),), (await found(order, -1),), ()):
        async with refused(InvalidInput):
            await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=lines))


async def test_what_is_picked_already_cannot_be_picked_short():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2))
    order = await Order.get(id=fulfilment.order_id)

    async with refused(IllegalTransition):
        await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=(await found(order, 0),)))
