"""The clock can be fixed and shifted."""

from datetime import UTC, datetime, timedelta

from server.clock import SYSTEM_CLOCK, parse_clock


def test_the_systems_clock_tells_utc():
    assert SYSTEM_CLOCK.now().tzinfo is UTC
    assert parse_clock("") is SYSTEM_CLOCK


def test_a_fixed_clock_stands_still_in_utc():
    clock = parse_clock("2026-01-01T02:00:00+02:00")

    assert clock.now() == clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_a_shifted_clock_runs_ahead_or_behind():
    for text, shift in (("+3600", timedelta(hours=1)), ("-60", timedelta(minutes=-1))):
        difference = parse_clock(text).now() - datetime.now(UTC) - shift

        assert abs(difference) < timedelta(seconds=1)
