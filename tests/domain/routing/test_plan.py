"""Routing one order: exact against every way there is, and the rules around it."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.routing.plan import route
from domain.routing.values import (
    Candidate,
    CannotShipComplete,
    Demand,
    Exclusion,
    Method,
    RoutingOptions,
    RoutingRequest,
    Shortage,
    Unserved,
)
from domain.shipping_rates import Rate
from tests.domain.routing.worlds import best_plan, cheapest_whole_plan, check, random_request

NEAR, MIDDLE, FAR = (
    Candidate(UUID(int=at), Rate(base, per_kilogram))
    for at, base, per_kilogram in ((1, 500, 40), (2, 700, 60), (3, 900, 90))
)
KETTLE, MUG, TRAY = Demand("kettle", 1, 900), Demand("mug", 2, 300), Demand("tray", 1, 1000)


def places(plan):
    return [(one.line, one.candidate, one.quantity) for one in plan.assignments]


@pytest.mark.parametrize("seed", range(300))
def test_a_plan_of_whole_lines_is_as_cheap_as_the_best_of_all(seed):
    request = random_request(
        seed,
        lines=1 + seed % 4,
        places=2 + seed % 4,
        shared=seed % 3 == 0,
        capacity=6 if seed % 2 else None,
        unit_costs=seed % 5 == 0,
        coarse=seed % 7 == 0,
        options=RoutingOptions(max_parcels=2 if seed % 11 == 0 else None),
    )
    cheapest = cheapest_whole_plan(request)

    plan = route(request)

    check(request, plan)
    if cheapest is not None:
        assert (plan.total_minor, plan.unserved) == (cheapest, ())


@pytest.mark.parametrize("seed", range(300))
def test_a_plan_that_must_cut_lines_serves_most_then_costs_least(seed):
    request = random_request(
        seed,
        lines=1 + seed % 3,
        places=2 + seed % 2,
        shared=seed % 3 == 0,
        capacity=4 if seed % 2 else None,
        most_stock=2,
        unit_costs=seed % 5 == 0,
        options=RoutingOptions(max_parcels=1 + seed % 2 if seed % 7 == 0 else None),
    )
    if cheapest_whole_plan(request) is not None:
        return
    unserved, _, cost = best_plan(request)

    plan = route(request)

    check(request, plan)
    assert (sum(one.quantity for one in plan.unserved), plan.total_minor) == (unserved, cost)


@pytest.mark.parametrize("seed", range(300))
def test_a_limit_of_lines_is_kept_by_the_best_plan_there_is(seed):
    request = random_request(
        seed,
        lines=1 + seed % 3,
        places=2 + seed % 2,
        shared=seed % 3 == 0,
        capacity=4 if seed % 4 == 0 else None,
        capacity_lines=1 + seed % 2,
        most_stock=2 + seed % 5 * 3,
        options=RoutingOptions(max_parcels=2 if seed % 7 == 0 else None),
    )
    if seed % 5 == 0:
        kit, *rest = request.demands
        request = replace(request, demands=[replace(kit, lines=2), *rest])
    cheapest = cheapest_whole_plan(request)

    plan = route(request)

    check(request, plan)
    best = best_plan(request)
    assert sum(one.quantity for one in plan.unserved) == best[0]
    assert plan.total_minor == (best[2] if cheapest is None else cheapest)


@given(
    seed=st.integers(0, 10**6),
    lines=st.integers(1, 8),
    places=st.integers(1, 12),
    coverage=st.sampled_from([0.2, 0.6, 1.0]),
    most_stock=st.sampled_from([1, 3, 15]),
    shared=st.booleans(),
    capacity=st.sampled_from([None, 3, 8]),
    capacity_lines=st.sampled_from([None, 1, 3]),
    max_parcels=st.sampled_from([None, 1, 2, 4]),
)
def test_a_plan_never_takes_more_than_there_is_and_accounts_for_every_unit(
    seed, lines, places, coverage, most_stock, shared, capacity, capacity_lines, max_parcels
):
    request = random_request(
        seed,
        lines=lines,
        places=places,
        coverage=coverage,
        most_stock=most_stock,
        shared=shared,
        capacity=capacity,
        capacity_lines=capacity_lines,
        options=RoutingOptions(max_parcels=max_parcels),
    )

    plan = route(request)

    check(request, plan)
    assert plan == route(request)


def test_one_parcel_from_farther_away_beats_two_from_near():
    request = RoutingRequest([KETTLE, MUG], [NEAR, MIDDLE, FAR], [[5, 0, 5], [0, 5, 5]])

    plan = route(request)

    assert places(plan) == [(0, 2, 1), (1, 2, 2)]
    assert (plan.parcels[0].shipping_minor, plan.split_minor, plan.total_minor) == (900 + 2 * 90, 0, 1080)


def test_two_parcels_are_sent_where_that_is_cheaper_than_one():
    request = RoutingRequest([KETTLE, MUG], [NEAR, MIDDLE, FAR], [[5, 0, 5], [0, 5, 5]], RoutingOptions(split_minor=0))
    dear = Candidate(FAR.location, Rate(2000, 90))

    plan = route(RoutingRequest(request.demands, [NEAR, MIDDLE, dear], request.stock, request.options))

    assert places(plan) == [(0, 0, 1), (1, 1, 2)]
    assert plan.total_minor == 500 + 40 + 700 + 60


def test_two_small_boxes_from_one_location_can_be_cheaper_than_a_large_one():
    """SIP: 8 lb in one box cost 22.56, in two boxes 8.34 + 7.57."""
    steep = Candidate(UUID(int=1), Rate(757, 1499, included_kilograms=3))

    plan = route(
        RoutingRequest(
            [Demand("a", 1, 1450), Demand("b", 1, 2180)], [steep], [[1], [1]], RoutingOptions(split_minor=77)
        )
    )

    assert steep.rate.price_minor(1450 + 2180) == 2256
    assert (len(plan.parcels), plan.total_minor) == (2, 757 + 757 + 77)


def test_two_lines_of_one_variant_are_summed_before_stock_is_checked():
    """Medusa #16502: each line alone was checked against the same undecremented quantity."""
    request = RoutingRequest([Demand("mug", 2, 300), Demand("mug", 2, 300)], [NEAR, FAR], [[3, 2], [3, 2]])

    plan = route(request)

    assert sorted(one.candidate for one in plan.assignments) == [0, 1]


def test_a_line_that_nobody_has_whole_is_cut():
    plan = route(RoutingRequest([Demand("mug", 5, 300)], [NEAR, MIDDLE, FAR], [[3, 2, 4]]))

    assert places(plan) == [(0, 0, 3), (0, 1, 2)]


def test_a_line_that_somebody_has_whole_is_not_cut_although_it_would_be_cheaper():
    cheap = Candidate(UUID(int=9), Rate(1, 0))
    request = RoutingRequest([Demand("mug", 5, 300)], [cheap, cheap, FAR], [[3, 2, 5]], RoutingOptions(split_minor=0))

    assert places(route(request)) == [(0, 2, 5)]


def test_what_cannot_be_served_is_reported_and_the_rest_is_served():
    plan = route(RoutingRequest([KETTLE, MUG, TRAY], [NEAR, FAR], [[0, 0], [1, 0], [1, 1]]))

    assert plan.unserved == (Unserved(0, 1, Shortage.NO_STOCK), Unserved(1, 1, Shortage.NO_STOCK))
    assert places(plan) == [(1, 0, 1), (2, 0, 1)]


def test_an_order_that_must_ship_complete_is_refused_with_what_is_missing():
    request = RoutingRequest([MUG], [NEAR], [[1]], RoutingOptions(ship_complete=True))

    with pytest.raises(CannotShipComplete) as refusal:
        route(request)

    assert refusal.value.unserved == (Unserved(0, 1, Shortage.NO_STOCK),)


def test_a_location_without_capacity_left_is_passed_over():
    full = Candidate(UUID(int=1), Rate(1, 0), capacity_units=1)

    assert places(route(RoutingRequest([MUG], [full, FAR], [[9, 9]]))) == [(0, 1, 2)]


def test_capacity_is_named_when_it_is_what_stops_a_unit():
    full = Candidate(UUID(int=1), Rate(1, 0), capacity_units=1)

    assert route(RoutingRequest([MUG], [full], [[9]])).unserved == (Unserved(0, 1, Shortage.CAPACITY),)


def test_the_limit_of_parcels_is_named_when_it_is_what_stops_a_unit():
    request = RoutingRequest([KETTLE, MUG], [NEAR, FAR], [[1, 0], [0, 2]], RoutingOptions(max_parcels=1))

    plan = route(request)

    assert plan.unserved == (Unserved(0, 1, Shortage.MAX_PARCELS),)


def test_an_excluded_location_is_not_used_for_that_line():
    request = RoutingRequest(
        [KETTLE, MUG],
        [NEAR, FAR],
        [[9, 9], [9, 9]],
        excluded={(0, 0): Exclusion.TRIED_BEFORE, (1, 0): Exclusion.CLOSED},
    )

    assert places(route(request)) == [(0, 1, 1), (1, 1, 2)]


def test_shipped_and_collected_units_never_share_a_parcel():
    request = RoutingRequest([KETTLE, Demand("mug", 2, 300, Method.PICKUP)], [NEAR], [[9], [9]])

    plan = route(request)

    assert [parcel.lines for parcel in plan.parcels] == [(0,), (1,)]
    assert plan.split_minor == 250


def test_only_a_location_that_offers_the_method_is_used():
    warehouse = Candidate(UUID(int=1), Rate(1, 0), methods=frozenset({Method.SHIP}))
    request = RoutingRequest([Demand("mug", 2, 300, Method.PICKUP)], [warehouse, FAR], [[9, 9]])

    assert places(route(request)) == [(0, 1, 2)]


def test_equal_costs_go_to_the_location_listed_first():
    assert places(route(RoutingRequest([MUG], [NEAR, NEAR, NEAR], [[0, 5, 5]]))) == [(0, 1, 2)]


def test_nothing_wanted_costs_nothing():
    assert route(RoutingRequest([], [NEAR], [])).total_minor == 0
