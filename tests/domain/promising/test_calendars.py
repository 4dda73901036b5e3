"""When a place works: hours, exceptions, holidays, clock changes."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.promising.calendars import DAYS_AHEAD, Calendar, public_holidays

SHOP = {"weekly": {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
NEW_YORK = "America/New_York"


def shop(**values) -> Calendar:
    return Calendar(**{"time_zone": NEW_YORK, "hours": SHOP, "country": "US", **values})


def at(text: str) -> datetime:
    """New York's winter time."""
    return datetime.fromisoformat(f"{text}-05:00").astimezone(UTC)


calendars = st.builds(
    Calendar,
    time_zone=st.sampled_from([NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    hours=st.sampled_from(
        [
            {},
            SHOP,
            {"weekly": {"sun": [["00:00", "24:00"]], "sat": [["01:30", "02:30"]]}},
            {"weekly": {"mon": [["22:00", "24:00"]]}, "exceptions": {"2026-11-26": [["10:00", "11:00"]]}},
        ]
    ),
    country=st.sampled_from(["US", "DE", "NO", ""]),
    region=st.sampled_from(["", "NY", "BY", "nowhere"]),
)
moments = st.datetimes(datetime(2026, 2, 1), datetime(2027, 1, 31)).map(lambda moment: moment.replace(tzinfo=UTC))
minutes = st.integers(0, 3_000)


def worked(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    days = (calendar.day_of(start) + timedelta(days=ahead) for ahead in range(DAYS_AHEAD))
    spans = (span for day in days for span in calendar.open_hours(day))
    return sum((max(timedelta(), min(closes, end) - max(opens, start)) for opens, closes in spans), timedelta())


def test_work_goes_on_after_the_break_and_on_the_next_open_day():
    friday = at("2026-11-06T16:00")

    assert shop().after_work(friday, 120) == at("2026-11-06T18:00")
    assert shop().after_work(friday, 121) == at("2026-11-09T09:01")
    assert shop().after_work(at("2026-11-06T12:00"), 60) == at("2026-11-06T14:00")


def test_without_work_it_is_the_next_opening():
    assert shop().after_work(at("2026-11-06T13:00"), 0) == at("2026-11-06T13:30")
    assert shop().after_work(at("2026-11-06T18:00"), 0) == at("2026-11-09T09:00")


def test_a_public_holiday_closes_a_place_unless_an_exception_opens_it():
    thanksgiving = date(2026, 11, 26)
    opened = {**SHOP, "exceptions": {"2026-11-26": [["10:00", "14:00"]], "2026-11-27": []}}

    assert not shop().is_open_on(thanksgiving)
    assert shop(hours=opened).open_hours(thanksgiving) == ((at("2026-11-26T10:00"), at("2026-11-26T14:00")),)
    assert not shop(hours=opened).is_open_on(date(2026, 11, 27))


def test_holidays_are_those_of_the_region_where_it_is_known():
    epiphany = date(2026, 1, 6)

    assert epiphany in public_holidays("DE", "BY", 2026)
    assert epiphany not in public_holidays("DE", "BE", 2026)
    assert public_holidays("DE", "Nowhere", 2026) == public_holidays("DE", "", 2026)
    assert public_holidays("XX", "", 2026) == frozenset()


def test_without_weekly_hours_it_works_round_the_clock_holiday_or_not():
    always = shop(hours={})

    assert always.after_work(at("2026-12-25T03:00"), 60) == at("2026-12-25T04:00")


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 11, 2), 24)])
def test_a_day_round_the_clock_is_as_long_as_the_clock_makes_it(day, hours):
    [(opens, closes)] = shop(hours={}).open_hours(day)

    assert closes - opens == timedelta(hours=hours)


def test_a_place_that_never_opens_never_gets_anything_done():
    assert shop(hours={"weekly": {}}).after_work(at("2026-11-06T12:00"), 0) is None


@given(calendars, moments, minutes)
def test_exactly_the_wanted_minutes_of_opening_hours_pass(calendar, start, wanted):
    done = calendar.after_work(start, wanted)

    assert done is not None
    assert done >= start
    assert worked(calendar, start, done) == timedelta(minutes=wanted)


@given(calendars, moments, minutes, st.integers(0, 20_000))
def test_who_starts_later_is_never_done_sooner(calendar, start, wanted, delay):
    later = start + timedelta(minutes=delay)

    assert calendar.after_work(start, wanted) <= calendar.after_work(later, wanted)


@given(calendars, st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_hours_follow_each_other_within_their_day(calendar, day):
    spans = calendar.open_hours(day)

    assert all(opens < closes for opens, closes in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(calendar.day_of(opens) == day for opens, _ in spans)
