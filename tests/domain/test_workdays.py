"""On which day a location works on an order, and what its backlog costs."""

from datetime import UTC, date, datetime, time

import pytest

from domain.promising.calendars import Calendar
from domain.workdays import Load, Workplace

MONDAY = date(2026, 11, 2)
WEEK = {"weekly": {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}


def workplace(**terms) -> Workplace:
    """In New York, five hours behind UTC; November 26 is Thanksgiving."""
    return Workplace(Calendar(time_zone="America/New_York", hours=WEEK, country="US"), **terms)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour + 5, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "cut_off", "day", "later"),
    [
        (at(2, 13, 59), time(14), date(2026, 11, 2), 0),
        (at(2, 14), time(14), date(2026, 11, 3), 1),
        (at(2, 17, 59), None, date(2026, 11, 2), 0),
        (at(2, 18), None, date(2026, 11, 3), 1),
        (at(6, 15), time(14), date(2026, 11, 9), 3),
        (at(7, 9), time(14), date(2026, 11, 9), 2),
        (at(25, 15), time(14), date(2026, 11, 27), 2),
        (at(2, 6), time(14), date(2026, 11, 2), 0),
    ],
)
def test_an_order_after_the_cut_off_or_the_closing_time_is_for_the_next_working_day(now, cut_off, day, later):
    """IBM Sterling Intelligent Promising: the cut-off is exclusive, 10:00 sharp is too late for 10:00."""
    load = workplace(cut_off=cut_off).next_load(now)

    assert (load.day, load.later) == (day, later)


def test_the_day_is_the_locations_own():
    late_in_utc = datetime(2026, 11, 3, 3, tzinfo=UTC)
    always_open = Workplace(Calendar(time_zone="America/New_York"))

    assert always_open.next_load(late_in_utc).day == MONDAY


def test_a_place_that_never_opens_is_never_in_time():
    closed = Workplace(Calendar(time_zone="UTC", hours={"weekly": {}}))

    assert closed.next_load(at(2, 9)).later > 365


@pytest.mark.parametrize(
    ("taken", "most", "free_days", "minor"),
    [
        (40, 50, 0, 80),  # IBM Sterling Intelligent Promising, CCU: consumed 40, capacity 50 -> 0.8 days
        (50, 50, 0, 100),
        (120, 50, 1, 140),
        (40, 50, 1, 0),
        (7, 0, 0, 0),
    ],
)
def test_the_backlog_costs_so_much_for_each_day_of_capacity_consumed(taken, most, free_days, minor):
    assert Load(MONDAY, units=taken, most_units=most).backlog_minor(100, free_days) == minor


def test_where_only_orders_are_limited_orders_are_the_backlog():
    assert Load(MONDAY, units=900, orders=3, most_orders=10).backlog_minor(100, 0) == 30


@pytest.mark.parametrize(
    ("load", "room"),
    [
        (Load(MONDAY, units=3), None),
        (Load(MONDAY, units=3, most_units=5), 2),
        (Load(MONDAY, units=7, most_units=5), 0),
        (Load(MONDAY, units=3, orders=1, most_units=5, most_orders=1), 0),
        (Load(MONDAY, orders=1, most_orders=2), None),
    ],
)
def test_room_is_what_is_left_of_the_units_and_nothing_when_there_are_enough_orders(load, room):
    assert load.room_units == room


def test_lines_have_room_of_their_own_and_are_the_backlog_where_units_have_no_limit():
    load = Load(MONDAY, units=900, orders=3, most_orders=10, lines=4, most_lines=5)

    assert (load.room_units, load.room_lines) == (None, 1)
    assert load.with_order(2, lines=3).room_lines == 0
    assert load.backlog_minor(100, 0) == 80
    assert Load(MONDAY, lines=7).room_lines is None
