"""Money is whole minor units, and shares of it sum to the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import DIGITS, half_up, split

AMOUNTS = st.integers(-(10**15), 10**15)


def test_every_currency_has_three_letters_once():
    assert all(len(code) == 3 and code.isupper() for code in DIGITS)
    assert (len(DIGITS), DIGITS["USD"], DIGITS["JPY"], DIGITS["KWD"], DIGITS["CLF"]) == (165, 2, 0, 3, 4)


def test_half_up_takes_ties_away_from_zero():
    assert [half_up(n, 2) for n in (5, -5, 4, 1, -1)] == [3, -3, 2, 1, -1]


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_rounding_is_never_more_than_half_off(numerator, denominator):
    assert 2 * abs(half_up(numerator, denominator) * denominator - numerator) <= denominator


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
