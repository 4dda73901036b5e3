"""Refunds: reverse charge order, never more than came in, and the books of provider and order agree."""

import asyncio
import random

import pytest

from actions.payments.recording import RecordPaymentEvent, record_payment_event
from domain.errors import AmountExceeded, DomainError, InvalidInput, PaymentRefused, PaymentUnknown
from domain.payments import PaymentEventKind
from models import Payment
from tests.actions.payments.shop import kinds, money, new_shop, words

pytestmark = pytest.mark.usefixtures("database")


async def captured(shop, token="visa", **quantities):
    order, payment = await shop.paid(token=token, **quantities)
    await shop.capture(order)
    return order, payment


async def test_a_goodwill_refund_leaves_the_order_fully_charged():
    """Saleor docs, "Order status", charge status: of a charged 100, 10 is granted and refunded; the order ends FULL."""
    shop = await new_shop()
    order, payment = await captured(shop, MUG=1)

    await shop.refund(order, 100)

    assert await money(payment) == {"charged": 900, "refunded": 100}
    assert await words(order) == ("full", "full")


async def test_refunds_go_back_in_reverse_charge_order():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    gift = await shop.card(order, "gift", sequence=1, limit_minor=1500)
    card = await shop.card(order, sequence=2)
    await shop.authorize(order)
    await shop.capture(order)

    await shop.refund(order, 700)

    assert await money(card) == {"refunded": 500}
    assert await money(gift) == {"charged": 1300, "refunded": 200}


@pytest.mark.parametrize("amount", [2001, 10**14])
async def test_more_than_was_captured_is_refused(amount):
    shop = await new_shop()
    order, payment = await captured(shop, MUG=2)

    with pytest.raises(AmountExceeded) as refused:
        await shop.refund(order, amount)

    assert refused.value.available_minor == 2000
    assert await money(payment) == {"charged": 2000}


async def test_what_was_only_authorized_cannot_be_refunded():
    shop = await new_shop()
    order, _ = await shop.paid(MUG=2)

    with pytest.raises(AmountExceeded):
        await shop.refund(order, 1)


@pytest.mark.parametrize("amount", [0, -5])
async def test_a_refund_of_nothing_is_refused(amount):
    shop = await new_shop()
    order, payment = await captured(shop)

    with pytest.raises(InvalidInput):
        await shop.refund(order, amount)

    assert await money(payment) == {"charged": 1000}


async def test_of_two_refunds_at_once_that_together_exceed_one_is_refused():
    shop = await new_shop()
    order, payment = await captured(shop, MUG=2)

    outcomes = await asyncio.gather(shop.refund(order, 1500), shop.refund(order, 1500), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AmountExceeded", "NoneType"]
    assert await money(payment) == {"charged": 500, "refunded": 1500}
    assert shop.provider.accounts[payment.id].refunded_minor == 1500


async def test_a_refund_nobody_answered_counts_as_on_its_way():
    shop = await new_shop()
    order, payment = await captured(shop, "refund-lost", MUG=2)

    with pytest.raises(PaymentUnknown):
        await shop.refund(order, 1500)
    with pytest.raises(AmountExceeded) as refused:
        await shop.refund(order, 600)

    assert refused.value.available_minor == 500
    assert await money(payment) == {"charged": 500, "refund_pending": 1500}


async def test_a_declined_refund_leaves_the_money_where_it_was():
    shop = await new_shop()
    order, payment = await captured(shop, "refund-declined", MUG=2)

    with pytest.raises(PaymentRefused):
        await shop.refund(order, 1500)

    assert await money(payment) == {"charged": 2000}
    assert (await kinds(payment))[-1] == "refund_failure"


async def test_a_reversed_refund_comes_back():
    """Semantics of a refund reverse: adds to charged and takes from refunded (Saleor, transaction events)."""
    shop = await new_shop()
    order, payment = await captured(shop, MUG=2)
    await shop.refund(order, 500)

    await record_payment_event(
        shop.act(),
        RecordPaymentEvent(
            payment_id=payment.id,
            kind=PaymentEventKind.REFUND_REVERSE,
            amount_minor=500,
            reference="bank-1",
            occurred_at=shop.world.now,
        ),
    )

    assert await money(payment) == {"charged": 2000}
    assert await words(order) == ("full", "full")


async def test_after_many_random_steps_provider_payments_and_order_agree():
    shop = await new_shop()
    order = await shop.order(MUG=9)
    payments = [await shop.card(order, token, sequence=at) for at, token in enumerate(["a", "b"])]
    dice = random.Random(7)

    for _ in range(40):
        amount = dice.randint(1, 3000)
        step = dice.choice([shop.capture, shop.authorize, shop.refund])
        options = {} if dice.random() < 0.5 else {"payment_id": dice.choice(payments).id}
        try:
            await (
                step(order, amount, **options) if step == shop.refund else step(order, amount_minor=amount, **options)
            )
        except DomainError as refusal:
            assert isinstance(refusal, AmountExceeded)

    now = await Payment.filter(order_id=order.id)
    for payment in now:
        account = shop.provider.accounts[payment.id]
        assert payment.charged_minor == account.captured_minor - account.refunded_minor
        assert payment.refunded_minor == account.refunded_minor
        assert payment.authorized_minor == account.authorized_minor
    paid = sum(payment.charged_minor for payment in now)
    assert 0 < paid <= order.total_minor
