"""How many units are ordered again. Worked examples after Silver, Pyke, Thomas: (s, S) and (s, Q) systems."""

from datetime import date
from types import SimpleNamespace
from uuid import UUID

import pytest

from domain.reordering import ReorderPolicy, Rule, by_vendor, comes_on, days_of_supply, to_order

UP_TO_30 = Rule(policy=ReorderPolicy.UP_TO_LEVEL, reorder_point=10, quantity=30)
LOTS_OF_12 = Rule(policy=ReorderPolicy.FIXED_LOTS, reorder_point=10, quantity=12)


@pytest.mark.parametrize(("position", "units"), [(11, 0), (10, 20), (7, 23), (0, 30), (-5, 35)])
def test_at_or_below_the_point_a_position_is_filled_up_to_the_level(position, units):
    assert to_order(UP_TO_30, position) == units


@pytest.mark.parametrize(("position", "units"), [(11, 0), (10, 12), (-1, 12), (-2, 24), (-3, 24), (-14, 36)])
def test_at_or_below_the_point_whole_lots_bring_a_position_above_it(position, units):
    assert to_order(LOTS_OF_12, position) == units


@pytest.mark.parametrize("rule", [UP_TO_30, LOTS_OF_12])
def test_what_was_ordered_is_not_ordered_again(rule):
    for position in range(-40, 40):
        assert to_order(rule, position + to_order(rule, position)) == 0


@pytest.mark.parametrize(("available", "sold", "days"), [(3, 7, 12), (3, 8, 10), (0, 7, 0), (-2, 7, 0), (3, 0, None)])
def test_what_is_there_lasts_whole_days_at_the_pace_of_four_weeks(available, sold, days):
    assert days_of_supply(available, sold) == days


def test_one_order_is_for_one_vendor_and_one_destination():
    each = [
        SimpleNamespace(vendor_id=UUID(int=v), location_id=UUID(int=at)) for v, at in ((1, 1), (2, 1), (1, 1), (1, 2))
    ]

    groups = by_vendor(each)

    assert [(vendor.int, at.int, len(group)) for (vendor, at), group in groups.items()] == [
        (1, 1, 2),
        (2, 1, 1),
        (1, 2, 1),
    ]


def test_it_comes_after_the_lead_time():
    assert comes_on(date(2026, 12, 30), 5) == date(2027, 1, 4)
