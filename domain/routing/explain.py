"""Why the plan is what it is: every candidate with what kept it out, and the second best plan.

Asked for on its own, so that deciding costs nothing for it: the request alone is enough to explain its plan later.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.routing.plan import plan_of_units, route
from domain.routing.quantities import taken_cost
from domain.routing.values import Candidate, CannotShipComplete, Exclusion, RoutingPlan, RoutingRequest, real_cost_minor
from domain.routing.whole import EXACT_LINES


@dataclass(frozen=True, slots=True)
class Verdict:
    """One candidate. `parcel_minor` is what one parcel of all that it could serve would cost, `weighed_minor` the same with
    what is only weighed; None if there is nothing.

    `reasons` says for each line that the plan does not take from here why not, and `able` how many units of each that parcel
    would have.
    """

    candidate: Candidate
    serves: tuple[int, ...]
    reasons: Mapping[int, Exclusion]
    parcel_minor: int | None
    weighed_minor: int | None
    able: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`runner_up` is the best plan that sends something from elsewhere; `difference_minor` what it costs more.

    The difference is negative when the runner-up is cheaper because it leaves more units unserved. `relaxed` are units by
    line that are served only because soft constraints were dropped for them.
    """

    plan: RoutingPlan
    verdicts: tuple[Verdict, ...]
    runner_up: RoutingPlan | None
    difference_minor: int | None
    relaxed: Mapping[int, int] = field(default_factory=dict)


def explain(request: RoutingRequest) -> Explanation:
    """Routes again, once more for every line; raises CannotShipComplete as `route` does."""
    plan = route(request)
    verdicts = tuple(verdict(request, at, plan) for at in range(len(request.candidates)))
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


def verdict(request: RoutingRequest, at: int, plan: RoutingPlan) -> Verdict:
    served = {one.line for one in plan.assignments if one.candidate == at}
    why = [exclusion(request, line, at) for line in range(len(request.demands))]
    able = _able(request, at, why)
    is_whole = able == [demand.quantity for demand in request.demands]
    everything = plan_of_units(request, [(at, tuple(able))]) if is_whole else None
    parcel = taken_cost(replace(request, unit_costs=None), at, able)[0] if any(able) else None
    return Verdict(
        request.candidates[at],
        tuple(sorted(served)),
        {
            line: reason or _why_not(request, plan, (line, at), everything)
            for line, reason in enumerate(why)
            if line not in served
        },
        parcel,
        None if parcel is None else taken_cost(request, at, able)[0],
        tuple(able),
    )


def _able(request: RoutingRequest, at: int, why: Sequence[Exclusion | None]) -> list[int]:
    """Units of each line that the candidate could give, to lines of one variant one after the other."""
    left: dict[object, int] = {}
    able = []
    for line, (demand, reason) in enumerate(zip(request.demands, why, strict=True)):
        stock = left.get(demand.variant, max(0, request.stock[line][at]))
        units = min(demand.quantity, stock) if reason in (None, Exclusion.NOT_ENOUGH_STOCK) else 0
        left[demand.variant] = stock - units
        able.append(units)
    return able


def _why_not(
    request: RoutingRequest, plan: RoutingPlan, pair: tuple[int, int], everything: RoutingPlan | None
) -> Exclusion:
    """Why a candidate that could serve the line does not: dearer than the line where it is, and than `everything` from there.

    Whatever would not have cost more in money is never called dearer: it is a tie, or something else is weighed against it.
    """
    if all(one.line != pair[0] for one in plan.assignments):
        return Exclusion.LEFT_WAITING
    others = [each for each in (_with_line_at(request, plan, *pair), everything) if each is not None]
    if any(other.total_minor == plan.total_minor for other in others):
        return Exclusion.SAME_COST
    if request.unit_costs and any(real_cost_minor(other) <= real_cost_minor(plan) for other in others):
        return Exclusion.LATER_IN_RULE
    return Exclusion.DEARER


def _with_line_at(request: RoutingRequest, plan: RoutingPlan, line: int, at: int) -> RoutingPlan | None:
    """The plan with all of a line from that candidate; None where there is no room for it beside what it gives already."""
    taken: dict[int, list[int]] = {}
    for one in plan.assignments:
        if one.line != line:
            taken.setdefault(one.candidate, [0] * len(request.demands))[one.line] += one.quantity
    there = taken.setdefault(at, [0] * len(request.demands))
    there[line] = request.demands[line].quantity
    candidate, variant = request.candidates[at], request.demands[line].variant
    of_variant = sum(units for units, demand in zip(there, request.demands, strict=True) if demand.variant == variant)
    lines = sum(demand.lines for units, demand in zip(there, request.demands, strict=True) if units)
    has_room = candidate.capacity_units is None or sum(there) <= candidate.capacity_units
    if of_variant > request.stock[line][at] or not (has_room and candidate.has_room_for(lines)):
        return None
    other = plan_of_units(request, [(place, tuple(units)) for place, units in taken.items()])
    most = request.options.max_parcels
    return other if most is None or len(other.parcels) <= max(most, len(plan.parcels)) else None


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
