"""Serve more where capacity stands in the way: move units elsewhere so that those left over find room (augmenting paths).

A left-over unit goes to a location that has it but is full, which hands units of another line to a location that has them
and room, or to a full one that hands on in turn: Ford and Fulkerson's method, so that in the end as many units are served
as stock and capacity allow.
"""

from collections import deque
from itertools import pairwise
from typing import Final

from domain.routing.quantities import lines_of, usable_units
from domain.routing.values import RoutingRequest

MAX_PATHS: Final = 1000

Units = list[list[int]]
"""Units by candidate and line."""
Path = list[tuple[int, int]]
"""(line, candidate that takes units of it) one after the other; each after the first gives up its line at the one before."""


def serve_more(request: RoutingRequest, taken: Units, wanted: list[int]) -> None:
    """Changes `taken` and what is still `wanted`; the number of parcels is not limited."""
    for line in range(len(wanted)):
        for _ in range(MAX_PATHS):
            path = _path(request, taken, line) if wanted[line] else None
            if path is None:
                break
            units = min(wanted[line], *_rooms(request, taken, path))
            wanted[line] -= units
            taken[path[0][1]][line] += units
            for (_, at), (moved, to) in pairwise(path):
                taken[at][moved] -= units
                taken[to][moved] += units


def _path(request: RoutingRequest, taken: Units, line: int) -> Path | None:
    """The shortest way to find room for units of the line."""
    waiting: deque[Path] = deque([[]])
    seen_lines, seen_places = {line}, set[int]()
    while waiting:
        path = waiting.popleft()
        moved = _giving_up(request, taken, path) if path else [line]
        for each in moved:
            if path and each in seen_lines:
                continue
            seen_lines.add(each)
            for at in range(len(taken)):
                if at in seen_places or _stock_left(request, taken, each, at) <= 0:
                    continue
                longer = [*path, (each, at)]
                if _room_left(request, taken, at) > 0:
                    return longer
                seen_places.add(at)
                waiting.append(longer)
    return None


def _giving_up(request: RoutingRequest, taken: Units, path: Path) -> list[int]:
    """Lines that the path's last location could hand on."""
    return [line for line in range(len(request.demands)) if taken[path[-1][1]][line]]


def _rooms(request: RoutingRequest, taken: Units, path: Path) -> list[int]:
    """What each step of the path lets through."""
    through = [_stock_left(request, taken, line, at) for line, at in path]
    through += [taken[at][moved] for (_, at), (moved, _) in pairwise(path)]
    return [*through, _room_left(request, taken, path[-1][1])]


def _stock_left(request: RoutingRequest, taken: Units, line: int, at: int) -> int:
    demands, candidate = request.demands, request.candidates[at]
    if not taken[at][line] and not candidate.has_room_for(lines_of(demands, taken[at]) + demands[line].lines):
        return 0
    variant = demands[line].variant
    given = sum(units for other, units in enumerate(taken[at]) if demands[other].variant == variant)
    return usable_units(request, line, at) - given


def _room_left(request: RoutingRequest, taken: Units, at: int) -> int:
    capacity = request.candidates[at].capacity_units
    return sum(demand.quantity for demand in request.demands) if capacity is None else capacity - sum(taken[at])
