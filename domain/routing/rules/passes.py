"""Two passes: first everything that a rule asks for holds, then what is soft is dropped for what is left.

So Microsoft Dynamics 365 Intelligent Order Management treats constraints: "pass 1 treats every constraint as hard; pass 2
drops the soft ones for what is left".
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from domain.routing.plan import plan_of_units, route, sources_of
from domain.routing.rules.completing import serve_complete_lines
from domain.routing.values import CannotShipComplete, RoutingPlan, RoutingRequest, Unserved


class Case(NamedTuple):
    """All that a decision depends on. `relaxed`, the same demands and candidates without what is soft, is for what is left."""

    strict: RoutingRequest
    relaxed: RoutingRequest | None = None


def solve(case: Case) -> RoutingPlan:
    """The plan; an order that must ship complete and cannot is not served at all."""
    first = _served(case.strict)
    if case.relaxed is None or not first.unserved:
        return first
    left = _left(case.relaxed, first)
    if left is None:
        return first
    second = _served(left)
    if not second.assignments:
        return first if first.assignments else _all_unserved(case.relaxed, second.unserved)
    return _joined(case.relaxed, first, second)


def _served(request: RoutingRequest) -> RoutingPlan:
    if request.options.complete_lines and not request.options.ship_complete:
        return serve_complete_lines(request, route)
    try:
        return route(request)
    except CannotShipComplete as refusal:
        return _all_unserved(request, refusal.unserved)


def _all_unserved(request: RoutingRequest, known: Sequence[Unserved]) -> RoutingPlan:
    """A line that could have been served waits for the reason of the first that could not."""
    reasons = {short.line: short.reason for short in known}
    unserved = tuple(
        Unserved(line, demand.quantity, reasons.get(line, known[0].reason))
        for line, demand in enumerate(request.demands)
    )
    return RoutingPlan((), (), unserved, 0, 0)


def _left(request: RoutingRequest, first: RoutingPlan) -> RoutingRequest | None:
    """What the first plan leaves: its unserved lines, stock, capacity and parcels; None when no parcel may be added."""
    options = request.options
    if options.max_parcels is not None:
        if options.max_parcels <= len(first.parcels):
            return None
        options = replace(options, max_parcels=options.max_parcels - len(first.parcels))
    units, orderlines = [0] * len(request.candidates), [0] * len(request.candidates)
    taken: dict[tuple[object, int], int] = {}
    for line, at, _, quantity in first.assignments:
        units[at] += quantity
        orderlines[at] += request.demands[line].lines
        key = (request.demands[line].variant, at)
        taken[key] = taken.get(key, 0) + quantity
    candidates = [
        replace(
            candidate,
            capacity_units=_less(candidate.capacity_units, units[at]),
            capacity_lines=_less(candidate.capacity_lines, orderlines[at]),
        )
        if units[at]
        else candidate
        for at, candidate in enumerate(request.candidates)
    ]
    lines = [short.line for short in first.unserved]
    position = {line: at for at, line in enumerate(lines)}
    return RoutingRequest(
        [replace(request.demands[short.line], quantity=short.quantity) for short in first.unserved],
        candidates,
        [
            [units - taken.get((request.demands[line].variant, at), 0) for at, units in enumerate(request.stock[line])]
            for line in lines
        ],
        options,
        None if request.unit_costs is None else [request.unit_costs[line] for line in lines],
        {(position[line], at): why for (line, at), why in request.excluded.items() if line in position},
        sources_of(request, lines),
    )


def _less(capacity: int | None, taken: int) -> int | None:
    return None if capacity is None else max(0, capacity - taken)


def _joined(request: RoutingRequest, first: RoutingPlan, second: RoutingPlan) -> RoutingPlan:
    """One plan of both; what both take from one location goes in one parcel."""
    lines = [short.line for short in first.unserved]
    given: dict[int, list[int]] = {}
    for line, at, _, quantity in first.assignments:
        given.setdefault(at, [0] * len(request.demands))[line] += quantity
    for line, at, _, quantity in second.assignments:
        given.setdefault(at, [0] * len(request.demands))[lines[line]] += quantity
    joined = plan_of_units(request, [(at, tuple(units)) for at, units in given.items()])
    unserved = tuple(short._replace(line=lines[short.line]) for short in second.unserved)
    return joined._replace(unserved=unserved)
