"""Orders are confirmed once, when nothing holds them and, where the channel says so, when the money is there."""

from dataclasses import replace

import pytest

from actions.changing import lock_order, save
from actions.orders.confirming import ConfirmOrder, confirm, confirm_if_authorized
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.orders.holding import ApplyHold, ResolveHold, apply_hold, resolve_hold
from domain.errors import BlockedByHold, Conflict, IllegalTransition, NotFound, NotPaid
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.orders import ConfirmationPolicy
from domain.payments import AuthorizeStatus
from models import Hold, Order, OutboxFact, Payment
from models.db import tx
from tests.actions.scenarios.placing import wanted
from tests.world import World, channel, furnish, price
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")


async def is_confirmed(order: Order) -> bool:
    return (await Order.get(id=order.id)).confirmed_at is not None


async def waiting_for_money(world: World) -> Order:
    shop = await channel(world, "CARD", confirmation=ConfirmationPolicy.ON_AUTHORIZATION)
    return await new_order(world, is_confirmed=False, channel=shop)


async def authorize(world: World, order: Order, status: AuthorizeStatus = AuthorizeStatus.FULL) -> None:
    """As the payments' actions do it: words first, then the seam."""
    async with tx():
        change = await lock_order(world.act(), order.id)
        change.order.authorize_status = status
        await Order.filter(id=order.id).update(authorize_status=status)
        await confirm_if_authorized(world.act(), change)
        await save(world.act(), [change])


async def test_confirming_is_recorded_with_its_moment_and_a_new_version():
    world = await furnish()
    order = await new_order(world, is_confirmed=False)

    await confirm(world.act(), ConfirmOrder(order_id=order.id, expected_version=order.version))

    confirmed = await Order.get(id=order.id)
    assert (confirmed.confirmed_at, confirmed.version) == (world.now, order.version + 1)
    assert await OutboxFact.filter(order_id=order.id, kind=FactKind.ORDER_CONFIRMED).count() == 1


async def test_confirming_again_changes_nothing():
    world = await furnish()
    order = await new_order(world, is_confirmed=True)

    await confirm(world.act(), ConfirmOrder(order_id=order.id))

    assert (await Order.get(id=order.id)).version == order.version
    assert await OutboxFact.filter(order_id=order.id, kind=FactKind.ORDER_CONFIRMED).count() == 0


@pytest.mark.parametrize("kind", [HoldKind.FRAUD, HoldKind.CREDIT])
async def test_a_held_order_is_not_confirmed(kind):
    world = await furnish()
    order = await new_order(world, is_confirmed=False)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=kind))

    with pytest.raises(BlockedByHold) as refusal:
        await confirm(world.act(), ConfirmOrder(order_id=order.id))

    assert refusal.value.kinds == (kind,)
    assert not await is_confirmed(order)


async def test_a_hold_that_only_stops_goods_lets_an_order_be_confirmed():
    world = await furnish()
    order = await new_order(world, is_confirmed=False)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.PAYMENT))

    await confirm(world.act(), ConfirmOrder(order_id=order.id))

    assert await is_confirmed(order)


async def test_an_order_read_too_long_ago_is_not_confirmed():
    world = await furnish()
    order = await new_order(world, is_confirmed=False)

    with pytest.raises(Conflict) as refusal:
        await confirm(world.act(), ConfirmOrder(order_id=order.id, expected_version=order.version - 1))

    assert refusal.value.actual_version == order.version
    assert not await is_confirmed(order)


async def test_a_draft_is_placed_not_confirmed():
    world = await furnish()
    order = await new_order(world, waiting=UnitStatus.DRAFT, is_confirmed=False)

    with pytest.raises(IllegalTransition):
        await confirm(world.act(), ConfirmOrder(order_id=order.id))

    assert not await is_confirmed(order)


async def test_nobody_confirms_the_order_of_another_organization():
    world, other = await furnish(), await furnish()
    order = await new_order(world, is_confirmed=False)

    with pytest.raises(NotFound):
        await confirm(other.act(), ConfirmOrder(order_id=order.id))

    assert not await is_confirmed(order)


async def test_an_order_that_waits_for_money_says_how_much_is_missing():
    world = await furnish()
    order = await waiting_for_money(world)
    await Payment.create(
        id=new_id(),
        organization_id=world.organization_id,
        order_id=order.id,
        tender="card",
        gateway="fake",
        currency="USD",
        authorized_minor=300,
        charged_minor=100,
        created_at=world.now,
    )

    with pytest.raises(NotPaid) as refusal:
        await confirm(world.act(), ConfirmOrder(order_id=order.id))

    assert (refusal.value.needed_minor, refusal.value.covered_minor) == (1_000, 400)
    assert not await is_confirmed(order)


async def test_full_authorization_confirms_an_order_that_waited_for_it():
    world = await furnish()
    order = await waiting_for_money(world)

    await authorize(world, order)

    assert await is_confirmed(order)


async def test_partial_authorization_confirms_nothing():
    world = await furnish()
    order = await waiting_for_money(world)

    await authorize(world, order, AuthorizeStatus.PARTIAL)

    assert not await is_confirmed(order)


async def test_authorization_does_not_confirm_what_somebody_must_confirm():
    world = await furnish()
    by_hand = await channel(world, "PHONE", confirmation=ConfirmationPolicy.MANUAL)
    order = await new_order(world, is_confirmed=False, channel=by_hand)

    await authorize(world, order)

    assert not await is_confirmed(order)


async def test_a_held_order_with_its_money_there_is_confirmed_when_the_hold_is_resolved():
    world = await furnish()
    order = await waiting_for_money(world)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))
    await authorize(world, order)
    assert not await is_confirmed(order)
    hold = await Hold.get(order_id=order.id)

    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=hold.id))

    assert await is_confirmed(order)


async def test_a_free_draft_is_confirmed_when_it_is_placed_and_one_to_be_paid_is_not():
    world = await furnish()
    shop = await channel(world, "PAID", confirmation=ConfirmationPolicy.ON_AUTHORIZATION)
    await price(world, "MUG", shop, 0)
    await price(world, "LAMP", shop, 1)
    drafts = [
        await draft(world.act(), replace(wanted(world, **{sku: 1}), channel_id=shop.id)) for sku in ("MUG", "LAMP")
    ]

    for order_id in drafts:
        await place_draft(world.act(), PlaceDraft(order_id=order_id))

    free, owed = [await Order.get(id=order_id) for order_id in drafts]
    assert (free.confirmed_at, owed.confirmed_at) == (world.now, None)
