"""What is owed when: worked examples, and that the parts always add up to the order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.owing import LineStanding, cancelled_minor, granted_minor, is_finished, shipped_minor
from domain.payments import PaymentAmounts
from domain.pricing import LineToPrice, price_order, unit_shares


def standing(*, left=0, cancelled=0, quantity=3, total_minor=100):
    return LineStanding(quantity=quantity, total_minor=total_minor, left=left, cancelled=cancelled)


def test_nothing_is_owed_before_it_leaves():
    assert shipped_minor([standing()], 50) == 0


def test_shipping_is_charged_with_the_first_shipment_in_full():
    assert shipped_minor([standing(left=1), standing()], 50) == 33 + 50


def test_the_last_unit_takes_the_remainder():
    assert [shipped_minor([standing(left=units)], 0) for units in (1, 2, 3)] == [33, 66, 100]


def test_cancelled_units_are_the_first_and_the_last_that_leaves_takes_the_remainder():
    assert cancelled_minor([standing(cancelled=1)], 0) == 33
    assert shipped_minor([standing(left=1, cancelled=1)], 0) == 33
    assert shipped_minor([standing(left=2, cancelled=1)], 0) == 67


def test_shipping_is_not_owed_when_everything_was_cancelled():
    assert cancelled_minor([standing(cancelled=3)], 50) == 150
    assert cancelled_minor([standing(cancelled=2)], 50) == 66


def test_an_order_is_finished_when_every_unit_left_or_was_cancelled():
    assert is_finished([standing(left=2, cancelled=1), standing(left=3)])
    assert not is_finished([standing(left=2)])


@pytest.mark.parametrize(
    ("cancelled", "amounts", "granted"),
    [
        # Nothing happened; a goodwill refund of 10 of 100 captured lowers what is owed by 10 (saleor-docs,
        # "Order status", charge status: granting and refunding 10 of a charged 100 ends in FULL).
        (0, PaymentAmounts(charged_minor=100), 0),
        (0, PaymentAmounts(charged_minor=90, refund_pending_minor=10), 10),
        (0, PaymentAmounts(charged_minor=90, refunded_minor=10), 10),
        # Half was cancelled before anything was captured, then 10 of the captured half given back.
        (50, PaymentAmounts(charged_minor=40, refunded_minor=10), 60),
        # All was captured at once, half cancelled and given back: the refund is for the cancelled half.
        (50, PaymentAmounts(charged_minor=100), 50),
        (50, PaymentAmounts(charged_minor=50, refunded_minor=50), 50),
        # Too much was captured, and given back.
        (0, PaymentAmounts(charged_minor=100, refunded_minor=10), 0),
    ],
)
def test_a_refund_for_cancelled_units_is_not_counted_twice(cancelled, amounts, granted):
    assert granted_minor(100, cancelled, amounts) == granted


@given(st.integers(1, 40), st.integers(0, 10**6), st.data())
def test_units_are_worth_their_unit_shares(quantity, price, data):
    discount = data.draw(st.integers(0, quantity * price))
    rate = data.draw(st.integers(0, 300_000))
    [line] = price_order([LineToPrice(quantity, price, discount, rate)]).lines
    units = data.draw(st.integers(0, quantity))

    shares = sum(share.total_minor for share in unit_shares(line)[:units])

    assert shipped_minor([standing(quantity=quantity, total_minor=line.total_minor, left=units)], 0) == shares
    assert cancelled_minor([standing(quantity=quantity, total_minor=line.total_minor, cancelled=units)], 0) == shares


@given(st.integers(1, 40), st.integers(0, 10**6), st.data())
def test_what_left_and_what_was_cancelled_add_up_to_a_finished_order(quantity, total, data):
    left = data.draw(st.integers(0, quantity))
    line = standing(quantity=quantity, total_minor=total, left=left, cancelled=quantity - left)

    assert shipped_minor([line], 77) + cancelled_minor([line], 77) == total + 77
