"""Two who want the same units at the same moment: exactly one gets them, whoever it is, and the books say so."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from datetime import timedelta

import pytest

from actions import desk, inventory, reservations
from actions.desk import Desk
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import PickUnits, pick
from actions.inventory import Adjustment, AdjustStock, MarkDamaged, StockLine
from actions.orders.recalling import AnswerCancellation, RequestCancellation, answer_cancellation, request_cancellation
from actions.parcels.shipping import ShipParcel, ship
from domain.errors import DomainError, InsufficientStock, StockCommitted
from domain.fulfilment import DeclineReason
from domain.lifecycle import UnitStatus
from domain.placing.commands import CartLine, OrderedLine, PlaceOrder, ReserveCart
from domain.stock import AdjustmentReason
from models import CancellationRequest, Reservation
from tests.actions.asserting import books_balance
from tests.actions.stock_walk.order_steps import ADDRESS
from tests.world import World, furnish, stock
from tests.world.fulfilment import accepted, open_fulfilment, packed, picked
from tests.world.orders import units

pytestmark = pytest.mark.usefixtures("database")

ROUNDS = 6
"""Who comes first differs from round to round."""


@pytest.fixture
async def counter(database_url: str) -> AsyncGenerator[Desk, None]:
    async with desk.opened(database_url) as opened:
        yield opened


async def both(at: int, first: Awaitable[object], second: Awaitable[object]) -> tuple[object, object]:
    """At once, begun in turns; refusals are answers."""
    tasks = [asyncio.ensure_future(each) for each in ((first, second) if at % 2 else (second, first))]
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, DomainError):
            raise answer
    return (answers[0], answers[1]) if at % 2 else (answers[1], answers[0])


def won(answer: object) -> bool:
    return not isinstance(answer, DomainError)


async def test_a_unit_is_either_shipped_or_recalled() -> None:
    world = await furnish(units=20)
    for at in range(ROUNDS):
        fulfilment = await picked(world, await open_fulfilment(world))
        parcel = await packed(world, fulfilment)
        await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))
        request = await CancellationRequest.get(fulfilment_id=fulfilment.id)

        shipped, _ = await both(
            at,
            ship(world.act(), ShipParcel(parcel_id=parcel.id, carrier="UPS")),
            answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True)),
        )

        expected = UnitStatus.SHIPPED if won(shipped) else UnitStatus.CANCELLED
        assert await units(await fulfilment.order) == {expected: 1}
        await books_balance()


async def test_a_unit_is_either_picked_or_declined() -> None:
    world = await furnish(units=20)
    for at in range(ROUNDS):
        fulfilment = await accepted(world, await open_fulfilment(world))

        answers = await both(
            at,
            pick(world.act(), PickUnits(fulfilment_id=fulfilment.id)),
            decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OTHER)),
        )

        assert [won(each) for each in answers].count(True) == 1
        await books_balance()


@pytest.mark.parametrize("way", ["adjusted away", "damaged"])
async def test_the_last_unit_is_either_sold_or_gone(counter: Desk, way: str) -> None:
    world = await furnish(units=0)
    for at in range(ROUNDS):
        await stock(world, {("MUG", "NYC"): 1})

        sold, gone = await both(at, one_mug(world, counter), take_away(world, way))

        assert [won(sold), won(gone)].count(True) == 1
        assert isinstance(gone if won(sold) else sold, StockCommitted if won(sold) else InsufficientStock)
        await books_balance()


async def test_two_orders_never_get_the_same_last_unit(counter: Desk) -> None:
    world = await furnish(units=0)
    for at in range(ROUNDS):
        await stock(world, {("MUG", "NYC"): 1})

        answers = await both(at, one_mug(world, counter), one_mug(world, counter))

        assert [won(each) for each in answers].count(True) == 1
    assert (await world.level("MUG", "NYC")).allocated == ROUNDS


async def test_a_cart_is_ended_once_by_time_or_by_hand_or_as_an_order(counter: Desk) -> None:
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 3 * ROUNDS})
    later = world.now + timedelta(days=1)
    for at in range(ROUNDS):
        name = f"cart-{at}"
        line = CartLine(variant_id=world.variants["MUG"].id, quantity=2)
        await counter.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart=name, lines=(line,)))
        expired = reservations.expire_due("job:expiry", later)
        other = one_mug(world, counter, cart=name) if at % 3 else reservations.release(world.act(), name)

        await both(at, expired, other)

        [ended] = await Reservation.filter(cart=name)
        assert ended.ended_at is not None
        assert (await world.level("MUG", "NYC")).reserved == 0
        await books_balance()


def one_mug(world: World, counter: Desk, *, cart: str | None = None) -> Awaitable[object]:
    line = OrderedLine(variant_id=world.variants["MUG"].id, quantity=1)
    command = PlaceOrder(
        channel_id=world.web.id, lines=(line,), shipping_address=ADDRESS, cart=cart, allow_backorder=False
    )
    return counter.place(world.act(), command)


def take_away(world: World, way: str) -> Awaitable[object]:
    variant, location = world.variants["MUG"].id, world.locations["NYC"].id
    if way == "damaged":
        lines = (StockLine(variant_id=variant, location_id=location, quantity=1),)
        return inventory.mark_damaged(world.act(), MarkDamaged(lines=lines))
    lost = Adjustment(variant_id=variant, location_id=location, change=-1, reason=AdjustmentReason.LOST)
    return inventory.adjust(world.act(), AdjustStock(lines=(lost,)))
