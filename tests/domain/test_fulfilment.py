"""The word on a fulfilment, what giving back means, and which way units go."""

from itertools import chain, combinations

import pytest

from domain.errors import IllegalTransition
from domain.fulfilment import (
    CONSEQUENCES,
    OTHER_WAY,
    QUEUED,
    DeclineReason,
    FulfilmentStatus,
    Variance,
    check_way,
    derive_fulfilment,
)
from domain.lifecycle import LEFT, Action, UnitStatus
from domain.orders import FulfilmentMethod

S, F = UnitStatus, FulfilmentStatus
IN_FULFILMENTS = [
    S.RELEASED,
    S.ACKNOWLEDGED,
    S.PICKED,
    S.PACKED,
    S.READY_FOR_PICKUP,
    S.SHIPPED,
    S.PICKED_UP,
    S.DELIVERED,
    S.CANCELLED,
]
EVERY_MIX = list(chain.from_iterable(combinations(IN_FULFILMENTS, size) for size in range(1, len(IN_FULFILMENTS) + 1)))


@pytest.mark.parametrize(
    ("units", "word"),
    [
        ([S.RELEASED], F.OPEN),
        ([S.RELEASED, S.ACKNOWLEDGED], F.ACCEPTED),
        ([S.ACKNOWLEDGED, S.CANCELLED], F.ACCEPTED),
        ([S.ACKNOWLEDGED, S.PICKED], F.IN_PROGRESS),
        ([S.PACKED], F.IN_PROGRESS),
        ([S.PICKED, S.READY_FOR_PICKUP], F.IN_PROGRESS),
        ([S.READY_FOR_PICKUP], F.READY_FOR_PICKUP),
        ([S.READY_FOR_PICKUP, S.PICKED_UP], F.READY_FOR_PICKUP),
        ([S.PACKED, S.SHIPPED], F.IN_PROGRESS),
        ([S.SHIPPED, S.DELIVERED, S.CANCELLED], F.COMPLETED),
        ([S.PICKED_UP], F.COMPLETED),
        ([S.CANCELLED], F.CANCELLED),
        ([], F.CANCELLED),
    ],
)
def test_a_fulfilment_is_as_far_as_its_units(units, word):
    assert derive_fulfilment(units, gave_back=False) is word


def test_a_fulfilment_that_gave_everything_back_is_declined():
    assert derive_fulfilment([], gave_back=True) is F.DECLINED
    assert derive_fulfilment([S.CANCELLED], gave_back=True) is F.DECLINED


def test_a_fulfilment_is_queued_exactly_while_units_wait_at_the_location():
    for units in EVERY_MIX:
        waits = bool(set(units) - LEFT - {S.CANCELLED})
        assert (derive_fulfilment(units, gave_back=False) in QUEUED) == waits, units


def test_every_reason_says_what_it_means_for_stock():
    assert set(CONSEQUENCES) == set(DeclineReason)
    assert {consequence.variance for consequence in CONSEQUENCES.values()} == set(Variance)
    assert all(consequence.excluded_for.days >= 1 for consequence in CONSEQUENCES.values())


def test_shipped_goods_are_not_handed_over_and_pickups_are_not_shipped():
    for action, method in [(Action.SHIP, FulfilmentMethod.PICKUP), (Action.HAND_OVER, FulfilmentMethod.SHIP)]:
        with pytest.raises(IllegalTransition):
            check_way(action, method)
    for method in FulfilmentMethod:
        check_way(Action.PACK, method)


def test_every_way_has_an_end():
    ends = {Action.DELIVER, Action.HAND_OVER}
    assert all(len(ends - OTHER_WAY[method]) == 1 for method in FulfilmentMethod)


def test_the_refusal_of_the_other_way_names_the_right_one():
    with pytest.raises(IllegalTransition) as refusal:
        check_way(Action.MAKE_READY, FulfilmentMethod.SHIP)

    assert str(refusal.value) == "Cannot make ready what is for shipping; it must be for pickup."
