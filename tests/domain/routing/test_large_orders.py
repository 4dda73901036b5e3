"""Orders too large to be routed exactly: still as much as possible, still nothing that is not there."""

from dataclasses import replace

import pytest

from domain.routing.greedy import serve_greedily
from domain.routing.plan import route
from domain.routing.values import RoutingOptions, Shortage
from tests.domain.routing.oracle import NO_LIMIT, Model
from tests.domain.routing.worlds import best_plan, check, random_request


@pytest.mark.parametrize("seed", range(80))
def test_the_quick_way_serves_as_many_units_as_any(seed):
    request = random_request(
        seed, lines=1 + seed % 3, places=2 + seed % 2, capacity=3, most_stock=3, shared=seed % 3 == 0
    )

    taken = serve_greedily(request)

    wanted = sum(demand.quantity for demand in request.demands)
    assert wanted - sum(sum(units) for _, units in taken) == best_plan(request)[0]


@pytest.mark.parametrize("seed", range(12))
def test_a_large_order_gets_all_that_stock_and_capacity_allow(seed):
    request = random_request(
        seed, lines=14 + seed, places=6, capacity=12, most_stock=6, max_quantity=9, shared=seed % 4 == 0
    )

    plan = route(request)

    check(request, plan)
    assert sum(one.quantity for one in plan.assignments) == most_units(request)


@pytest.mark.parametrize("seed", range(12))
def test_a_large_order_keeps_to_its_number_of_parcels(seed):
    request = random_request(seed, lines=16, places=8, options=RoutingOptions(max_parcels=1 + seed % 3))

    check(request, route(request))


@pytest.mark.parametrize("seed", range(12))
def test_a_large_order_keeps_to_the_lines_that_locations_can_take_on(seed):
    request = random_request(seed, lines=15, places=6, capacity=9, capacity_lines=3, shared=seed % 3 == 0)

    plan = route(request)

    check(request, plan)
    assert plan.assignments


def test_thousands_of_units_are_cut_over_many_locations():
    request = random_request(1, lines=2, places=30, coverage=1.0)
    demands = [replace(demand, quantity=9000) for demand in request.demands]
    request = replace(request, demands=demands, stock=[[400] * 30, [200] * 30])

    plan = route(request)

    check(request, plan)
    assert [(one.line, one.quantity, one.reason) for one in plan.unserved] == [(1, 3000, Shortage.NO_STOCK)]


def most_units(request) -> int:
    """The largest flow from variants through stock and capacity, by HiGHS."""
    model = Model()
    flows: dict[tuple[object, int], int] = {}
    for line, demand in enumerate(request.demands):
        for at in range(len(request.candidates)):
            if (demand.variant, at) not in flows:
                flows[demand.variant, at] = model.column(-1, upper=request.stock[line][at])
    for variant in {demand.variant for demand in request.demands}:
        wanted = sum(demand.quantity for demand in request.demands if demand.variant == variant)
        model.row(0, wanted, [(column, 1) for (which, _), column in flows.items() if which == variant])
    for at, candidate in enumerate(request.candidates):
        room = NO_LIMIT if candidate.capacity_units is None else candidate.capacity_units
        model.row(0, room, [(column, 1) for (_, where), column in flows.items() if where == at])
    return -round(model.solve(integer=False).getInfo().objective_function_value)
