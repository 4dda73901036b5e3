"""Lines that ship complete: all units of a line or none, and of all such plans the one with the most units, then the cheapest."""

from dataclasses import replace

import orjson
import pytest

from domain.routing.rules.applying import case_of
from domain.routing.rules.keeping import kept_of, plain_candidate, plain_case, plain_plan
from domain.routing.rules.passes import Case, solve
from domain.routing.rules.values import Constraint, ConstraintKind
from domain.routing.values import Demand, RoutingOptions, RoutingRequest, Shortage
from tests.domain.routing.test_rules import LAMP, MUG, places, rule, situation
from tests.domain.routing.worlds import best_plan, check, random_request

COMPLETE = RoutingOptions(complete_lines=True)


def complete(*, is_hard: bool = True):
    return rule(constraints=(Constraint(ConstraintKind.COMPLETE_LINES, is_hard),))


def test_a_line_that_cannot_ship_whole_waits_and_the_others_go():
    """IBM Sterling Order Management: ship line complete."""
    stock = situation([[0, 2, 1, 0], [5, 5, 5, 5]], Demand(MUG, 4, 500), Demand(LAMP, 1, 500))

    plan = solve(case_of(stock, [complete()])[0])

    assert places(plan) == [(1, 3, 1)]
    assert [tuple(short) for short in plan.unserved] == [(0, 4, Shortage.NO_STOCK)]


def test_a_line_may_come_from_several_locations_as_long_as_all_of_it_comes():
    stock = situation([[0, 2, 2, 0]], Demand(MUG, 4, 500))

    assert places(solve(case_of(stock, [complete()])[0])) == [(0, 1, 2), (0, 2, 2)]


def test_a_soft_one_lets_the_rest_be_served_in_part():
    stock = situation([[0, 2, 1, 0]], Demand(MUG, 4, 500))

    plan = solve(case_of(stock, [complete(is_hard=False)])[0])

    assert sum(quantity for _, _, quantity in places(plan)) == 3


def by_trying(request: RoutingRequest) -> tuple[int, int]:
    """(unserved units, cost) of the best plan that serves some lines whole and the others not at all."""
    wanted = sum(demand.quantity for demand in request.demands)
    found = [(wanted, 0)]
    for mask in range(1, 1 << len(request.demands)):
        lines = [line for line in range(len(request.demands)) if mask >> line & 1]
        part = replace(
            request, demands=[request.demands[line] for line in lines], stock=[request.stock[line] for line in lines]
        )
        unserved, _, cost = best_plan(part)
        if not unserved:
            found.append((wanted - sum(demand.quantity for demand in part.demands), cost))
    return min(found)


@pytest.mark.parametrize("seed", range(60))
def test_the_plan_is_the_best_that_trying_everything_finds_and_replays_identically(seed):
    request = random_request(
        seed, lines=1 + seed % 3, places=2 + seed % 2, most_stock=2, coverage=0.5, shared=seed % 4 == 0,
        capacity=4 if seed % 3 == 0 else None, options=COMPLETE,
    )  # fmt: skip

    plan = solve(Case(request))

    check(request, plan)
    assert not {short.line for short in plan.unserved} & {one.line for one in plan.assignments}
    unserved = sum(short.quantity for short in plan.unserved)
    best_unserved, best_cost = by_trying(replace(request, options=RoutingOptions()))
    assert unserved == best_unserved
    assert plan.total_minor == best_cost
    plain = [plain_candidate(one, 1.0) for one in request.candidates]
    stored = orjson.loads(orjson.dumps(plain_case(Case(request), plain)))
    assert plain_plan(solve(kept_of(stored).case)) == plain_plan(plan)


def test_many_lines_leave_none_half_served():
    request = random_request(7, lines=11, places=4, most_stock=2, coverage=0.5, options=COMPLETE)

    plan = solve(Case(request))

    check(request, plan)
    assert not {short.line for short in plan.unserved} & {one.line for one in plan.assignments}
    assert plan.assignments
