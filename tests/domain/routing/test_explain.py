"""What an explanation says is what routing would do."""

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest

from domain.routing.explain import explain
from domain.routing.plan import route
from domain.routing.rules.explaining import explain_case
from domain.routing.rules.passes import Case
from domain.routing.values import (
    Candidate,
    CannotShipComplete,
    Demand,
    Exclusion,
    Method,
    RoutingOptions,
    RoutingRequest,
)
from domain.shipping_rates import Rate
from tests.domain.routing.worlds import random_request

MUG = Demand("mug", 2, 300)


def place(number: int, base: int = 500, **terms) -> Candidate:
    return Candidate(UUID(int=number), Rate(base, 40), **terms)


def test_every_candidate_says_what_kept_it_out():
    places = [
        place(1),
        place(2, methods=frozenset({Method.PICKUP})),
        place(3),
        place(4),
        place(5, capacity_units=1),
        place(6, base=900),
        place(7),
    ]
    request = RoutingRequest([MUG], places, [[5, 5, 0, 1, 5, 5, 5]], excluded={(0, 6): Exclusion.TRIED_BEFORE})

    explanation = explain(request)

    assert explanation.verdicts[0].serves == (0,)
    assert [verdict.reasons.get(0) for verdict in explanation.verdicts] == [
        None,
        Exclusion.METHOD,
        Exclusion.NO_STOCK,
        Exclusion.NOT_ENOUGH_STOCK,
        Exclusion.CAPACITY,
        Exclusion.DEARER,
        Exclusion.TRIED_BEFORE,
    ]
    assert [verdict.parcel_minor for verdict in explanation.verdicts] == [540, None, None, 540, None, 940, None]


def test_the_runner_up_and_what_it_costs_more():
    explanation = explain(RoutingRequest([MUG], [place(1), place(2, base=700), place(3, base=600)], [[5, 5, 5]]))

    assert explanation.runner_up.assignments[0].candidate == 2
    assert explanation.difference_minor == 100


def test_there_may_be_no_other_plan():
    explanation = explain(RoutingRequest([MUG], [place(1)], [[5]], RoutingOptions(ship_complete=True)))

    assert (explanation.runner_up, explanation.difference_minor) == (None, None)


def everywhere_but(places, request: RoutingRequest) -> dict[tuple[int, int], Exclusion]:
    return {
        (line, at): Exclusion.CLOSED
        for line in range(len(request.demands))
        for at in range(len(request.candidates))
        if places[line] != at
    }


@pytest.mark.parametrize("seed", range(60))
def test_the_runner_up_is_the_second_best_of_all_plans(seed):
    request = random_request(seed, lines=1 + seed % 3, places=2 + seed % 3, coverage=0.8, max_quantity=1)
    plans = [
        route(replace(request, excluded=everywhere_but(places, request)))
        for places in product(range(len(request.candidates)), repeat=len(request.demands))
    ]
    totals = sorted(plan.total_minor for plan in plans if not plan.unserved)

    explanation = explain(request)

    if len(totals) > 1:
        assert [explanation.plan.total_minor, explanation.runner_up.total_minor] == totals[:2]


def test_explaining_decides_what_routing_decides():
    for seed in range(40):
        request = random_request(seed, lines=4, places=6, capacity=5)
        assert explain(request).plan == route(request)


def test_an_order_that_cannot_ship_complete_is_refused_as_when_it_is_routed():
    with pytest.raises(CannotShipComplete):
        explain(RoutingRequest([MUG], [place(1)], [[1]], RoutingOptions(ship_complete=True)))


def test_what_would_cost_the_same_is_not_called_dearer():
    explanation = explain(RoutingRequest([MUG], [place(1), place(2), place(3, base=501)], [[5, 5, 5]]))

    assert [verdict.reasons for verdict in explanation.verdicts] == [
        {},
        {0: Exclusion.SAME_COST},
        {0: Exclusion.DEARER},
    ]


def test_a_line_of_a_split_order_may_be_had_elsewhere_at_the_same_cost():
    lamp = Demand("lamp", 1, 300)
    request = RoutingRequest([MUG, lamp], [place(1), place(2), place(3)], [[5, 0, 0], [0, 5, 5]])

    explanation = explain(request)

    assert [verdict.reasons.get(1) for verdict in explanation.verdicts] == [
        Exclusion.NO_STOCK,
        None,
        Exclusion.SAME_COST,
    ]


def test_what_is_weighed_against_a_cheaper_location_is_told():
    request = RoutingRequest([MUG], [place(1, base=600), place(2)], [[5, 5]], unit_costs=[[0, 80]])

    first, second = explain(request).verdicts

    assert (first.serves, first.parcel_minor, first.weighed_minor) == ((0,), 640, 640)
    assert (second.reasons, second.parcel_minor, second.weighed_minor) == ({0: Exclusion.LATER_IN_RULE}, 540, 700)


def test_who_gives_a_part_has_the_price_of_a_parcel_of_that_part():
    six = Demand("mug", 6, 1_000)
    explanation = explain(RoutingRequest([six], [place(1), place(2), place(3)], [[4, 1, 0]]))

    assert [verdict.parcel_minor for verdict in explanation.verdicts] == [500 + 4 * 40, 500 + 40, None]


def test_who_could_serve_a_line_that_waits_for_the_rest_is_not_called_dearer():
    lamp = Demand("lamp", 1, 300)
    complete = RoutingOptions(ship_complete=True)
    case = Case(RoutingRequest([MUG, lamp], [place(1)], [[5], [0]], complete))

    [verdict] = explain_case(case).verdicts

    assert verdict.reasons == {0: Exclusion.LEFT_WAITING, 1: Exclusion.NO_STOCK}
