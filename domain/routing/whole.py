"""The cheapest plan in which every line comes whole from one location: exact, up to `EXACT_LINES` lines.

Table of cheapest parcels, then the partition into parcels. Each parcel respects stock and capacity by itself; in the rare
case that two parcels of the plan meet at one location and together break a limit, `limits.py` decides.
"""

from typing import Final

from domain.routing import arrays, subsets
from domain.routing.limits import serve_within_limits
from domain.routing.partition import partition
from domain.routing.values import RoutingRequest

EXACT_LINES: Final = 12
PLAIN_WORK: Final = 1600
"""Candidates x subsets of lines up to which plain Python beats numpy."""

Whole = list[tuple[int, int]]
"""Per parcel its lines (bit mask) and its candidate."""


def serve_whole(request: RoutingRequest) -> Whole | None:
    """The cheapest plan of whole lines; None if there is none or it is not known. Raises TooTight."""
    is_small = len(request.candidates) << len(request.demands) <= PLAIN_WORK
    way = subsets if is_small else arrays
    able = way.able_masks(request)
    table = way.cheapest_parcels(request, able)
    options = request.options
    parcels = partition(table.cost, split_minor=options.split_minor, max_parcels=options.max_parcels)
    if parcels is None:
        return None
    whole = [(mask, table.candidate[mask]) for mask in parcels]
    if not _breaks_limits(request, whole):
        return whole
    if options.max_parcels is not None:
        return None
    return serve_within_limits(request, able)


def _breaks_limits(request: RoutingRequest, parcels: Whole) -> bool:
    """Do the parcels of one candidate together take more than it has or can?"""
    lines_at: dict[int, int] = {}
    for mask, at in parcels:
        lines_at[at] = lines_at.get(at, 0) | mask
    if len(lines_at) == len(parcels):
        return False
    units = subsets.subset_sums([demand.quantity for demand in request.demands])
    shared = subsets.shared_variants(request.demands)
    return any(
        limit.breaks(mask)
        for at, mask in lines_at.items()
        for limit in subsets.binding_limits(request, at, mask=mask, shared=shared, units=units)
    )
