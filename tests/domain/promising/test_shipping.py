"""Cut-offs, pick-ups and days on the way."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.promising.calendars import Calendar, weekday
from domain.promising.shipping import STANDARD, Readiness, Region, Zone, arrives_on, journey, later, picked_up_on
from domain.shipping_rates import Rate
from tests.domain.promising.test_calendars import NEW_YORK, SHOP, at, calendars, moments, shop

US, NOWHERE = Region("US"), Region()
TEN = replace(STANDARD, cut_off=time(10), pickup_time=time(10))
ALWAYS = Calendar(time_zone=NEW_YORK)
ZONE = Zone(None, 1, 3, Rate(500, 0))


@pytest.mark.parametrize(
    ("ready", "day"), [("09:59:59", date(2026, 11, 4)), ("10:00", date(2026, 11, 5)), ("10:01", date(2026, 11, 5))]
)
def test_a_cut_off_is_exclusive(ready, day):
    """IBM Sterling Intelligent Promising: at 10:00 sharp is late for a cut-off at 10:00."""
    assert picked_up_on(at(f"2026-11-04T{ready}"), TEN, ALWAYS) == day


def test_it_is_fetched_by_the_first_pick_up_after_its_cut_off():
    evening = replace(STANDARD, cut_off=time(18), pickup_time=time(17))

    assert picked_up_on(at("2026-11-04T12:00"), evening, ALWAYS) == date(2026, 11, 5)


def test_nobody_fetches_on_a_weekend_a_holiday_or_where_it_is_closed():
    assert picked_up_on(at("2026-11-06T15:00"), STANDARD, shop()) == date(2026, 11, 9)
    assert picked_up_on(at("2026-11-25T15:00"), STANDARD, shop()) == date(2026, 11, 27)
    closed = {**SHOP, "exceptions": {"2026-11-27": []}}
    assert picked_up_on(at("2026-11-25T15:00"), STANDARD, shop(hours=closed)) == date(2026, 11, 30)


def test_a_service_that_works_on_holidays_fetches_from_a_place_that_does():
    restless = replace(STANDARD, observes_holidays=False)
    christmas = at("2026-12-25T09:00")

    assert picked_up_on(christmas, restless, shop(hours={})) == date(2026, 12, 25)
    assert picked_up_on(christmas, STANDARD, shop(hours={})) == date(2026, 12, 28)


def test_days_on_the_way_skip_those_on_which_nothing_moves():
    friday = date(2026, 11, 6)

    assert arrives_on(friday, 0, STANDARD, origin=NOWHERE, destination=NOWHERE) == friday
    assert arrives_on(friday, 1, STANDARD, origin=NOWHERE, destination=NOWHERE) == date(2026, 11, 9)
    assert arrives_on(friday, 3, STANDARD, origin=US, destination=NOWHERE) == date(2026, 11, 12)


def test_days_on_the_way_are_not_days_of_delivery():
    """It moves on Saturday but is delivered on Monday.

    IBM Sterling Intelligent Promising: transit days are not delivery days.
    """
    moving = replace(STANDARD, non_transit_days=frozenset({"sun"}))

    assert arrives_on(date(2026, 11, 6), 1, moving, origin=NOWHERE, destination=NOWHERE) == date(2026, 11, 9)


def test_the_customers_holidays_decide_when_it_is_delivered():
    reformation_day = date(2026, 10, 31)
    saturdays = replace(STANDARD, non_transit_days=frozenset(), non_delivery_days=frozenset())

    for region, day in (("BE", reformation_day), ("BB", date(2026, 11, 1))):
        to = Region("DE", region)
        assert arrives_on(date(2026, 10, 30), 1, saturdays, origin=NOWHERE, destination=to) == day


def test_days_of_grace_end_on_a_day_of_delivery():
    assert later(date(2026, 11, 6), 1, STANDARD, NOWHERE) == date(2026, 11, 9)
    assert later(date(2026, 11, 6), 0, STANDARD, NOWHERE) == date(2026, 11, 6)


def test_a_full_place_starts_on_the_next_day_with_room_when_it_opens():
    friday = at("2026-11-06T10:00")
    readiness = Readiness(shop(), 60, 10, 15, date(2026, 11, 6))

    assert readiness.ready_at(friday, 5) == at("2026-11-09T09:00")
    assert readiness.ready_at(friday, 6) == at("2026-11-10T09:00")
    assert replace(readiness, capacity_units=None).ready_at(friday, 6) == at("2026-11-06T11:00")


def test_zones_reach_to_their_distance_and_some_services_nowhere_beyond():
    near = replace(STANDARD, zones=(Zone(100, 0, 0, Rate(1, 0)), Zone(200, 1, 1, Rate(2, 0))))

    assert [near.zone(far) and near.zone(far).days_most for far in (0, 100, 100.5, 200, 201)] == [0, 0, 1, 1, None]
    assert all(STANDARD.zone(far) for far in (0, 999, 20_000))


services = st.builds(
    replace,
    st.just(STANDARD),
    cut_off=st.times(datetime.min.time(), time(23)),
    pickup_time=st.times(datetime.min.time(), time(23)),
    pickup_days=st.sampled_from([frozenset({"mon", "sat"}), STANDARD.pickup_days]),
    non_transit_days=st.sampled_from([frozenset(), STANDARD.non_transit_days]),
    non_delivery_days=st.sampled_from([frozenset({"mon", "tue"}), STANDARD.non_delivery_days]),
    observes_holidays=st.booleans(),
)


@given(calendars, moments, services)
def test_nothing_is_promised_before_it_is_possible(calendar, ready, service):
    way = journey(ready, ZONE, service, calendar=calendar, destination=US)

    if way is None:
        assert not any(calendar.is_open_on(day) for day in pickup_days(calendar, ready, service))
        return
    assert calendar.day_of(ready) <= way.ship_on < way.earliest <= way.latest
    assert weekday(way.ship_on) in service.pickup_days
    assert calendar.is_open_on(way.ship_on)
    assert calendar.moment(way.ship_on, service.pickup_time) > ready
    assert {weekday(way.earliest), weekday(way.latest)}.isdisjoint(service.non_delivery_days)
    if service.observes_holidays:
        assert not calendar.is_holiday(way.ship_on)
        assert not US.is_holiday(way.earliest)
        assert not US.is_holiday(way.latest)


@given(calendars, moments, services, st.integers(0, 20_000))
def test_what_is_ready_later_never_arrives_sooner(calendar, ready, service, delay):
    soon, late = (
        journey(moment, ZONE, service, calendar=calendar, destination=US)
        for moment in (ready, ready + timedelta(minutes=delay))
    )

    if soon and late:
        assert (soon.ship_on, soon.earliest, soon.latest) <= (late.ship_on, late.earliest, late.latest)
        assert soon.latest <= late.latest


def pickup_days(calendar, ready, service):
    days = (calendar.day_of(ready) + timedelta(days=ahead) for ahead in range(2, 380))
    return [
        day
        for day in days
        if weekday(day) in service.pickup_days and not (service.observes_holidays and calendar.is_holiday(day))
    ]


def test_the_weeks_of_the_clock_change_lose_and_gain_no_day():
    for friday, monday in ((date(2026, 3, 6), date(2026, 3, 9)), (date(2026, 10, 30), date(2026, 11, 2))):
        ready = ALWAYS.moment(friday, time(14)).astimezone(UTC)
        assert picked_up_on(ready, STANDARD, ALWAYS) == monday
        assert picked_up_on(ready - timedelta(microseconds=1), STANDARD, ALWAYS) == friday
