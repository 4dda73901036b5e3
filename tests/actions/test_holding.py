"""Holds are applied, judged, resolved and expire one by one."""

from datetime import timedelta

import pytest

from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.holding import (
    EXPIRED,
    EXPIRY_ACTOR,
    ApplyHold,
    RejectHold,
    ResolveHold,
    apply_hold,
    expire_holds,
    reject_hold,
    resolve_hold,
)
from domain.errors import AlreadyExists, Conflict, IllegalTransition, InvalidInput, NotFound
from domain.facts import FactKind
from domain.holds import HoldKind, HoldStatus
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from models import Hold, Order, OutboxFact
from tests.world import World, furnish
from tests.world.orders import line, new_order

pytestmark = pytest.mark.usefixtures("database")


async def held(world: World, *kinds: HoldKind, **values) -> Order:
    order = await new_order(world)
    for kind in kinds:
        await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=kind, **values))
    return order


async def statuses(order: Order) -> dict[HoldKind, HoldStatus]:
    return {hold.kind: hold.status for hold in await Hold.filter(order_id=order.id)}


async def test_a_hold_says_who_applied_it_when_and_why():
    world = await furnish()
    later = world.now + timedelta(hours=2)

    order = await held(world, HoldKind.FRAUD, reason="new address", expires_at=later)

    hold = await Hold.get(order_id=order.id)
    assert (hold.kind, hold.status, hold.reason) == (HoldKind.FRAUD, HoldStatus.CREATED, "new address")
    assert (hold.applied_by, hold.applied_at, hold.expires_at) == ("staff:test", world.now, later)


async def test_a_hold_does_not_touch_the_stock_of_the_order():
    world = await furnish()

    await held(world, HoldKind.FRAUD)

    assert (await world.level("MUG", "NYC")).allocated == 1


async def test_resolving_one_hold_leaves_the_others():
    world = await furnish()
    order = await held(world, HoldKind.FRAUD, HoldKind.CREDIT, HoldKind.MANUAL)
    fraud = await Hold.get(order_id=order.id, kind=HoldKind.FRAUD)

    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=fraud.id, resolution="called her"))

    assert await statuses(order) == {
        HoldKind.FRAUD: HoldStatus.RESOLVED,
        HoldKind.CREDIT: HoldStatus.CREATED,
        HoldKind.MANUAL: HoldStatus.CREATED,
    }
    resolved = await Hold.get(id=fraud.id)
    assert (resolved.resolved_by, resolved.resolved_at, resolved.resolution) == ("staff:test", world.now, "called her")


async def test_the_same_hold_is_not_applied_twice_but_again_after_it_was_resolved():
    world = await furnish()
    order = await held(world, HoldKind.FRAUD)
    first = await Hold.get(order_id=order.id)

    with pytest.raises(AlreadyExists):
        await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))
    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=first.id))
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))

    assert sorted(hold.status for hold in await Hold.filter(order_id=order.id)) == ["created", "resolved"]


async def test_an_order_and_its_line_can_have_a_hold_of_the_same_kind():
    world = await furnish()
    order = await held(world, HoldKind.FRAUD)
    mugs = await line(order)

    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD, line_id=mugs.id))

    assert {hold.line_id for hold in await Hold.filter(order_id=order.id)} == {None, mugs.id}


async def test_a_line_of_another_order_is_not_held():
    world = await furnish()
    order, other = await new_order(world), await new_order(world)
    theirs = await line(other)

    with pytest.raises(NotFound):
        await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD, line_id=theirs.id))

    assert await Hold.all().count() == 0


@pytest.mark.parametrize("status", [UnitStatus.DRAFT, UnitStatus.CANCELLED])
async def test_what_is_not_placed_or_over_is_not_held(status):
    world = await furnish()
    order = await new_order(world, waiting=UnitStatus.DRAFT if status is UnitStatus.DRAFT else None)
    if status is UnitStatus.CANCELLED:
        await cancel(world.act(), CancelOrder(order_id=order.id))

    with pytest.raises(IllegalTransition) as refusal:
        await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))

    assert refusal.value.was == status
    assert await Hold.all().count() == 0


async def test_a_hold_that_would_be_over_already_and_a_reason_too_long_are_both_named():
    world = await furnish()
    order = await new_order(world)
    command = ApplyHold(order_id=order.id, kind=HoldKind.MANUAL, reason="x" * 501, expires_at=world.now)

    with pytest.raises(InvalidInput) as refusal:
        await apply_hold(world.act(), command)

    assert [problem.path for problem in refusal.value.problems] == ["reason", "expires_at"]
    assert await Hold.all().count() == 0


async def test_holding_counts_as_a_change_of_the_order():
    world = await furnish()
    order = await held(world, HoldKind.FRAUD)

    with pytest.raises(Conflict):
        await apply_hold(
            world.act(), ApplyHold(order_id=order.id, kind=HoldKind.CREDIT, expected_version=order.version)
        )

    assert await Hold.all().count() == 1


async def test_a_rejected_hold_stays_without_an_end_until_it_is_resolved():
    world = await furnish()
    order = await held(world, HoldKind.FRAUD, expires_at=world.now + timedelta(minutes=5))
    hold = await Hold.get(order_id=order.id)

    await reject_hold(world.act(), RejectHold(order_id=order.id, hold_id=hold.id, reason="stolen card"))
    await expire_holds(world.now + timedelta(days=1))

    rejected = await Hold.get(id=hold.id)
    assert (rejected.status, rejected.expires_at, rejected.resolution) == (HoldStatus.REJECTED, None, "stolen card")
    with pytest.raises(IllegalTransition):
        await reject_hold(world.act(), RejectHold(order_id=order.id, hold_id=hold.id, reason="again"))
    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=hold.id))
    assert await statuses(order) == {HoldKind.FRAUD: HoldStatus.RESOLVED}


async def test_a_resolved_hold_is_not_resolved_again():
    world = await furnish()
    order = await held(world, HoldKind.FRAUD)
    hold = await Hold.get(order_id=order.id)
    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=hold.id))

    with pytest.raises(IllegalTransition) as refusal:
        await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=hold.id))

    assert refusal.value.was == HoldStatus.RESOLVED
    assert await OutboxFact.filter(kind=FactKind.HOLD_RESOLVED).count() == 1


async def test_a_hold_of_another_order_is_not_found():
    world = await furnish()
    order, other = await held(world, HoldKind.FRAUD), await new_order(world)
    hold = await Hold.get(order_id=order.id)

    for wrong in (hold.id, new_id()):
        with pytest.raises(NotFound):
            await resolve_hold(world.act(), ResolveHold(order_id=other.id, hold_id=wrong))

    assert await statuses(order) == {HoldKind.FRAUD: HoldStatus.CREATED}


async def test_a_hold_expires_at_its_moment_and_not_before():
    world = await furnish()
    due = world.now + timedelta(minutes=5)
    order = await held(world, HoldKind.ADDRESS, expires_at=due)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.MANUAL))

    assert await expire_holds(due - timedelta(microseconds=1)) == 0
    assert await expire_holds(due) == 1

    assert await statuses(order) == {HoldKind.ADDRESS: HoldStatus.RESOLVED, HoldKind.MANUAL: HoldStatus.CREATED}
    expired = await Hold.get(order_id=order.id, kind=HoldKind.ADDRESS)
    assert (expired.resolved_by, expired.resolved_at, expired.resolution) == (EXPIRY_ACTOR, due, EXPIRED)


async def test_expiring_holds_takes_a_bounded_batch_and_the_rest_the_next_time():
    world = await furnish()
    due = world.now + timedelta(minutes=5)
    for _ in range(3):
        await held(world, HoldKind.MANUAL, expires_at=due)

    runs = [await expire_holds(due, limit=2) for _ in range(3)]

    assert runs == [2, 1, 0]
