"""Random orders to route, and answers found the slow way."""

from collections.abc import Iterator
from itertools import product
from random import Random
from uuid import UUID

from domain.routing.values import Candidate, Demand, RoutingOptions, RoutingPlan, RoutingRequest
from domain.shipping_rates import Rate

BASE_MINOR = (580, 620, 680, 740, 810, 880, 960, 1050)
PER_KILOGRAM_MINOR = (45, 55, 70, 90, 115, 140, 170, 200)


def random_request(
    seed: int,
    *,
    lines: int,
    places: int,
    coverage: float = 0.6,
    max_quantity: int = 3,
    most_stock: int = 15,
    shared: bool = False,
    capacity: int | None = None,
    capacity_lines: int | None = None,
    coarse: bool = False,
    unit_costs: bool = False,
    options: RoutingOptions | None = None,
) -> RoutingRequest:
    """`coarse` makes many plans cost the same; `shared` lets lines want the same variant."""
    random = Random(seed)
    demands = [
        Demand(random.randrange(2) if shared else line, random.randint(1, max_quantity), random.randint(100, 4000))
        for line in range(lines)
    ]
    candidates = []
    for at in range(places):
        zone = random.randrange(2 if coarse else 8)
        candidates.append(
            Candidate(
                UUID(int=at),
                Rate(BASE_MINOR[zone], PER_KILOGRAM_MINOR[zone]),
                parcel_handling_minor=100 if coarse else random.randint(60, 230),
                unit_handling_minor=50 if coarse else random.randint(35, 120),
                capacity_units=None if capacity is None else random.randint(1, capacity),
                capacity_lines=None if capacity_lines is None else random.randint(0, capacity_lines),
            )
        )
    rows = {
        demand.variant: [random.randint(1, most_stock) if random.random() < coverage else 0 for _ in range(places)]
        for demand in demands
    }
    extra = [[random.randint(-30, 90) for _ in range(places)] for _ in range(lines)] if unit_costs else None
    return RoutingRequest(
        demands,
        candidates,
        [rows[demand.variant] for demand in demands],
        options or RoutingOptions(),
        unit_costs=extra,
    )


def cheapest_whole_plan(request: RoutingRequest) -> int | None:
    """By trying every location for every line (one parcel per location): the cost, None if lines cannot all come whole."""
    costs = [
        cost
        for places in product(range(len(request.candidates)), repeat=len(request.demands))
        if (cost := _cost(request, [_units(request, line, at) for line, at in enumerate(places)])) is not None
    ]
    return min(costs, default=None)


def best_plan(request: RoutingRequest) -> tuple[int, int, int]:
    """By trying every quantity from every location: (unserved units, lines cut without need, cost) of the best plan."""
    choices = [list(_ways(demand.quantity, len(request.candidates))) for demand in request.demands]
    whole = [
        any(
            _cost(request, [_units(request, line, at)], first=line) is not None for at in range(len(request.candidates))
        )
        for line in range(len(request.demands))
    ]
    best = []
    for units in product(*choices):
        cost = _cost(request, units)
        if cost is not None and _from_few(request, units):
            served = sum(map(sum, units))
            cuts = sum(
                sum(0 < part < demand.quantity for part in row)
                for row, demand, able in zip(units, request.demands, whole, strict=True)
                if able
            )
            best.append((sum(demand.quantity for demand in request.demands) - served, cuts, cost))
    return min(best)


def check(request: RoutingRequest, plan: RoutingPlan) -> None:
    """What holds for every plan: stock, capacity, every unit accounted for, the total is the sum of its parts."""
    taken: dict[tuple[object, int], int] = {}
    units_at: dict[int, int] = {}
    served = [0] * len(request.demands)
    for line, at, location, quantity in plan.assignments:
        assert quantity > 0
        assert location == request.candidates[at].location
        assert (line, at) not in request.excluded
        key = (request.demands[line].variant, at)
        taken[key] = taken.get(key, 0) + quantity
        assert taken[key] <= request.stock[line][at]
        units_at[at] = units_at.get(at, 0) + quantity
        capacity = request.candidates[at].capacity_units
        assert capacity is None or units_at[at] <= capacity
        lines_at = {one.line for one in plan.assignments if one.candidate == at}
        assert request.candidates[at].has_room_for(sum(request.demands[each].lines for each in lines_at))
        served[line] += quantity
    for line, quantity, _ in plan.unserved:
        assert quantity > 0
        served[line] += quantity
    assert served == [demand.quantity for demand in request.demands]
    assert plan.split_minor == request.options.split_minor * max(0, len(plan.parcels) - 1)
    assert plan.total_minor == plan.split_minor + sum(parcel.total_minor for parcel in plan.parcels)
    assert request.options.max_parcels is None or len(plan.parcels) <= request.options.max_parcels
    held = sorted((line, parcel.candidate) for parcel in plan.parcels for line in parcel.lines)
    assert held == sorted((one.line, one.candidate) for one in plan.assignments)
    for line, most in (request.most_sources or {}).items():
        places = [one.candidate for one in plan.assignments if one.line == line]
        assert len(places) <= most
        assert not (places and line in {short.line for short in plan.unserved}), "complete or not at all"


def _from_few(request: RoutingRequest, units: tuple[list[int], ...]) -> bool:
    """Whether lines come from as few candidates as they should, complete or not at all."""
    return all(
        sum(map(bool, units[line])) <= most and sum(units[line]) in (0, request.demands[line].quantity)
        for line, most in (request.most_sources or {}).items()
    )


def _units(request: RoutingRequest, line: int, at: int) -> list[int]:
    row = [0] * len(request.candidates)
    row[at] = request.demands[line].quantity
    return row


def _ways(quantity: int, places: int) -> Iterator[list[int]]:
    for units in product(range(quantity + 1), repeat=places):
        if sum(units) <= quantity:
            yield list(units)


def _cost(request: RoutingRequest, units: list[list[int]] | tuple[list[int], ...], *, first: int = 0) -> int | None:
    """Cost of `units[line][candidate]` (lines from `first` on), None where stock, capacity or options forbid it."""
    cost = parcels = 0
    for at, candidate in enumerate(request.candidates):
        count, lines, given = 0, 0, {}
        grams = {}
        for line, row in enumerate(units, first):
            quantity = row[at]
            if not quantity:
                continue
            demand = request.demands[line]
            if (line, at) in request.excluded or not (candidate.methods is None or demand.method in candidate.methods):
                return None
            given[demand.variant] = given.get(demand.variant, 0) + quantity
            if given[demand.variant] > request.stock[line][at]:
                return None
            count += quantity
            lines += demand.lines
            grams[demand.method] = grams.get(demand.method, 0) + quantity * demand.grams_each
            cost += quantity * candidate.unit_handling_minor
            cost += quantity * request.unit_costs[line][at] if request.unit_costs else 0
        if candidate.capacity_units is not None and count > candidate.capacity_units:
            return None
        if not candidate.has_room_for(lines):
            return None
        parcels += len(grams)
        cost += sum(candidate.rate.price_minor(weight) + candidate.parcel_handling_minor for weight in grams.values())
    if request.options.max_parcels is not None and parcels > request.options.max_parcels:
        return None
    return cost + request.options.split_minor * max(0, parcels - 1)
