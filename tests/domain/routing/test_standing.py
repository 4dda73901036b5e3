"""Orders as they stand become a backlog: who is in it, what is free, what it may cost to move."""

from uuid import UUID

from domain.routing.backlog import NOWHERE
from domain.routing.standing import (
    KEPT_MINOR,
    MOST_CELLS,
    WAITING_MINOR,
    StandingOrder,
    better,
    standing_of,
    within_cells,
)
from domain.routing.values import Candidate, Demand
from domain.shipping_rates import Rate

EAST, WEST, CLOSED = (UUID(int=at) for at in range(3))
MUG = UUID(int=100)
EVERYWHERE = {place: Candidate(place, Rate(500 + 100 * at, 0)) for at, place in enumerate((EAST, WEST, CLOSED))}
OPEN = {place: EVERYWHERE[place] for place in (EAST, WEST)}


def order(at: UUID | None, quantity: int = 1, *, number: int = 1, **values) -> StandingOrder:
    return StandingOrder(UUID(int=number), [Demand(MUG, quantity, 100)], [at], **{"candidates": OPEN, **values})


def test_what_orders_hold_counts_as_theirs_and_what_is_free_as_free():
    found = standing_of([order(WEST, 2), order(None)], {MUG: {EAST: 3, WEST: -1}}, EVERYWHERE)

    assert list(found.locations) == [EAST, WEST]
    assert found.backlog.stock == {MUG: [3, 2]}
    assert found.free == {(MUG, 0): 3}
    assert found.places == [[1], [NOWHERE]]


def test_giving_up_a_location_costs_more_than_anything_and_waiting_more_than_any_parcel():
    found = standing_of([order(WEST), order(None)], {MUG: {EAST: 1}}, EVERYWHERE)

    assert [list(each.unserved_minor) for each in found.backlog.orders] == [[KEPT_MINOR], [WAITING_MINOR + 600]]


def test_an_order_that_stands_where_it_could_not_be_sent_now_is_left_alone():
    found = standing_of([order(CLOSED), order(WEST, number=2)], {MUG: {EAST: 1}}, EVERYWHERE)

    assert [each.id.int for each in found.orders] == [2]


def test_orders_without_or_with_too_many_units_to_place_are_left_alone():
    empty = StandingOrder(UUID(int=1), [], [], OPEN)
    long = StandingOrder(UUID(int=2), [Demand(MUG, 1, 100)] * 9, [EAST] * 9, OPEN)

    assert not standing_of([empty, long], {MUG: {EAST: 1}}, EVERYWHERE).orders


def test_a_run_never_holds_more_than_its_cells():
    orders = [order(None, number=at) for at in range(5)]

    assert len(within_cells(orders, MOST_CELLS // 4)) == 2
    assert len(within_cells(orders, MOST_CELLS)) == 0
    assert len(within_cells(orders, 200)) == 5


def test_what_a_kit_holds_is_its_components():
    lid = UUID(int=101)
    kits = order(WEST, 2, parts={0: ((MUG, 1), (lid, 2))})

    found = standing_of([kits, order(None)], {MUG: {EAST: 3}, lid: {}}, EVERYWHERE)

    assert found.backlog.stock == {MUG: [3, 2], lid: [0, 4]}
    assert found.free == {(MUG, 0): 3}


def test_looking_ahead_a_unit_that_is_worth_more_to_others_is_left():
    free = {MUG: {EAST: 1, WEST: 1}}
    nobody = standing_of([order(WEST)], free, EVERYWHERE)
    ahead = standing_of([order(WEST, worth={MUG: {EAST: 101}})], free, EVERYWHERE)

    assert better(nobody, seed=1, rounds=5, least_saving_minor=1)[0] == ((0,),)
    assert better(ahead, seed=1, rounds=5, least_saving_minor=1)[0] == ((1,),)
