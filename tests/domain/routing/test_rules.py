"""Which rule is chosen, what it makes of a request, and how soft constraints are dropped."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import orjson
import pytest

from domain.routing.rules.applying import Situation, case_of
from domain.routing.rules.choosing import Asker, WantedLine, choose
from domain.routing.rules.explaining import explain_case
from domain.routing.rules.keeping import kept_of, plain_candidate, plain_case, plain_plan, plan_of
from domain.routing.rules.passes import solve
from domain.routing.rules.values import Constraint, ConstraintKind, Handling, RoutingRule, Step
from domain.routing.values import Candidate, Demand, Exclusion, Method, RoutingPlan, Shortage, real_cost_minor
from domain.shipping_rates import Rate
from tests.domain.routing.worlds import check, random_request

WEB, SHOP, MUG, LAMP = (UUID(int=n) for n in range(1, 5))
NOW = datetime(2026, 11, 2, tzinfo=UTC)
LINE = WantedLine(WEB, MUG, "Kitchen", Method.SHIP)
ASKER = Asker("gold", "US", "NY", NOW)

BY_RANK = {
    "channel": {"channel_id": WEB},
    "segment": {"segment": "gold"},
    "variant": {"variant_id": MUG},
    "category": {"category": "Kitchen"},
    "region": {"country": "US", "region": "NY"},
    "country": {"country": "US"},
    "method": {"method": Method.SHIP},
    "anything": {},
}
"""IBM Sterling, sourcing rules: seller > order sourcing classification > item > item classification > region."""


def rule(number: int = 1, **terms) -> RoutingRule:
    return RoutingRule(id=UUID(int=number), name=f"rule {number}", revision=1, **terms)


@pytest.mark.parametrize(("above", "below"), list(pairwise(BY_RANK)))
def test_the_more_specific_rule_is_chosen_by_sterlings_precedence(above, below):
    first, second = rule(9, priority=500, **BY_RANK[above]), rule(1, priority=0, **BY_RANK[below])

    assert choose([second, first], LINE, ASKER) is first
    assert choose([first, second], LINE, ASKER) is first


def test_one_high_parameter_goes_before_all_lower_ones_together():
    channel = rule(9, channel_id=WEB)
    others = rule(1, segment="gold", variant_id=MUG, category="Kitchen", country="US", region="NY", method=Method.SHIP)

    assert choose([others, channel], LINE, ASKER) is channel


def test_equally_specific_rules_go_by_priority_and_then_by_id():
    assert choose([rule(1, priority=2), rule(2, priority=1)], LINE, ASKER).id == UUID(int=2)
    assert choose([rule(2), rule(1)], LINE, ASKER).id == UUID(int=1)


@pytest.mark.parametrize(
    "terms",
    [
        {"channel_id": SHOP},
        {"segment": "silver"},
        {"variant_id": LAMP},
        {"category": "Garden"},
        {"country": "CA"},
        {"country": "US", "region": "MA"},
        {"method": Method.PICKUP},
        {"effective_from": NOW + timedelta(seconds=1)},
        {"effective_until": NOW},
    ],
)
def test_a_rule_for_something_else_or_another_time_is_not_chosen(terms):
    assert choose([rule(**terms)], LINE, ASKER) is None


def test_a_rule_decides_from_its_first_moment_and_no_more_at_its_last():
    dated = rule(effective_from=NOW, effective_until=NOW + timedelta(days=1))

    assert choose([dated], LINE, ASKER) is dated
    assert choose([dated], LINE, ASKER._replace(now=NOW + timedelta(days=1))) is None


KINDS = ("warehouse", "store", "store", "warehouse")
KILOMETRES = (2000.0, 10.0, 300.0, 50.0)
COSTS = (900, 600, 620, 500)


def situation(stock, *demands: Demand, **terms) -> Situation:
    """Four locations, the last the cheapest: warehouse 0, stores 1 and 2, warehouse 3."""
    wanted = demands or (Demand(MUG, 2, 500),)
    return Situation(
        wanted,
        [Candidate(UUID(int=at), Rate(cost, 40)) for at, cost in enumerate(COSTS)],
        stock,
        {},
        kinds=KINDS,
        kilometres=KILOMETRES,
        lines=[WantedLine(WEB, demand.variant, "", demand.method) for demand in wanted],
        **terms,
    )


def places(plan: RoutingPlan) -> list[tuple[int, int, int]]:
    return [(line, at, quantity) for line, at, _, quantity in plan.assignments]


def ruled(stock, *demands: Demand, value_minor: int = 0, **terms) -> RoutingPlan:
    case, _ = case_of(situation(stock, *demands, value_minor=value_minor), [rule(**terms)])
    return solve(case)


def hard(kind: ConstraintKind, value: int = 0) -> tuple[Constraint, ...]:
    return (Constraint(kind, is_hard=True, value=value),)


def soft(kind: ConstraintKind, value: int = 0) -> tuple[Constraint, ...]:
    return (Constraint(kind, is_hard=False, value=value),)


STORES_FIRST = (Step("stores", 0, location_kinds=frozenset({"store"})), Step("rest", 1))


def test_without_a_rule_the_cheapest_location_serves():
    case, found = case_of(situation([[5, 5, 5, 5]]), [])

    assert found is None
    assert case.relaxed is None
    assert places(solve(case)) == [(0, 3, 2)]


def test_a_later_step_serves_only_what_the_earlier_cannot():
    assert places(ruled([[5, 5, 5, 5]], steps=STORES_FIRST)) == [(0, 1, 2)]
    assert places(ruled([[5, 0, 0, 5]], steps=STORES_FIRST)) == [(0, 3, 2)]


def test_a_line_stays_whole_rather_than_being_cut_between_steps():
    assert places(ruled([[0, 1, 0, 5]], steps=STORES_FIRST)) == [(0, 3, 2)]


def test_steps_of_one_priority_compete_by_cost():
    same = (Step("stores", 0, location_kinds=frozenset({"store"})), Step("rest", 0))

    assert places(ruled([[5, 5, 5, 5]], steps=same)) == [(0, 3, 2)]


def test_a_small_weight_of_steps_lets_cost_decide():
    assert places(ruled([[5, 5, 5, 5]], steps=STORES_FIRST, step_minor=10)) == [(0, 3, 2)]
    assert places(ruled([[5, 5, 5, 5]], steps=STORES_FIRST, step_minor=51)) == [(0, 1, 2)]


def test_the_preference_for_steps_is_no_cost():
    plan = ruled([[5, 0, 0, 5]], steps=STORES_FIRST)

    assert plan.total_minor == 540 + 2 * 100_000
    assert real_cost_minor(plan) == 540


def test_a_location_that_no_step_names_is_not_in_the_rule():
    only = (Step("near", 0, location_ids=frozenset({UUID(int=1)})),)
    case, _ = case_of(situation([[5, 1, 5, 5]]), [rule(steps=only)])

    plan = solve(case)

    assert (places(plan), plan.unserved) == ([(0, 1, 1)], ((0, 1, Shortage.NO_STOCK),))
    assert explain_case(case).verdicts[3].reasons == {0: Exclusion.NOT_IN_RULE}


def test_a_step_takes_part_within_its_distance_and_above_its_value():
    near = (Step("stores", 0, location_kinds=frozenset({"store"}), max_distance_km=100), Step("rest", 1))
    dear = (Step("stores", 0, location_kinds=frozenset({"store"}), min_value_minor=5_000), Step("rest", 1))

    assert places(ruled([[5, 0, 5, 5]], steps=near)) == [(0, 3, 2)]
    assert places(ruled([[5, 0, 5, 5]], steps=dear, value_minor=4_999)) == [(0, 3, 2)]
    assert places(ruled([[5, 0, 5, 5]], steps=dear, value_minor=5_000)) == [(0, 2, 2)]


def test_handling_by_kind_of_location_is_part_of_the_cost():
    plan = ruled([[5, 5, 5, 5]], handling={"warehouse": Handling(100, 10)})

    assert places(plan) == [(0, 1, 2)]
    assert plan.total_minor == 640


def test_a_hard_distance_leaves_units_unserved_and_a_soft_one_is_dropped_for_them():
    near = hard(ConstraintKind.MAX_DISTANCE, 100), soft(ConstraintKind.MAX_DISTANCE, 100)
    stock = [[5, 1, 0, 0]]

    kept, dropped = (ruled(stock, constraints=each) for each in near)

    assert (places(kept), kept.unserved) == ([(0, 1, 1)], ((0, 1, Shortage.NO_STOCK),))
    assert (places(dropped), dropped.unserved) == ([(0, 0, 1), (0, 1, 1)], ())


def test_what_was_served_in_the_first_pass_stays_there():
    """D365: the second pass drops the soft constraints for what is left, not for what has its place."""
    lines = Demand(MUG, 2, 500), Demand(LAMP, 1, 500)

    plan = ruled([[5, 0, 0, 2], [1, 0, 0, 0]], *lines, constraints=soft(ConstraintKind.MAX_DISTANCE, 100))

    assert places(plan) == [(0, 3, 2), (1, 0, 1)]


def test_units_of_both_passes_from_one_location_share_a_parcel():
    lines = Demand(MUG, 1, 500), Demand(LAMP, 1, 500)

    plan = ruled([[0, 0, 0, 5], [0, 0, 0, 2]], *lines, constraints=soft(ConstraintKind.KEEP_UNITS, 2))

    assert places(plan) == [(0, 3, 1), (1, 3, 1)]
    assert len(plan.parcels) == 1
    assert plan.total_minor == 540


def test_units_that_are_kept_back_are_not_given():
    assert places(ruled([[5, 5, 5, 3]], constraints=hard(ConstraintKind.KEEP_UNITS, 2))) == [(0, 1, 2)]


def test_an_order_of_small_value_is_not_split():
    lines = Demand(MUG, 1, 500), Demand(LAMP, 1, 500)
    stock = [[1, 0, 0, 1], [1, 1, 0, 0]]
    terms = {"constraints": hard(ConstraintKind.MIN_VALUE_TO_SPLIT, 3_000), "split_minor": 0}

    assert len(ruled(stock, *lines, value_minor=2_999, **terms).parcels) == 1
    cheap = [[1, 0, 0, 1], [0, 1, 0, 0]]
    assert len(ruled(cheap, *lines, value_minor=2_999, **terms).parcels) == 1
    assert len(ruled(cheap, *lines, value_minor=3_000, **terms).parcels) == 2


def test_a_line_comes_whole_from_one_location_or_waits():
    plan = ruled([[1, 1, 0, 0]], constraints=hard(ConstraintKind.WHOLE_LINES))

    assert (places(plan), plan.unserved[0].quantity) == ([], 2)


def test_an_order_that_ships_complete_waits_as_a_whole():
    lines = Demand(MUG, 1, 500), Demand(LAMP, 1, 500)
    stock = [[1, 1, 1, 1], [0, 0, 0, 0]]

    waits = ruled(stock, *lines, constraints=hard(ConstraintKind.SHIP_COMPLETE))
    goes = ruled(stock, *lines, constraints=soft(ConstraintKind.SHIP_COMPLETE))

    assert (places(waits), [short.line for short in waits.unserved]) == ([], [0, 1])
    assert (places(goes), [short.line for short in goes.unserved]) == ([(0, 3, 1)], [1])


def test_a_hard_number_of_parcels_holds_over_both_passes():
    lines = Demand(MUG, 1, 500), Demand(LAMP, 1, 500)
    constraints = (*hard(ConstraintKind.MAX_PARCELS, 1), *soft(ConstraintKind.MAX_DISTANCE, 100))

    plan = ruled([[0, 1, 0, 1], [1, 0, 0, 0]], *lines, constraints=constraints)

    assert (places(plan), len(plan.parcels), [short.line for short in plan.unserved]) == ([(0, 3, 1)], 1, [1])


def test_each_line_follows_its_own_rule_and_the_most_specific_one_decides_about_the_order():
    lines = Demand(MUG, 1, 500), Demand(LAMP, 1, 500)
    mugs = rule(1, variant_id=MUG, steps=STORES_FIRST, split_minor=0)
    rest = rule(2, split_minor=9_999)

    case, lead = case_of(situation([[5] * 4, [5] * 4], *lines), [rest, mugs])

    assert lead is mugs
    assert places(solve(case)) == [(0, 1, 1), (1, 1, 1)]
    assert case.strict.options.split_minor == 0


CONSTRAINTS = (
    Constraint(ConstraintKind.MAX_DISTANCE, is_hard=False, value=400),
    Constraint(ConstraintKind.MAX_PARCELS, is_hard=False, value=1),
    Constraint(ConstraintKind.KEEP_UNITS, is_hard=False, value=3),
    Constraint(ConstraintKind.WHOLE_LINES, is_hard=False),
    Constraint(ConstraintKind.SHIP_COMPLETE, is_hard=True),
)


@pytest.mark.parametrize("seed", range(60))
def test_a_stored_decision_replays_identically_and_keeps_what_every_plan_keeps(seed):
    base = random_request(seed, lines=1 + seed % 5, places=4, shared=seed % 2 == 0, capacity=9 if seed % 3 else None)
    far = [100.0 * ((seed * 7 + at * 3) % 9) for at in range(4)]
    lines = [WantedLine(WEB, demand.variant, "", demand.method) for demand in base.demands]
    given = Situation(base.demands, base.candidates, base.stock, {}, KINDS, far, lines)
    chosen = rule(steps=STORES_FIRST if seed % 4 else (), constraints=CONSTRAINTS[: seed % 6])
    case, _ = case_of(given, [chosen])

    plan = solve(case)
    candidates = [plain_candidate(*each) for each in zip(case.strict.candidates, far, strict=True)]
    stored = orjson.loads(orjson.dumps(plain_case(case, candidates, free=base.stock)))
    kept = kept_of(stored)

    check(case.relaxed or case.strict, plan)
    assert plain_plan(solve(kept.case)) == plain_plan(plan)
    assert plan_of(orjson.loads(orjson.dumps(plain_plan(plan))), kept.case.strict.candidates) == plan
    assert kept.free == base.stock


def test_explaining_a_rule_names_the_cheaper_plan_that_it_forbids():
    case, _ = case_of(situation([[5, 5, 5, 5]]), [rule(steps=STORES_FIRST)])

    found = explain_case(case)

    assert [verdict.serves for verdict in found.verdicts] == [(), (0,), (), ()]
    assert found.runner_up.assignments[0].candidate == 2
    assert found.difference_minor == 20
