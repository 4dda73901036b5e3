"""What a planner is told beyond the plan: what was kept back, which soft constraint was dropped, what is worth more."""

from dataclasses import replace
from datetime import date

import orjson
import pytest

from domain.routing.explain import Explanation
from domain.routing.rules.applying import Situation, case_of
from domain.routing.rules.explaining import explain_case
from domain.routing.rules.keeping import Kept, kept_of, plain_candidate, plain_case
from domain.routing.rules.telling import Weighed, dropped, reason_told, shortage_told, weighed
from domain.routing.rules.values import Constraint, ConstraintKind, RoutingRule, Step
from domain.routing.values import Demand, Exclusion, Shortage, Worth
from domain.workdays import Load
from tests.domain.routing.test_rules import LAMP, MUG, rule, situation

TODAY = date(2026, 11, 2)
FREE = [[9, 9, 9, 9]]
"""Location 3 is the cheapest, then 1, 2 and 0; two units are wanted."""
BOTH = Demand(MUG, 2, 500), Demand(LAMP, 2, 500)


def told(given: Situation, chosen: RoutingRule) -> tuple[Kept, Explanation]:
    """As it is stored, and read again."""
    case, _ = case_of(given, [chosen])
    candidates = [plain_candidate(*each) for each in zip(case.strict.candidates, given.kilometres, strict=True)]
    kept = kept_of(orjson.loads(orjson.dumps(plain_case(case, candidates, free=given.stock))))
    return kept, explain_case(kept.case)


def reasons(kept: Kept, found: Explanation, line: int = 0) -> list[Exclusion | None]:
    return [reason_told(kept, found, line, at) for at in range(4)]


def asking(kind: ConstraintKind, value: int = 0, *, is_hard: bool = True) -> RoutingRule:
    return rule(constraints=(Constraint(kind, is_hard, value),))


def test_stock_that_a_rule_keeps_back_is_not_called_missing():
    kept, found = told(situation([[9, 9, 4, 1]]), asking(ConstraintKind.KEEP_UNITS, 3))

    assert reasons(kept, found) == [Exclusion.DEARER, None, Exclusion.KEPT_BACK, Exclusion.KEPT_BACK]


def test_what_is_missing_with_and_without_the_rule_is_called_missing():
    kept, found = told(situation([[0, 9, 1, 9]]), asking(ConstraintKind.MAX_PARCELS, 1))

    assert reasons(kept, found) == [Exclusion.NO_STOCK, Exclusion.DEARER, Exclusion.NOT_ENOUGH_STOCK, None]


@pytest.mark.parametrize(
    ("constraint", "given", "why"),
    [
        (asking(ConstraintKind.MAX_DISTANCE, 0, is_hard=False), situation(FREE), Exclusion.TOO_FAR),
        (
            asking(ConstraintKind.DAILY_CAPACITY, is_hard=False),
            situation(FREE, loads=[Load(TODAY, units=9, most_units=9)] * 4),
            Exclusion.CAPACITY,
        ),
        (
            asking(ConstraintKind.SHIP_WITHIN_DAYS, 0, is_hard=False),
            situation(FREE, loads=[Load(TODAY, 1)] * 4),
            Exclusion.TOO_LATE,
        ),
        (asking(ConstraintKind.HAZMAT, is_hard=False), situation(FREE), Exclusion.CAPABILITY),
        (asking(ConstraintKind.KEEP_UNITS, 9, is_hard=False), situation(FREE), Exclusion.KEPT_BACK),
    ],
)
def test_what_a_soft_constraint_was_dropped_for_is_told_with_what_it_cost(constraint, given, why):
    kept, found = told(replace(given, kilometres=[10.0] * 4), constraint)

    assert [dropped(kept, found.plan, 0, at) for at in range(4)] == [None, None, None, why]
    assert found.relaxed == {0: 2}
    assert [verdict.parcel_minor is None for verdict in found.verdicts] == [False] * 4
    assert found.verdicts[3].parcel_minor == found.plan.total_minor


def test_a_soft_constraint_of_the_order_as_a_whole_is_told_by_the_units_it_was_dropped_for():
    given = situation([[9, 0, 0, 0], [0, 9, 0, 0]], *BOTH)

    kept, found = told(given, asking(ConstraintKind.MAX_PARCELS, 1, is_hard=False))

    [line] = found.relaxed
    assert found.relaxed == {line: 2}
    assert [dropped(kept, found.plan, line, at) for at in range(4)] == [None] * 4


def test_what_keeps_to_all_constraints_dropped_none():
    kept, found = told(situation(FREE), asking(ConstraintKind.MAX_DISTANCE, 9_999, is_hard=False))

    assert (found.relaxed, dropped(kept, found.plan, 0, 3)) == ({}, None)


@pytest.mark.parametrize(
    ("stock", "chosen", "why"),
    [
        ([[0, 0, 0, 0]], rule(), Shortage.NO_STOCK),
        (FREE, asking(ConstraintKind.MAX_DISTANCE, 0), Shortage.NOT_OPEN),
        (FREE, asking(ConstraintKind.KEEP_UNITS, 9), Shortage.NOT_OPEN),
        ([[1, 0, 0, 0]], asking(ConstraintKind.SHIP_COMPLETE), Shortage.NO_STOCK),
        ([[0, 1, 0, 0]], asking(ConstraintKind.COMPLETE_LINES), Shortage.NO_STOCK),
    ],
)
def test_what_waits_though_there_is_stock_is_not_called_out_of_stock(stock, chosen, why):
    kept, found = told(replace(situation(stock), kilometres=[10.0] * 4), chosen)

    assert {shortage_told(kept, found.plan, short) for short in found.plan.unserved} == {why}


def test_who_waits_for_the_rest_of_the_order_is_told_so():
    given = situation([[9, 0, 0, 0], [0, 0, 0, 0]], *BOTH)

    kept, found = told(given, asking(ConstraintKind.SHIP_COMPLETE))

    assert [shortage_told(kept, found.plan, short) for short in found.plan.unserved] == [
        Shortage.NOT_COMPLETE,
        Shortage.NO_STOCK,
    ]


def test_what_is_worth_more_elsewhere_is_not_put_down_to_the_rule():
    worth = Worth([[0, 0, 0, 60]], [[0, 0, 0, 40]])
    kept, found = told(replace(situation(FREE), unit_costs=worth.unit_costs), rule())
    kept = kept._replace(worth=worth)

    assert reasons(kept, found)[3] is Exclusion.WORTH_MORE
    parcel = found.verdicts[3]
    extra = parcel.weighed_minor - parcel.parcel_minor
    assert weighed(kept, 3, enumerate(parcel.able), extra) == Weighed(0, 120, 80)


def test_what_a_later_step_gives_is_later_in_the_rule_whatever_it_is_worth():
    given = situation(FREE)
    first = frozenset({given.candidates[0].location})
    steps = (Step("first", 0, location_ids=first), Step("rest", 1))
    worth = Worth([[0, 0, 0, 60]])
    kept, found = told(replace(given, unit_costs=worth.unit_costs), rule(steps=steps, step_minor=500))

    assert reasons(kept._replace(worth=worth), found)[1:] == [Exclusion.LATER_IN_RULE] * 3
