"""What may be counted on, and which supply serves a demand."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.promising.supply import Dated, SafetyRule, SupplyKind, counts_on, kept_back, match, without_demand
from domain.routing.values import Method

MUG, LAMP, NYC, LAX = (UUID(int=at) for at in range(1, 5))
JUNE_1, MAY_30, JULY_30 = date(2026, 6, 1), date(2026, 5, 30), date(2026, 7, 30)


def back(*rules: SafetyRule, quantity: int = 10, kind=SupplyKind.PURCHASE_ORDER, methods=(Method.SHIP,)) -> int:
    return kept_back(rules, kind=kind, variant_id=MUG, location_id=NYC, methods=methods, quantity=quantity)


def rule(code: str = "r", **values) -> SafetyRule:
    return SafetyRule(code=code, **values)


@pytest.mark.parametrize(
    ("percent", "quantity", "usable"), [(25, 10, 7), (60, 10, 4), (5, 100, 95), (0, 9, 9), (100, 9, 0), (33, 1, 0)]
)
def test_a_share_is_kept_back_and_the_rest_truncated_down(percent, quantity, usable):
    """SIP: 25 % of a purchase order of 10 leaves 7, not 7.5. Sterling: 40 % of purchase orders, 95 % in transit."""
    assert quantity - back(rule(percent=percent), quantity=quantity) == usable


def test_no_more_is_kept_back_than_there_is():
    assert back(rule(quantity=12)) == 10


def test_of_several_methods_the_most_careful_decides():
    """IBM Sterling, safety factors by delivery method: where several are asked, the maximum."""
    rules = rule(method=Method.SHIP, quantity=2), rule("s", method=Method.PICKUP, quantity=5)

    assert back(*rules) == 2
    assert back(*rules, methods=(Method.SHIP, Method.PICKUP)) == 5


def test_a_method_without_a_rule_has_the_items():
    """SIP: method missing, the item's."""
    rules = rule(variant_id=MUG, quantity=3), rule("s", variant_id=MUG, method=Method.PICKUP, quantity=5)

    assert back(*rules) == 3


def test_item_beats_supply_type():
    """SIP: safety factor precedence."""
    assert back(rule(kind=SupplyKind.PURCHASE_ORDER, percent=60), rule("s", variant_id=MUG, quantity=1)) == 1


def test_item_at_a_place_beats_item_and_others_do_not_count():
    rules = (
        rule("a", variant_id=MUG, quantity=1),
        rule("b", variant_id=MUG, location_id=NYC, quantity=2),
        rule("c", variant_id=LAMP, location_id=NYC, quantity=7),
        rule("d", location_id=LAX, quantity=8),
        rule("e", kind=SupplyKind.ON_HAND, variant_id=MUG, location_id=NYC, quantity=9),
    )

    assert back(*rules) == 2


@given(st.permutations([rule("b", quantity=1), rule("a", quantity=2), rule("c", percent=90)]))
def test_of_two_alike_the_first_by_code_decides_in_whatever_order_they_are_read(rules):
    assert back(*rules) == 2


def test_a_late_supply_is_believed_until_its_days_are_over():
    """Radial on IBM Sterling, past-due supply: two days overdue, expected 2018-11-28, ignored from 2018-12-01."""
    expected = date(2018, 11, 28)

    assert counts_on(expected, date(2018, 11, 20), 2) == expected
    assert counts_on(expected, date(2018, 11, 30), 2) == date(2018, 11, 30)
    assert counts_on(expected, date(2018, 12, 1), 2) is None


def test_closest_takes_what_comes_just_in_time_and_keeps_what_is_there():
    """IBM Sterling Intelligent Promising, closest ETA: wanted June 1, on hand, and supplies of May 30 and July 30."""
    supplies = [Dated(None, 5, "shelf"), Dated(MAY_30, 5, "may"), Dated(JULY_30, 5, "july")]

    assert sources(match(3, supplies, JUNE_1)) == {"may": 3}
    assert sources(match(7, supplies, JUNE_1)) == {"may": 5, "shelf": 2}
    assert sources(match(12, supplies, JUNE_1)) == {"may": 5, "shelf": 5, "july": 2}


def test_first_takes_what_is_there():
    """First ETA: the same demand takes the units on hand."""
    supplies = [Dated(MAY_30, 5, "may"), Dated(None, 5, "shelf"), Dated(JULY_30, 5, "july")]

    assert sources(match(3, supplies)) == {"shelf": 3}


def test_the_date_is_that_of_the_last_supply_needed_not_of_the_last_known():
    """Sterling, availability by date: partial supplies are matched by breakup."""
    supplies = [Dated(None, 2, ""), Dated(MAY_30, 3, ""), Dated(JULY_30, 50, "")]

    assert [match(quantity, supplies).day for quantity in (2, 4, 5, 6)] == [None, MAY_30, MAY_30, JULY_30]
    assert match(60, supplies).missing == 5


def test_those_who_wait_have_theirs_first():
    supplies = [Dated(JULY_30, 5, "july"), Dated(MAY_30, 3, "may")]

    assert without_demand(supplies, 4) == [Dated(JULY_30, 4, "july")]
    assert without_demand(supplies, 0) == [Dated(MAY_30, 3, "may"), Dated(JULY_30, 5, "july")]
    assert without_demand(supplies, 99) == []


def sources(matched) -> dict[str, int]:
    assert not matched.missing
    return {part.supply.source: part.quantity for part in matched.parts}


days = st.none() | st.integers(0, 90).map(lambda ahead: MAY_30 + timedelta(days=ahead))
supplies = st.lists(st.builds(Dated, days, st.integers(0, 9), st.integers()), max_size=8)


@given(st.integers(1, 40), supplies, days)
def test_a_match_takes_what_there_is_and_no_more(quantity, known, wanted_on):
    matched = match(quantity, known, wanted_on)

    taken = sum(part.quantity for part in matched.parts)
    assert taken + matched.missing == quantity
    assert taken == min(quantity, sum(supply.quantity for supply in known))
    assert all(0 < part.quantity <= part.supply.quantity for part in matched.parts)


@given(st.integers(1, 40), supplies, days)
def test_no_other_choice_has_the_units_sooner(quantity, known, wanted_on):
    day = match(quantity, known).day
    sooner = sum(supply.quantity for supply in known if supply.day is None or (day and supply.day < day))

    assert day is None or sooner < quantity
    closest = match(quantity, known, wanted_on).day
    if day and closest and wanted_on:
        assert closest <= max(day, wanted_on)


@given(st.integers(1, 40), st.integers(0, 10), supplies)
def test_a_larger_order_is_never_there_sooner(quantity, more, known):
    few, many = match(quantity, known), match(quantity + more, known)

    assert (few.day or date.min) <= (many.day or date.min)
