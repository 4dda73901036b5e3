"""Route one order: the entry that everything else calls.

Up to `EXACT_LINES` lines the plan is exact: no plan of whole lines is cheaper, and where lines must be cut or units stay
unserved, as many units as possible are served at the least cost. Larger orders get a good plan, improved piece by piece.
The answer depends on nothing but the request: no clock, no randomness, no order of a dictionary.
"""

from collections.abc import Sequence

from domain.routing.greedy import serve_greedily
from domain.routing.improve import improved
from domain.routing.limits import TooTight
from domain.routing.quantities import Taken, serve_quantities, usable_units
from domain.routing.sources import is_beyond_few, serve_from_few
from domain.routing.values import (
    Assignment,
    CannotShipComplete,
    Parcel,
    RoutingPlan,
    RoutingRequest,
    Shortage,
    Unserved,
)
from domain.routing.whole import EXACT_LINES, Whole, serve_whole


def route(request: RoutingRequest) -> RoutingPlan:
    """The plan; what cannot be served is in `unserved`. Raises CannotShipComplete if the options want all or nothing."""
    plan = _route(request)
    if plan.unserved and request.options.ship_complete:
        raise CannotShipComplete(plan.unserved)
    return plan


def _route(request: RoutingRequest) -> RoutingPlan:
    if not request.demands:
        return RoutingPlan((), (), (), 0, 0)
    if len(request.demands) > EXACT_LINES:
        return plan_of_units(request, _roughly(request))
    try:
        whole = serve_whole(request)
    except TooTight:
        return plan_of_units(request, _roughly(request))
    if whole is not None:
        return _plan_of_lines(request, whole)
    stocked = [line for line in range(len(request.demands)) if _has_stock(request, line)]
    if len(stocked) < len(request.demands):
        return _restored(request, stocked, _route(only_lines(request, stocked)))
    taken = serve_quantities(request)
    return plan_of_units(request, _roughly(request) if taken is None else taken)


def _roughly(request: RoutingRequest) -> Taken:
    taken = serve_greedily(request) if request.most_sources is None else serve_from_few(request)
    return improved(request, taken)


def _has_stock(request: RoutingRequest, line: int) -> bool:
    """Whether stock allows to serve anything of the line; of a line that comes complete or not at all, all of it."""
    if is_beyond_few(request, line):
        return False
    return any(usable_units(request, line, at) for at in range(len(request.candidates)))


def only_lines(request: RoutingRequest, lines: Sequence[int]) -> RoutingRequest:
    """The same request for some of its lines; a sold-out line would only slow the others down."""
    position = {line: at for at, line in enumerate(lines)}
    return RoutingRequest(
        [request.demands[line] for line in lines],
        request.candidates,
        [request.stock[line] for line in lines],
        request.options,
        None if request.unit_costs is None else [request.unit_costs[line] for line in lines],
        {(position[line], at): why for (line, at), why in request.excluded.items() if line in position},
        sources_of(request, lines),
    )


def sources_of(request: RoutingRequest, lines: Sequence[int]) -> dict[int, int] | None:
    """The most sources of some lines, by their positions among them."""
    if request.most_sources is None:
        return None
    return {at: request.most_sources[line] for at, line in enumerate(lines) if line in request.most_sources}


def _restored(request: RoutingRequest, lines: Sequence[int], plan: RoutingPlan) -> RoutingPlan:
    """A plan for some lines, in the line numbers of the whole request; of the other lines there is not enough anywhere."""
    left_out = [
        Unserved(line, demand.quantity, _why_left_out(request, line))
        for line, demand in enumerate(request.demands)
        if line not in lines
    ]
    return plan._replace(
        assignments=tuple(one._replace(line=lines[one.line]) for one in plan.assignments),
        parcels=tuple(one._replace(lines=tuple(lines[line] for line in one.lines)) for one in plan.parcels),
        unserved=tuple(sorted((*left_out, *(one._replace(line=lines[one.line]) for one in plan.unserved)))),
    )


def _why_left_out(request: RoutingRequest, line: int) -> Shortage:
    return _why_short(request, line, 0) if is_beyond_few(request, line) else Shortage.NO_STOCK


def _plan_of_lines(request: RoutingRequest, whole: Whole) -> RoutingPlan:
    demands = request.demands
    parcels = []
    assignments = []
    for mask, at in whole:
        units = []
        location = request.candidates[at].location
        for line, demand in enumerate(demands):
            if mask >> line & 1:
                units.append((line, demand.quantity))
                assignments.append(Assignment(line, at, location, demand.quantity))
        parcels.append(_parcel(request, at, units))
    assignments.sort()
    return _plan(request, assignments, parcels, ())


def plan_of_units(request: RoutingRequest, taken: Taken) -> RoutingPlan:
    parcels, assignments = [], []
    left = [demand.quantity for demand in request.demands]
    for at, quantities in taken:
        by_method: dict[str, list[tuple[int, int]]] = {}
        for line, quantity in enumerate(quantities):
            if quantity:
                left[line] -= quantity
                assignments.append(Assignment(line, at, request.candidates[at].location, quantity))
                by_method.setdefault(request.demands[line].method, []).append((line, quantity))
        parcels += [_parcel(request, at, units) for units in by_method.values()]
    assignments.sort()
    unserved = tuple(
        Unserved(line, quantity, _why_short(request, line, len(parcels)))
        for line, quantity in enumerate(left)
        if quantity
    )
    return _plan(request, assignments, parcels, unserved)


def _plan(
    request: RoutingRequest,
    assignments: Sequence[Assignment],
    parcels: Sequence[Parcel],
    unserved: tuple[Unserved, ...],
) -> RoutingPlan:
    split = request.options.split_minor * max(0, len(parcels) - 1)
    total = split
    for parcel in parcels:
        total += parcel.total_minor
    return RoutingPlan(tuple(assignments), tuple(parcels), unserved, split, total)


def _parcel(request: RoutingRequest, at: int, units: Sequence[tuple[int, int]]) -> Parcel:
    candidate = request.candidates[at]
    grams = count = extra = 0
    for line, quantity in units:
        grams += request.demands[line].grams_each * quantity
        count += quantity
        if request.unit_costs is not None:
            extra += request.unit_costs[line][at] * quantity
    return Parcel(
        at,
        candidate.location,
        tuple([line for line, _ in units]),
        grams,
        candidate.rate.price_minor(grams),
        candidate.parcel_handling_minor - candidate.backlog_minor - candidate.delay_minor,
        candidate.unit_handling_minor * count,
        extra,
        candidate.backlog_minor,
        candidate.delay_minor,
    )


def _why_short(request: RoutingRequest, line: int, parcels: int) -> Shortage:
    variant = request.demands[line].variant
    same = [other for other, demand in enumerate(request.demands) if demand.variant == variant]
    wanted = sum(request.demands[other].quantity for other in same)
    stock = sum(max(usable_units(request, other, at) for other in same) for at in range(len(request.candidates)))
    if stock < wanted:
        return Shortage.NO_STOCK
    if is_beyond_few(request, line):
        return Shortage.MAX_SOURCES
    return Shortage.MAX_PARCELS if parcels == request.options.max_parcels else Shortage.CAPACITY
