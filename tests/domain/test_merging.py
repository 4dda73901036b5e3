"""When an order that is delivered together has come together, and how long it waits for that."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.lifecycle import AT_VENDOR, LEFT, UnitStatus
from domain.merging import ON_THEIR_WAY, UNRELEASED, is_complete, waits

HERE, ELSEWHERE = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
S = UnitStatus


def test_everything_that_may_still_come_is_waited_for_and_nothing_else():
    assert set(S) - ON_THEIR_WAY - LEFT - AT_VENDOR == {
        S.DRAFT,
        S.PICKUP_REJECTED,
        S.SCHEDULED,
        S.RELEASED,
        S.ACKNOWLEDGED,
        S.PICKED,
        S.PACKED,
        S.READY_FOR_PICKUP,
        S.CANCELLED,
    }
    assert S.SCHEDULED in UNRELEASED


def test_what_is_scheduled_elsewhere_is_still_to_come():
    assert is_complete([(S.SCHEDULED, HERE), (S.CANCELLED, None)], HERE)
    assert not is_complete([(S.SCHEDULED, HERE), (S.SCHEDULED, ELSEWHERE)], HERE)


@given(st.lists(st.tuples(st.sampled_from(S), st.sampled_from([HERE, ELSEWHERE, None])), max_size=6))
def test_more_units_never_complete_what_is_not(standing):
    every = is_complete(standing, HERE)

    assert not every or all(is_complete(standing[:at], HERE) for at in range(len(standing)))
    assert every == all(is_complete([each], HERE) for each in standing)


def test_it_waits_until_its_moment_exclusive_or_until_it_is_ended():
    assert waits(NOW, until=NOW + timedelta(seconds=1), is_ended=False)
    assert not waits(NOW, until=NOW, is_ended=False)
    assert not waits(NOW, until=NOW + timedelta(days=1), is_ended=True)
