"""Waiting too long: a location that does not answer has declined, what nobody collects goes back on the shelf."""

from datetime import timedelta

import pytest

from actions.chaining.answering import AcknowledgePurchase, acknowledge
from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.giving_back import MOST_HOPS
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.fulfilment.timers import cancel_uncollected, decline_as_late, decline_late
from actions.locations import UpsertLocation, upsert_location
from actions.orders.holding import ApplyHold, apply_hold
from domain.errors import Conflict, InvalidInput
from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.holds import HoldKind
from domain.lifecycle import OrderStatus, UnitStatus
from models import ExcludedLocation, Fulfilment, Hold, LineStatus, Location, Order, Parcel
from tests.actions.asserting import books_balance, refused
from tests.world import World, furnish, place, stock
from tests.world.fulfilment import accepted, code_of, open_fulfilment, packed, picked, pickup_fulfilment
from tests.world.orders import units
from tests.world.vendors import chained_order

pytestmark = pytest.mark.usefixtures("database")

HALF_AN_HOUR = timedelta(minutes=30)


async def limit(world: World, *codes: str, **limits: int | None) -> None:
    for code in codes or world.locations:
        await upsert_location(world.act(), UpsertLocation(code=code, **limits))


async def ready(world: World, **wanted: int) -> Fulfilment:
    fulfilment = await picked(world, await pickup_fulfilment(world, **wanted))
    await packed(world, fulfilment)
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    return await Fulfilment.get(id=fulfilment.id)


async def test_work_that_nobody_accepts_in_time_goes_to_another_location():
    world = await furnish()
    await limit(world, "NYC", accept_within_minutes=30)
    fulfilment = await open_fulfilment(world, MUG=2)

    assert await decline_late(world.now + HALF_AN_HOUR) == 1

    declined = await Fulfilment.get(id=fulfilment.id)
    assert (declined.status, declined.decline_reason) == (FulfilmentStatus.DECLINED, DeclineReason.TOO_LATE)
    standing = await LineStatus.get(order_id=fulfilment.order_id)
    assert standing.status is UnitStatus.SCHEDULED
    assert standing.location_id != world.locations["NYC"].id
    await books_balance()


async def test_work_is_left_alone_until_its_time_is_over():
    world = await furnish()
    await limit(world, "NYC", accept_within_minutes=30)
    await open_fulfilment(world, MUG=2)

    assert await decline_late(world.now + HALF_AN_HOUR - timedelta(seconds=1)) == 0


async def test_a_location_without_a_limit_waits_for_ever():
    world = await furnish()
    await open_fulfilment(world, MUG=2)

    assert await decline_late(world.now + timedelta(days=300)) == 0


async def test_accepted_work_is_not_taken_back():
    world = await furnish()
    await limit(world, accept_within_minutes=30)
    await accepted(world, await open_fulfilment(world, MUG=2))

    assert await decline_late(world.now + timedelta(days=1)) == 0


async def test_a_run_takes_back_no_more_than_its_batch_the_oldest_first():
    world = await furnish()
    await limit(world, "NYC", accept_within_minutes=30)
    first = await open_fulfilment(world, MUG=1)
    await open_fulfilment(world, MUG=1)

    assert await decline_late(world.now + HALF_AN_HOUR, limit=1) == 1

    assert (await Fulfilment.get(status=FulfilmentStatus.DECLINED)).id == first.id


async def test_what_too_many_locations_let_lie_is_held_for_somebody_to_decide():
    world = await furnish()
    for at in range(MOST_HOPS):
        await place(world, f"L{at}")
    await limit(world, accept_within_minutes=30)
    fulfilment = await open_fulfilment(world, MUG=2)
    [line] = await fulfilment.lines.all()
    until = world.now + timedelta(days=2)
    for code in list(world.locations)[-(MOST_HOPS - 1) :]:
        location = world.locations[code]
        await ExcludedLocation.create(line_id=line.line_id, location=location, until=until, reason="too_late")

    assert await decline_late(world.now + HALF_AN_HOUR) == 1

    order = await Order.get(id=fulfilment.order_id)
    assert await units(order) == {UnitStatus.UNSCHEDULED: 2}
    assert (await Hold.get(order_id=order.id)).kind is HoldKind.UNROUTABLE
    await books_balance()


async def test_it_ends_after_so_many_locations_however_many_there_are():
    world = await furnish()
    for at in range(MOST_HOPS + 2):
        await place(world, f"L{at}")
    await limit(world, accept_within_minutes=30)
    await stock(world, {("MUG", f"L{at}"): 5 for at in range(MOST_HOPS + 2)})
    fulfilment = await open_fulfilment(world, MUG=1)
    hops = 0
    while await decline_late(world.now + (hops + 1) * HALF_AN_HOUR):
        hops += 1
        if (await LineStatus.get(order_id=fulfilment.order_id)).status is UnitStatus.SCHEDULED:
            act = world.act(now=world.now + hops * HALF_AN_HOUR)
            await release(act, ReleaseOrder(order_id=fulfilment.order_id))

    assert hops == MOST_HOPS
    assert (await Hold.get()).kind is HoldKind.UNROUTABLE
    await books_balance()


async def test_what_nobody_collects_goes_back_on_the_shelf():
    world = await furnish()
    await limit(world, "NYC", collect_within_days=7)
    fulfilment = await ready(world, MUG=2)

    assert await cancel_uncollected(world.now + timedelta(days=7)) == 1

    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.CANCELLED
    assert (await Order.get(id=fulfilment.order_id)).status is OrderStatus.CANCELLED
    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (10, 0)
    assert await Parcel.all().count() == 0
    await books_balance()


async def test_a_customer_has_until_the_last_moment():
    world = await furnish()
    await limit(world, "NYC", collect_within_days=7)
    fulfilment = await ready(world, MUG=2)

    assert await cancel_uncollected(world.now + timedelta(days=7, seconds=-1)) == 0
    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))
    assert await cancel_uncollected(world.now + timedelta(days=8)) == 0


async def test_a_pickup_that_nobody_may_cancel_now_does_not_keep_others_from_their_turn():
    world = await furnish()
    await limit(world, "NYC", collect_within_days=7)
    held, other = await ready(world, MUG=1), await ready(world, MUG=1)
    await apply_hold(world.act(), ApplyHold(order_id=held.order_id, kind=HoldKind.PENDING_CHANGE))

    assert await cancel_uncollected(world.now + timedelta(days=7), limit=1) == 1

    statuses = [(await Fulfilment.get(id=each.id)).status for each in (held, other)]
    assert statuses == [FulfilmentStatus.READY_FOR_PICKUP, FulfilmentStatus.CANCELLED]


async def test_the_days_count_from_when_the_last_of_it_was_ready():
    world = await furnish()
    fulfilment = await ready(world, MUG=2)

    assert fulfilment.ready_at == world.now


async def test_work_that_changed_meanwhile_is_left_for_the_next_run():
    world = await furnish()
    fulfilment = await open_fulfilment(world, MUG=2)
    seen = fulfilment.version
    await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id))

    async with refused(Conflict):
        await decline_as_late(world.act(), fulfilment.id, seen)


async def test_what_a_vendor_has_taken_on_meanwhile_is_left_to_it():
    world = await furnish(units=0)
    chained = await chained_order(world, MUG=2)
    seen = await Fulfilment.get(id=chained.fulfilment_id)
    await acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=chained.id))

    async with refused(Conflict):
        await decline_as_late(world.act(), seen.id, seen.version)


@pytest.mark.parametrize("wrong", [{"accept_within_minutes": 0}, {"collect_within_days": 366}])
async def test_a_limit_out_of_bounds_is_refused(wrong):
    world = await furnish()

    async with refused(InvalidInput):
        await limit(world, "NYC", **wrong)


async def test_a_limit_is_taken_off_again():
    world = await furnish()
    await limit(world, "NYC", accept_within_minutes=30)
    await limit(world, "NYC", accept_within_minutes=None)

    assert (await Location.get(code="NYC")).accept_within_minutes is None
