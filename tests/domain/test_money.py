"""Money is whole minor units, and shares of it sum to the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    DIGITS,
    CurrencyMismatch,
    InvalidAmount,
    Money,
    format_minor,
    half_even,
    half_up,
    parse_minor,
    split,
)

AMOUNTS = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("19.99", "USD", 1999), ("-0.05", "EUR", -5), ("500", "JPY", 500), ("1.5", "KWD", 1500), ("7", "USD", 700)],
)
def test_decimal_text_becomes_minor_units_exactly(text, currency, minor):
    assert parse_minor(text, currency) == minor


@pytest.mark.parametrize("text", ["19.999", "19.990", "1e3", "", ".5", "5.", "1,000.00", "+1", "٣", " 1", "9" * 15])
def test_text_that_is_no_exact_amount_is_refused(text):
    with pytest.raises(InvalidAmount) as refusal:
        parse_minor(text, "USD")

    assert refusal.value.currency == "USD"


def test_yen_have_no_decimals():
    with pytest.raises(InvalidAmount):
        parse_minor("500.5", "JPY")


@pytest.mark.parametrize("code", ["usd", "XXX", "DEM", ""])
def test_a_code_that_is_no_currency_is_refused(code):
    with pytest.raises(InvalidAmount):
        parse_minor("1", code)


def test_every_currency_has_three_letters_once():
    assert all(len(code) == 3 and code.isupper() for code in DIGITS)
    assert (len(DIGITS), DIGITS["USD"], DIGITS["JPY"], DIGITS["KWD"], DIGITS["CLF"]) == (165, 2, 0, 3, 4)


@given(AMOUNTS, st.sampled_from(sorted(DIGITS)))
def test_text_and_minor_units_say_the_same(minor, currency):
    assert parse_minor(format_minor(minor, currency), currency) == minor


def test_half_up_takes_ties_away_from_zero_and_half_even_to_the_even():
    assert [half_up(n, 2) for n in (5, -5, 4, 1, -1)] == [3, -3, 2, 1, -1]
    assert [half_even(n, 2) for n in (5, 7, -5, 1, -1, 3)] == [2, 4, -2, 0, 0, 2]


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_rounding_is_never_more_than_half_off(numerator, denominator):
    for rounded in (half_up(numerator, denominator), half_even(numerator, denominator)):
        assert 2 * abs(rounded * denominator - numerator) <= denominator


@given(AMOUNTS, st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_shares_sum_to_the_whole_and_are_at_most_one_off(total, weights):
    shares = split(total, weights)

    assert sum(shares) == total
    whole = sum(weights) or len(weights)
    for share, weight in zip(shares, weights if sum(weights) else [1] * len(weights), strict=True):
        assert abs(share * whole - total * weight) < whole


def test_what_is_left_over_goes_to_the_largest_part_and_ties_to_the_first():
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10, [6, 5, 5]) == [4, 3, 3]
    assert split(-100, [1, 1, 1]) == [-34, -33, -33]


def test_weights_of_nothing_share_equally():
    """Vendure `prorate()`: an equal split when all weights are 0."""
    assert split(5, [0, 0]) == [3, 2]


def test_nothing_can_be_split_among_nobody_but_nothing():
    assert split(0, []) == []
    with pytest.raises(ValueError, match="nobody"):
        split(1, [])


def test_currencies_are_never_mixed():
    assert Money(5, "USD") + Money(7, "USD") - Money(2, "USD") == Money(10, "USD")
    assert str(-Money(1999, "USD")) == "-19.99 USD"
    with pytest.raises(CurrencyMismatch) as refusal:
        Money(5, "USD") + Money(5, "EUR")
    assert (refusal.value.wanted, refusal.value.given) == ("USD", "EUR")
