"""Nobody answered, somebody answered twice or too late, we crashed in between: the outcome is found out, once."""

from datetime import timedelta

import pytest

from actions.gateways import Gateways
from actions.payments import capturing
from actions.payments.asking import WAYS, carry_out
from actions.payments.authorizing import AuthorizePayment
from actions.payments.authorizing import _request as request_authorization
from actions.payments.reconciling import MAX_LOOKUPS, reconcile_payments
from actions.payments.recording import RecordPaymentEvent, record_payment_event
from domain.errors import InvalidInput, NotFound, PaymentUnknown
from domain.ids import new_id
from domain.payments import PaymentEventKind
from models import OutboxFact, Payment
from server.gateways import FakeGateway, Notice
from tests.actions.payments.shop import fresh, kinds, money, new_shop, words

pytestmark = pytest.mark.usefixtures("database")

SOON, LATER = timedelta(seconds=31), timedelta(minutes=16)
K = PaymentEventKind


async def unknown(token):
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order, token)
    with pytest.raises(PaymentUnknown):
        await shop.authorize(order)
    return shop, order, payment


def told(notice: Notice) -> RecordPaymentEvent:
    way = next(way for way in WAYS.values() if way.operation is notice.operation)
    return RecordPaymentEvent(
        payment_id=notice.payment_id,
        kind=way.success if notice.is_approved else way.failure,
        amount_minor=notice.amount_minor,
        reference=notice.reference,
        occurred_at=notice.occurred_at,
        message=notice.reason,
    )


async def test_a_request_that_went_through_unanswered_is_found():
    shop, order, payment = await unknown("silent")

    assert await reconcile_payments(shop.gateways, shop.world.now + timedelta(seconds=29)) == 0
    assert await reconcile_payments(shop.gateways, shop.world.now + SOON) == 1

    assert await money(payment) == {"authorized": 2000}
    assert await words(order) == ("full", "none")
    assert (await fresh(payment)).next_lookup_at is None
    assert (await fresh(payment)).expires_at is not None


async def test_a_request_that_never_arrived_fails_after_a_while():
    shop, _, payment = await unknown("lost")

    assert await reconcile_payments(shop.gateways, shop.world.now + SOON) == 0
    assert await money(payment) == {"authorize_pending": 2000}
    assert await reconcile_payments(shop.gateways, shop.world.now + LATER) == 1

    assert await money(payment) == {}
    assert (await kinds(payment))[-1] == "authorization_failure"


async def test_a_late_request_is_looked_up_until_it_is_known():
    shop, _, payment = await unknown("late")

    found = [await reconcile_payments(shop.gateways, shop.world.now + timedelta(seconds=at)) for at in (31, 92, 213)]

    assert found == [0, 0, 1]
    assert await money(payment) == {"authorized": 2000}


async def test_look_ups_become_rarer_and_end():
    shop, _, payment = await unknown("lost")
    gateways = Gateways({})  # a process that does not know the provider
    gaps, now = [], shop.world.now + SOON

    for _ in range(MAX_LOOKUPS):
        await reconcile_payments(gateways, now)
        due = (await fresh(payment)).next_lookup_at
        if due is None:
            break
        gaps.append(due - now)
        now = due

    assert gaps[:3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert gaps[-1] == timedelta(hours=6)
    assert len(gaps) == MAX_LOOKUPS - 1
    assert await money(payment) == {"authorize_pending": 2000}


async def test_a_crash_between_request_and_answer_is_the_same_as_no_answer():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order)
    await request_authorization(shop.act(), AuthorizePayment(order_id=order.id))
    assert await money(payment) == {"authorize_pending": 2000}

    await reconcile_payments(shop.gateways, shop.world.now + LATER)

    assert await money(payment) == {}
    assert shop.provider.calls == 0


async def test_a_crash_after_the_provider_did_it_loses_nothing():
    shop = await new_shop()
    order, payment = await shop.paid(token="visa", MUG=2)
    await shop.release(order)
    await shop.ship(order)
    batch = await capturing._request_shipped(shop.act(), order.id)
    account = shop.provider.accounts[payment.id]
    await Payment.filter(id=payment.id).update(token="silent")
    with pytest.raises(PaymentUnknown):
        await carry_out(shop.act(), shop.gateways, batch)
    assert account.captured_minor == 2000

    await reconcile_payments(shop.gateways, shop.world.now + SOON)
    await capturing.capture_shipments(shop.gateways, shop.world.now + SOON)

    assert await money(payment) == {"charged": 2000}
    assert account.captured_minor == 2000


async def test_notices_may_come_twice():
    shop = await new_shop()
    _order, payment = await shop.paid(token="twice", MUG=2)
    notices = shop.provider.take_notices()
    before = await OutboxFact.all().count()

    for notice in notices:
        assert await record_payment_event(shop.act(), told(notice)) == payment.id

    assert len(notices) == 2
    assert await OutboxFact.all().count() == before
    assert await kinds(payment) == ["authorization_request", "authorization_success"]
    assert (await fresh(payment)).version == 3


async def test_a_notice_settles_what_nobody_answered():
    shop, order, payment = await unknown("silent")

    for notice in shop.provider.take_notices():
        await record_payment_event(shop.act(after=SOON), told(notice))

    assert await money(payment) == {"authorized": 2000}
    assert await words(order) == ("full", "none")
    assert await reconcile_payments(shop.gateways, shop.world.now + LATER) == 0


async def test_a_late_success_after_an_assumed_failure_counts():
    """Semantics of payments, rule 2: of success and failure of one reference the newer one counts."""
    shop, order, payment = await unknown("late")
    gone = FakeGateway()  # asked elsewhere, where nobody has heard of it
    await reconcile_payments(Gateways({"cards": gone}), shop.world.now + LATER)
    assert await money(payment) == {}

    for notice in shop.provider.take_notices():
        await record_payment_event(shop.act(after=timedelta(hours=1)), told(notice))

    assert await money(payment) == {"authorized": 2000}
    assert await words(order) == ("full", "none")


async def test_an_older_success_after_a_failure_does_not_count():
    shop = await new_shop()
    order = await shop.order(MUG=2)
    payment = await shop.card(order)
    moments = {K.CHARGE_FAILURE: 60, K.CHARGE_SUCCESS: 30}

    for kind, seconds in moments.items():
        command = RecordPaymentEvent(
            payment_id=payment.id,
            kind=kind,
            amount_minor=700,
            reference="theirs-1",
            occurred_at=shop.world.now + timedelta(seconds=seconds),
        )
        await record_payment_event(shop.act(after=timedelta(hours=1)), command)

    assert await money(payment) == {}


async def test_an_adjustment_overwrites_what_is_authorized():
    """Semantics of payments, rule 4 (Saleor, AUTHORIZATION_ADJUSTMENT)."""
    shop = await new_shop()
    order, payment = await shop.paid(MUG=2)

    command = RecordPaymentEvent(
        payment_id=payment.id,
        kind=K.AUTHORIZATION_ADJUSTMENT,
        amount_minor=1200,
        reference="theirs-1",
        occurred_at=shop.world.now + timedelta(seconds=5),
    )
    await record_payment_event(shop.act(after=SOON), command)

    assert await money(payment) == {"authorized": 1200}
    assert await words(order) == ("partial", "none")


async def test_a_charge_back_takes_from_what_was_charged():
    """Semantics of payments, rule 5."""
    shop = await new_shop()
    order, payment = await shop.paid(MUG=2)
    await shop.capture(order)
    await shop.refund(order, 500)

    command = RecordPaymentEvent(
        payment_id=payment.id, kind=K.CHARGE_BACK, amount_minor=2000, reference="bank-7", occurred_at=shop.world.now
    )
    await record_payment_event(shop.act(), command)

    assert await money(payment) == {"charged": -500, "refunded": 500}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"kind": K.CHARGE_REQUEST}, "kind"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"reference": ""}, "reference"),
    ],
)
async def test_an_event_that_nobody_could_tell_us_is_refused(changes, path):
    shop = await new_shop()
    _, payment = await shop.paid(MUG=2)
    told = {"kind": K.CHARGE_SUCCESS, "amount_minor": 5, "reference": "r"} | changes

    with pytest.raises(InvalidInput) as refused:
        await record_payment_event(
            shop.act(), RecordPaymentEvent(payment_id=payment.id, occurred_at=shop.world.now, **told)
        )

    assert [problem.path for problem in refused.value.problems] == [path]
    assert await money(payment) == {"authorized": 2000}


async def test_an_event_of_an_unknown_payment_is_refused():
    shop = await new_shop()

    with pytest.raises(NotFound):
        await record_payment_event(
            shop.act(),
            RecordPaymentEvent(
                payment_id=new_id(),
                kind=K.CHARGE_SUCCESS,
                amount_minor=1,
                reference="r",
                occurred_at=shop.world.now,
            ),
        )
