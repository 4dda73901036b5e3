"""What was captured and is not owed any more goes back by itself: once, in reverse charge order, never by guessing."""

import asyncio
from datetime import timedelta

import pytest

from actions.payments.reconciling import reconcile_payments
from actions.payments.recording import RecordPaymentEvent, record_payment_event
from actions.payments.refunding import MOST_REFUSALS, refund_unowed
from domain.payments import PaymentEventKind
from tests.actions.payments.shop import Shop, kinds, money, new_shop, words
from tests.world import channel

pytestmark = pytest.mark.usefixtures("database")

HOUR = timedelta(hours=1, seconds=1)


async def prepaid(token: str = "visa", *, cancelled: int = 1, **quantities: int):
    """Captured in full before anything left; then units of the first line are cancelled."""
    shop = await new_shop()
    order, payment = await shop.paid(token=token, **quantities or {"MUG": 3})
    await shop.capture(order)
    await shop.cancel(order, cancelled)
    return shop, order, payment


async def refund(shop: Shop, *, after: timedelta = timedelta()) -> int:
    return await refund_unowed(shop.gateways, shop.world.now + after)


async def test_money_for_cancelled_units_goes_back() -> None:
    shop, order, payment = await prepaid(cancelled=1)
    assert await words(order) == ("full", "overcharged")

    assert await refund(shop) == 1

    assert await money(payment) == {"charged": 2000, "refunded": 1000}
    assert await words(order) == ("full", "full")
    assert shop.provider.accounts[payment.id].refunded_minor == 1000


async def test_it_goes_back_once_however_many_look() -> None:
    shop, _, payment = await prepaid(cancelled=2)

    await asyncio.gather(*(refund(shop) for _ in range(4)))

    assert await refund(shop) == 0
    assert await money(payment) == {"charged": 1000, "refunded": 2000}
    assert shop.provider.accounts[payment.id].refunded_minor == 2000


async def test_what_is_cancelled_later_goes_back_too() -> None:
    shop, order, payment = await prepaid(cancelled=1)
    await refund(shop)
    await shop.cancel(order, 2)

    assert await refund(shop) == 1

    assert await money(payment) == {"refunded": 3000}


async def test_it_goes_back_in_reverse_charge_order() -> None:
    """Vendure #4013 refunded what was never paid: never above captured - refunded of each tender, the last charged first."""
    shop = await new_shop()
    order = await shop.order(MUG=3)
    first = await shop.card(order, "a", sequence=1, limit_minor=2000)
    second = await shop.card(order, "b", sequence=2)
    await shop.authorize(order, payment_id=first.id, amount_minor=2000)
    await shop.authorize(order, payment_id=second.id, amount_minor=1000)
    await shop.capture(order)
    await shop.cancel(order, 2)

    await refund(shop)

    assert await money(second) == {"refunded": 1000}
    assert await money(first) == {"charged": 1000, "refunded": 1000}


async def test_what_a_person_gave_back_is_not_given_again() -> None:
    shop, order, payment = await prepaid(cancelled=1)
    await shop.refund(order, 1000)

    assert await refund(shop) == 0

    assert await money(payment) == {"charged": 2000, "refunded": 1000}


async def test_a_refund_nobody_answered_is_not_repeated_before_it_is_known() -> None:
    shop, _, payment = await prepaid("refund-lost", cancelled=1)

    await refund(shop)
    assert await refund(shop, after=HOUR) == 0
    assert await money(payment) == {"charged": 2000, "refund_pending": 1000}
    await reconcile_payments(shop.gateways, shop.world.now + HOUR)
    assert await refund(shop, after=HOUR) == 0, "an hour of peace after the failure"

    assert await refund(shop, after=2 * HOUR) == 1
    assert (await kinds(payment)).count("refund_request") == 2


async def test_a_provider_that_refuses_is_asked_hourly_and_not_for_ever() -> None:
    shop, order, payment = await prepaid("refund-declined", cancelled=1)

    tried = [await refund(shop, after=hours * HOUR / 2) for hours in range(4 * MOST_REFUSALS)]

    assert sum(tried) == MOST_REFUSALS
    assert await money(payment) == {"charged": 3000}
    assert await words(order) == ("full", "overcharged")


async def test_a_refund_that_came_back_is_for_a_person() -> None:
    shop, _, payment = await prepaid(cancelled=1)
    await refund(shop)
    reversed_ = RecordPaymentEvent(
        payment_id=payment.id,
        kind=PaymentEventKind.REFUND_REVERSE,
        amount_minor=1000,
        reference="bank-1",
        occurred_at=shop.world.now,
    )
    await record_payment_event(shop.act(), reversed_)

    assert await refund(shop, after=2 * HOUR) == 0


async def test_cash_is_left_to_who_has_it() -> None:
    shop = await new_shop()
    order = await shop.order(MUG=3)
    card = await shop.card(order, sequence=1, limit_minor=1000)
    cash = await shop.cash(order, sequence=2)
    await shop.authorize(order, payment_id=card.id, amount_minor=1000)
    await shop.authorize(order, payment_id=cash.id, amount_minor=2000)
    await shop.capture(order)
    await shop.cancel(order, 3)

    await refund(shop)

    assert await money(card) == {"refunded": 1000}
    assert await money(cash) == {"charged": 2000}
    assert (await words(order))[1] == "overcharged"


async def test_a_channel_may_keep_it_for_a_person() -> None:
    shop, _, payment = await prepaid(cancelled=1)
    await channel(shop.world, "WEB", refunds_by_itself=False)

    assert await refund(shop) == 0

    assert await money(payment) == {"charged": 3000}


async def test_money_for_what_still_ships_stays() -> None:
    shop, order, payment = await prepaid(cancelled=1)
    await shop.release(order)
    await shop.ship(order)

    await refund(shop)

    assert await money(payment) == {"charged": 2000, "refunded": 1000}
