"""Most sources of a line: complete from so few locations, or not at all; exact against every way there is."""

from dataclasses import replace
from uuid import UUID

import orjson
import pytest

from domain.placing.considering import Standpoint, consider
from domain.routing.plan import route
from domain.routing.rules.applying import Situation, case_of
from domain.routing.rules.choosing import WantedLine
from domain.routing.rules.explaining import explain_case
from domain.routing.rules.keeping import kept_of, plain_candidate, plain_case, plain_plan
from domain.routing.rules.passes import Case, solve
from domain.routing.rules.values import ConstraintKind
from domain.routing.values import Demand, Exclusion, RoutingOptions, Shortage
from tests.domain.routing.test_rules import KINDS, LAMP, MUG, WEB, hard, places, rule, ruled, situation, soft
from tests.domain.routing.worlds import best_plan, check, random_request

FEW = ConstraintKind.MAX_SOURCES_PER_LINE
SIX = Demand(MUG, 6, 500)


def random_few(seed: int, **terms):
    request = random_request(
        seed, lines=1 + seed % 3, places=4 - seed % 3, most_stock=2, coverage=0.8,
        shared=seed % 4 == 0, capacity=4 if seed % 3 == 0 else None, unit_costs=seed % 5 == 0, **terms,
    )  # fmt: skip
    return replace(request, most_sources={line: 1 + (seed + line) % 3 for line in range(0, len(request.demands), 2)})


@pytest.mark.parametrize("seed", range(150))
def test_the_plan_is_the_best_that_trying_every_quantity_finds(seed):
    request = random_few(seed, options=RoutingOptions(max_parcels=2 if seed % 7 == 0 else None))

    plan = route(request)

    check(request, plan)
    unserved, _, cost = best_plan(request)
    assert (sum(short.quantity for short in plan.unserved), plan.total_minor) == (unserved, cost)


@pytest.mark.parametrize("seed", range(40))
def test_a_stored_decision_replays_identically_over_both_passes(seed):
    base = random_few(seed)
    lines = [WantedLine(WEB, demand.variant, "", demand.method) for demand in base.demands]
    far = [100.0 * at for at in range(len(base.candidates))]
    kinds = KINDS[: len(base.candidates)]
    given = Situation(base.demands, base.candidates, base.stock, {}, kinds, far, lines)
    limits = (*hard(FEW, 2), *soft(FEW, 1), *soft(ConstraintKind.MAX_DISTANCE, 150))
    case, _ = case_of(given, [rule(constraints=limits)])

    plan = solve(case)
    stored = orjson.loads(orjson.dumps(plain_case(case, [*map(plain_candidate, case.strict.candidates, far)])))

    check(case.relaxed, plan)
    assert plain_plan(solve(kept_of(stored).case)) == plain_plan(plan)
    assert kept_of(stored).case.strict.most_sources == dict.fromkeys(range(len(lines)), 1)


@pytest.mark.parametrize("seed", range(30))
def test_large_orders_keep_to_it_too(seed):
    request = random_request(seed, lines=14, places=5, max_quantity=5, most_stock=3, coverage=0.6, shared=seed % 2 == 0,
                             capacity=12 if seed % 3 == 0 else None)  # fmt: skip
    request = replace(request, most_sources={line: 1 + line % 3 for line in range(0, 14, 2)})

    plan = route(request)

    check(request, plan)
    assert plan.assignments


def test_a_line_comes_from_two_locations_but_not_from_three():
    two = ruled([[3, 3, 0, 0]], SIX, constraints=hard(FEW, 2))
    three = ruled([[2, 2, 0, 2]], SIX, constraints=hard(FEW, 2))

    assert places(two) == [(0, 0, 3), (0, 1, 3)]
    assert places(three) == []
    assert [tuple(short) for short in three.unserved] == [(0, 6, Shortage.MAX_SOURCES)]


def test_without_it_a_line_comes_from_any_number():
    assert len(places(ruled([[2, 2, 0, 2]], SIX))) == 3


def test_dearer_locations_that_have_more_are_taken_where_many_cheap_ones_would_be_too_many():
    plan = ruled([[4, 2, 2, 2]], SIX, constraints=hard(FEW, 2))

    assert places(plan) == [(0, 0, 4), (0, 3, 2)]


def test_a_soft_one_is_dropped_for_lines_that_would_wait_otherwise():
    lines = SIX, Demand(LAMP, 2, 500)
    stock = [[2, 2, 0, 2], [1, 1, 1, 1]]

    plan = ruled(stock, *lines, constraints=soft(FEW, 2))

    assert not plan.unserved
    assert [at for line, at, _ in places(plan) if line == 0] == [0, 1, 3]
    assert len([at for line, at, _ in places(plan) if line == 1]) == 2


def test_the_tighter_of_a_soft_and_a_hard_one_holds_first_and_the_hard_one_always():
    limits = (*soft(FEW, 1), *hard(FEW, 2))

    assert places(ruled([[3, 3, 0, 0]], SIX, constraints=limits)) == [(0, 0, 3), (0, 1, 3)]
    assert places(ruled([[2, 2, 0, 2]], SIX, constraints=limits)) == []


@pytest.mark.parametrize("stock", [[3, 3, 0, 0], [6, 0, 0, 2], [5, 5, 5, 5]])
def test_one_source_is_what_whole_lines_have_always_been(stock):
    one = ruled([stock], SIX, constraints=hard(FEW, 1))
    whole = ruled([stock], SIX, constraints=hard(ConstraintKind.WHOLE_LINES))

    assert one == whole


def test_whole_lines_hold_beside_a_larger_number():
    plan = ruled([[3, 3, 0, 0]], SIX, constraints=(*hard(FEW, 3), *hard(ConstraintKind.WHOLE_LINES)))

    assert places(plan) == []


def test_capacity_does_not_cut_a_whole_line():
    base = situation([[0, 6, 6, 0]], SIX)
    full = replace(base, candidates=[replace(one, capacity_units=3) for one in base.candidates])

    plan = solve(case_of(full, [rule(constraints=hard(FEW, 1))])[0])

    assert [tuple(short) for short in plan.unserved] == [(0, 6, Shortage.CAPACITY)]


def test_each_line_has_the_number_of_its_own_rule():
    mugs = rule(1, variant_id=MUG, constraints=hard(FEW, 1))
    rest = rule(2, constraints=hard(FEW, 2))
    stock = situation([[1, 1, 0, 0], [1, 1, 0, 0]], Demand(MUG, 2, 500), Demand(LAMP, 2, 500))

    plan = solve(case_of(stock, [mugs, rest])[0])

    assert places(plan) == [(1, 0, 1), (1, 1, 1)]


def test_lines_that_ship_complete_may_have_it_too():
    limits = (*hard(FEW, 2), *hard(ConstraintKind.COMPLETE_LINES))

    assert places(ruled([[3, 3, 0, 0]], SIX, constraints=limits)) == [(0, 0, 3), (0, 1, 3)]
    assert places(ruled([[2, 2, 2, 0]], SIX, constraints=limits)) == []


def test_the_explanation_says_who_has_too_little_and_names_a_runner_up_within_the_limit():
    case, _ = case_of(situation([[5, 3, 3, 1]], SIX), [rule(constraints=hard(FEW, 2))])

    found = explain_case(case)

    assert places(found.plan) == [(0, 1, 3), (0, 2, 3)]
    assert len(found.runner_up.assignments) == 2
    reasons = [verdict.reasons.get(0) for verdict in found.verdicts if not verdict.serves]
    assert reasons == [Exclusion.NOT_ENOUGH_STOCK] * 2


def test_orders_are_moved_together_only_within_the_limit():
    here, there, far = (UUID(int=at) for at in range(3))
    stock = situation([[9] * 4] * 3, *[Demand(MUG, 2, 500)] * 3)
    standing = consider(stock, [rule(constraints=hard(FEW, 2))], Standpoint([0, 0, 0], [here, here, there]))
    waiting = consider(stock, [rule(constraints=hard(FEW, 2))], Standpoint([0, 0, 0], [None] * 3))

    assert standing.allows([there, there, there])
    assert standing.allows([here, far, far])
    assert not standing.allows([here, there, far])
    assert not waiting.allows([here, None, None])
    assert waiting.allows([None, None, None])


def test_a_case_without_the_limit_is_stored_as_before():
    case = Case(random_request(1, lines=2, places=2))

    assert "m" not in plain_case(case, [plain_candidate(one, 1.0) for one in case.strict.candidates])
