"""Routing against HiGHS in one run: time per order, cost of simpler ways, many orders at once, looking ahead.

    .venv/bin/python bench/routing.py single
    .venv/bin/python bench/routing.py backlog --highs-seconds 120
    .venv/bin/python bench/routing.py ahead

Prints one line of JSON per measurement. HiGHS solves the same orders to gap 0 on one thread; `highs_build` counts the time
to write the model down too. Orders are random, costs those of parcels by zone and weight with labour, see tests/domain.
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from domain.routing.backlog import NOWHERE, Backlog, BacklogOrder, order_cost, tables_of  # noqa: E402 - found by its folder
from domain.routing.batch import Batch  # noqa: E402
from domain.routing.greedy import serve_greedily  # noqa: E402
from domain.routing.improve import plan_cost  # noqa: E402
from domain.routing.plan import route  # noqa: E402
from domain.routing.prices import ShadowPrices, shadow_prices  # noqa: E402
from domain.routing.values import RoutingOptions, RoutingRequest  # noqa: E402
from tests.domain.routing.backlogs import backlog_model, random_backlog  # noqa: E402
from tests.domain.routing.oracle import whole_lines_model  # noqa: E402
from tests.domain.routing.worlds import random_request  # noqa: E402

SIZES = [(3, 8)] + [(lines, places) for lines in (1, 3, 5, 8, 10) for places in (50, 200)]
ORDERS, REPEATS = 200, 5
PRICE_ROUNDS = 200
REFRESH_ORDERS = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("single", "backlog", "ahead"))
    parser.add_argument("--highs-orders", type=int, default=12, help="orders per size that HiGHS solves")
    parser.add_argument("--highs-seconds", type=float, default=60.0, help="time limit of HiGHS for the backlog")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    {"single": single, "backlog": backlog, "ahead": ahead}[arguments.part](arguments)


def single(arguments: argparse.Namespace) -> None:
    for lines, places in SIZES:
        requests = [whole_request(arguments.seed * 1000 + at, lines, places) for at in range(ORDERS)]
        ours = timed(route, requests)
        solved, built, gaps = [], [], []
        for request in requests[: arguments.highs_orders]:
            seconds_built, (model, split) = clocked(whole_lines_model, request)
            seconds_solved, solver = clocked(model.solve, seconds=60.0)
            solved.append(seconds_solved)
            built.append(seconds_built + seconds_solved)
            gaps.append(route(request).total_minor - (round(solver.getInfo().objective_function_value) - split))
        p50 = statistics.median(ours)
        report(
            lines=lines,
            places=places,
            ours_p50_us=round(p50 * 1e6, 1),
            ours_p99_us=round(sorted(ours)[int(len(ours) * 0.99)] * 1e6, 1),
            highs_p50_us=round(statistics.median(solved) * 1e6),
            times=round(statistics.median(solved) / p50),
            times_with_build=round(statistics.median(built) / p50),
            worst_gap_minor=max(gaps, key=abs),
            greedy_dearer_percent=percent(dearer(requests, greedy_cost)),
            nearest_dearer_percent=percent(dearer(requests, nearest_cost)),
        )


def backlog(arguments: argparse.Namespace) -> None:
    made = random_backlog(arguments.seed, orders=500, places=30, variants=200)
    model, too_much = backlog_model(made)
    seconds, solver = clocked(model.solve, seconds=arguments.highs_seconds)
    information = solver.getInfo()
    bound = information.mip_dual_bound - too_much
    report(
        highs_seconds=round(seconds, 1),
        highs_total=round(information.objective_function_value - too_much),
        highs_bound=round(bound),
    )
    seconds, tables = clocked(tables_of, made)
    first = Batch(tables).total()
    report(one_after_the_other=first, gap_percent=round(100 * (first / bound - 1), 2), table_seconds=round(seconds, 3))
    for limit in (2.0, 10.0):
        started = time.perf_counter()
        prices = shadow_prices(tables, known_total_minor=first, rounds=PRICE_ROUNDS)
        trial = Batch(tables, prices)
        tried, _ = clocked(trial.run, seed=arguments.seed, rounds=1000)
        left = limit - (time.perf_counter() - started)
        rounds = int(1000 * left / tried * 0.9)
        plan = Batch(tables, prices).run(seed=arguments.seed, rounds=rounds)
        report(
            limit_seconds=limit,
            seconds=round(time.perf_counter() - started, 2),
            rounds=rounds,
            total=plan.total_minor,
            gap_percent=round(100 * (plan.total_minor / bound - 1), 2),
            price_bound_gap_percent=round(100 * (1 - prices.bound_minor / bound), 2),
        )


def ahead(arguments: argparse.Namespace) -> None:
    """Orders come one by one and are routed for good; prices come from past orders, refreshed as the stock goes down."""
    for variants, places, count in ((60, 15, 1000), (40, 30, 1500)):
        made = random_backlog(arguments.seed, orders=2 * count, places=places, variants=variants, tightness=1.1)
        stock = {variant: [-(-units // 2) for units in row] for variant, row in made.stock.items()}
        today = replace(made, orders=made.orders[count:], stock=stock, capacity=[room // 2 for room in made.capacity])
        tables = tables_of(today)
        bound = shadow_prices(tables, known_total_minor=Batch(tables).total(), rounds=400).bound_minor
        past = made.orders[:count]
        report(
            orders=count,
            variants=variants,
            locations=places,
            bound=round(bound),
            without_over_bound_percent=round(100 * (one_by_one(today, None) / bound - 1), 2),
            ahead_over_bound_percent=round(100 * (one_by_one(today, past) / bound - 1), 2),
        )


def one_by_one(made: Backlog, past: Sequence[BacklogOrder] | None) -> int:
    """What all orders cost, each routed by `route` on what the earlier ones left; an unserved line as in the backlog."""
    rows = {variant: list(row) for variant, row in made.stock.items()}
    position = {variant: at for at, variant in enumerate(made.stock)}
    capacity, total, prices = list(made.capacity), 0, None
    for number, order in enumerate(made.orders):
        if past is not None and number % REFRESH_ORDERS == 0:
            prices = forecast(replace(made, orders=past[number:], stock=rows, capacity=capacity))
        candidates = [replace(one, capacity_units=room) for one, room in zip(order.candidates, capacity, strict=True)]
        stock = [
            [0 if at in order.excluded else units for at, units in enumerate(rows[demand.variant])]
            for demand in order.demands
        ]
        costs = prices and [prices.unit_costs(position[demand.variant]) for demand in order.demands]
        plan = route(RoutingRequest(order.demands, candidates, stock, RoutingOptions(made.split_minor), costs))
        places = [NOWHERE] * len(order.demands)
        for line, at, _, quantity in plan.assignments:
            if quantity == order.demands[line].quantity:
                places[line] = at
                rows[order.demands[line].variant][at] -= quantity
                capacity[at] -= quantity
        total += order_cost(made, order, places)
    return total


def forecast(made: Backlog) -> ShadowPrices:
    tables = tables_of(made)
    return shadow_prices(tables, known_total_minor=Batch(tables).total(), rounds=PRICE_ROUNDS)


def whole_request(seed: int, lines: int, places: int) -> RoutingRequest:
    """Some location has each line whole, so that HiGHS and we answer the same question."""
    request = random_request(seed, lines=lines, places=places)
    stock = [list(row) for row in request.stock]
    for row, demand in zip(stock, request.demands, strict=True):
        if max(row) < demand.quantity:
            row[seed % places] = demand.quantity
    return replace(request, stock=stock)


def greedy_cost(request: RoutingRequest) -> int:
    units = [[0] * len(request.demands) for _ in request.candidates]
    for at, quantities in serve_greedily(request):
        units[at] = list(quantities)
    return plan_cost(request, units) - request.options.split_minor


def nearest_cost(request: RoutingRequest) -> int:
    """The nearest location that has all; else each line from the nearest that has it."""
    places = sorted(range(len(request.candidates)), key=lambda at: request.candidates[at].rate.base_minor)
    able = [
        [row[at] >= demand.quantity for at in range(len(places))]
        for row, demand in zip(request.stock, request.demands, strict=True)
    ]
    all_from = next((at for at in places if all(row[at] for row in able)), None)
    units = [[0] * len(request.demands) for _ in places]
    for line, demand in enumerate(request.demands):
        at = all_from if all_from is not None else next(at for at in places if able[line][at])
        units[at][line] = demand.quantity
    return plan_cost(request, units) - request.options.split_minor


def dearer(requests: Sequence[RoutingRequest], way: Callable[[RoutingRequest], int]) -> list[float]:
    return [way(request) / route(request).total_minor - 1 for request in requests]


def percent(shares: Sequence[float]) -> list[float]:
    """[mean, worst]"""
    return [round(100 * statistics.mean(shares), 1), round(100 * max(shares), 1)]


def timed(work: Callable, items: Sequence) -> list[float]:
    """Per item the fastest of a few times: other processes share the cores, and their turns are no news about routing."""
    for item in items:
        work(item)
    gc.disable()
    seconds = [min(clocked(work, item)[0] for _ in range(REPEATS)) for item in items]
    gc.enable()
    return seconds


def clocked(work: Callable, *arguments, **named) -> tuple:
    started = time.perf_counter()
    result = work(*arguments, **named)
    return time.perf_counter() - started, result


def report(**figures) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
