"""Kits stay whole after they are placed: given back, cancelled, served from backorder, shipped and collected as kits."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from actions.backorders import retry_backorders
from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, PickedLine, PickUnits, ShortPick, pick, short_pick
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.releasing import ReleaseOrder, release, release_due
from actions.orders.cancelling import CancelledKit, CancelledLine, CancelOrder, cancel
from actions.orders.holding import ApplyHold, apply_hold
from actions.orders.parting import PartKit, part
from actions.orders.recalling import AnswerCancellation, RequestCancellation, answer_cancellation, request_cancellation
from actions.parcels.packing import PackedUnits, PackParcel, pack
from actions.parcels.shipping import ShipParcel, ship
from domain.errors import BlockedByHold, DomainError, IllegalTransition, InvalidInput
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus
from domain.orders import FulfilmentMethod
from domain.placing.commands import OrderedLine, PlaceOrder
from models import CancellationRequest, Fulfilment, Order, OrderKit, OrderLine, ParcelLine, StockMovement
from models.orders import CancellationStatus
from tests.actions.scenarios.placing import opened_desk, wanted
from tests.world import World, furnish, stock
from tests.world.fulfilment import code_of
from tests.world.kits import kit, kits_at, whole

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus


@pytest.fixture
async def world() -> World:
    """A set is a mug and two lamps. New York has what makes three of them."""
    world = await furnish(units=0)
    await kit(world, "SET", MUG=1, LAMP=2)
    await stock(world, {("MUG", "NYC"): 3, ("LAMP", "NYC"): 6})
    return world


async def placed(world: World, **quantities: int) -> Order:
    async with opened_desk() as desk:
        order_id = await desk.place(world.act(), wanted(world, **(quantities or {"SET": 3})))
    await Order.filter(id=order_id).update(confirmed_at=world.now)
    return await Order.get(id=order_id)


async def at_work(world: World, **quantities: int) -> tuple[Order, Fulfilment]:
    """Released and accepted."""
    order = await placed(world, **quantities)
    await release(world.act(), ReleaseOrder(order_id=order.id))
    fulfilment = await Fulfilment.get(order_id=order.id)
    await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id))
    return order, fulfilment


async def line(order: Order, sku: str) -> UUID:
    return (await OrderLine.get(order_id=order.id, sku=sku)).id


async def kit_of(order: Order) -> UUID:
    return (await OrderKit.get(order_id=order.id)).id


async def counters(world: World, sku: str, at: str = "NYC") -> tuple[int, int]:
    level = await world.level(sku, at)
    return level.on_hand, level.allocated


async def picked(world: World, order: Order, fulfilment: Fulfilment, **found: int) -> None:
    lines = [PickedLine(line_id=await line(order, sku), quantity=units) for sku, units in found.items()]
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=tuple(lines)))


async def packed(world: World, order: Order, fulfilment: Fulfilment, **units: int) -> UUID:
    contents = [
        PackedUnits(fulfilment_id=fulfilment.id, line_id=await line(order, sku), quantity=quantity)
        for sku, quantity in units.items()
    ]
    return await pack(world.act(), PackParcel(contents=tuple(contents)))


async def codes(refusing: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        await refusing
    return [(problem.path, problem.code) for problem in refusal.value.problems]


async def test_declining_one_component_gives_back_whole_kits_once(world):
    order, fulfilment = await at_work(world)

    lines = (await line(order, "MUG"),)
    command = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NO_CAPACITY, line_ids=lines)
    await decline(world.act(), command)

    assert await kits_at(order.id) == {(S.BACKORDERED, None): 3}
    assert await counters(world, "MUG") == (3, 0)
    assert await counters(world, "LAMP") == (6, 0)
    released = await StockMovement.filter(kind="released").values_list("quantity", flat=True)
    assert sorted(released) == [3, 6]


async def test_a_missing_component_takes_its_kit_along_but_no_other(world):
    order, fulfilment = await at_work(world)
    await picked(world, order, fulfilment, MUG=3)

    found = (FoundLine(line_id=await line(order, "LAMP"), found=5),)
    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND))

    standing = await OrderLine.filter(order_id=order.id).prefetch_related("units").order_by("position")
    assert [{unit.status: unit.quantity for unit in each.units} for each in standing] == [
        {S.PICKED: 2, S.BACKORDERED: 1},
        {S.PICKED: 4, S.BACKORDERED: 2},
    ]
    assert await counters(world, "MUG") == (3, 2)
    assert await counters(world, "LAMP") == (5, 4), "one lamp is lost, the other of its kit lies on the shelf again"
    assert await whole()


async def test_a_packed_component_is_taken_out_of_its_box_when_the_rest_is_missing(world):
    order, fulfilment = await at_work(world)
    await picked(world, order, fulfilment, MUG=3)
    await packed(world, order, fulfilment, MUG=3)

    found = (FoundLine(line_id=await line(order, "LAMP"), found=2),)
    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND))

    assert await ParcelLine.all().values_list("quantity", flat=True) == [1]
    assert await counters(world, "MUG") == (3, 1)
    assert await counters(world, "LAMP") == (2, 2)
    assert await whole()


async def test_a_picked_component_that_goes_back_lies_on_the_shelf_that_was_found_empty(world):
    order, fulfilment = await at_work(world, SET=1, MUG=1)
    of_kit, alone = await OrderLine.filter(order_id=order.id, sku="MUG").order_by("position")
    picked_one = (PickedLine(line_id=of_kit.id, quantity=1),)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=picked_one))

    found = (FoundLine(line_id=alone.id, found=0), FoundLine(line_id=await line(order, "LAMP"), found=0))
    command = ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.OUT_OF_STOCK)
    await short_pick(world.act(), command)

    assert await counters(world, "MUG") == (1, 0)
    assert await counters(world, "LAMP") == (0, 0)
    assert await whole()


async def test_what_one_location_lacks_another_serves_whole(world):
    await stock(world, {("MUG", "CHI"): 9, ("LAMP", "CHI"): 9})
    order, fulfilment = await at_work(world)

    lines = (await line(order, "LAMP"),)
    command = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NOT_FOUND, line_ids=lines)
    await decline(world.act(), command)

    assert await kits_at(order.id) == {(S.SCHEDULED, "CHI"): 3}
    assert await counters(world, "MUG") == (3, 0)


async def test_an_empty_shelf_takes_the_kits_of_other_orders_along(world):
    order, fulfilment = await at_work(world, SET=1)
    other, working = await placed(world, SET=1), await placed(world, SET=1)
    await release(world.act(), ReleaseOrder(order_id=working.id))

    lines = (await line(order, "MUG"),)
    command = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OUT_OF_STOCK, line_ids=lines)
    await decline(world.act(), command)

    for each in (order, other, working):
        assert await kits_at(each.id) == {(S.BACKORDERED, None): 1}
    assert await counters(world, "MUG") == (0, 0)
    assert await counters(world, "LAMP") == (6, 0)


async def test_waiting_kits_get_whole_kits(world):
    order = await placed(world, SET=5)
    await stock(world, {("MUG", "CHI"): 5})

    first = await retry_backorders(world.act())
    await stock(world, {("LAMP", "CHI"): 3})
    second = await retry_backorders(world.act())

    assert (first, second) == (0, 1)
    assert await kits_at(order.id) == {(S.SCHEDULED, "NYC"): 3, (S.SCHEDULED, "CHI"): 1, (S.BACKORDERED, None): 1}


async def test_a_component_alone_cannot_be_cancelled_and_the_refusal_says_how(world):
    order = await placed(world)
    command = CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=await line(order, "LAMP"), quantity=1),))

    with pytest.raises(InvalidInput, match="kit SET") as refusal:
        await cancel(world.act(), command)

    assert [(each.path, each.code) for each in refusal.value.problems] == [("lines.0.line_id", "KIT")]
    assert await kits_at(order.id) == {(S.SCHEDULED, "NYC"): 3}


async def test_kits_are_cancelled_whole_and_what_they_cost_adds_up(world):
    order = await placed(world)

    await cancel(
        world.act(), CancelOrder(order_id=order.id, kits=(CancelledKit(kit_id=await kit_of(order), quantity=1),))
    )
    once = await kits_at(order.id)
    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert once == {(S.SCHEDULED, "NYC"): 2, (S.CANCELLED, None): 1}
    assert await kits_at(order.id) == {(S.CANCELLED, None): 3}
    assert await counters(world, "LAMP") == (6, 0)


async def test_more_kits_than_there_are_cannot_be_cancelled(world):
    order = await placed(world)
    kit_id = await kit_of(order)

    assert await codes(
        cancel(world.act(), CancelOrder(order_id=order.id, kits=(CancelledKit(kit_id=kit_id, quantity=4),)))
    ) == [("kits.0.quantity", "OUT_OF_RANGE")]
    assert await codes(cancel(world.act(), CancelOrder(order_id=order.id, kits=(CancelledKit(kit_id=order.id),)))) == [
        ("kits.0.kit_id", "UNKNOWN_KIT")
    ]


async def requests(order: Order) -> Sequence[CancellationRequest]:
    return await CancellationRequest.filter(order_id=order.id).order_by("id")


async def test_a_location_answers_for_the_whole_kit(world):
    order, fulfilment = await at_work(world)
    await picked(world, order, fulfilment, MUG=2)
    await cancel(
        world.act(), CancelOrder(order_id=order.id, kits=(CancelledKit(kit_id=await kit_of(order), quantity=2),))
    )
    asked = {each.line_id: each.quantity for each in await requests(order)}

    await answer_cancellation(world.act(), AnswerCancellation(request_id=(await requests(order))[0].id, accept=True))

    assert asked == {await line(order, "MUG"): 2, await line(order, "LAMP"): 4}
    assert {each.status for each in await requests(order)} == {CancellationStatus.ACCEPTED}
    assert await counters(world, "MUG") == (3, 1)
    assert await counters(world, "LAMP") == (6, 2)
    assert await whole()


async def test_a_location_is_not_asked_to_stop_a_component(world):
    order, fulfilment = await at_work(world)
    one = RequestCancellation(fulfilment_id=fulfilment.id, line_id=await line(order, "MUG"))

    assert await codes(request_cancellation(world.act(), one)) == [("line_id", "KIT")]
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))

    assert len(await requests(order)) == 2


async def test_what_is_given_back_of_kits_that_shall_be_cancelled_is_cancelled(world):
    order, fulfilment = await at_work(world)
    await cancel(
        world.act(), CancelOrder(order_id=order.id, kits=(CancelledKit(kit_id=await kit_of(order), quantity=2),))
    )

    found = (FoundLine(line_id=await line(order, "MUG"), found=0),)
    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND))

    assert await kits_at(order.id) == {(S.CANCELLED, None): 2, (S.BACKORDERED, None): 1}


async def test_part_of_a_kit_does_not_leave_before_the_rest_is_packed(world):
    order, fulfilment = await at_work(world, SET=1)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))
    mug = await packed(world, order, fulfilment, MUG=1)

    assert await codes(ship(world.act(), ShipParcel(parcel_id=mug, carrier="UPS"))) == [("", "KIT_INCOMPLETE")]
    lamps = await packed(world, order, fulfilment, LAMP=2)
    await ship(world.act(), ShipParcel(parcel_id=mug, carrier="UPS"))
    await ship(world.act(), ShipParcel(parcel_id=lamps, carrier="UPS"))

    assert await kits_at(order.id) == {(S.SHIPPED, "NYC"): 1}
    assert await counters(world, "LAMP") == (4, 0)


async def test_a_kit_of_which_a_box_has_left_cannot_be_stopped(world):
    order, fulfilment = await at_work(world, SET=1)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))
    mug = await packed(world, order, fulfilment, MUG=1)
    await packed(world, order, fulfilment, LAMP=2)
    await cancel(world.act(), CancelOrder(order_id=order.id))
    await ship(world.act(), ShipParcel(parcel_id=mug, carrier="UPS"))

    [lamps] = [each for each in await requests(order) if each.status is CancellationStatus.REQUESTED]
    await answer_cancellation(world.act(), AnswerCancellation(request_id=lamps.id, accept=True))

    assert {each.status for each in await requests(order)} == {CancellationStatus.DECLINED}
    assert await counters(world, "LAMP") == (6, 2)


async def test_a_kit_is_collected_whole(world):
    mug = OrderedLine(
        variant_id=world.variants["SET"].id,
        quantity=1,
        method=FulfilmentMethod.PICKUP,
        pickup_location_id=world.locations["NYC"].id,
    )
    async with opened_desk() as desk:
        order_id = await desk.place(
            world.act(), PlaceOrder(channel_id=world.web.id, lines=(mug,), customer_id=world.customer.id)
        )
    order = await Order.get(id=order_id)
    await Order.filter(id=order_id).update(confirmed_at=world.now)
    await release(world.act(), ReleaseOrder(order_id=order_id))
    fulfilment = await Fulfilment.get(order_id=order_id)
    await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id))
    await picked(world, order, fulfilment, MUG=1)

    assert await codes(make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))) == [("", "KIT_INCOMPLETE")]
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))

    assert await kits_at(order_id) == {(S.PICKED_UP, "NYC"): 1}


async def test_a_held_component_holds_its_kit(world):
    order = await placed(world)
    await apply_hold(
        world.act(), ApplyHold(order_id=order.id, line_id=await line(order, "MUG"), kind=HoldKind.MANUAL, reason="?")
    )

    assert await release_due(world.now) == 0
    with pytest.raises(BlockedByHold):
        await release(world.act(), ReleaseOrder(order_id=order.id))

    assert await kits_at(order.id) == {(S.SCHEDULED, "NYC"): 3}


async def test_a_parted_kit_is_served_and_cancelled_by_its_components(world):
    order = await placed(world, SET=4)
    await stock(world, {("MUG", "CHI"): 1})

    await part(world.act(), PartKit(kit_id=await kit_of(order), reason="The mug is a present."))
    lamps = CancelledLine(line_id=await line(order, "LAMP"), quantity=2)
    await cancel(world.act(), CancelOrder(order_id=order.id, lines=(lamps,)))

    assert await counters(world, "MUG", "CHI") == (1, 1)
    kept = await OrderKit.get(order_id=order.id)
    assert (kept.parted_by, kept.parting_reason) == ("staff:test", "The mug is a present.")
    with pytest.raises(IllegalTransition):
        await part(world.act(), PartKit(kit_id=kept.id, reason="Again."))


async def test_a_parted_kit_may_leave_in_parts(world):
    order, fulfilment = await at_work(world, SET=1)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))
    mug = await packed(world, order, fulfilment, MUG=1)

    await part(world.act(), PartKit(kit_id=await kit_of(order), reason="Too large for one day."))
    await ship(world.act(), ShipParcel(parcel_id=mug, carrier="UPS"))

    assert await counters(world, "MUG") == (2, 0)


async def test_of_a_decline_and_a_cancellation_at_once_the_kits_stay_whole(world):
    order, fulfilment = await at_work(world)
    kit_id, lamp = await kit_of(order), await line(order, "LAMP")

    done = await asyncio.gather(
        decline(
            world.act(),
            DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NOT_FOUND, line_ids=(lamp,)),
        ),
        cancel(world.act(), CancelOrder(order_id=order.id, kits=(CancelledKit(kit_id=kit_id, quantity=2),))),
        return_exceptions=True,
    )

    assert not [each for each in done if isinstance(each, BaseException) and not isinstance(each, DomainError)]
    assert await whole()
    assert (await counters(world, "MUG"))[1] == 0
