"""The cheapest plan when some line must be cut or some units cannot be served: exact, by the units still wanted.

Candidate after candidate, the table holds for every combination of units served so far the least cost of serving them. In
order of importance: serve as many units as possible; cut no line that a location could serve whole, unless that serves
more; cost. All three are one integer: a cut counts `CUT`, units are read off the table's last corner.

A line with a limit on its sources ends complete or not served at all; where it may come from several but not from all, the
table has an axis more, for the number of its sources.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.routing.subsets import NEVER
from domain.routing.values import Demand, RoutingRequest

CUT: Final = 1 << 44
"""More than any plan costs."""
MAX_STEPS: Final = 3000
MAX_STATES: Final = 8000
"""Quantities to try x the size of the table: together some thirty milliseconds."""

Taken = list[tuple[int, tuple[int, ...]]]
"""Per parcel its candidate and the units of each line."""
Table = NDArray[np.int64]


def serve_quantities(request: RoutingRequest) -> Taken | None:
    """The best plan by the order above; None if it is too large to be found exactly."""
    most = servable_units(request)
    for may_cut in (False, True):
        taken = _serve(request, may_cut=may_cut)
        if taken is None or sum(sum(units) for _, units in taken) == most:
            return taken
    return taken


def servable_units(request: RoutingRequest) -> int:
    """How many units stock alone could serve; capacity may allow less."""
    wanted: dict[object, int] = {}
    stock: dict[object, list[int]] = {}
    for line, demand in enumerate(request.demands):
        wanted[demand.variant] = wanted.get(demand.variant, 0) + demand.quantity
        row = [usable_units(request, line, at) for at in range(len(request.candidates))]
        before = stock.get(demand.variant, row)
        stock[demand.variant] = [max(pair) for pair in zip(before, row, strict=True)]
    return sum(min(units, sum(stock[variant])) for variant, units in wanted.items())


def usable_units(request: RoutingRequest, line: int, at: int) -> int:
    """What the candidate may give of the line's variant, capacity aside."""
    methods = request.candidates[at].methods
    if (line, at) in request.excluded or (methods is not None and request.demands[line].method not in methods):
        return 0
    return max(0, request.stock[line][at])


def taken_cost(request: RoutingRequest, at: int, units: Sequence[int]) -> tuple[int, int]:
    """(cost without split, number of parcels) of taking so many units of each line from one candidate."""
    candidate = request.candidates[at]
    cost = candidate.unit_handling_minor * sum(units)
    grams_by_method: dict[str, int] = {}
    for line, quantity in enumerate(units):
        if quantity:
            demand = request.demands[line]
            grams_by_method[demand.method] = grams_by_method.get(demand.method, 0) + quantity * demand.grams_each
            if request.unit_costs is not None:
                cost += quantity * request.unit_costs[line][at]
    for grams in grams_by_method.values():
        cost += candidate.rate.price_minor(grams) + candidate.parcel_handling_minor
    return cost, len(grams_by_method)


def whole_somewhere(request: RoutingRequest) -> list[bool]:
    """Per line whether some candidate could serve it whole if it served nothing else."""
    return [
        any(
            min(usable_units(request, line, at), _room(request, at, line)) >= demand.quantity
            for at in range(len(request.candidates))
        )
        for line, demand in enumerate(request.demands)
    ]


def _serve(request: RoutingRequest, *, may_cut: bool) -> Taken | None:
    whole = whole_somewhere(request)
    offers = [_offers(request, at, whole=whole, may_cut=may_cut) for at in range(len(request.candidates))]
    used = [at for at, choices in enumerate(offers) if any(len(choice) > 1 for choice in choices)]
    limit, counted = request.options.max_parcels, _counted(request, offers)
    sizes = [1 if limit is None else limit + 1, *(demand.quantity + 1 for demand in request.demands)]
    sizes += [most + 1 for most in counted.values()]
    steps = sum(_product(len(choice) for choice in offers[at]) for at in used)
    if steps > MAX_STEPS or _product(sizes) > MAX_STATES:
        return None
    table = np.full(sizes, NEVER, dtype=np.int64)
    table[(0,) * len(sizes)] = 0
    tables, takes_at = [table], []
    for at in used:
        takes = [
            ((*shift, *(min(1, shift[line + 1]) for line in counted)), cost)
            for shift, cost in _takes(request, at, offers[at], whole)
        ]
        takes_at.append(takes)
        tables.append(_after(tables[-1], takes))
    return _read_back(used, tables, takes_at, request)


def _counted(request: RoutingRequest, offers: Sequence[Sequence[Sequence[int]]]) -> dict[int, int]:
    """Lines whose sources have to be counted, with the most of them."""
    givers = {line: sum(len(choices[line]) > 1 for choices in offers) for line in request.most_sources or ()}
    return {line: most for line, most in (request.most_sources or {}).items() if 1 < most < givers[line]}


def _offers(request: RoutingRequest, at: int, *, whole: Sequence[bool], may_cut: bool) -> list[Sequence[int]]:
    """Per line the quantities that the candidate might give."""
    offers: list[Sequence[int]] = []
    for line, demand in enumerate(request.demands):
        most = min(usable_units(request, line, at), _room(request, at, line), demand.quantity)
        if (whole[line] and not may_cut) or (request.most_sources is not None and request.most_sources.get(line) == 1):
            offers.append((0, demand.quantity) if most == demand.quantity else (0,))
        else:
            offers.append(range(most + 1))
    return offers


def _takes(
    request: RoutingRequest, at: int, offers: Sequence[Sequence[int]], whole: Sequence[bool]
) -> Iterator[tuple[tuple[int, ...], int]]:
    """(shift of the table, cost) for everything the candidate can give at once; the first axis counts parcels."""
    demands, options, candidate = request.demands, request.options, request.candidates[at]
    most = NEVER if candidate.capacity_units is None else candidate.capacity_units
    for units in product(*offers):
        if not any(units) or sum(units) > most or not candidate.has_room_for(lines_of(demands, units)):
            continue
        by_variant: dict[object, int] = {}
        for demand, quantity in zip(demands, units, strict=True):
            by_variant[demand.variant] = by_variant.get(demand.variant, 0) + quantity
        if any(
            quantity and by_variant[demand.variant] > request.stock[line][at]
            for line, (demand, quantity) in enumerate(zip(demands, units, strict=True))
        ):
            continue
        cost, parcels = taken_cost(request, at, units)
        cuts = sum(whole[line] and 0 < units[line] < demand.quantity for line, demand in enumerate(demands))
        yield (
            (parcels if options.max_parcels is not None else 0, *units),
            cost + parcels * options.split_minor + cuts * CUT,
        )


def _after(table: Table, takes: Sequence[tuple[tuple[int, ...], int]]) -> Table:
    after = table.copy()
    for shift, cost in takes:
        if shift[0] >= table.shape[0]:
            continue
        target = after[tuple(slice(by, None) for by in shift)]
        source = table[tuple(slice(0, size - by) for size, by in zip(table.shape, shift, strict=True))]
        np.minimum(target, source + cost, out=target)
    return after


def _read_back(
    used: Sequence[int],
    tables: Sequence[Table],
    takes_at: Sequence[Sequence[tuple[tuple[int, ...], int]]],
    request: RoutingRequest,
) -> Taken:
    """The most units, then the least cost, then the first lines first; a candidate is used only where it changes something."""
    lines = len(request.demands)
    state = _best_state(tables[-1], request)
    taken: Taken = []
    for step in range(len(used) - 1, -1, -1):
        before, value = tables[step], tables[step + 1][state]
        if before[state] == value:
            continue
        for shift, cost in takes_at[step]:
            source = tuple(have - by for have, by in zip(state, shift, strict=True))
            if min(source) >= 0 and before[source] + cost == value:
                taken.append((used[step], shift[1 : lines + 1]))
                state = source
                break
    return taken[::-1]


def _best_state(table: Table, request: RoutingRequest) -> tuple[int, ...]:
    reachable = np.argwhere(table < NEVER // 2)
    for line in request.most_sources or ():
        units = reachable[:, line + 1]
        reachable = reachable[(units == 0) | (units == request.demands[line].quantity)]
    cost = table[tuple(reachable.T)]
    last = len(request.demands) + 1
    units = reachable[:, 1:last].sum(axis=1)
    sources = (reachable[:, axis] for axis in range(last, reachable.shape[1]))
    keys = (*sources, *(-reachable[:, axis] for axis in range(last - 1, 0, -1)), cost, -units)
    return tuple(reachable[np.lexsort(keys)[0]].tolist())


def lines_of(demands: Sequence[Demand], units: Sequence[int]) -> int:
    """How many order lines have any units."""
    return sum(demand.lines for demand, quantity in zip(demands, units, strict=True) if quantity)


def _room(request: RoutingRequest, at: int, line: int) -> int:
    """For the line alone."""
    candidate = request.candidates[at]
    if not candidate.has_room_for(request.demands[line].lines):
        return 0
    return NEVER if candidate.capacity_units is None else candidate.capacity_units


def _product(sizes: Iterator[int] | Sequence[int]) -> int:
    result = 1
    for size in sizes:
        result *= size
    return result
