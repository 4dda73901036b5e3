"""What a payment's events add up to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import AmountExceeded
from domain.payments import (
    AuthorizeStatus,
    CapturePlan,
    ChargeStatus,
    Payable,
    PaymentAmounts,
    PaymentEvent,
    PaymentEventKind,
    PaymentStep,
    amounts_of,
    authorize_status,
    balance_minor,
    charge_status,
    plan_capture,
    plan_refund,
    plan_void,
    total_of,
)

K = PaymentEventKind
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CARD, GIFT = UUID(int=1), UUID(int=2)


def after(*events):
    """Amounts after (kind, amount, reference) events a minute apart; a fourth part sets the minute."""
    return amounts_of(
        PaymentEvent(kind, amount, reference, NOON + timedelta(minutes=rest[0] if rest else at))
        for at, (kind, amount, reference, *rest) in enumerate(events)
    )


def test_a_request_is_pending_until_its_reference_is_answered():
    """Rule 1; a gateway that does not answer leaves it pending."""
    asked = (K.AUTHORIZATION_REQUEST, 100, "a")

    assert after(asked) == PaymentAmounts(authorize_pending_minor=100)
    assert after(asked, (K.AUTHORIZATION_SUCCESS, 100, "a")) == PaymentAmounts(authorized_minor=100)
    assert after(asked, (K.AUTHORIZATION_FAILURE, 100, "a")) == PaymentAmounts()
    assert after(asked, (K.AUTHORIZATION_SUCCESS, 40, "other")) == PaymentAmounts(
        authorized_minor=40, authorize_pending_minor=100
    )


def test_of_success_and_failure_the_newer_counts():
    """Rule 2, by the gateway's time, whatever arrived first."""
    assert after((K.CHARGE_SUCCESS, 50, "c", 1), (K.CHARGE_FAILURE, 50, "c", 2)).charged_minor == 0
    assert after((K.CHARGE_FAILURE, 50, "c", 1), (K.CHARGE_SUCCESS, 50, "c", 2)).charged_minor == 50
    assert after((K.CHARGE_FAILURE, 50, "c", 2), (K.CHARGE_SUCCESS, 50, "c", 1)).charged_minor == 0


def test_an_answer_that_comes_late_still_ends_what_is_pending():
    assert after((K.CHARGE_SUCCESS, 50, "c", 0), (K.CHARGE_REQUEST, 50, "c", 5)).charge_pending_minor == 0


def test_a_repeated_event_counts_once():
    assert after((K.CHARGE_SUCCESS, 50, "c"), (K.CHARGE_SUCCESS, 50, "c")).charged_minor == 50
    assert after((K.CHARGE_BACK, 50, "b"), (K.CHARGE_BACK, 50, "b")).charged_minor == -50


def test_a_charge_moves_authorized_money_already_while_pending():
    """Rule 3."""
    authorized = (K.AUTHORIZATION_SUCCESS, 100, "a")

    pending = after(authorized, (K.CHARGE_REQUEST, 60, "c"))
    done = after(authorized, (K.CHARGE_REQUEST, 60, "c"), (K.CHARGE_SUCCESS, 60, "c"))
    failed = after(authorized, (K.CHARGE_REQUEST, 60, "c"), (K.CHARGE_FAILURE, 60, "c"))

    assert pending == PaymentAmounts(authorized_minor=40, charge_pending_minor=60)
    assert done == PaymentAmounts(authorized_minor=40, charged_minor=60)
    assert failed == PaymentAmounts(authorized_minor=100)


def test_a_refund_moves_charged_money_and_a_cancellation_authorized_money():
    """Rule 3."""
    paid = ((K.AUTHORIZATION_SUCCESS, 100, "a"), (K.CHARGE_SUCCESS, 70, "c"))

    pending = after(*paid, (K.REFUND_REQUEST, 20, "r"), (K.CANCEL_REQUEST, 30, "x"))
    done = after(*paid, (K.REFUND_SUCCESS, 20, "r"), (K.CANCEL_SUCCESS, 30, "x"))

    assert pending == PaymentAmounts(charged_minor=50, refund_pending_minor=20, cancel_pending_minor=30)
    assert done == PaymentAmounts(charged_minor=50, refunded_minor=20, cancelled_minor=30)


def test_an_adjustment_overwrites_what_was_authorized_before():
    """Rule 4."""
    amounts = after(
        (K.AUTHORIZATION_SUCCESS, 100, "a"),
        (K.AUTHORIZATION_REQUEST, 30, "b"),
        (K.AUTHORIZATION_ADJUSTMENT, 80, "adjusted"),
        (K.AUTHORIZATION_SUCCESS, 5, "c"),
    )

    assert amounts == PaymentAmounts(authorized_minor=85)


def test_a_charge_back_takes_from_charged_and_a_reversed_refund_goes_back():
    """Rule 5."""
    paid = (K.CHARGE_SUCCESS, 100, "c")

    assert after(paid, (K.CHARGE_BACK, 40, "b")) == PaymentAmounts(charged_minor=60)
    assert after(paid, (K.REFUND_SUCCESS, 30, "r"), (K.REFUND_REVERSE, 30, "v")) == PaymentAmounts(charged_minor=100)


def test_a_sale_without_authorization_leaves_nothing_authorized():
    assert after((K.CHARGE_SUCCESS, 100, "c"), (K.INFO, 7, "i")) == PaymentAmounts(charged_minor=100)


EVENTS = st.lists(
    st.tuples(st.sampled_from(K), st.integers(0, 500), st.sampled_from("abc"), st.integers(0, 100)),
    max_size=12,
)


@given(EVENTS)
def test_hearing_everything_twice_changes_nothing(events):
    assert after(*events, *events) == after(*events)


def test_charge_status_against_the_total():
    assert [charge_status(charged, 100) for charged in (0, 1, 100, 101)] == [
        ChargeStatus.NONE,
        ChargeStatus.PARTIAL,
        ChargeStatus.FULL,
        ChargeStatus.OVERCHARGED,
    ]


def test_authorize_status_counts_what_is_authorized_and_charged():
    assert [authorize_status(covered, 100) for covered in (0, 1, 100, 130)] == [
        AuthorizeStatus.NONE,
        AuthorizeStatus.PARTIAL,
        AuthorizeStatus.FULL,
        AuthorizeStatus.FULL,
    ]
    assert PaymentAmounts(authorized_minor=30, charged_minor=70).covered_minor == 100


def test_an_order_of_nothing_is_fully_paid():
    assert (charge_status(0, 0), authorize_status(0, 0)) == (ChargeStatus.FULL, AuthorizeStatus.FULL)


def test_granting_and_paying_a_refund_as_in_the_documentation():
    """saleor-docs, order balance: total 100, charged 100 -> 0 FULL; grant 10 -> +10 OVERCHARGED; paid out -> 0 FULL."""
    steps = [(100, 0), (100, 10), (90, 10)]

    assert [(balance_minor(c, 100, g), charge_status(c, 100, g)) for c, g in steps] == [
        (0, ChargeStatus.FULL),
        (10, ChargeStatus.OVERCHARGED),
        (0, ChargeStatus.FULL),
    ]


def test_a_tender_gives_back_at_most_what_it_took_less_refunds_done_and_pending():
    amounts = after(
        (K.CHARGE_SUCCESS, 100, "c"), (K.REFUND_SUCCESS, 30, "r"), (K.REFUND_REQUEST, 20, "s"), (K.CHARGE_BACK, 5, "b")
    )

    assert (amounts.captured_minor, amounts.refundable_minor) == (95, 45)


def payable(id, authorized=0, charged=0, **terms):
    return Payable(id=id, amounts=PaymentAmounts(authorized_minor=authorized, charged_minor=charged), **terms)


def test_payments_are_charged_in_ascending_sequence_up_to_their_limit():
    """Sterling: never above the max charge limit."""
    card, gift = payable(CARD, 100, sequence=2), payable(GIFT, 50, sequence=1, limit_minor=40)

    plan = plan_capture(90, [card, gift])

    assert plan == CapturePlan((PaymentStep(GIFT, 40), PaymentStep(CARD, 50)), 0)


def test_the_limit_counts_what_was_charged_before():
    assert plan_capture(90, [payable(GIFT, 50, 30, limit_minor=40)]) == CapturePlan((PaymentStep(GIFT, 10),), 80)


def test_an_unusable_payment_is_skipped_and_what_is_missing_is_said():
    assert plan_capture(90, [payable(CARD, 100, is_usable=False), payable(GIFT, 50)]) == CapturePlan(
        (PaymentStep(GIFT, 50),), 40
    )


def test_refunds_go_in_reverse_charge_order():
    card, gift = payable(CARD, 0, 100, sequence=2), payable(GIFT, 0, 50, sequence=1)

    assert plan_refund(120, [gift, card], "USD") == (PaymentStep(CARD, 100), PaymentStep(GIFT, 20))


def test_more_than_was_captured_is_not_refunded():
    with pytest.raises(AmountExceeded) as refusal:
        plan_refund(151, [payable(CARD, 500, 100), payable(GIFT, 0, 50)], "USD")

    assert (refusal.value.wanted_minor, refusal.value.available_minor) == (151, 150)


def test_voiding_cancels_what_is_left_of_every_authorization():
    assert plan_void([payable(CARD, 70, 30), payable(GIFT, 0, 50)]) == (PaymentStep(CARD, 70),)


def test_amounts_of_several_payments_add_up():
    assert total_of([PaymentAmounts(charged_minor=1), PaymentAmounts(charged_minor=2, authorized_minor=3)]) == (
        PaymentAmounts(charged_minor=3, authorized_minor=3)
    )
