"""Which day has room."""

from datetime import date, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.promising.capacity import NOTHING, days_of_capacity, days_with_room, first_common

MONDAY = date(2026, 11, 2)
WEEK = [MONDAY + timedelta(days=ahead) for ahead in range(60)]
units = st.integers(1, 60)


def found(quantity: int, *, capacity: int | None = 10, backlog: int = 0, earliest: date = MONDAY) -> date | None:
    days = days_with_room(
        WEEK, capacity=capacity, backlog=backlog, booked=NOTHING, quantity=quantity, earliest=earliest
    )
    return next(days, None)


@pytest.mark.parametrize(
    ("consumed", "capacities", "days"),
    [(40, [50], 0.8), (1036, [50, 60, 185, 250, 300, 400], 5 + 191 / 400), (50, [50, 60], 1.0), (30, [10, 10], 3.0)],
)
def test_days_of_capacity_consumed(consumed, capacities, days):
    """IBM Sterling Intelligent Promising, capacity consumption units: 40 consumed of 50 a day is 0.8."""
    assert days_of_capacity(consumed, capacities) == pytest.approx(days)


def test_a_place_that_takes_nothing_is_never_done():
    assert days_of_capacity(7, []) == days_of_capacity(7, [0]) == inf
    assert days_of_capacity(0, []) == 0


def test_the_first_day_with_room_for_the_full_quantity():
    """Three free on Tuesday do not help an order of four."""
    assert found(3, backlog=17) == WEEK[1]
    assert found(4, backlog=17) == WEEK[2]


def test_the_backlog_is_worked_off_from_today_even_if_the_order_is_ready_later():
    assert found(10, backlog=20, earliest=WEEK[2]) == WEEK[2]
    assert found(10, backlog=20, earliest=WEEK[1]) == WEEK[2]


def test_an_order_larger_than_a_day_is_done_with_its_last_unit():
    assert found(25) == WEEK[2]
    assert found(25, backlog=5) == WEEK[2]
    assert found(25, backlog=6) == WEEK[3]


def test_a_place_without_limit_has_room_and_one_that_takes_nothing_never_has():
    assert found(10**6, capacity=None, backlog=500) == MONDAY
    assert found(1, capacity=0) is None


@given(units, st.integers(1, 30), st.integers(0, 200), st.integers(0, 20))
def test_more_work_never_makes_a_day_come_sooner(quantity, capacity, backlog, more):
    few = found(quantity, capacity=capacity, backlog=backlog)
    many = found(quantity, capacity=capacity, backlog=backlog + more)

    if few and many:
        assert few <= many


@given(units, st.integers(1, 30), st.integers(0, 200))
def test_by_that_day_backlog_and_order_fit_into_the_days_until_then(quantity, capacity, backlog):
    day = found(quantity, capacity=capacity, backlog=backlog)

    if day:
        assert ((day - MONDAY).days + 1) * capacity >= backlog + quantity


def test_what_is_booked_for_a_day_takes_its_room_and_the_backlog_takes_the_rest():
    booked = {WEEK[1]: 8, WEEK[2]: 10}

    def free(quantity: int, backlog: int = 0) -> date | None:
        days = days_with_room(WEEK, capacity=10, backlog=backlog, booked=booked, quantity=quantity, earliest=WEEK[1])
        return next(days, None)

    assert [free(2), free(3), free(2, backlog=11)] == [WEEK[1], WEEK[3], WEEK[3]]


def test_units_and_lines_have_room_on_the_same_day():
    assert first_common(iter([WEEK[0], WEEK[2], WEEK[3]]), iter([WEEK[1], WEEK[3]])) == WEEK[3]
    assert first_common(iter([WEEK[0]]), iter([WEEK[1], WEEK[3]])) is None
