"""How who collects is known, and what silence decides about units that a customer cannot collect."""

import pytest

from domain.errors import IllegalTransition
from domain.fulfilment import QUEUED, FulfilmentStatus, check_arrival
from domain.lifecycle import Action
from domain.orders import FulfilmentMethod
from domain.pickups import IdentityCheck, PickupChoice, UnansweredPickup, check_collector, decided_by_silence
from domain.validation import Checks

NONE: frozenset[Action] = frozenset()


@pytest.mark.parametrize(
    ("policy", "has_address", "stopped", "decided"),
    [
        (UnansweredPickup.KEEP_OPEN, True, NONE, None),
        (UnansweredPickup.CANCEL, False, NONE, PickupChoice.CANCEL),
        (UnansweredPickup.CANCEL, True, frozenset({Action.CANCEL}), None),
        (UnansweredPickup.SHIP, True, NONE, PickupChoice.SHIP),
        (UnansweredPickup.SHIP, True, frozenset({Action.CANCEL}), PickupChoice.SHIP),
        (UnansweredPickup.SHIP, True, frozenset({Action.SCHEDULE}), None),
        (UnansweredPickup.SHIP, False, NONE, None),
    ],
)
def test_silence_decides_what_the_policy_says_where_it_can(policy, has_address, stopped, decided):
    assert decided_by_silence(policy, has_address=has_address, stopped=stopped) is decided


@pytest.mark.parametrize("status", FulfilmentStatus)
def test_a_customer_arrives_for_what_still_waits_for_them(status):
    if status in QUEUED:
        check_arrival(FulfilmentMethod.PICKUP, status)
        return

    with pytest.raises(IllegalTransition):
        check_arrival(FulfilmentMethod.PICKUP, status)


def test_nobody_arrives_for_what_is_shipped():
    with pytest.raises(IllegalTransition) as refusal:
        check_arrival(FulfilmentMethod.SHIP, FulfilmentStatus.OPEN)

    assert refusal.value.was == "for shipping"


@pytest.mark.parametrize(
    ("code", "identity", "note", "wrong"),
    [
        ("123456", None, "", []),
        (" 123456 ", None, "", []),
        (None, IdentityCheck.PHOTO_ID, "", []),
        (None, IdentityCheck.OTHER, "their neighbour", []),
        ("123456", IdentityCheck.PHOTO_ID, "", []),
        (None, None, "looks honest", [("code", "REQUIRED")]),
        ("", None, "", [("code", "WRONG_CODE")]),
        ("654321", IdentityCheck.PHOTO_ID, "", [("code", "WRONG_CODE")]),
        (None, IdentityCheck.OTHER, " ", [("note", "REQUIRED")]),
        (None, IdentityCheck.PHOTO_ID, "x" * 201, [("note", "TOO_LONG")]),
    ],
)
def test_who_collects_shows_the_code_or_is_known_otherwise(code, identity, note, wrong):
    checks = Checks()

    check_collector(checks, code=code, right_code="123456", identity=identity, note=note)

    assert [(problem.path, problem.code) for problem in checks.problems] == wrong
