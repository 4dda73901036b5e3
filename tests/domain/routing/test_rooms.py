"""What locations can still do on their next day, while orders trade places."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.routing.backlog import NOWHERE, Backlog, BacklogOrder, tables_of
from domain.routing.batch import Batch, route_backlog
from domain.routing.exchanges import Exchange, exchanges
from domain.routing.prices import shadow_prices
from domain.routing.rooms import Counted, Rooms, room_of, taken_room
from domain.routing.standing import StandingOrder, better, standing_of
from domain.routing.values import Candidate, Demand
from domain.shipping_rates import Rate
from domain.workdays import Load

EAST, WEST = UUID(int=0), UUID(int=1)
MUG, LAMP = UUID(int=100), UUID(int=101)
UNITS, ORDERS, LINES = ((counted, EAST) for counted in Counted)
EVERYWHERE = {EAST: Candidate(EAST, Rate(500, 0)), WEST: Candidate(WEST, Rate(600, 0))}
PLENTY = {MUG: {EAST: 99, WEST: 99}}


def order(at: UUID | None, quantity: int = 1, *, number: int = 1, **values) -> StandingOrder:
    given_values = {"candidates": EVERYWHERE, "is_bound": True, "lines": [0], **values}
    return StandingOrder(UUID(int=number), [Demand(MUG, quantity, 100)], [at], **given_values)


def moved(*orders: StandingOrder, **room: int) -> list[int]:
    """The numbers of the orders that go elsewhere, when so much can be done in the east."""
    left = {(Counted(counted), EAST): units for counted, units in room.items()}
    standing = standing_of(orders, PLENTY, EVERYWHERE, left)
    _, steps = better(standing, seed=1, rounds=200, least_saving_minor=1)
    return sorted(standing.orders[at].id.int for step in steps for at in step.orders)


def test_room_is_what_is_left_of_each_limit():
    load = Load(date(2026, 11, 2), units=7, orders=2, most_units=5, most_orders=3)

    assert room_of({EAST: load, WEST: Load(date(2026, 11, 2))}) == {UNITS: -2, ORDERS: 1}


def test_an_order_that_comes_is_an_order_a_line_and_its_units():
    room = {UNITS: 9, ORDERS: 9, LINES: 9}

    assert taken_room({}, {EAST: {(0, 0): 2, (1, 0): 1}}, {}, room) == {UNITS: 3, ORDERS: 1, LINES: 2}
    assert taken_room({EAST: {(0, 0): 2}}, {EAST: {(0, 0): 2, (1, 0): 1}}, {EAST: 2}, room) == {UNITS: 1, LINES: 1}
    assert taken_room({EAST: {(0, 0): 2}}, {WEST: {(0, 0): 2}}, {EAST: 2}, room) == {UNITS: -2, ORDERS: -1, LINES: -1}


def test_what_counts_for_an_earlier_day_gives_no_room_back():
    assert taken_room({EAST: {(0, 0): 2}}, {}, {}, {UNITS: 0, ORDERS: 0, LINES: 0}) == {}
    assert taken_room({EAST: {(0, 0): 2}}, {}, {EAST: 1}, {UNITS: 0}) == {UNITS: -1}


def test_only_who_is_bound_heeds_what_is_left_and_all_are_counted():
    rooms = Rooms({UNITS: 2}, {1: {UNITS: 2}, 2: {UNITS: 1}, 3: {UNITS: -1}}, frozenset({1}))

    assert [rooms.fit([1]), rooms.fit([1, 2]), rooms.fit([1, 2, 3]), rooms.fit([2])] == [True, False, True, True]
    rooms.do([2])
    assert (rooms.left, rooms.fit([1]), rooms.fit([1, 3])) == ({UNITS: 1}, False, True)


def test_where_a_limit_was_passed_who_is_bound_may_come_if_as_much_leaves():
    rooms = Rooms({UNITS: -5}, {1: {UNITS: 2}, 2: {UNITS: -2}}, frozenset({1, 2}))

    assert (rooms.fit([1]), rooms.fit([1, 2]), rooms.fit([2])) == (False, True, True)


def test_as_many_go_where_it_is_cheaper_as_it_can_do():
    three = [order(WEST, number=at) for at in (1, 2, 3)]

    assert [len(moved(*three, units=room)) for room in (0, 2, 9)] == [0, 2, 3]
    assert len(moved(*three, orders=1)) == 1
    assert len(moved(*three, lines=2)) == 2
    assert len(moved(*three)) == 3


def test_who_is_not_bound_goes_where_it_is_full():
    assert moved(order(WEST, number=1), order(WEST, number=2, is_bound=False), units=0) == [2]


def test_two_trade_places_where_both_are_full():
    dear = {EAST: Candidate(EAST, Rate(900, 0)), WEST: Candidate(WEST, Rate(100, 0))}
    east = order(EAST, number=1, candidates=dear, claimed={EAST: 1})
    full = {UNITS: 0, (Counted.UNITS, WEST): 0}

    def steps(claimed: dict[UUID, int]) -> list[tuple[int, ...]]:
        standing = standing_of([east, order(WEST, number=2, claimed=claimed)], PLENTY, EVERYWHERE, full)
        return [step.orders for step in better(standing, seed=1, rounds=200, least_saving_minor=1)[1]]

    assert steps({WEST: 1}) == [(0, 1)]
    assert steps({}) == []


def test_a_step_that_finds_no_room_waits_for_the_one_that_makes_it():
    made = Backlog(
        [BacklogOrder([Demand("mug", 1, 100)], list(EVERYWHERE.values()))] * 2, {"mug": [9, 9]}, [None, None]
    )
    rooms = Rooms({UNITS: 0}, {0: {UNITS: 1}, 1: {UNITS: -1}}, frozenset({0}))

    def steps(after: list[list[int]]) -> list[Exchange]:
        return exchanges(made, [[1], [0]], after, free={("mug", 0): 9}, least_saving_minor=1, rooms=rooms)

    assert steps([[0], [0]]) == []


def test_who_is_not_bound_takes_nothing_of_a_capacity():
    """Of three that all want to the east with room for one, two are not bound: all three go."""
    wanting = [BacklogOrder([Demand("mug", 1, 100)], list(EVERYWHERE.values()), is_bound=at == 0) for at in range(3)]
    made = Backlog(wanting, {"mug": [9, 9]}, [1, None])
    tables = tables_of(made)

    prices = shadow_prices(tables, known_total_minor=Batch(tables).total(), rounds=50)

    assert route_backlog(made, seed=1, rounds=50).places == ((0,), (0,), (0,))
    assert prices.capacity[0] == 0


@given(
    st.lists(
        st.tuples(st.sampled_from([None, EAST, WEST]), st.integers(1, 4), st.booleans(), st.booleans()),
        min_size=1,
        max_size=7,
    ),
    st.integers(-2, 6),
    st.integers(-1, 3),
    st.integers(0, 9),
)
def test_no_step_ever_takes_room_for_somebody_bound_that_is_not_there(given_orders, units, orders, seed):
    """Whatever stands where: after every step, in this order, what is left is enough wherever somebody bound came."""
    standing_orders = [
        order(at, quantity, number=number + 1, is_bound=is_bound, claimed={at: quantity} if at and is_today else {})
        for number, (at, quantity, is_bound, is_today) in enumerate(given_orders)
    ]
    room = {(Counted.UNITS, EAST): units, (Counted.ORDERS, WEST): orders}
    standing = standing_of(standing_orders, PLENTY, EVERYWHERE, room)
    places, steps = better(standing, seed=seed, rounds=30, least_saving_minor=1)
    left = dict(room)

    for step in steps:
        came = set()
        before = dict(left)
        for at in step.orders:
            one = standing.orders[at]
            was, will = (
                one.work([None if place == NOWHERE else standing.locations[place] for place in row])
                for row in (standing.places[at], places[at])
            )
            taken = taken_room(was, will, one.claimed, room)
            came |= {spot for spot, more in taken.items() if more > 0 and one.is_bound}
            for spot, more in taken.items():
                left[spot] -= more
        assert all(left[spot] >= 0 or left[spot] >= before[spot] for spot in came)
