"""The cheapest plan of whole lines where capacity or shared stock binds: exact, location after location.

The table of cheapest parcels lets a location send several parcels, each within its limits; together they may break them.
Here every location with a limit that can bind is decided once, for all it sends: `best[S]` is the least cost of serving S
from the locations so far, and adding one location tries every part of S for it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from domain.routing import arrays
from domain.routing.partition import Ints, closure, pairs, parcels_of
from domain.routing.subsets import NEVER, binding_limits, shared_variants, subset_sums
from domain.routing.values import RoutingRequest

MAX_WORK: Final = 4_000_000
"""Limited locations x 3^lines: some thirty milliseconds."""


class TooTight(Exception):
    """Too many locations with limits for an exact plan of so many lines."""


def serve_within_limits(request: RoutingRequest, able: Sequence[int]) -> list[tuple[int, int]] | None:
    """Per parcel its lines (mask) and candidate, None if there is no plan of whole lines; raises TooTight."""
    split, lines = request.options.split_minor, len(request.demands)
    units, shared = subset_sums([demand.quantity for demand in request.demands]), shared_variants(request.demands)
    limits = {
        at: found
        for at, mask in enumerate(able)
        if mask and (found := binding_limits(request, at, mask=mask, shared=shared, units=units))
    }
    if len(limits) * 3**lines > MAX_WORK:
        raise TooTight
    free = arrays.cheapest_parcels(request, [0 if at in limits else mask for at, mask in enumerate(able)])
    free_cost = np.asarray(free.cost, dtype=np.int64)
    stages = [np.minimum(closure(free_cost, split), NEVER)]
    sent = []
    for at, found in limits.items():
        single = np.asarray(
            arrays.cheapest_parcels(request, [mask if place == at else 0 for place, mask in enumerate(able)]).cost
        )
        together = closure(single, split)
        for limit in found:
            together[np.asarray(limit.measure)[np.arange(len(together)) & limit.mask] > limit.most] = NEVER
        sent.append((at, single, together))
        stages.append(_with_one_more(stages[-1], together, split))
    return _read_back(stages, sent, free_cost, free.candidate, split)


def _with_one_more(best: Ints, together: Ints, split_minor: int) -> Ints:
    part, rest, starts = pairs((len(best) - 1).bit_length())
    totals = together[part] + best[rest]
    totals[(part != 0) & (rest != 0)] += split_minor
    return np.minimum(np.minimum.reduceat(totals, starts), NEVER)


def _read_back(
    stages: Sequence[Ints],
    sent: Sequence[tuple[int, Ints, Ints]],
    free_cost: Ints,
    free_candidate: Sequence[int],
    split_minor: int,
) -> list[tuple[int, int]] | None:
    mask = len(free_cost) - 1
    if stages[-1][mask] >= NEVER:
        return None
    part, rest, starts = pairs(mask.bit_length())
    parcels: list[tuple[int, int]] = []
    for (at, single, together), best in zip(reversed(sent), reversed(stages[:-1]), strict=True):
        end = starts[mask + 1] if mask + 1 < len(starts) else len(part)
        parts, rests = part[starts[mask] : end], rest[starts[mask] : end]
        totals = together[parts] + best[rests]
        totals[(parts != 0) & (rests != 0)] += split_minor
        mine = int(parts[len(parts) - 1 - totals[::-1].argmin()])
        parcels += [(each, at) for each in parcels_of(single, closure(single, split_minor), mine, split_minor)]
        mask ^= mine
    parcels += [(each, free_candidate[each]) for each in parcels_of(free_cost, stages[0], mask, split_minor)]
    return parcels[::-1]
