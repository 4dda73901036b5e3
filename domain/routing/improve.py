"""Make the plan of a large order cheaper: take a few lines out, put them back exactly as the rest stands, repeat.

Only lines that one location serves whole are moved. Windows are taken in fixed orders, so the same request always gives
the same plan; a change is kept only if the plan then costs less and still holds.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import numpy as np

from domain.routing import arrays
from domain.routing.arrays import Load
from domain.routing.partition import partition
from domain.routing.quantities import Taken, lines_of, taken_cost
from domain.routing.values import RoutingRequest

WINDOW_LINES: Final = 8
PAIR_LINES: Final = 9
MAX_ROUNDS: Final = 8
MAX_WINDOWS: Final = 400

Units = list[list[int]]
"""Units by candidate and line."""


def improved(request: RoutingRequest, taken: Taken) -> Taken:
    """A plan that serves the same units of the same lines and costs at most as much."""
    units = [[0] * len(request.demands) for _ in request.candidates]
    for at, quantities in taken:
        units[at] = list(quantities)
    cost, tried = plan_cost(request, units), 0
    for turn in range(MAX_ROUNDS):
        before = cost
        for window in _windows(request, units, turn):
            tried += 1
            if tried > MAX_WINDOWS:
                break
            changed = _replaced(request, units, window)
            if changed is not None and (changed_cost := plan_cost(request, changed)) < cost and holds(request, changed):
                units, cost = changed, changed_cost
        if cost == before and turn:
            break
    return [(at, tuple(quantities)) for at, quantities in enumerate(units) if any(quantities)]


def plan_cost(request: RoutingRequest, units: Units) -> int:
    """Cost of the plan, the split of its first parcel included."""
    cost = 0
    for at, quantities in enumerate(units):
        if any(quantities):
            part, parcels = taken_cost(request, at, quantities)
            cost += part + parcels * request.options.split_minor
    return cost


def holds(request: RoutingRequest, units: Units) -> bool:
    """Within stock, capacity and the limit of parcels."""
    parcels = 0
    for at, quantities in enumerate(units):
        if not any(quantities):
            continue
        parcels += taken_cost(request, at, quantities)[1]
        capacity = request.candidates[at].capacity_units
        if capacity is not None and sum(quantities) > capacity:
            return False
        if not request.candidates[at].has_room_for(lines_of(request.demands, quantities)):
            return False
        given: dict[object, int] = {}
        for line, quantity in enumerate(quantities):
            if quantity:
                variant = request.demands[line].variant
                given[variant] = given.get(variant, 0) + quantity
                if given[variant] > request.stock[line][at]:
                    return False
    return request.options.max_parcels is None or parcels <= request.options.max_parcels


def _windows(request: RoutingRequest, units: Units, turn: int) -> Iterator[list[int]]:
    """Lines of one method, a few at a time: first whole parcels and pairs of them, then ever differently mixed lines."""
    demands = request.demands
    sent: dict[tuple[str, int], list[int]] = {}
    for at, row in enumerate(units):
        for line, quantity in enumerate(row):
            if quantity and quantity == demands[line].quantity:
                sent.setdefault((demands[line].method, at), []).append(line)
    for (one, first), (other, second) in combinations(sent.items(), 2):
        if one[0] == other[0] and len(first) + len(second) <= PAIR_LINES:
            yield first + second
    count, stride = len(demands), 2 * turn - 1
    lines = sorted(
        (method, line * stride % count if turn else at, line) for (method, at), some in sent.items() for line in some
    )
    for start in range(0, len(lines), WINDOW_LINES // 2):
        window = lines[start : start + WINDOW_LINES]
        yield [line for method, _, line in window if method == window[0][0]]


def _replaced(request: RoutingRequest, units: Units, window: Sequence[int]) -> Units | None:
    """The plan with the lines of the window where they are cheapest, everything else staying where it is."""
    rest = [row.copy() for row in units]
    for row in rest:
        for line in window:
            if row[line] == request.demands[line].quantity:
                row[line] = 0
    demands = [request.demands[line] for line in window]
    left = [_left(request, rest, line) for line in window]
    part = RoutingRequest(
        demands,
        request.candidates,
        left,
        request.options,
        None if request.unit_costs is None else [request.unit_costs[line] for line in window],
        {
            (at, where): why
            for (line, where), why in request.excluded.items()
            for at, own in enumerate(window)
            if own == line
        },
    )
    table = arrays.cheapest_parcels(part, arrays.able_masks(part), _load(request, rest, demands[0].method))
    parcels = partition(table.cost, split_minor=request.options.split_minor)
    if parcels is None:
        return None
    for mask in parcels:
        for at, line in enumerate(window):
            if mask >> at & 1:
                rest[table.candidate[mask]][line] = request.demands[line].quantity
    return rest


def _left(request: RoutingRequest, rest: Units, line: int) -> list[int]:
    """What each candidate can still give of the line's variant, its capacity counted in."""
    variant = request.demands[line].variant
    left = []
    for at, row in enumerate(rest):
        same = sum(units for other, units in enumerate(row) if request.demands[other].variant == variant)
        capacity = request.candidates[at].capacity_units
        stock = request.stock[line][at] - same
        left.append(stock if capacity is None else min(stock, capacity - sum(row)))
    return left


def _load(request: RoutingRequest, rest: Units, method: str) -> Load:
    grams = np.zeros(len(rest), dtype=np.int64)
    is_open = np.zeros(len(rest), dtype=np.bool_)
    for at, row in enumerate(rest):
        for line, quantity in enumerate(row):
            if quantity and request.demands[line].method == method:
                grams[at] += quantity * request.demands[line].grams_each
                is_open[at] = True
    return Load(grams, is_open)
