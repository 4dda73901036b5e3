"""Goods that are handed over elsewhere than where they lie: which columns routing sees, and what of a receipt is whose."""

from types import SimpleNamespace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.geography import Coordinates
from domain.placing.forwarding import NO_CARRIAGE, hand_overs
from domain.placing.sourcing import NO_LOADS, Routed, Wanted, route_order
from domain.placing.world import Network, Site
from domain.routing.kits import Bundle
from domain.routing.rules.applying import DEFAULT_ROUTING
from domain.routing.rules.choosing import WantedLine
from domain.routing.rules.keeping import kept_of, plain_plan
from domain.routing.rules.passes import solve
from domain.routing.rules.values import Handling, RoutingRule
from domain.routing.values import Demand, Exclusion, Method
from domain.transfers import brought, in_transit

BOTH = frozenset({Method.SHIP, Method.PICKUP})
STORE, NEAR, FAR = (UUID(int=at) for at in (1, 2, 3))
AT = {STORE: (40.7, -74.0), NEAR: (39.9, -75.2), FAR: (34.0, -118.2)}
CHANNEL = UUID(int=99)


def network(methods=BOTH, **more) -> Network:
    sites = {
        key: Site(key, rank, Coordinates(*AT[key]), methods if key != STORE else BOTH, is_active=True, kind=kind)
        for rank, (key, kind) in enumerate([(STORE, "store"), (NEAR, "warehouse"), (FAR, "warehouse")])
    }
    return Network({}, sites, {}, brought_to=frozenset({STORE}), **more)


def route(stock, *quantities, to=STORE, of=None, shipped=(), net=None, loads=NO_LOADS) -> Routed:
    """`stock` by place; a line each, of one variant unless `of` says otherwise; the places of `shipped` lines go straight."""
    net = net or network()
    demands = [
        Demand(of[at] if of else 1, quantity, 500, Method.SHIP if at in shipped else Method.PICKUP)
        for at, quantity in enumerate(quantities)
    ]
    collected = hand_overs([None if at in shipped else to for at in range(len(demands))], net)
    lines = [WantedLine(CHANNEL, UUID(int=demand.variant), "", demand.method) for demand in demands]
    wanted = Wanted(demands, [list(stock) for _ in demands], {}, lines, hand_overs=collected, loads=loads)
    return route_order(wanted, list(net.sites.values()), net, (42.3, -71.0))


def taken(routed: Routed) -> dict[tuple[int, UUID], int]:
    return {(line, place): units for line, _, place, units in routed.plan.assignments}


def test_what_lies_there_is_handed_over_without_carriage():
    routed = route([5, 5, 5], 2)

    assert taken(routed) == {(0, STORE): 2}
    assert routed.plan.total_minor == 0


def test_what_does_not_is_brought_from_the_place_from_which_that_costs_least():
    routed = route([0, 5, 5], 2)

    [parcel] = routed.plan.parcels
    net = network()
    assert taken(routed) == {(0, NEAR): 2}
    assert parcel.shipping_minor == net.view(*AT[STORE]).candidates[1].rate.price_minor(1_000)
    assert routed.case.strict.candidates[parcel.candidate].via == STORE


def test_what_is_there_in_part_is_split_only_where_nobody_has_all():
    assert taken(route([1, 5, 5], 2)) == {(0, NEAR): 2}
    assert taken(route([1, 1, 0], 2)) == {(0, STORE): 1, (0, NEAR): 1}


def test_both_ends_handle_what_is_brought_and_one_what_lies_there():
    handling = {"store": Handling(100, 10), "warehouse": Handling(1_000, 1)}
    net = network(rules=[RoutingRule(id=UUID(int=7), name="r", revision=1, handling=handling)])

    [there] = route([5, 0, 0], 2, net=net).plan.parcels
    [from_near] = route([0, 5, 0], 2, net=net).plan.parcels

    assert (there.handling_minor, there.labour_minor) == (100, 20)
    assert (from_near.handling_minor, from_near.labour_minor) == (1_100, 22)


def test_a_place_that_ships_nothing_brings_nothing():
    routed = route([0, 5, 5], 2, net=network(frozenset({Method.PICKUP})))

    assert routed.plan.assignments == ()
    assert sum(short.quantity for short in routed.plan.unserved) == 2


def test_a_line_for_a_store_that_takes_only_its_own_is_left_as_it_was():
    assert hand_overs([NEAR, None], network()) == ()


def test_what_goes_straight_is_seen_from_the_address_and_what_is_brought_from_the_store():
    routed = route([0, 5, 5], 1, 1, of=[1, 2], shipped={0})

    columns = [(one.location, one.via) for one in routed.case.strict.candidates]
    assert columns == [(STORE, None), (NEAR, None), (FAR, None), (STORE, STORE), (NEAR, STORE), (FAR, STORE)]
    assert {routed.case.strict.excluded[0, at] for at in (3, 4, 5)} == {Exclusion.METHOD}
    assert {routed.case.strict.excluded[1, at] for at in (0, 1, 2)} == {Exclusion.METHOD}
    assert routed.case.strict.candidates[3].rate == NO_CARRIAGE
    assert len(routed.plan.parcels) == 2
    assert routed.plan.split_minor == DEFAULT_ROUTING.split_minor


@settings(max_examples=200, deadline=None)
@given(
    stock=st.lists(st.integers(0, 4), min_size=3, max_size=3),
    wanted=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), st.booleans()), min_size=1, max_size=4),
)
def test_no_unit_is_taken_twice_whatever_goes_straight_and_whatever_is_brought(stock, wanted):
    quantities = [quantity for quantity, _, _ in wanted]
    shipped = {at for at, (_, _, is_shipped) in enumerate(wanted) if is_shipped}

    routed = route(stock, *quantities, of=[variant for _, variant, _ in wanted], shipped=shipped)

    used: dict[tuple[int, UUID], int] = {}
    for line, _, place, units in routed.plan.assignments:
        used[wanted[line][1], place] = used.get((wanted[line][1], place), 0) + units
    assert all(units <= stock[place.int - 1] for (_, place), units in used.items())
    served = sum(units for _, _, _, units in routed.plan.assignments)
    assert served + sum(short.quantity for short in routed.plan.unserved) == sum(quantities)
    assert routed.plan.total_minor == routed.plan.split_minor + sum(each.total_minor for each in routed.plan.parcels)


@settings(max_examples=200, deadline=None)
@given(
    stock=st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=2),
    kits=st.integers(1, 3),
    alone=st.integers(1, 3),
    is_shipped=st.booleans(),
)
def test_a_kit_is_brought_whole_from_one_place_and_shares_no_unit(stock, kits, alone, is_shipped):
    """A kit of one unit and two others, collected; units of the first are wanted alone as well, brought or straight."""
    net, ways = network(), [Method.PICKUP, Method.PICKUP, Method.SHIP if is_shipped else Method.PICKUP]
    variants, quantities = [1, 2, 1], [kits, 2 * kits, alone]
    demands = [Demand(*each[:2], 500, each[2]) for each in zip(variants, quantities, ways, strict=True)]
    wanted = Wanted(
        demands,
        [stock[variant - 1] for variant in variants],
        {},
        [WantedLine(CHANNEL, UUID(int=variant), "", way) for variant, way in zip(variants, ways, strict=True)],
        hand_overs=hand_overs([STORE, STORE, None if is_shipped else STORE], net),
        bundles=[Bundle(UUID(int=50), "", kits, (0, 1), (1, 2))],
    )

    routed = route_order(wanted, list(net.sites.values()), net, (42.3, -71.0))

    taken = {}
    for line, _, place, units in routed.by_line.assignments:
        taken[line, place] = taken.get((line, place), 0) + units
    for at, place in enumerate(AT):
        assert taken.get((1, place), 0) == 2 * taken.get((0, place), 0) <= stock[1][at]
        assert taken.get((0, place), 0) + taken.get((2, place), 0) <= stock[0][at]
    served, short = sum(taken.values()), sum(each.quantity for each in routed.by_line.unserved)
    assert served + short == sum(quantities)
    assert plain_plan(solve(kept_of(routed.plain()).case)) == plain_plan(routed.plan)


@settings(max_examples=100, deadline=None)
@given(stock=st.lists(st.integers(0, 4), min_size=3, max_size=3), quantity=st.integers(1, 6), ships=st.booleans())
def test_a_stored_decision_is_decided_the_same_again(stock, quantity, ships):
    routed = route(stock, quantity, 1, of=[1, 2], shipped={1} if ships else set())

    again = kept_of(routed.plain()).case

    assert plain_plan(solve(again)) == plain_plan(routed.plan)
    assert [one.via for one in again.strict.candidates] == [one.via for one in routed.case.strict.candidates]


@given(
    awaited=st.integers(0, 6),
    others=st.integers(0, 4),
    data=st.data(),
)
def test_what_arrives_whole_is_the_orders_first_and_only_what_cannot_come_any_more_is_lost(awaited, others, data):
    shipped = awaited + others
    whole = data.draw(st.integers(0, shipped))
    damaged = data.draw(st.integers(0, shipped - whole))
    missing = data.draw(st.integers(0, shipped - whole - damaged))
    line = SimpleNamespace(
        shipped=shipped, received=whole + damaged, damaged=damaged, written_back=0, written_off=missing
    )

    found = brought(line, awaited=awaited, whole=whole)

    left = awaited - found.arrived - found.lost
    assert found.arrived == min(whole, awaited)
    assert 0 <= left <= in_transit(line)
    assert not found.lost or left == in_transit(line)
