"""Lines that ship complete: every line with all its units, from however many locations, or not at all for now.

IBM Sterling Order Management calls it "ship line complete". A plan that leaves no line half served is the answer as it is;
otherwise sets of lines are tried, those with the most units first: exact up to `MOST_LINES` lines. Above that, lines that
come out half served are left out one after the other.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from domain.routing.plan import only_lines
from domain.routing.values import RoutingPlan, RoutingRequest, Shortage, Unserved

MOST_LINES: Final = 8
"""At most 2^8 plans, each of a millisecond or less."""

Served = Callable[[RoutingRequest], RoutingPlan]


def serve_complete_lines(request: RoutingRequest, served: Served) -> RoutingPlan:
    """As `served` makes plans, with no line half served; of equally many units the cheapest, then the first lines."""
    plan = served(request)
    if not _half_served(plan):
        return plan
    reasons = {short.line: short.reason for short in plan.unserved}
    if len(request.demands) > MOST_LINES:
        return _without_halves(request, served, reasons)
    best: tuple[int, int] | None = None
    found: RoutingPlan | None = None
    for lines in _sets(request):
        units = sum(request.demands[line].quantity for line in lines)
        if best is not None and units < best[0]:
            break
        part = served(only_lines(request, lines))
        if not part.unserved and (best is None or part.total_minor < best[1]):
            best, found = (units, part.total_minor), _restored(request, lines, part, reasons)
    assert found is not None, "nothing at all is always possible"
    return found


def _half_served(plan: RoutingPlan) -> set[int]:
    return {short.line for short in plan.unserved} & {one.line for one in plan.assignments}


def _sets(request: RoutingRequest) -> list[list[int]]:
    """Every set of lines, those with the most units first, then those with the first lines."""
    count = len(request.demands)
    sets = [[line for line in range(count) if mask >> line & 1] for mask in range(1 << count)]
    return sorted(sets, key=lambda lines: (-sum(request.demands[line].quantity for line in lines), lines))


def _without_halves(request: RoutingRequest, served: Served, reasons: dict[int, Shortage]) -> RoutingPlan:
    lines: Sequence[int] = range(len(request.demands))
    while True:
        part = served(only_lines(request, lines))
        halves = _half_served(part)
        reasons |= {lines[short.line]: short.reason for short in part.unserved}
        if not halves:
            whole = [at for at, _ in enumerate(lines) if at not in {short.line for short in part.unserved}]
            kept = [lines[at] for at in whole]
            return _restored(request, kept, served(only_lines(request, kept)), reasons)
        lines = [line for at, line in enumerate(lines) if at not in halves]


def _restored(
    request: RoutingRequest, lines: Sequence[int], plan: RoutingPlan, reasons: dict[int, Shortage]
) -> RoutingPlan:
    """A plan for some lines, in the numbers of all; a line left out for the others' sake has the reason of the first short."""
    first = next(iter(reasons.values()))
    return plan._replace(
        assignments=tuple(one._replace(line=lines[one.line]) for one in plan.assignments),
        parcels=tuple(one._replace(lines=tuple(lines[line] for line in one.lines)) for one in plan.parcels),
        unserved=tuple(_left(request, set(lines), reasons, first)),
    )


def _left(
    request: RoutingRequest, served: set[int], reasons: dict[int, Shortage], first: Shortage
) -> Iterable[Unserved]:
    for line, demand in enumerate(request.demands):
        if line not in served:
            yield Unserved(line, demand.quantity, reasons.get(line, first))
