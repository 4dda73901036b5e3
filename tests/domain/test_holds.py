"""Holds stop exactly the actions of their kind."""

from itertools import product

import pytest

from domain.errors import BlockedByHold
from domain.holds import STOPS, HoldKind, check_holds, stopped_by
from domain.lifecycle import Action


def test_every_kind_of_hold_stops_something_and_none_stops_everything():
    assert set(STOPS) == set(HoldKind)
    assert all(STOPS[kind] and STOPS[kind] < set(Action) for kind in HoldKind)


def test_every_hold_keeps_units_from_leaving_or_from_being_released():
    """Stock stays allocated, so a hold that let goods go would hold nothing."""
    assert [kind for kind in HoldKind if not STOPS[kind] & {Action.RELEASE, Action.SHIP}] == []


def test_only_an_open_change_keeps_an_order_from_being_cancelled():
    assert [kind for kind in HoldKind if Action.CANCEL in STOPS[kind]] == [HoldKind.PENDING_CHANGE]


def test_no_hold_stops_what_a_carrier_or_a_location_reports_as_done():
    facts_of_life = {Action.DELIVER, Action.DECLINE, Action.SHORT_PICK, Action.PUT_BACK, Action.RECALL}

    assert not stopped_by(HoldKind) & facts_of_life


@pytest.mark.parametrize(("kind", "action"), list(product(HoldKind, Action)))
def test_a_hold_stops_the_actions_of_its_kind_and_no_others(kind, action):
    if action not in STOPS[kind]:
        check_holds(action, [kind])
        return

    with pytest.raises(BlockedByHold) as refusal:
        check_holds(action, [kind])

    assert refusal.value.kinds == (kind,)


def test_several_holds_stop_the_union_of_what_each_stops():
    both = stopped_by([HoldKind.CREDIT, HoldKind.PAYMENT])

    assert both == STOPS[HoldKind.CREDIT] | STOPS[HoldKind.PAYMENT]


def test_a_refusal_names_every_hold_in_the_way_once_and_no_other():
    kinds = [HoldKind.MANUAL, HoldKind.FRAUD, HoldKind.MANUAL, HoldKind.CREDIT]

    with pytest.raises(BlockedByHold) as refusal:
        check_holds(Action.SHIP, kinds)

    assert refusal.value.kinds == ("fraud", "manual")


def test_nothing_is_stopped_without_holds():
    assert stopped_by([]) == frozenset()
