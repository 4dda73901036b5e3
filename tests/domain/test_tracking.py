"""What carriers' reports make of a parcel."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tracking import MAY_FOLLOW, RANK, TrackingCode, TrackingReport, TrackingState, state_of

C = TrackingCode
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def heard(*codes: TrackingCode) -> list[TrackingReport]:
    """Reports an hour apart."""
    return [TrackingReport(f"r{at}", code, NOON + timedelta(hours=at)) for at, code in enumerate(codes)]


REPORTS = st.lists(st.sampled_from(C), min_size=1, max_size=8).map(lambda codes: heard(*codes))


@given(REPORTS, st.randoms(use_true_random=False))
def test_the_order_in_which_reports_are_heard_does_not_matter(reports, random):
    shuffled = [*reports, *reports]
    random.shuffle(shuffled)

    assert state_of(shuffled) == state_of(reports)


@given(REPORTS)
def test_nothing_but_a_dispute_or_a_return_takes_a_delivery_back(reports):
    before = heard(C.PICKED_UP, C.DELIVERED)
    later = [TrackingReport(f"later {one.key}", one.code, one.at + timedelta(days=1)) for one in reports]

    state = state_of([*before, *later])

    takes_back = {C.DELIVERY_DISPUTED, C.RETURN_TO_SENDER, C.RETURNED}
    if not takes_back & {one.code for one in reports}:
        assert state == TrackingState(C.DELIVERED, before[1].at, before[1].at)


@pytest.mark.parametrize(
    ("codes", "state"),
    [
        ((C.LABEL_CREATED, C.PICKED_UP, C.IN_TRANSIT), C.IN_TRANSIT),
        ((C.DELIVERED, C.IN_TRANSIT), C.DELIVERED),
        ((C.DELIVERED, C.DELIVERY_DISPUTED), C.DELIVERY_DISPUTED),
        ((C.DELIVERED, C.DELIVERY_DISPUTED, C.IN_TRANSIT), C.DELIVERY_DISPUTED),
        ((C.DELIVERED, C.DELIVERY_DISPUTED, C.DELIVERED), C.DELIVERED),
        ((C.LOST, C.IN_TRANSIT), C.IN_TRANSIT),
        ((C.RETURN_TO_SENDER, C.IN_TRANSIT), C.RETURN_TO_SENDER),
        ((C.RETURN_TO_SENDER, C.DELIVERED), C.RETURNED),
        ((C.RETURNED, C.DELIVERED), C.RETURNED),
        ((C.HELD, C.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED), C.ATTEMPT_FAILED),
    ],
)
def test_what_a_series_of_reports_makes_of_a_parcel(codes, state):
    assert state_of(heard(*codes)).code is state


def test_of_two_reports_of_one_moment_the_further_one_counts():
    reports = [TrackingReport("a", C.DELIVERED, NOON), TrackingReport("b", C.OUT_FOR_DELIVERY, NOON)]

    assert state_of(reports) == TrackingState(C.DELIVERED, NOON, NOON)


def test_a_disputed_delivery_no_longer_has_a_time():
    assert state_of(heard(C.DELIVERED, C.DELIVERY_DISPUTED)).delivered_at is None


def test_a_state_lasts_since_its_first_report():
    assert state_of(heard(C.IN_TRANSIT, C.IN_TRANSIT)).since == NOON


def test_without_reports_there_is_no_state():
    assert state_of([]) is None


def test_every_code_has_a_rank_and_every_rule_names_codes():
    assert set(RANK) == set(C)
    assert all(after <= set(C) for after in MAY_FOLLOW.values())
