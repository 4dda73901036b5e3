"""Why the plan is what it is: every candidate with what kept it out, and the second best plan.

Asked for on its own, so that deciding costs nothing for it: the request alone is enough to explain its plan later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from domain.routing.plan import route
from domain.routing.quantities import taken_cost
from domain.routing.values import Candidate, CannotShipComplete, Exclusion, RoutingPlan, RoutingRequest
from domain.routing.whole import EXACT_LINES


@dataclass(frozen=True, slots=True)
class Verdict:
    """One candidate. `parcel_minor` is what it would ask for one parcel of all lines it could serve, None if there are none.

    `reasons` says for each line that the plan does not take from here why not.
    """

    candidate: Candidate
    serves: tuple[int, ...]
    reasons: Mapping[int, Exclusion]
    parcel_minor: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """`runner_up` is the best plan that sends something from elsewhere; `difference_minor` what it costs more.

    The difference is negative when the runner-up is cheaper because it leaves more units unserved.
    """

    plan: RoutingPlan
    verdicts: tuple[Verdict, ...]
    runner_up: RoutingPlan | None
    difference_minor: int | None


def explain(request: RoutingRequest) -> Explanation:
    """Routes again, once more for every line; raises CannotShipComplete as `route` does."""
    plan = route(request)
    served = {(one.line, one.candidate) for one in plan.assignments}
    verdicts = tuple(_verdict(request, at, served) for at in range(len(request.candidates)))
    runner_up = min(_others(request, plan), key=rank, default=None)
    difference = None if runner_up is None else runner_up.total_minor - plan.total_minor
    return Explanation(plan, verdicts, runner_up, difference)


def exclusion(request: RoutingRequest, line: int, at: int) -> Exclusion | None:
    """What keeps a candidate from serving a line whole; None if nothing does."""
    demand, candidate = request.demands[line], request.candidates[at]
    given = request.excluded.get((line, at))
    if given is not None:
        return given
    if candidate.methods is not None and demand.method not in candidate.methods:
        return Exclusion.METHOD
    stock = request.stock[line][at]
    if stock < demand.quantity:
        return Exclusion.NO_STOCK if stock <= 0 else Exclusion.NOT_ENOUGH_STOCK
    has_room = candidate.capacity_units is None or candidate.capacity_units >= demand.quantity
    if not (has_room and candidate.has_room_for(demand.lines)):
        return Exclusion.CAPACITY
    return None


def _verdict(request: RoutingRequest, at: int, served: set[tuple[int, int]]) -> Verdict:
    reasons = {}
    able = []
    for line, demand in enumerate(request.demands):
        why = exclusion(request, line, at)
        able.append(0 if why else demand.quantity)
        if (line, at) not in served:
            reasons[line] = why or Exclusion.DEARER
    serves = tuple(line for line in range(len(request.demands)) if (line, at) in served)
    parcel = taken_cost(request, at, able)[0] if any(able) else None
    return Verdict(request.candidates[at], serves, reasons, parcel)


def _others(request: RoutingRequest, plan: RoutingPlan) -> Iterator[RoutingPlan]:
    """Any other plan lacks one of this plan's pairs, so the best without each of them holds the best other one."""
    pairs = [{(one.line, one.candidate)} for one in plan.assignments]
    if len(request.demands) > EXACT_LINES:
        pairs = [{(line, parcel.candidate) for line in parcel.lines} for parcel in plan.parcels]
    for without in pairs:
        excluded = {**request.excluded, **dict.fromkeys(without, Exclusion.DEARER)}
        try:
            yield route(replace(request, excluded=excluded))
        except CannotShipComplete:
            continue


def rank(plan: RoutingPlan) -> tuple[int, int]:
    return sum(one.quantity for one in plan.unserved), plan.total_minor
