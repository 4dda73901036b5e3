"""What a planner is told of a stored decision beyond its plan: what was kept back, what was dropped, what is worth more."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from domain.routing.explain import Explanation, exclusion
from domain.routing.rules.keeping import Kept
from domain.routing.values import Exclusion, RoutingPlan, RoutingRequest, Shortage, Unserved, Worth

OUT_OF_STOCK: Final = frozenset({Exclusion.NO_STOCK, Exclusion.NOT_ENOUGH_STOCK})


class Weighed(NamedTuple):
    """What is only weighed with a parcel, in parts: the rule's sequence, what later orders lose, credit given up."""

    sequence_minor: int
    scarcity_minor: int
    markdown_minor: int


def weighed(kept: Kept, at: int, units: Iterable[tuple[int, int]], extra_minor: int) -> Weighed:
    """Of so many units of lines from a candidate, for which `extra_minor` was weighed in all."""
    taken = tuple(units)
    scarcity, markdown = (
        sum(rows[line][at] * quantity for line, quantity in taken) if rows else 0 for rows in kept.worth or Worth()
    )
    return Weighed(extra_minor - scarcity - markdown, scarcity, markdown)


def reason_told(kept: Kept, found: Explanation, line: int, at: int) -> Exclusion | None:
    """Why a candidate gives nothing of a line: stock that a rule kept back is there, and what is worth more is not later."""
    reason = found.verdicts[at].reasons.get(line)
    if reason in OUT_OF_STOCK and _is_kept_back(kept, line, at):
        return Exclusion.KEPT_BACK
    if reason is Exclusion.LATER_IN_RULE and kept.worth is not None:
        return later_or_worth_more(kept.case.strict, kept.worth.unit_costs, found.plan, line=line, at=at)
    return reason


def later_or_worth_more(
    request: RoutingRequest, worth: Sequence[Sequence[int]], plan: RoutingPlan, *, line: int, at: int
) -> Exclusion:
    """What puts others before a candidate: the rule's sequence, or else what its units are `worth`, by line and candidate."""
    costs = request.unit_costs
    assert costs is not None, "something was weighed"
    sequence = [cost - lost for cost, lost in zip(costs[line], worth[line], strict=True)] if worth else costs[line]
    chosen = [sequence[one.candidate] for one in plan.assignments if one.line == line]
    return Exclusion.WORTH_MORE if sequence[at] <= min(chosen, default=0) else Exclusion.LATER_IN_RULE


def dropped(kept: Kept, plan: RoutingPlan, line: int, at: int) -> Exclusion | None:
    """What would have kept a candidate from giving what it gives of a line, had soft constraints not been dropped for it."""
    request = kept.case.strict
    taken = sum(one.quantity for one in plan.assignments if (one.line, one.candidate) == (line, at))
    if not taken or kept.case.relaxed is None:
        return None
    if (reason := exclusion(request, line, at)) not in (None, *OUT_OF_STOCK):
        return reason
    if taken > max(0, request.stock[line][at]):
        return Exclusion.KEPT_BACK
    room = request.candidates[at].capacity_units
    whole = sum(one.quantity for one in plan.assignments if one.candidate == at)
    return Exclusion.CAPACITY if room is not None and whole > room else None


def shortage_told(kept: Kept, plan: RoutingPlan, short: Unserved) -> Shortage:
    """Plans know stock that is open to a line. Where that is enough for the line alone, or other stock lies, that is told."""
    if short.reason is not Shortage.NO_STOCK:
        return short.reason
    request, line = kept.case.relaxed or kept.case.strict, short.line
    taken = Counter[int]()
    for one in plan.assignments:
        if request.demands[one.line].variant == request.demands[line].variant:
            taken[one.candidate] += one.quantity
    is_open = [exclusion(request, line, at) in (None, *OUT_OF_STOCK) for at in range(len(request.candidates))]
    left = [max(0, units - taken[at]) if is_open[at] else 0 for at, units in enumerate(request.stock[line])]
    if sum(left) >= short.quantity:
        return Shortage.NOT_COMPLETE
    closed = any(units - taken[at] > left[at] for at, units in enumerate(kept.free[line]))
    return Shortage.NOT_OPEN if closed else Shortage.NO_STOCK


def _is_kept_back(kept: Kept, line: int, at: int) -> bool:
    free, open_units = kept.free[line][at], kept.case.strict.stock[line][at]
    return free > open_units and (open_units <= 0 or free >= kept.case.strict.demands[line].quantity)
