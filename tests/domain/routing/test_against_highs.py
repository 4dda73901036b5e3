"""HiGHS as an oracle: on orders too large to try everything, our plan costs what the solver proves to be the least."""

from dataclasses import replace

import pytest

from domain.routing.plan import route
from domain.routing.values import RoutingOptions
from domain.shipping_rates import Rate
from tests.domain.routing.oracle import cheapest_by_highs
from tests.domain.routing.worlds import check, random_request

SIZES = [(3, 50, None), (5, 40, None), (6, 20, 10), (8, 20, None), (8, 12, 12), (10, 12, None), (12, 10, None)]


@pytest.mark.parametrize(("lines", "places", "capacity"), SIZES)
@pytest.mark.parametrize("seed", range(3))
def test_no_plan_is_cheaper_by_highs(lines, places, capacity, seed):
    request = random_request(
        seed, lines=lines, places=places, capacity=capacity, unit_costs=seed == 1, shared=seed == 2
    )

    plan = route(request)

    check(request, plan)
    cheapest = cheapest_by_highs(request)
    if cheapest is not None:
        assert (plan.total_minor, plan.unserved) == (cheapest, ())


@pytest.mark.parametrize("seed", range(4))
def test_no_plan_of_so_few_parcels_is_cheaper_by_highs(seed):
    options = RoutingOptions(split_minor=0, max_parcels=2)
    request = random_request(seed, lines=7, places=15, coverage=0.8, options=options)

    cheapest = cheapest_by_highs(request)

    assert cheapest is None or route(request).total_minor == cheapest


@pytest.mark.parametrize("seed", range(4))
def test_included_kilograms_make_no_difference_to_being_the_cheapest(seed):
    request = random_request(seed, lines=6, places=15)
    candidates = [replace(one, rate=Rate(one.rate.base_minor, 60, included_kilograms=2)) for one in request.candidates]
    request = replace(request, candidates=candidates)

    cheapest = cheapest_by_highs(request)

    assert cheapest is None or route(request).total_minor <= cheapest


@pytest.mark.parametrize("seed", range(3))
def test_a_large_order_is_served_within_a_few_percent_of_the_least(seed):
    request = random_request(seed, lines=20, places=12)

    plan = route(request)

    check(request, plan)
    cheapest = cheapest_by_highs(request)
    assert cheapest is not None
    assert cheapest <= plan.total_minor <= cheapest * 1.03
