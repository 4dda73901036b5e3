"""Groups of locations in a rule: who is named, and in which order they come."""

from uuid import UUID

import pytest

from domain.routing.rules.applying import case_of
from domain.routing.rules.explaining import explain_case
from domain.routing.rules.passes import solve
from domain.routing.rules.values import Step, terms_of
from domain.routing.values import Demand, Exclusion
from tests.domain.routing.test_rules import LAMP, MUG, places, rule, situation

FREE = [[9, 9, 9, 9]]
"""Location 3 is the cheapest, then 1, 2 and 0; they are 50, 10, 300 and 2,000 km away."""


def group(distance_weight: int = 0, rank_weight: int = 0, **ranks: int) -> Step:
    by_id = {UUID(int=int(place.removeprefix("at"))): rank for place, rank in ranks.items()}
    return Step("", 0, group_ids=frozenset({UUID(int=99)}), ranks=by_id, distance_weight=distance_weight, rank_weight=rank_weight)  # fmt: skip


def chosen(*steps: Step, stock=FREE) -> list[tuple[int, int, int]]:
    case, _ = case_of(situation(stock), [rule(steps=steps)])
    return places(solve(case))


def test_only_the_locations_of_the_group_are_named():
    assert chosen(group(at0=0, at2=0)) == [(0, 2, 2)]


def test_a_group_without_locations_names_nobody():
    assert chosen(group()) == []


def test_groups_come_one_after_the_other_and_a_location_may_be_in_many():
    first, second = (
        group(at0=0),
        Step("", 1, group_ids=frozenset({UUID(int=98)}), ranks={UUID(int=0): 5, UUID(int=3): 0}),
    )

    assert chosen(first, second) == [(0, 0, 2)]
    assert chosen(first, second, stock=[[0, 9, 9, 9]]) == [(0, 3, 2)]


@pytest.mark.parametrize(
    ("distance_weight", "rank_weight", "place"),
    [
        (0, 0, 3),  # cost alone
        (1_000, 0, 1),  # the nearest: 10 km
        (0, 100_000, 2),  # the first by priority
        (1, 100_000, 2),  # IBM Sterling, distribution groups: 100,000 for priority makes distance a mere tie-break
        (1_000, 100, 1),  # 10 x 1,000 + 2 x 100 is less than 300 x 1,000 + 1 x 100
    ],
)
def test_distance_and_priority_are_weighed(distance_weight, rank_weight, place):
    """IBM Sterling Order Management, distribution groups: w_distance x distance + w_priority x priority, lowest wins."""
    assert chosen(group(distance_weight, rank_weight, at1=2, at2=1, at3=2)) == [(0, place, 2)]


def test_distance_decides_between_locations_of_one_priority():
    assert chosen(group(1, 100_000, at0=1, at1=1, at2=1)) == [(0, 1, 2)]


def test_the_weights_order_locations_and_are_no_cost():
    case, _ = case_of(situation([[9] * 4, [9] * 4], Demand(MUG, 1, 500), Demand(LAMP, 2, 500)), [
        rule(steps=(group(10, 1_000, at2=1, at1=2),)),
    ])  # fmt: skip

    [parcel] = solve(case).parcels

    assert parcel.candidate == 1
    assert parcel.extra_minor == 3 * (10 * 10 + 2 * 1_000)
    assert parcel.shipping_minor == 640 + 40


def test_of_two_groups_that_name_a_location_its_smaller_priority_counts():
    one, other, place = (UUID(int=n) for n in (7, 8, 9))
    step = {
        "name": "", "priority": 0, "location_ids": [], "location_kinds": [], "max_distance_km": None,
        "min_value_minor": 0, "group_ids": [str(one), str(other)],
    }  # fmt: skip

    terms = terms_of({"steps": [step], "handling": [], "constraints": []}, {one: {place: 4}, other: {place: 2}})

    assert terms["steps"][0].ranks == {place: 2}


def test_a_cheaper_location_of_a_later_step_is_later_in_the_rule_and_not_dearer():
    dearest, cheapest = (
        Step(code, at, location_ids=frozenset({UUID(int=where)}))
        for at, (code, where) in enumerate((("first", 0), ("then", 3)))
    )
    case, _ = case_of(situation([[5, 5, 5, 5]]), [rule(steps=(dearest, cheapest))])

    verdicts = explain_case(case).verdicts

    assert verdicts[3].parcel_minor < verdicts[0].parcel_minor
    assert [verdict.reasons for verdict in verdicts] == [
        {},
        {0: Exclusion.NOT_IN_RULE},
        {0: Exclusion.NOT_IN_RULE},
        {0: Exclusion.LATER_IN_RULE},
    ]
