"""The cheapest plan in which every line comes whole from one location: exact, up to `EXACT_LINES` lines.

Table of cheapest parcels, then the partition into parcels. Each parcel respects stock and capacity by itself; where two
parcels of the plan meet at one location and together break a limit, the search branches: some line of theirs must go
elsewhere. The plans of a branch cost at least what its relaxed plan costs, so the first one that holds is the cheapest.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Final

from domain.routing import arrays, subsets
from domain.routing.partition import partition
from domain.routing.values import RoutingRequest

EXACT_LINES: Final = 12
PLAIN_WORK: Final = 1600
"""Candidates x subsets of lines up to which plain Python beats numpy."""
MAX_BRANCHES: Final = 400

Whole = list[tuple[int, int]]
"""Per parcel its lines (bit mask) and its candidate."""


class TooManyBranches(Exception):
    """Capacity is so tight that the exact search was given up."""


def is_small(request: RoutingRequest) -> bool:
    return len(request.candidates) << len(request.demands) <= PLAIN_WORK


def serve_whole(request: RoutingRequest) -> Whole | None:
    """The cheapest plan of whole lines, None if there is none; raises TooManyBranches."""
    able: Sequence[int] = subsets.able_masks(request) if is_small(request) else arrays.able_masks(request).tolist()
    found = _relaxed(request, able)
    if found is None:
        return None
    if not _may_meet(request) or _broken_parcel(request, found[1]) is None:
        return found[1]
    return _branch(request, able, found)


def _relaxed(request: RoutingRequest, able: Sequence[int]) -> tuple[int, Whole] | None:
    """Cost and parcels of the cheapest plan whose parcels respect the limits one by one."""
    way = subsets.cheapest_parcels if is_small(request) else arrays.cheapest_parcels
    table = way(request, able)
    options = request.options
    parcels = partition(table.cost, split_minor=options.split_minor, max_parcels=options.max_parcels)
    if parcels is None:
        return None
    cost = sum(table.cost[mask] for mask in parcels) + options.split_minor * (len(parcels) - 1)
    return cost, [(mask, table.candidate[mask]) for mask in parcels]


def _branch(request: RoutingRequest, able: Sequence[int], root: tuple[int, Whole]) -> Whole | None:
    waiting = [(root[0], 0, root[1], tuple(able))]
    seen, made = {tuple(able)}, 0
    while waiting:
        _, _, parcels, able = heappop(waiting)
        broken = _broken_parcel(request, parcels)
        if broken is None:
            return parcels
        lines, at = broken
        for line in range(len(request.demands)):
            if not lines >> line & 1:
                continue
            fewer = (*able[:at], able[at] & ~(1 << line), *able[at + 1 :])
            if fewer in seen:
                continue
            seen.add(fewer)
            made += 1
            if made > MAX_BRANCHES:
                raise TooManyBranches
            found = _relaxed(request, fewer)
            if found is not None:
                heappush(waiting, (found[0], made, found[1], fewer))
    return None


def _may_meet(request: RoutingRequest) -> bool:
    """Can two parcels of one location break a limit that neither breaks alone?"""
    return bool(subsets.shared_variants(request.demands)) or any(
        candidate.capacity_units is not None for candidate in request.candidates
    )


def _broken_parcel(request: RoutingRequest, parcels: Whole) -> tuple[int, int] | None:
    """(lines, candidate) where the parcels of one candidate together take more than it has or can."""
    lines_at: dict[int, int] = {}
    for mask, at in parcels:
        lines_at[at] = lines_at.get(at, 0) | mask
    if len(lines_at) == len(parcels):
        return None
    units = subsets.subset_sums([demand.quantity for demand in request.demands])
    shared = subsets.shared_variants(request.demands)
    for at, mask in lines_at.items():
        for lines, limit in subsets.binding_limits(request, at, mask=mask, shared=shared, units=units):
            if units[mask & lines] > limit:
                return mask & lines, at
    return None
