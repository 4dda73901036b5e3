"""Requests to the provider: approved, declined, unanswered, repeated."""

import asyncio

import pytest

from actions.payments.adding import AddPayment, add_payment
from actions.payments.authorizing import AuthorizePayment, authorize
from actions.payments.voiding import VoidPayment, void
from domain.errors import (
    AmountExceeded,
    Conflict,
    InvalidInput,
    KeyReused,
    NotFound,
    NotPaid,
    PaymentRefused,
    PaymentUnknown,
)
from domain.ids import new_id
from domain.orders import ConfirmationPolicy
from domain.payments import Tender
from models import Order, OutboxFact, Payment
from server.gateways import FakeGateway
from tests.actions.payments.shop import fresh, kinds, money, new_shop, words
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.usefixtures("database")


async def test_authorizing_covers_what_the_order_needs():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order)

    await shop.authorize(order)

    assert await money(payment) == {"authorized": 2000}
    assert await words(order) == ("full", "none")
    assert shop.provider.accounts[payment.id].authorized_minor == 2000
    assert (await fresh(payment)).expires_at is not None


async def test_each_change_of_a_payment_is_a_fact_with_the_orders_next_version():
    shop = await new_shop()
    order = await shop.order(MUG=2)

    payment = await shop.card(order)
    await shop.authorize(order)

    facts = await OutboxFact.filter(kind="payment_changed", order_id=order.id).order_by("id")
    assert [fact.payload["version"] for fact in facts] == [order.version + 1, order.version + 2, order.version + 3]
    assert facts[1].payload["authorize_pending_minor"] == 2000
    assert facts[2].payload | {"authorized_minor": 2000, "authorize_status": "full"} == facts[2].payload
    assert facts[2].payload["payment"] == str(payment.id)
    assert (await fresh(order)).version == order.version + 3


async def test_tenders_are_used_in_sequence_up_to_their_limits():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    card = await shop.card(order, sequence=2)
    gift = await shop.card(order, token="gift", sequence=1, limit_minor=700)

    await shop.authorize(order)

    assert (await money(gift), await money(card)) == ({"authorized": 700}, {"authorized": 1300})


async def test_a_declined_card_leaves_nothing_pending_and_is_not_tried_again_by_itself():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    bad = await shop.card(order, "declined")

    with pytest.raises(PaymentRefused):
        await shop.authorize(order)

    assert await money(bad) == {}
    assert await kinds(bad) == ["authorization_request", "authorization_failure"]
    assert await words(order) == ("none", "none")
    good = await shop.card(order, sequence=1)
    await shop.authorize(order)
    assert await money(good) == {"authorized": 2000}


async def test_no_answer_is_unknown_and_stays_pending():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order, "lost")

    with pytest.raises(PaymentUnknown):
        await shop.authorize(order)

    assert await money(payment) == {"authorize_pending": 2000}
    assert await words(order) == ("none", "none")


class Thinking(FakeGateway):
    """Answers when it is told to."""

    def __init__(self):
        super().__init__()
        self.asked, self.answer = asyncio.Event(), asyncio.Event()

    async def authorize(self, request, *, timeout_seconds):
        self.asked.set()
        await self.answer.wait()
        return await super().authorize(request, timeout_seconds=timeout_seconds)


async def test_nothing_is_held_while_the_provider_thinks():
    provider = Thinking()
    shop = await new_shop(provider=provider, timeout_seconds=10)
    order = await shop.order(MUG=2)
    payment = await shop.card(order)
    waiting = asyncio.create_task(shop.authorize(order))
    await asyncio.wait_for(provider.asked.wait(), PATIENCE_SECONDS)

    other = await asyncio.wait_for(shop.card(order, sequence=5), PATIENCE_SECONDS)

    provider.answer.set()
    await waiting
    assert (await money(payment), await money(other)) == ({"authorized": 2000}, {})


async def test_a_provider_that_takes_too_long_leaves_the_outcome_unknown():
    shop = await new_shop(provider=Thinking(), timeout_seconds=0.05)
    order = await shop.order(MUG=2)
    payment = await shop.card(order)

    with pytest.raises(PaymentUnknown):
        await shop.authorize(order)

    assert await money(payment) == {"authorize_pending": 2000}


async def test_the_same_key_moves_money_once_and_answers_alike():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order)
    command = AuthorizePayment(order_id=order.id, amount_minor=500)

    for _ in range(3):
        assert await authorize(shop.act("key-1"), shop.gateways, command) == order.id

    assert await money(payment) == {"authorized": 500}
    with pytest.raises(KeyReused):
        await authorize(shop.act("key-1"), shop.gateways, AuthorizePayment(order_id=order.id, amount_minor=501))


async def test_the_same_key_is_told_of_the_same_refusal():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order, "declined")

    for _ in range(2):
        with pytest.raises(PaymentRefused, match="the card was declined"):
            await authorize(shop.act("key-1"), shop.gateways, AuthorizePayment(order_id=order.id))

    assert await kinds(payment) == ["authorization_request", "authorization_failure"]


async def test_the_same_key_after_no_answer_asks_again_under_the_same_reference():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order, "silent")
    with pytest.raises(PaymentUnknown):
        await authorize(shop.act("key-1"), shop.gateways, AuthorizePayment(order_id=order.id))
    await Payment.filter(id=payment.id).update(token="visa")

    await authorize(shop.act("key-1"), shop.gateways, AuthorizePayment(order_id=order.id))

    assert await money(payment) == {"authorized": 2000}
    assert shop.provider.accounts[payment.id].authorized_minor == 2000


@pytest.mark.parametrize("amount", [2001, 10**14])
async def test_more_than_the_order_needs_is_refused(amount):
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order)

    with pytest.raises(AmountExceeded) as refused:
        await shop.authorize(order, amount_minor=amount)

    assert refused.value.available_minor == 2000
    assert await kinds(payment) == []


async def test_more_than_the_limits_allow_is_refused():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    await shop.card(order, limit_minor=700)

    with pytest.raises(AmountExceeded) as refused:
        await shop.authorize(order, amount_minor=800)

    assert refused.value.available_minor == 700


async def test_an_order_without_payments_cannot_be_authorized():
    shop = await new_shop()
    order = await shop.order(MUG=2)

    with pytest.raises(NotPaid):
        await shop.authorize(order)


async def test_what_waits_for_an_answer_is_not_authorized_twice():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    lost = await shop.card(order, "lost")
    other = await shop.card(order, sequence=1)
    with pytest.raises(PaymentUnknown):
        await shop.authorize(order, payment_id=lost.id)

    await shop.authorize(order)

    assert await money(other) == {}


async def test_cash_needs_no_provider():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.cash(order)

    await shop.authorize(order)
    await shop.capture(order)

    assert await money(payment) == {"charged": 2000}
    assert await words(order) == ("full", "full")
    assert shop.provider.calls == 0


async def test_a_full_authorization_confirms_the_order_where_the_channel_waits_for_it():
    shop = await new_shop(ConfirmationPolicy.ON_AUTHORIZATION)
    order = await shop.order(MUG=2, is_confirmed=False)
    await shop.card(order)

    await shop.authorize(order, amount_minor=1999)
    assert (await fresh(order)).confirmed_at is None
    await shop.authorize(order)

    assert (await fresh(order)).confirmed_at == shop.world.now


async def test_voiding_gives_back_what_is_set_aside():
    shop = await new_shop()
    order, payment = await shop.paid(MUG=2)

    await void(shop.act(), shop.gateways, VoidPayment(order_id=order.id))

    assert await money(payment) == {"cancelled": 2000}
    assert await words(order) == ("none", "none")
    assert shop.provider.accounts[payment.id].authorized_minor == 0


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"tender": Tender.CASH, "gateway": "cards"}, "gateway"),
        ({"tender": Tender.CARD, "gateway": "nobody", "token": "visa"}, "gateway"),
        ({"tender": Tender.CARD, "gateway": "cards"}, "token"),
        ({"tender": Tender.CASH, "limit_minor": 0}, "limit_minor"),
    ],
)
async def test_a_payment_that_cannot_work_is_refused(options, path):
    shop = await new_shop()
    order = await shop.order()

    with pytest.raises(InvalidInput) as refused:
        await add_payment(shop.act(), shop.gateways, AddPayment(order_id=order.id, **options))

    assert [problem.path for problem in refused.value.problems] == [path]
    assert await Payment.all().count() == 0


async def test_versions_of_orders_are_kept_and_strangers_find_nothing():
    shop, other = await new_shop(), await new_shop()
    order = await shop.order()
    await shop.card(order)

    with pytest.raises(Conflict):
        await shop.authorize(order, expected_version=order.version)
    with pytest.raises(NotFound):
        await other.authorize(order)
    with pytest.raises(NotFound):
        await shop.authorize(order, payment_id=new_id())

    assert (await Order.get(id=order.id)).version == order.version + 1
