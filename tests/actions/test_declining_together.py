"""What goes along when a location gives one line back: nothing, the order's work, other orders, or all of these."""

from dataclasses import dataclass

import pytest

from actions import restocking
from actions.channels import UpsertChannel, upsert_channel
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.giving_back import MOST_HOPS
from actions.fulfilment.picking import FoundLine, PickedLine, PickUnits, ShortPick, pick, short_pick
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.recalling import AnswerCancellation, RequestCancellation, answer_cancellation, request_cancellation
from actions.parcels.packing import PackedUnits, PackParcel, pack
from domain.errors import IllegalTransition, InvalidInput
from domain.facts import FactKind
from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus
from models import CancellationRequest, ExcludedLocation, Fulfilment, Hold, LineStatus, Order
from tests.actions.asserting import books_balance, refused, told
from tests.world import World, furnish, place
from tests.world.fulfilment import accepted, open_fulfilment, pickup_fulfilment
from tests.world.orders import line, new_order, units

pytestmark = pytest.mark.usefixtures("database")


@dataclass(frozen=True, slots=True)
class Work:
    """At New York: the order whose mug is missing, one that wants the same, planned and released, and one that does not."""

    cause: Fulfilment
    like: Fulfilment
    planned: Order
    unlike: Fulfilment


async def work(world: World) -> Work:
    return Work(
        cause=await accepted(world, await open_fulfilment(world, MUG=1, LAMP=1)),
        like=await open_fulfilment(world, MUG=2, LAMP=1),
        planned=await new_order(world, MUG=1, LAMP=1),
        unlike=await open_fulfilment(world, LAMP=1),
    )


async def stayed(order_id) -> set[str]:
    """The SKUs that New York still has for the order."""
    found = LineStatus.filter(order_id=order_id, location__code="NYC").select_related("line")
    return {row.line.sku for row in await found}


async def mug_of(fulfilment: Fulfilment):
    return (await line(await Order.get(id=fulfilment.order_id), "MUG")).id


BOTH = {"MUG", "LAMP"}


@pytest.mark.parametrize(
    ("may_split", "cascade", "left"),
    [
        (True, False, [{"LAMP"}, BOTH, BOTH]),
        (False, False, [set(), BOTH, BOTH]),
        (True, True, [{"LAMP"}, {"LAMP"}, {"LAMP"}]),
        (False, True, [set(), set(), set()]),
    ],
    ids=["only the item", "its order's work", "the product in all orders", "the work of all those orders"],
)
async def test_what_is_given_back_beside_the_missing_line(may_split, cascade, left):
    """HotWax `reject#OrderItems`: maySplit x cascadeRejectByProduct."""
    world = await furnish()
    here = await work(world)

    missing = DeclineFulfilment(
        fulfilment_id=here.cause.id,
        reason=DeclineReason.NOT_FOUND,
        line_ids=(await mug_of(here.cause),),
        may_split=may_split,
        cascade=cascade,
    )
    await decline(world.act(), missing)

    orders = (here.cause.order_id, here.like.order_id, here.planned.id)
    assert [await stayed(order_id) for order_id in orders] == left
    assert await stayed(here.unlike.order_id) == {"LAMP"}
    lost = 4 if cascade else 1
    assert (await world.level("MUG", "NYC")).on_hand == 10 - lost
    assert (await world.level("LAMP", "NYC")).on_hand == 10
    given_back = sum(len(BOTH - kept) for kept in left)
    assert await ExcludedLocation.filter(location=world.locations["NYC"]).count() == given_back
    await books_balance()


async def test_what_was_picked_for_work_that_may_not_split_returns_to_the_shelf():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=2, LAMP=1))
    order = await Order.get(id=fulfilment.order_id)
    lamp = (PickedLine(line_id=(await line(order, "LAMP")).id, quantity=1),)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=lamp))

    found = (FoundLine(line_id=(await line(order)).id, found=1),)
    missing = ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND, may_split=False)
    await short_pick(world.act(), missing)

    assert await stayed(order.id) == set()
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.DECLINED
    assert [(await world.level(sku, "NYC")).on_hand for sku in ("MUG", "LAMP")] == [9, 10]
    elsewhere = await LineStatus.filter(order_id=order.id).values_list("location_id", flat=True)
    assert len(set(elsewhere)) == 1
    await books_balance()


async def test_what_is_put_back_on_a_shelf_that_is_empty_otherwise_is_all_that_lies_there():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3, LAMP=1))
    mugs = await mug_of(fulfilment)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=(PickedLine(line_id=mugs, quantity=1),)))

    missing = ShortPick(fulfilment_id=fulfilment.id, lines=(FoundLine(line_id=mugs, found=1),), may_split=False)
    await short_pick(world.act(), missing)

    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (2, 0)
    await books_balance()


async def test_work_that_is_packed_in_part_is_split_already():
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=1, LAMP=1))
    order = await Order.get(id=fulfilment.order_id)
    lamp = (await line(order, "LAMP")).id
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=(PickedLine(line_id=lamp, quantity=1),)))
    await pack(world.act(), PackParcel(contents=(PackedUnits(fulfilment_id=fulfilment.id),)))

    missing = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NOT_FOUND, may_split=False)
    await decline(world.act(), missing)

    assert await units(order, "LAMP") == {UnitStatus.PACKED: 1}
    assert await units(order, "MUG") == {UnitStatus.SCHEDULED: 1}


async def test_what_is_collected_is_collected_in_parts():
    world = await furnish()
    fulfilment = await accepted(world, await pickup_fulfilment(world, MUG=1, LAMP=1))
    order = await Order.get(id=fulfilment.order_id)

    missing = DeclineFulfilment(
        fulfilment_id=fulfilment.id,
        reason=DeclineReason.NOT_FOUND,
        line_ids=(await mug_of(fulfilment),),
        may_split=False,
    )
    await decline(world.act(), missing)

    assert await units(order, "MUG") == {UnitStatus.PICKUP_REJECTED: 1}
    assert await units(order, "LAMP") == {UnitStatus.ACKNOWLEDGED: 1}


async def test_the_channel_says_whether_work_may_split_unless_the_location_does():
    world = await furnish()
    await upsert_channel(world.act(), UpsertChannel(code=world.web.code, may_split_declined=False))
    whole, in_parts = await open_fulfilment(world, MUG=1, LAMP=1), await open_fulfilment(world, MUG=1, LAMP=1)

    for fulfilment, may_split in ((whole, None), (in_parts, True)):
        missing = DeclineFulfilment(
            fulfilment_id=fulfilment.id,
            reason=DeclineReason.NOT_FOUND,
            line_ids=(await mug_of(fulfilment),),
            may_split=may_split,
        )
        await decline(world.act(), missing)

    assert await stayed(whole.order_id) == set()
    assert await stayed(in_parts.order_id) == {"LAMP"}


async def test_an_empty_shelf_takes_the_work_of_other_orders_along_whole_where_their_channel_says_so():
    world = await furnish()
    shop = world.channels["SHOP"]
    await upsert_channel(world.act(), UpsertChannel(code=shop.code, may_split_declined=False))
    cause = await open_fulfilment(world, MUG=1, LAMP=1)
    also = await open_fulfilment(world, channel=shop, MUG=1, LAMP=1)

    empty = DeclineFulfilment(
        fulfilment_id=cause.id, reason=DeclineReason.OUT_OF_STOCK, line_ids=(await mug_of(cause),)
    )
    await decline(world.act(), empty)

    assert await stayed(cause.order_id) == {"LAMP"}
    assert await stayed(also.order_id) == set()
    facts = await told(FactKind.FULFILMENT_DECLINED)
    assert [(fact.fulfilment_id, len(fact.payload["moves"])) for fact in facts] == [(cause.id, 1), (also.id, 2)]


async def test_a_shelf_is_not_empty_for_one_order_alone():
    world = await furnish()
    fulfilment = await open_fulfilment(world)

    async with refused(InvalidInput) as refusal:
        alone = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OUT_OF_STOCK, cascade=False)
        await decline(world.act(), alone)

    assert [problem.code for problem in refusal.value.problems] == ["SHELF_IS_EMPTY"]


@pytest.mark.parametrize("is_picked_short", [False, True])
async def test_what_too_many_locations_gave_back_is_left_to_somebody(is_picked_short):
    world = await furnish()
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=1))
    mug = await mug_of(fulfilment)
    for at in range(MOST_HOPS - 1):
        location = await place(world, f"L{at}")
        await ExcludedLocation.create(line_id=mug, location=location, until=world.now, reason="other")

    if is_picked_short:
        found = (FoundLine(line_id=mug, found=0),)
        missing = ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND)
        await short_pick(world.act(), missing)
    else:
        await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OTHER))

    assert await units(await Order.get(id=fulfilment.order_id)) == {UnitStatus.UNSCHEDULED: 1}
    hold = await Hold.get(order_id=fulfilment.order_id)
    assert (hold.kind, hold.applied_by) == (HoldKind.UNROUTABLE, "staff:test")


@pytest.fixture
def heard():
    """The variants that were announced as free."""
    found: list[frozenset] = []

    def hear(act, variant_ids):
        found.append(variant_ids)

    restocking.listeners.append(hear)
    yield found
    restocking.listeners.remove(hear)


async def test_what_a_location_declines_is_announced_once_to_whoever_waits(heard):
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=1, LAMP=1)
    heard.clear()

    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NO_CAPACITY))

    assert heard == [frozenset({world.variants["MUG"].id, world.variants["LAMP"].id})]


async def test_what_is_cancelled_or_recalled_is_announced(heard):
    world = await furnish()
    order = await new_order(world, MUG=1)
    fulfilment = await open_fulfilment(world, LAMP=1)
    heard.clear()

    await cancel(world.act(), CancelOrder(order_id=order.id))
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))
    request = await CancellationRequest.get()
    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))

    assert heard == [frozenset({world.variants["MUG"].id}), frozenset({world.variants["LAMP"].id})]


async def test_a_refusal_announces_nothing(heard):
    world = await furnish()
    order = await new_order(world, MUG=1)
    await cancel(world.act(), CancelOrder(order_id=order.id))
    heard.clear()

    async with refused(IllegalTransition):
        await cancel(world.act(), CancelOrder(order_id=order.id))

    assert heard == []
