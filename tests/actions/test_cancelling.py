"""Before release units are cancelled at once and give back exactly what they held; after it the location is asked."""

import asyncio

import pytest

from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.holding import ApplyHold, apply_hold
from domain.errors import BlockedByHold, DomainError, IllegalTransition, InvalidInput
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.lifecycle import Action, OrderStatus, UnitStatus
from models import CancellationRequest, Order, OrderLine, OutboxFact, StockMovement
from tests.world import furnish
from tests.world.orders import line, new_order, released, schedule, units, walk

pytestmark = pytest.mark.usefixtures("database")


async def facts(kind: FactKind) -> list[dict]:
    return [fact.payload for fact in await OutboxFact.filter(kind=kind).order_by("id")]


async def test_cancelling_an_order_gives_back_exactly_what_it_held_once():
    world = await furnish()
    other = await new_order(world, MUG=1)
    order = await new_order(world, MUG=3, LAMP=2)

    await cancel(world.act(), CancelOrder(order_id=order.id, reason="changed her mind"))

    assert (await Order.get(id=order.id)).status is OrderStatus.CANCELLED
    assert [(await world.level(sku, "NYC")).allocated for sku in ("MUG", "LAMP")] == [1, 0]
    assert await StockMovement.filter(kind="released").count() == 2
    assert await units(other) == {UnitStatus.SCHEDULED: 1}


async def test_cancelling_what_is_cancelled_is_refused_and_releases_nothing():
    world = await furnish()
    order = await new_order(world, MUG=3)
    await cancel(world.act(), CancelOrder(order_id=order.id))

    with pytest.raises(IllegalTransition) as refusal:
        await cancel(world.act(), CancelOrder(order_id=order.id))

    assert refusal.value.was == "cancelled"
    assert await StockMovement.filter(kind="released").count() == 1


async def test_the_same_key_cancels_once():
    world = await furnish()
    order = await new_order(world, MUG=3)
    mugs = await line(order)
    command = CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=mugs.id, quantity=1),))

    for _ in range(2):
        await cancel(world.act("cancel-1"), command)

    assert await units(order) == {UnitStatus.SCHEDULED: 2, UnitStatus.CANCELLED: 1}


async def test_units_without_a_place_are_cancelled_before_those_that_hold_stock():
    world = await furnish()
    order = await new_order(world, MUG=5, waiting=UnitStatus.BACKORDERED)
    await schedule(world, order, "MUG", 2, "CHI")
    mugs = await line(order)

    await cancel(world.act(), CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=mugs.id, quantity=4),)))

    assert await units(order) == {UnitStatus.SCHEDULED: 1, UnitStatus.CANCELLED: 4}
    assert (await world.level("MUG", "CHI")).allocated == 1
    assert (await OrderLine.get(id=mugs.id)).status is OrderStatus.SCHEDULED


async def test_the_other_lines_of_the_order_stay():
    world = await furnish()
    order = await new_order(world, MUG=1, LAMP=2)
    mugs = await line(order)

    await cancel(world.act(), CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=mugs.id),)))

    assert await units(order, "LAMP") == {UnitStatus.SCHEDULED: 2}
    assert (await Order.get(id=order.id)).status is OrderStatus.SCHEDULED


async def test_a_draft_is_cancelled_without_touching_stock():
    world = await furnish()
    order = await new_order(world, MUG=2, waiting=UnitStatus.DRAFT)

    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert (await Order.get(id=order.id)).status is OrderStatus.CANCELLED
    assert await StockMovement.filter(kind="released").count() == 0


async def test_the_fact_says_what_the_cancelled_units_cost_to_the_last_cent():
    """A line of 3 units for 10.00: 3.33, 3.33 and 3.34, whichever way they are cancelled."""
    world = await furnish()
    order = await new_order(world, MUG=3)
    mugs = await line(order)
    await OrderLine.filter(id=mugs.id).update(discount_minor=2_000, total_minor=1_000)

    for quantity in (2, 1):
        await cancel(
            world.act(), CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=mugs.id, quantity=quantity),))
        )

    first, second = await facts(FactKind.UNITS_CANCELLED)
    assert (first["amount_minor"], first["currency"], second["amount_minor"]) == (666, "USD", 334)
    assert second["cancelled"] == [{"line": str(mugs.id), "quantity": 1, "amount_minor": 334, "tax_minor": 0}]


async def test_the_totals_of_the_order_stay_what_was_billed():
    world = await furnish()
    order = await new_order(world, MUG=3)

    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert (await Order.get(id=order.id)).total_minor == order.total_minor == 3_000


async def test_a_mixed_order_is_cancelled_as_far_as_it_can_be_and_the_rest_is_asked_for():
    world = await furnish()
    order = await new_order(world, MUG=4, waiting=UnitStatus.BACKORDERED)
    await schedule(world, order, "MUG", 2, "NYC")
    fulfilment = await released(world, order)

    await cancel(world.act(), CancelOrder(order_id=order.id, reason="too late"))

    assert await units(order) == {UnitStatus.RELEASED: 2, UnitStatus.CANCELLED: 2}
    request = await CancellationRequest.get()
    assert (request.fulfilment_id, request.quantity, request.reason) == (fulfilment.id, 2, "too late")
    assert (await world.level("MUG", "NYC")).allocated == 2
    [asked] = await OutboxFact.filter(kind=FactKind.CANCELLATION_REQUESTED)
    assert (asked.fulfilment_id, asked.location_id) == (fulfilment.id, world.locations["NYC"].id)
    assert len(await facts(FactKind.UNITS_CANCELLED)) == 1


async def test_each_location_is_asked_for_its_own_units():
    world = await furnish()
    order = await new_order(world, MUG=4, waiting=UnitStatus.BACKORDERED)
    for at in ("NYC", "CHI"):
        await schedule(world, order, "MUG", 2, at)
        await released(world, order, at=at)

    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert [request.quantity for request in await CancellationRequest.all()] == [2, 2]
    told = {fact.location_id for fact in await OutboxFact.filter(kind=FactKind.CANCELLATION_REQUESTED)}
    assert told == {world.locations["NYC"].id, world.locations["CHI"].id}


async def test_asking_again_for_what_was_asked_changes_nothing():
    world = await furnish()
    order = await new_order(world, MUG=2)
    await released(world, order)
    await cancel(world.act(), CancelOrder(order_id=order.id))
    asked = await Order.get(id=order.id)

    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert (await Order.get(id=order.id)).version == asked.version
    assert await CancellationRequest.all().count() == 1


async def test_asking_for_more_units_enlarges_the_open_request():
    world = await furnish()
    order = await new_order(world, MUG=3)
    mugs = await line(order)
    await released(world, order)

    for quantity in (1, 2):
        await cancel(
            world.act(), CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=mugs.id, quantity=quantity),))
        )

    assert [request.quantity for request in await CancellationRequest.all()] == [3]


async def test_shipped_units_are_left_out_of_a_whole_order_and_refused_when_named():
    world = await furnish()
    order = await new_order(world, MUG=3)
    mugs = await line(order)
    await released(world, order)
    await walk(world, order, Action.ACCEPT, Action.PICK, Action.PACK)
    await walk(world, order, Action.SHIP, quantity=2)

    with pytest.raises(IllegalTransition):
        await cancel(world.act(), CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=mugs.id, quantity=2),)))
    assert await CancellationRequest.all().count() == 0
    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert [request.quantity for request in await CancellationRequest.all()] == [1]


async def test_when_one_line_cannot_be_stopped_nothing_is():
    world = await furnish()
    order = await new_order(world, MUG=1, LAMP=1)
    mugs, lamps = await line(order), await line(order, "LAMP")
    await schedule_away(world, order)

    lines = (CancelledLine(line_id=mugs.id, quantity=1), CancelledLine(line_id=lamps.id, quantity=1))
    with pytest.raises(IllegalTransition):
        await cancel(world.act(), CancelOrder(order_id=order.id, lines=lines))

    assert await units(order, "LAMP") == {UnitStatus.SCHEDULED: 1}
    assert await facts(FactKind.UNITS_CANCELLED) == []


async def schedule_away(world, order) -> None:
    """The mug leaves, the lamp stays scheduled."""
    await released(world, order)
    await walk(world, order, Action.ACCEPT, Action.PICK, Action.PACK, Action.SHIP, quantity=1)
    await walk(world, order, Action.DECLINE)
    await schedule(world, order, "LAMP", 1, "CHI")


async def test_an_open_change_of_the_order_stops_cancelling():
    world = await furnish()
    order = await new_order(world)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.PENDING_CHANGE))

    with pytest.raises(BlockedByHold):
        await cancel(world.act(), CancelOrder(order_id=order.id))

    assert await units(order) == {UnitStatus.SCHEDULED: 1}


async def test_every_line_that_is_wrong_is_named():
    world = await furnish()
    order, other = await new_order(world, MUG=2), await new_order(world)
    mugs, theirs = await line(order), await line(other)
    lines = (
        CancelledLine(line_id=mugs.id, quantity=3),
        CancelledLine(line_id=theirs.id),
        CancelledLine(line_id=mugs.id, quantity=0),
    )

    with pytest.raises(InvalidInput) as refusal:
        await cancel(world.act(), CancelOrder(order_id=order.id, lines=lines))

    assert {problem.path for problem in refusal.value.problems} == {
        "lines.2.line_id",
        "lines.0.quantity",
        "lines.1.line_id",
        "lines.2.quantity",
    }
    assert await units(order) == {UnitStatus.SCHEDULED: 2}


async def test_two_who_cancel_the_last_unit_at_once_release_it_once():
    world = await furnish()
    order = await new_order(world, MUG=1)
    command = CancelOrder(order_id=order.id)

    outcomes = await asyncio.gather(*(cancel(world.act(), command) for _ in range(8)), return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert len(refused) == 7
    assert (await world.level("MUG", "NYC")).allocated == 0
    assert await StockMovement.filter(kind="released").count() == 1
