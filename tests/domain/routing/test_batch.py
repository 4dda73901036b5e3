"""Many orders at once: what holds for every plan, and how far from the best it is."""

from dataclasses import replace
from itertools import combinations, product
from uuid import UUID

import pytest

from domain.routing.backlog import NOWHERE, Backlog, BacklogOrder, BacklogPlan, order_cost, tables_of
from domain.routing.batch import Batch, route_backlog
from domain.routing.prices import shadow_prices
from domain.routing.values import Candidate, Demand
from domain.shipping_rates import Rate
from tests.domain.routing.backlogs import backlog_model, random_backlog, with_kits

NEED, OTHER = (625, 1130), (830, 1020)
"""What a parcel costs from a place where little is left, and from one with plenty."""


def holds(backlog: Backlog, plan: BacklogPlan) -> bool:
    """Within stock and capacity, no excluded location, and the total is the sum of the orders' costs."""
    stock = {variant: list(row) for variant, row in backlog.stock.items()}
    capacity = list(backlog.capacity)
    total = 0
    for order, places in zip(backlog.orders, plan.places, strict=True):
        total += order_cost(backlog, order, places)
        for line, (demand, at) in enumerate(zip(order.demands, places, strict=True)):
            if at == NOWHERE:
                continue
            assert at not in order.excluded
            for variant, units in order.uses(line):
                stock[variant][at] -= units * demand.quantity
                if capacity[at] is not None:
                    capacity[at] -= units * demand.quantity
    return (
        total == plan.total_minor
        and all(min(row) >= 0 for row in stock.values())
        and all(units is None or units >= 0 for units in capacity)
    )


def cheapest(backlog: Backlog) -> int:
    """By trying everything."""
    ways = [list(product(range(NOWHERE, len(backlog.capacity)), repeat=len(order.demands))) for order in backlog.orders]
    return min(
        total
        for places in product(*ways)
        if holds(backlog, BacklogPlan(places, total := _total(backlog, places)))
        and not any(at in order.excluded for order, chosen in zip(backlog.orders, places, strict=True) for at in chosen)
    )


def _total(backlog: Backlog, places) -> int:
    return sum(order_cost(backlog, order, chosen) for order, chosen in zip(backlog.orders, places, strict=True))


@pytest.mark.parametrize("seed", range(25))
def test_a_plan_holds_and_is_the_same_again(seed):
    backlog = random_backlog(seed, orders=30, places=6, variants=12, tightness=0.5 + seed % 3 / 3)
    if seed % 4 == 0:
        backlog = replace(backlog, capacity=[None] * 6)

    plan = route_backlog(backlog, seed=seed, rounds=150)

    assert holds(backlog, plan)
    assert route_backlog(backlog, seed=seed, rounds=150) == plan


@pytest.mark.parametrize("seed", range(40))
def test_a_plan_with_kits_takes_no_component_twice_and_is_the_same_again(seed):
    backlog = with_kits(random_backlog(seed, orders=30, places=6, variants=8, tightness=0.8 + seed % 3 / 2), seed)
    if seed % 4:
        backlog = replace(backlog, capacity=[None] * 6)

    plan = route_backlog(backlog, seed=seed, rounds=150)

    assert holds(backlog, plan)
    assert route_backlog(backlog, seed=seed, rounds=150) == plan
    pairs = zip(backlog.orders, plan.places, strict=True)
    assert any(places[line] != NOWHERE for order, places in pairs for line in order.parts)


@pytest.mark.parametrize("seed", range(8))
def test_a_few_orders_with_kits_get_the_best_plan_of_all(seed):
    backlog = with_kits(random_backlog(seed, orders=3, places=2, variants=3, lines=2, tightness=1.2), seed, sorts=2)
    backlog = replace(backlog, orders=[replace(order, excluded=frozenset()) for order in backlog.orders])

    plan = route_backlog(backlog, seed=1, rounds=600)
    prices = shadow_prices(tables_of(backlog), known_total_minor=plan.total_minor, rounds=100)

    assert plan.total_minor == cheapest(backlog)
    assert prices.bound_minor <= plan.total_minor


def test_where_no_location_has_anything_everything_waits():
    backlog = random_backlog(1, orders=3, places=2, variants=2)
    orders = [replace(order, candidates=[], excluded=frozenset()) for order in backlog.orders]
    backlog = replace(backlog, orders=orders, stock={variant: [] for variant in backlog.stock}, capacity=[])

    plan = route_backlog(backlog, seed=1, rounds=20)

    assert {at for places in plan.places for at in places} == {NOWHERE}
    assert plan.total_minor == _total(backlog, plan.places)


@pytest.mark.parametrize("seed", range(8))
def test_a_few_orders_get_the_best_plan_of_all(seed):
    backlog = random_backlog(seed, orders=4, places=2, variants=3, lines=2, tightness=0.8)
    backlog = replace(backlog, orders=[replace(order, excluded=frozenset()) for order in backlog.orders])

    plan = route_backlog(backlog, seed=1, rounds=400)

    assert plan.total_minor == cheapest(backlog)


@pytest.mark.parametrize("seed", range(2))
def test_the_bound_of_the_prices_is_below_and_the_plan_near_what_highs_proves(seed):
    backlog = random_backlog(seed, orders=40, places=6, variants=25)
    model, too_much = backlog_model(backlog)
    least = model.solve(seconds=60).getInfo().mip_dual_bound - too_much
    tables = tables_of(backlog)

    prices = shadow_prices(tables, known_total_minor=Batch(tables).plan().total_minor, rounds=200)
    plan = Batch(tables, prices).run(seed=1, rounds=3000)

    assert prices.bound_minor <= least + 0.5
    assert prices.bound_minor >= least * 0.9
    assert least - 0.5 <= plan.total_minor <= least * 1.02


def test_searching_makes_the_plan_cheaper_than_one_order_after_the_other():
    backlog = random_backlog(3, orders=80, places=8, variants=20)

    first = Batch(tables_of(backlog)).plan()

    assert route_backlog(backlog, seed=1, rounds=1000).total_minor < first.total_minor * 0.97


def test_prices_are_paid_only_for_what_is_scarce():
    backlog = random_backlog(3, orders=20, places=5, variants=6)
    plenty = replace(backlog, stock={variant: [1000] * 5 for variant in backlog.stock}, capacity=[None] * 5)

    prices = shadow_prices(tables_of(plenty), known_total_minor=10**6, rounds=20)

    assert not prices.stock.any()
    assert prices.unit_costs(0) == [0] * 5
    assert not prices.capacity.any()
    assert prices.bound_minor == route_backlog(plenty, seed=1, rounds=1).total_minor


@pytest.mark.parametrize("needy", combinations(range(6), 3))
def test_a_price_is_well_between_what_scarce_units_save_others_and_those_who_need_them(needy):
    """In whatever order they come: at the lower edge, an order that pays only a part of it would take them all the same."""
    need, other = ([Candidate(UUID(int=at + 1), Rate(rate, 0)) for at, rate in enumerate(two)] for two in (NEED, OTHER))
    orders = [BacklogOrder([Demand("mug", 1, 1000)], need if at in needy else other) for at in range(6)]
    tables = tables_of(Backlog(orders, {"mug": [3, 9]}, [None, None]))

    prices = shadow_prices(tables, known_total_minor=Batch(tables).total(), rounds=200)

    assert OTHER[1] - OTHER[0] < prices.unit_costs(0)[0] < NEED[1] - NEED[0]
    assert prices.unit_costs(0)[1] == 0


def test_two_lines_of_one_variant_share_its_stock():
    candidates = [Candidate(UUID(int=1), Rate(500, 40)), Candidate(UUID(int=2), Rate(900, 40))]
    order = BacklogOrder([Demand("mug", 2, 300), Demand("mug", 2, 300)], candidates)

    plan = route_backlog(Backlog([order], {"mug": [3, 2]}, [None, None]), seed=1, rounds=5)

    assert sorted(plan.places[0]) == [0, 1]


def test_an_order_of_too_many_lines_is_a_bug():
    order = BacklogOrder([Demand(at, 1, 1) for at in range(9)], [])

    with pytest.raises(ValueError, match="9 lines"):
        tables_of(Backlog([order], {}, []))
