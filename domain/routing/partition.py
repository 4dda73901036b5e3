"""The cheapest way to put every line into some parcel: dynamic programming over set partitions.

`best[S] = min over parcels T holding S's first line of cost[T] + best[S - T]`: exact, 3^lines / 2 steps. Ties go to the
parcel with more (and earlier numbered) lines first, so the answer is always the same one.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.routing.subsets import NEVER

PLAIN_LINES: Final = 6
"""Up to here plain Python is faster than numpy."""

Whole = list[tuple[int, int]]
"""A plan of whole lines: (lines as a bit mask, candidate) per parcel."""


def partition(cost: Sequence[int], *, split_minor: int, max_parcels: int | None = None) -> list[int] | None:
    """The parcels (masks) of the cheapest plan for all lines; None if there is none."""
    full = len(cost) - 1
    lines = full.bit_length()
    if max_parcels is not None and max_parcels < lines:
        parcels = _unlimited(cost, split_minor)
        if parcels is None or len(parcels) <= max_parcels:
            return parcels
        return _limited(cost, split_minor, max_parcels)
    return _unlimited(cost, split_minor)


def _unlimited(cost: Sequence[int], split_minor: int) -> list[int] | None:
    lines = (len(cost) - 1).bit_length()
    return _plain(cost, split_minor) if lines <= PLAIN_LINES else _arrays(cost, split_minor)


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


def _limited(cost: Sequence[int], split_minor: int, max_parcels: int) -> list[int] | None:
    """As `_plain` with one more dimension: the number of parcels still allowed."""
    full = len(cost) - 1
    rounds = [list(cost)]
    rounds[0][0] = 0
    for _ in range(1, max_parcels):
        before = rounds[-1]
        after = before.copy()
        for mask in range(1, full + 1):
            low = mask & -mask
            others = part = mask ^ low
            while part:
                part = (part - 1) & others
                total = cost[part | low] + before[others ^ part] + split_minor
                after[mask] = min(after[mask], total)
        rounds.append(after)
    if rounds[-1][full] >= NEVER:
        return None
    parcels: list[int] = []
    mask = full
    for at in range(max_parcels - 1, -1, -1):
        if mask and (not at or rounds[at][mask] < rounds[at - 1][mask]):
            parcels.append(_parcel_of(cost, rounds, at=at, mask=mask, split_minor=split_minor))
            mask ^= parcels[-1]
    return parcels


def _parcel_of(cost: Sequence[int], rounds: Sequence[Sequence[int]], *, at: int, mask: int, split_minor: int) -> int:
    """The parcel that gave `rounds[at][mask]` its value."""
    if not at:
        return mask
    low = mask & -mask
    others = part = mask ^ low
    while cost[part | low] + rounds[at - 1][others ^ part] + split_minor != rounds[at][mask]:
        part = (part - 1) & others
    return part | low


def _arrays(cost: Sequence[int], split_minor: int) -> list[int] | None:
    """As `_plain`, all subsets that share a first line at once."""
    table = np.asarray(cost, dtype=np.int64)
    full = len(table) - 1
    lines = full.bit_length()
    best = np.zeros(full + 1, dtype=np.int64)
    best[1:] = NEVER
    for line in range(lines - 1, -1, -1):
        part, rest, starts = _pairs(lines - 1 - line)
        shift = line + 1
        low = 1 << line
        totals = table[(part << shift) | low] + best[rest << shift]
        totals[rest != 0] += split_minor
        least = np.minimum.reduceat(totals, starts)
        masks = np.arange(len(starts), dtype=np.int64)
        best[(masks << shift) | low] = np.minimum(least, NEVER)
    if best[full] >= NEVER:
        return None
    parcels, mask = [], full
    while mask:
        parcels.append(_first_parcel(table, best, mask, split_minor))
        mask ^= parcels[-1]
    return parcels


def _first_parcel(table: NDArray[np.int64], best: NDArray[np.int64], mask: int, split_minor: int) -> int:
    line = (mask & -mask).bit_length() - 1
    part, rest, starts = _pairs((len(table) - 1).bit_length() - 1 - line)
    others = mask >> (line + 1)
    end = starts[others + 1] if others + 1 < len(starts) else len(part)
    parts, rests = part[starts[others] : end], rest[starts[others] : end]
    totals = (
        table[(parts << (line + 1)) | (1 << line)] + best[rests << (line + 1)] + np.where(rests != 0, split_minor, 0)
    )
    return int(parts[totals.argmin()]) << (line + 1) | 1 << line


@lru_cache(maxsize=16)
def _pairs(lines: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Every (part, rest) of every set over so many lines, set by set, larger parts first; and where each set starts."""
    parts, rests, starts, at = [], [], [], 0
    for whole in range(1 << lines):
        starts.append(at)
        subsets = np.array([part for part in range(whole, -1, -1) if part & ~whole == 0], dtype=np.int64)
        parts.append(subsets)
        rests.append(whole ^ subsets)
        at += len(subsets)
    return np.concatenate(parts), np.concatenate(rests), np.array(starts, dtype=np.int64)
