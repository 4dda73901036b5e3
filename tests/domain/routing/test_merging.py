"""Where an order comes together: the cheapest of all places, the last leg included, and the same one whenever it is asked."""

from itertools import product
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.geography import Coordinates
from domain.orders import ConfirmationPolicy
from domain.placing.forwarding import seen_from
from domain.placing.merging import MOST_PLACES, Bringing, merge_sites
from domain.placing.sourcing import Routed, Wanted, route_order
from domain.placing.world import ChannelTerms, Network, Site
from domain.routing.kits import Bundle
from domain.routing.rules.applying import DEFAULT_ROUTING
from domain.routing.rules.choosing import WantedLine
from domain.routing.rules.explaining import explain_merging
from domain.routing.rules.keeping import kept_of, plain_plan
from domain.routing.rules.values import Handling, RoutingRule
from domain.routing.values import Demand, Method, real_cost_minor

BOTH = frozenset({Method.SHIP, Method.PICKUP})
HERE = (42.3, -71.0)
CITIES = [(40.7, -74.0), (41.9, -87.6), (34.0, -118.2), (39.9, -75.2)]
CHANNEL = UUID(int=99)
TERMS = ChannelTerms(
    id=CHANNEL,
    organization_id=CHANNEL,
    currency="USD",
    prices_include_tax=False,
    confirmation=ConfirmationPolicy.AUTOMATIC,
    reservation_ttl_seconds=60,
    location_ids=frozenset(),
    is_active=True,
)


def network(cities=CITIES, *, only_collected=(), kind="warehouse", **more) -> Network:
    sites = {
        UUID(int=at + 1): Site(
            UUID(int=at + 1),
            at,
            Coordinates(*city),
            frozenset({Method.PICKUP}) if at in only_collected else BOTH,
            is_active=True,
            kind=kind,
        )
        for at, city in enumerate(cities)
    }
    return Network({CHANNEL: TERMS}, sites, {}, **more)


def shipping(net) -> list[Site]:
    return [site for site in net.sites.values() if Method.SHIP in site.methods]


def route(stock, quantities, *, net=None, places=None, grams=700, before=0, **more) -> Routed:
    """`stock` by line and site; a variant each."""
    net = net or network()
    demands = [Demand(at, quantity, grams) for at, quantity in enumerate(quantities)]
    lines = [WantedLine(CHANNEL, UUID(int=at), "", Method.SHIP) for at in range(len(demands))]
    wanted = Wanted(
        demands, stock, {}, lines, bringing=Bringing(shipping(net) if places is None else places, 7, before), **more
    )
    return route_order(wanted, list(net.sites.values()), net, HERE)


def brute_force(stock, quantities, net, grams=700) -> tuple[int, int]:
    """The fewest unserved units and the least cost of any plan for any place; lines stay whole that one site has whole."""
    sites = list(net.sites.values())
    units = [line for line, quantity in enumerate(quantities) for _ in range(quantity)]
    whole = [line for line, quantity in enumerate(quantities) if max(stock[line]) >= quantity]
    found = []
    for goes in product([None, *range(len(sites))], repeat=len(units)):
        taken = {}
        for line, at in zip(units, goes, strict=True):
            taken[line, at] = taken.get((line, at), 0) + 1
        if any(len({at for each, at in taken if each == line}) > 1 for line in whole):
            continue
        if any(at is not None and count > stock[line][at] for (line, at), count in taken.items()):
            continue
        served = [at for at in goes if at is not None]
        for place in shipping(net):
            if any(Method.SHIP not in sites[at].methods for at in served):
                continue
            cost = DEFAULT_ROUTING.split_minor * max(0, len(set(served)) - 1)
            for at in set(served):
                cost += seen_from(place.id, sites[at], net)[0].rate.price_minor(served.count(at) * grams)
            if served:
                cost += net.view(*HERE).candidates[place.rank].rate.price_minor(len(served) * grams)
            found.append((goes.count(None), cost))
    return min(found)


def stocks(lines, sites=4, most=2):
    row = st.lists(st.integers(0, most), min_size=sites, max_size=sites)
    return st.lists(row, min_size=lines, max_size=lines)


@settings(max_examples=150, deadline=None)
@given(stock=stocks(2), quantities=st.lists(st.integers(1, 2), min_size=2, max_size=2))
def test_no_place_and_no_plan_is_cheaper(stock, quantities):
    plan = route(stock, quantities).plan

    assert (sum(short.quantity for short in plan.unserved), plan.total_minor) == brute_force(
        stock, quantities, network()
    )


@settings(max_examples=200, deadline=None)
@given(
    stock=stocks(3), quantities=st.lists(st.integers(1, 3), min_size=3, max_size=3), before=st.sampled_from([0, 650])
)
def test_the_cost_is_the_sum_of_its_parts_and_no_unit_is_given_twice(stock, quantities, before):
    plan = route(stock, quantities, before=before).plan

    leg = plan.last_leg.shipping_minor if plan.last_leg else 0
    assert plan.total_minor == plan.split_minor + sum(parcel.total_minor for parcel in plan.parcels) + leg
    assert real_cost_minor(plan) == plan.total_minor
    for line, at, _, quantity in plan.assignments:
        assert quantity <= stock[line][at]
    for line, quantity in enumerate(quantities):
        served = sum(one.quantity for one in plan.assignments if one.line == line)
        assert served + sum(short.quantity for short in plan.unserved if short.line == line) == quantity
    assert (plan.last_leg is not None) == bool(plan.assignments)
    if plan.last_leg:
        assert plan.last_leg.grams == 700 * sum(one.quantity for one in plan.assignments)


@settings(max_examples=100, deadline=None)
@given(stock=stocks(2), quantities=st.lists(st.integers(1, 3), min_size=2, max_size=2), is_ruled=st.booleans())
def test_a_stored_decision_is_decided_the_same_again(stock, quantities, is_ruled):
    rules = [RoutingRule(id=UUID(int=7), name="r", revision=1, handling={"warehouse": Handling(90, 5)})]
    routed = route(stock, quantities, net=network(rules=rules if is_ruled else ()))

    kept = kept_of(orjson.loads(orjson.dumps(routed.plain())))

    assert plain_plan(kept.decided_again()) == plain_plan(routed.plan)
    assert kept.merging is not None
    assert kept.case == kept.merging.ways[routed.merged_at].case


@settings(max_examples=60, deadline=None)
@given(stock=stocks(2), quantities=st.lists(st.integers(1, 2), min_size=2, max_size=2))
def test_every_place_is_told_with_its_cost_and_second_best_is_no_better(stock, quantities):
    routed = route(stock, quantities)

    compared = explain_merging(routed.merging)

    found = compared.explanation
    assert found.plan == routed.plan
    assert [way.location for way in routed.merging.ways] and len(compared.merged.plans) == len(routed.merging.ways)
    assert all(plan.total_minor >= found.plan.total_minor for plan in compared.merged.plans if not plan.unserved)
    if found.runner_up is not None and len(found.runner_up.unserved) == len(found.plan.unserved):
        assert found.difference_minor >= 0


def test_what_lies_whole_in_one_place_costs_what_one_parcel_from_there_costs():
    net = network()

    plan = route([[9, 0, 0, 0], [9, 0, 0, 0]], [1, 2], net=net).plan

    assert plan.last_leg.location == UUID(int=1)
    assert plan.total_minor == net.view(*HERE).candidates[0].rate.price_minor(2_100)
    assert [parcel.total_minor for parcel in plan.parcels] == [0]


def test_it_comes_together_on_the_way_and_not_where_it_would_have_to_come_back_from():
    net = network()

    plan = route([[0, 0, 2, 0], [1, 0, 0, 0]], [2, 1], net=net).plan

    assert plan.last_leg.location == UUID(int=1)
    assert {one.candidate for one in plan.assignments} == {0, 2}


def test_a_named_place_is_taken_whatever_it_costs():
    net = network()

    plan = route([[9, 0, 0, 0]], [1], net=net, places=[net.sites[UUID(int=3)]]).plan

    assert plan.last_leg.location == UUID(int=3)
    assert plan.parcels[0].shipping_minor > 0


def test_what_is_brought_later_pays_for_what_it_adds_to_the_delivery():
    stock = [[9, 0, 0, 0]]
    place = [network().sites[UUID(int=1)]]
    whole = route(stock, [3], places=place).plan.last_leg.shipping_minor

    first = route(stock, [2], places=place).plan.last_leg.shipping_minor
    rest = route(stock, [1], places=place, before=1_400).plan.last_leg.shipping_minor

    assert first + rest == whole


def test_both_ends_handle_what_is_brought():
    rules = [RoutingRule(id=UUID(int=7), name="r", revision=1, handling={"warehouse": Handling(1_000, 10)})]
    net = network(rules=rules)

    plan = route([[9, 0, 0, 0]], [2], net=net, places=[net.sites[UUID(int=2)]]).plan

    [parcel] = plan.parcels
    assert (parcel.handling_minor, parcel.labour_minor) == (2_000, 40)


@settings(max_examples=100, deadline=None)
@given(stock=stocks(3, most=4), kits=st.integers(1, 2), alone=st.integers(1, 2))
def test_kits_are_brought_whole_each_from_one_place(stock, kits, alone):
    bundle = Bundle(UUID(int=50), "", kits, (0, 1), (1, 2))
    net = network()
    places = list(net.sites)

    routed = route(stock, [kits, 2 * kits, alone], net=net, bundles=[bundle])

    taken = {}
    for line, _, location, quantity in routed.by_line.assignments:
        taken[line, places.index(location)] = taken.get((line, places.index(location)), 0) + quantity
    for at in range(len(places)):
        assert taken.get((1, at), 0) == 2 * taken.get((0, at), 0)
    assert all(units <= stock[line][at] for (line, at), units in taken.items())
    missing = {short.line: short.quantity for short in routed.by_line.unserved}
    served = sum(min(mugs, lamps // 2) for mugs, lamps in zip(*stock[:2], strict=True))
    assert kits - missing.get(0, 0) == min(kits, served)
    for parcel in routed.plan.parcels:
        assert routed.case.strict.candidates[parcel.candidate].via == routed.plan.last_leg.location
    kept = kept_of(orjson.loads(orjson.dumps(routed.plain())))
    assert plain_plan(kept.decided_again()) == plain_plan(routed.plan)


def test_nothing_comes_together_where_nothing_ships_or_at_a_vendor():
    assert merge_sites(network(kind="vendor"), TERMS) == []
    assert [site.rank for site in merge_sites(network(only_collected={0, 2}), TERMS)] == [1, 3]


def test_only_so_many_places_are_compared_first_those_where_most_of_it_lies():
    net = network([(30.0 + at, -100.0) for at in range(MOST_PLACES + 4)])
    stock = [[5 if at == 0 else 0 for at in range(len(net.sites))]]

    ways = route(stock, [5], net=net).merging.ways

    assert len(ways) == MOST_PLACES
    assert ways[0].location == UUID(int=1)
    legs = [way.rate.price_minor(3_500) for way in ways[1:]]
    assert legs == sorted(legs)


@pytest.mark.parametrize("quantities", [[1], [2, 1]])
def test_what_nobody_has_waits_and_costs_nothing(quantities):
    plan = route([[0, 0, 0, 0] for _ in quantities], quantities).plan

    assert (plan.assignments, plan.last_leg, plan.total_minor) == ((), None, 0)
