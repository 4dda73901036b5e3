"""The cheapest way to put every line into some parcel: dynamic programming over set partitions.

`best[S] = min over parcels T holding S's first line of cost[T] + best[S - T]`: exact, 3^lines / 2 steps. Ties go to the
parcel with more (and later listed) lines, so the answer is always the same one. Every parcel but the first of a plan adds
the split cost.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.routing.subsets import NEVER

PLAIN_LINES: Final = 6
"""Up to here plain Python is faster than numpy."""

Ints = NDArray[np.int64]


def partition(cost: Sequence[int], *, split_minor: int, max_parcels: int | None = None) -> list[int] | None:
    """The parcels (masks) of the cheapest plan for all lines; None if there is none."""
    lines = (len(cost) - 1).bit_length()
    parcels = _plain(cost, split_minor) if lines <= PLAIN_LINES else _with_arrays(cost, split_minor)
    if parcels is None or max_parcels is None or len(parcels) <= max_parcels:
        return parcels
    return _limited(cost, split_minor, max_parcels)


def closure(cost: Ints, split_minor: int) -> Ints:
    """`best` for every subset of lines at once; 0 for the empty one."""
    lines = (len(cost) - 1).bit_length()
    best = np.zeros(len(cost), dtype=np.int64)
    for line in range(lines - 1, -1, -1):
        part, rest, starts = pairs(lines - 1 - line)
        shift, low = line + 1, 1 << line
        totals = cost[(part << shift) | low] + best[rest << shift]
        totals[rest != 0] += split_minor
        sets = np.arange(len(starts), dtype=np.int64)
        best[(sets << shift) | low] = np.minimum(np.minimum.reduceat(totals, starts), NEVER)
    return best


def parcels_of(cost: Ints, best: Ints, mask: int, split_minor: int) -> list[int]:
    """The parcels that gave `best[mask]` its value."""
    lines = (len(cost) - 1).bit_length()
    parcels = []
    while mask:
        line = (mask & -mask).bit_length() - 1
        part, rest, starts = pairs(lines - 1 - line)
        others = mask >> (line + 1)
        end = starts[others + 1] if others + 1 < len(starts) else len(part)
        parts, rests = part[starts[others] : end], rest[starts[others] : end]
        totals = cost[(parts << (line + 1)) | (1 << line)] + best[rests << (line + 1)]
        totals[rests != 0] += split_minor
        parcels.append(int(parts[totals.argmin()]) << (line + 1) | 1 << line)
        mask ^= parcels[-1]
    return parcels


@lru_cache(maxsize=16)
def pairs(lines: int) -> tuple[Ints, Ints, Ints]:
    """Every (part, rest) of every set over so many lines, set by set, larger parts first; and where each set starts."""
    subsets = [np.zeros(1, dtype=np.int64)]
    for line in range(lines):
        subsets += [np.concatenate([parts | 1 << line, parts]) for parts in subsets]
    sizes = np.array([len(parts) for parts in subsets], dtype=np.int64)
    part = np.concatenate(subsets)
    return part, np.repeat(np.arange(len(subsets), dtype=np.int64), sizes) ^ part, np.cumsum(sizes) - sizes


def _plain(cost: Sequence[int], split_minor: int) -> list[int] | None:
    full = len(cost) - 1
    best, first = [0] * (full + 1), [0] * (full + 1)
    for mask in range(1, full + 1):
        low = mask & -mask
        others = part = mask ^ low
        least, choice = cost[mask], mask
        while part:
            part = (part - 1) & others
            total = cost[part | low] + best[others ^ part] + split_minor
            if total < least:
                least, choice = total, part | low
        best[mask], first[mask] = least, choice
    if best[full] >= NEVER:
        return None
    parcels, mask = [], full
    while mask:
        parcels.append(first[mask])
        mask ^= first[mask]
    return parcels


def _with_arrays(cost: Sequence[int], split_minor: int) -> list[int] | None:
    table = np.asarray(cost, dtype=np.int64)
    best = closure(table, split_minor)
    full = len(table) - 1
    return None if best[full] >= NEVER else parcels_of(table, best, full, split_minor)


def _limited(cost: Sequence[int], split_minor: int, max_parcels: int) -> list[int] | None:
    """As the closure with one more dimension: the number of parcels still allowed."""
    table = np.asarray(cost, dtype=np.int64)
    part, rest, starts = pairs((len(table) - 1).bit_length())
    rounds = [table.copy()]
    rounds[0][0] = 0
    for _ in range(1, max_parcels):
        totals = table[part] + rounds[-1][rest] + split_minor
        totals[part == 0] = NEVER
        rounds.append(np.minimum(rounds[-1], np.minimum.reduceat(totals, starts)))
    mask = len(table) - 1
    if rounds[-1][mask] >= NEVER:
        return None
    parcels: list[int] = []
    for at in range(max_parcels - 1, 0, -1):
        if mask and rounds[at][mask] < rounds[at - 1][mask]:
            end = starts[mask + 1] if mask + 1 < len(starts) else len(part)
            parts, rests = part[starts[mask] : end - 1], rest[starts[mask] : end - 1]
            parcels.append(int(parts[(table[parts] + rounds[at - 1][rests]).argmin()]))
            mask ^= parcels[-1]
    return [*parcels, mask] if mask else parcels
