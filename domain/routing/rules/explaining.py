"""Why a ruled decision is what it is, as `domain/routing/explain.py` says it for one request, over both passes."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from domain.routing.explain import Explanation, Verdict, rank, verdict
from domain.routing.rules.merging import Merged, Merging, solve_merging, with_last_leg
from domain.routing.rules.passes import Case, solve
from domain.routing.values import Exclusion, RoutingPlan, RoutingRequest, real_cost_minor
from domain.routing.whole import EXACT_LINES


def explain_case(case: Case) -> Explanation:
    """Solves again, once more for every line. The difference is in real cost: a rule may prefer what is dearer.

    A reason of the first pass is told before those of the second; a location that could give something only in the second is
    told with its cost there, if there was one.
    """
    plan = solve(case)
    relaxed = _relaxed(case, plan)
    verdicts = tuple(_verdict(case, at, plan, relaxed) for at in range(len(case.strict.candidates)))
    runner_up = min(_others(case, plan), key=rank, default=None)
    difference = None if runner_up is None else real_cost_minor(runner_up) - real_cost_minor(plan)
    return Explanation(plan, verdicts, runner_up, difference, relaxed)


class Compared(NamedTuple):
    """Every place where it might come together with its best plan; the runner-up may be another plan for the same place."""

    explanation: Explanation
    merged: Merged
    runner_up_at: int | None


def explain_merging(merging: Merging) -> Compared:
    """The chosen place is explained as any decision; second best is its own second plan, or the plan of another place.

    So it is with what does not come together, which competes with no place.
    """
    merged = solve_merging(merging)
    if merged.at is None:
        assert merging.apart is not None, "there is one way at least"
        return Compared(explain_case(merging.apart.case), merged, None)
    chosen = merging.ways[merged.at]
    within = explain_case(chosen.case)
    others = [(plan, at) for at, plan in enumerate(merged.plans) if at != merged.at and plan.assignments]
    if within.runner_up is not None:
        others.append((with_last_leg(within.runner_up, chosen, merging.grams_before), merged.at))
    if not others:
        return Compared(replace(within, plan=merged.plan), merged, merged.at)
    runner_up, at = min(others, key=lambda each: (rank(each[0]), each[1]))
    difference = real_cost_minor(runner_up) - real_cost_minor(merged.plan)
    found = replace(within, plan=merged.plan, runner_up=runner_up, difference_minor=difference)
    return Compared(found, merged, at)


def _relaxed(case: Case, plan: RoutingPlan) -> dict[int, int]:
    """Units by line that only the second pass serves."""
    if case.relaxed is None:
        return {}
    first = {short.line: short.quantity for short in solve(Case(case.strict)).unserved}
    for short in plan.unserved:
        first[short.line] = first.get(short.line, 0) - short.quantity
    return {line: units for line, units in first.items() if units > 0}


def _verdict(case: Case, at: int, plan: RoutingPlan, relaxed: Mapping[int, int]) -> Verdict:
    first = verdict(case.strict, at, plan)
    if case.relaxed is None or not relaxed or first.parcel_minor is not None:
        return first
    second = verdict(case.relaxed, at, plan)
    return replace(first, parcel_minor=second.parcel_minor, weighed_minor=second.weighed_minor, able=second.able)


def _others(case: Case, plan: RoutingPlan) -> Iterator[RoutingPlan]:
    """As in `explain.py`: the best plan without each pair of this one holds the best other plan."""
    pairs = [{(one.line, one.candidate)} for one in plan.assignments]
    if len(case.strict.demands) > EXACT_LINES:
        pairs = [{(line, parcel.candidate) for line in parcel.lines} for parcel in plan.parcels]
    for without in pairs:
        relaxed = None if case.relaxed is None else _excluding(case.relaxed, without)
        other = solve(Case(_excluding(case.strict, without), relaxed))
        if other.assignments:
            yield other


def _excluding(request: RoutingRequest, pairs: set[tuple[int, int]]) -> RoutingRequest:
    return replace(request, excluded={**request.excluded, **dict.fromkeys(pairs, Exclusion.DEARER)})
