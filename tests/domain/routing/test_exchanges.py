"""From one plan to a cheaper one in steps that can each be taken alone."""

from uuid import UUID

import pytest

from domain.routing.backlog import NOWHERE, Backlog, BacklogOrder, order_cost
from domain.routing.batch import route_backlog
from domain.routing.exchanges import Exchange, exchanges, taken_by
from domain.routing.values import Candidate, Demand
from domain.shipping_rates import Rate
from tests.domain.routing.backlogs import random_backlog, with_kits


def wanting(*costs: int) -> BacklogOrder:
    """One mug, from locations at these costs."""
    candidates = [Candidate(UUID(int=at), Rate(cost, 0)) for at, cost in enumerate(costs)]
    return BacklogOrder([Demand("mug", 1, 100)], candidates)


def backlog(*orders: BacklogOrder, stock: list[int]) -> Backlog:
    return Backlog(orders, {"mug": stock}, [None] * len(stock))


def steps(made: Backlog, before, after, *, free=None, least: int = 1) -> list[Exchange]:
    return exchanges(made, before, after, free=free or {}, least_saving_minor=least)


def test_an_order_that_takes_what_is_free_moves_alone():
    made = backlog(wanting(10, 4), wanting(10, 7), stock=[2, 2])

    found = steps(made, [[0], [0]], [[1], [1]], free={("mug", 1): 2})

    assert found == [Exchange((0,), 6), Exchange((1,), 3)]


def test_an_order_waits_for_the_one_that_makes_room():
    made = backlog(wanting(10, 9, 5), wanting(9, 7, 10), stock=[1, 1, 1])

    found = steps(made, [[1], [0]], [[2], [1]], free={("mug", 2): 1})

    assert found == [Exchange((0,), 4), Exchange((1,), 2)]


def test_orders_that_need_each_other_move_together():
    made = backlog(wanting(10, 4), wanting(3, 8), stock=[1, 1])

    assert steps(made, [[0], [1]], [[1], [0]]) == [Exchange((0, 1), 11)]
    assert steps(made, [[0], [1]], [[1], [0]], least=12) == []


def test_an_order_that_becomes_dearer_for_nobody_stays():
    made = backlog(wanting(4, 10), stock=[1, 1])

    assert steps(made, [[0]], [[1]], free={("mug", 1): 1}) == []


def test_an_order_that_would_lose_its_place_stays():
    made = backlog(wanting(4, 10), wanting(3, 10), stock=[1, 0])

    assert steps(made, [[0], [NOWHERE]], [[NOWHERE], [0]]) == []


@pytest.mark.parametrize("seed", range(60))
def test_taken_in_turn_the_steps_never_take_more_than_there_is(seed):
    made = random_backlog(seed, orders=40, places=6, variants=10, tightness=1.05)
    if seed % 2:
        made = with_kits(made, seed)
    made = Backlog(made.orders, made.stock, [None] * 6)
    before = route_backlog(made, seed=seed, rounds=1).places
    after = route_backlog(made, seed=seed, rounds=600, start=before).places
    free = {(variant, at): units for variant, row in made.stock.items() for at, units in enumerate(row)}
    for at, places in enumerate(before):
        for spot, units in taken_by(made, at, [NOWHERE] * len(places), places).items():
            free[spot] -= units

    found = steps(made, before, after, free=free)

    now, saved = list(before), 0
    for step in found:
        for at in step.orders:
            for spot, units in taken_by(made, at, now[at], after[at]).items():
                free[spot] -= units
            saved += order_cost(made, made.orders[at], now[at]) - order_cost(made, made.orders[at], after[at])
            now[at] = after[at]
        assert min(free.values()) >= 0
    assert saved == sum(step.saving_minor for step in found)
    assert all(step.saving_minor > 0 for step in found)


@pytest.mark.parametrize("seed", range(5))
def test_a_search_from_a_plan_is_never_dearer_and_the_same_again(seed):
    made = random_backlog(seed, orders=40, places=6, variants=10, tightness=1.05)
    start = route_backlog(made, seed=seed, rounds=1)

    found = route_backlog(made, seed=9, rounds=200, start=start.places)

    assert found.total_minor <= start.total_minor
    assert route_backlog(made, seed=9, rounds=200, start=start.places) == found
