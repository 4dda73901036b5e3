"""Lines that come complete from a few locations, or wait (Microsoft Dynamics 365: most sources of an order line).

Complete, so that units that come later never add one source more. `quantities.py` finds the exact plan; orders too large
for that get a good one here: a line that no location has whole comes from those that have most of it.
"""

from dataclasses import replace

from domain.routing.greedy import serve_greedily
from domain.routing.quantities import Taken, usable_units, whole_somewhere
from domain.routing.values import Exclusion, RoutingRequest


def is_beyond_few(request: RoutingRequest, line: int) -> bool:
    """Whether all the locations that the line may come from, however they are chosen, have too little of it."""
    if request.most_sources is None or line not in request.most_sources:
        return False
    return sum(usable_units(request, line, at) for at in _fullest(request, line)) < request.demands[line].quantity


def serve_from_few(request: RoutingRequest) -> Taken:
    """A good plan; lines that come out half served are left out, and the others served anew."""
    limited, whole = request.most_sources or {}, whole_somewhere(request)
    excluded = dict(request.excluded)
    for line in limited:
        if not whole[line]:
            _close(excluded, request, line, but=_fullest(request, line))
    while True:
        taken = serve_greedily(replace(request, excluded=excluded))
        served = [sum(column) for column in zip(*(units for _, units in taken), strict=True)]
        halves = [line for line in limited if taken and 0 < served[line] < request.demands[line].quantity]
        if not halves:
            return taken
        for line in halves:
            _close(excluded, request, line, but=[])


def _fullest(request: RoutingRequest, line: int) -> list[int]:
    """As many locations as the line may come from, those with most units of it; of equals the first."""
    assert request.most_sources is not None
    places = sorted(range(len(request.candidates)), key=lambda at: -usable_units(request, line, at))
    return places[: request.most_sources[line]]


def _close(excluded: dict[tuple[int, int], Exclusion], request: RoutingRequest, line: int, *, but: list[int]) -> None:
    for at in range(len(request.candidates)):
        if at not in but:
            excluded.setdefault((line, at), Exclusion.NOT_ENOUGH_STOCK)
