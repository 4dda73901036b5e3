"""The lifecycle tables are closed, reachable and agree with the stock counters."""

from itertools import combinations, product

import pytest

from domain.errors import IllegalTransition
from domain.lifecycle import (
    ALLOCATED,
    AT_VENDOR,
    FIRST,
    FROM_OF,
    IN_FULFILMENT,
    LEFT,
    OPEN,
    RANK,
    TO_OF,
    TRANSITIONS,
    Action,
    OrderStatus,
    StockEffect,
    UnitStatus,
    available_actions,
    check,
    derive,
    stock_effect,
)

STATUSES = list(UnitStatus)
FINAL = frozenset({UnitStatus.PICKED_UP, UnitStatus.DELIVERED, UnitStatus.CANCELLED})
EDGES = [(before, after) for before, targets in TRANSITIONS.items() for after in targets]
S = UnitStatus


def reachable(start: frozenset[UnitStatus]) -> set[UnitStatus]:
    found, waiting = set(start), list(start)
    while waiting:
        fresh = set(TRANSITIONS[waiting.pop()]) - found
        found |= fresh
        waiting += fresh
    return found


def test_every_status_can_be_reached_from_a_first_one():
    assert reachable(FIRST) == set(UnitStatus)


def test_only_final_statuses_have_no_way_out():
    assert {status for status in UnitStatus if not TRANSITIONS[status]} == FINAL


def test_a_final_status_can_be_reached_from_everywhere():
    assert [status for status in UnitStatus if not reachable(frozenset({status})) & FINAL] == []


def test_open_units_are_those_that_are_placed_and_not_final():
    assert set(UnitStatus) - FINAL - {S.DRAFT} == OPEN


def test_every_action_but_confirming_moves_units():
    assert set(Action) - set(FROM_OF) == {Action.CONFIRM}
    assert set(FROM_OF) == set(TO_OF)


@pytest.mark.parametrize("status", STATUSES)
def test_the_table_of_edges_says_what_the_actions_do(status):
    ways = {(TO_OF[action], action) for action in FROM_OF if status in FROM_OF[action]}

    assert {(after, action) for after, actions in TRANSITIONS[status].items() for action in actions} == ways


@pytest.mark.parametrize(("action", "status"), list(product(FROM_OF, STATUSES)))
def test_an_action_moves_units_of_its_statuses_and_refuses_all_others(action, status):
    if status in FROM_OF[action]:
        assert check(action, status) is TO_OF[action]
        return

    with pytest.raises(IllegalTransition) as refusal:
        check(action, status)

    assert refusal.value.was == status
    assert set(refusal.value.allowed_from) == FROM_OF[action]


def test_no_action_leaves_units_where_they_are():
    assert [edge for edge in EDGES if edge[0] is edge[1]] == []


def test_units_are_cancelled_at_once_before_release_and_by_the_location_after_it():
    assert FROM_OF[Action.CANCEL] | FROM_OF[Action.RECALL] == set(UnitStatus) - LEFT - {S.CANCELLED}
    assert FROM_OF[Action.RECALL] == IN_FULFILMENT
    assert not FROM_OF[Action.CANCEL] & FROM_OF[Action.RECALL]


def test_what_left_a_location_never_comes_back_into_its_allocation():
    assert [edge for edge in EDGES if edge[0] in LEFT and edge[1] not in LEFT] == []


def test_only_allocated_units_leave_and_those_that_a_vendor_has():
    leaving = {before for before, after in EDGES if after in LEFT and before not in LEFT}

    assert leaving <= ALLOCATED | {S.VENDOR_ACCEPTED}


def test_units_at_a_vendor_touch_no_stock():
    edges = [edge for edge in EDGES if set(edge) & AT_VENDOR]

    assert {stock_effect(*edge) for edge in edges} == {None}
    assert not AT_VENDOR & ALLOCATED


def test_units_that_are_brought_are_allocated_until_they_are_sent_and_again_when_they_arrive():
    assert S.AWAITING_TRANSFER in ALLOCATED
    assert S.IN_TRANSFER not in ALLOCATED | LEFT
    assert {after for before, after in EDGES if before is S.IN_TRANSFER} == {S.SCHEDULED, S.UNSCHEDULED, S.CANCELLED}
    assert {before for before, after in EDGES if after is S.IN_TRANSFER} == {S.AWAITING_TRANSFER}


def test_units_at_a_vendor_come_from_waiting_and_wait_again_or_leave():
    assert {before for before, after in EDGES if after in AT_VENDOR} - AT_VENDOR == {S.BACKORDERED}
    assert {after for before, after in EDGES if before in AT_VENDOR} - AT_VENDOR == {
        S.BACKORDERED,
        S.SHIPPED,
        S.CANCELLED,
    }


@pytest.mark.parametrize(("before", "after"), list(product(STATUSES, STATUSES)))
def test_stock_follows_from_entering_and_leaving_the_allocated_statuses(before, after):
    enters = before not in ALLOCATED and after in ALLOCATED
    leaves = before in ALLOCATED and after not in ALLOCATED

    effect = stock_effect(before, after)

    assert (effect in {StockEffect.ALLOCATE, StockEffect.ARRIVE}) == enters
    assert (effect in {StockEffect.RELEASE, StockEffect.SHIP, StockEffect.SEND}) == leaves
    assert (effect is StockEffect.ARRIVE) == (enters and before is S.IN_TRANSFER)
    assert (effect is StockEffect.SEND) == (leaves and after is S.IN_TRANSFER)
    assert (effect is StockEffect.SHIP) == (leaves and after in LEFT)


@pytest.mark.parametrize("status", STATUSES)
def test_along_every_way_the_allocation_is_one_unit_exactly_in_the_allocated_statuses(status):
    """The counters are a function of the status alone, however the unit got there."""
    change = {
        None: 0,
        StockEffect.ALLOCATE: 1,
        StockEffect.ARRIVE: 1,
        StockEffect.RELEASE: -1,
        StockEffect.SHIP: -1,
        StockEffect.SEND: -1,
    }

    for after in TRANSITIONS[status]:
        allocated = (status in ALLOCATED) + change[stock_effect(status, after)]

        assert allocated == (after in ALLOCATED), (status, after)


def test_ranks_are_a_total_order_of_all_statuses():
    assert set(RANK) == set(UnitStatus)
    assert len(set(RANK.values())) == len(UnitStatus)


def test_every_mixture_of_statuses_has_a_word():
    for size in range(len(STATUSES) + 1):
        for present in combinations(STATUSES, size):
            word = derive(present)
            kept = set(present) - {S.CANCELLED}

            assert word in OrderStatus
            if len(kept) == 1:
                assert word.value == next(iter(kept)).value
            assert word.startswith("partially_") == (len(kept) > 1 and not kept <= {S.DELIVERED, S.PICKED_UP})


def test_order_statuses_are_the_unit_statuses_and_their_parts_and_nothing_else():
    words = {derive(present) for size in range(3) for present in combinations(STATUSES, size)}

    assert words == set(OrderStatus)


@pytest.mark.parametrize(
    ("present", "word"),
    [
        ([S.SCHEDULED, S.SCHEDULED], OrderStatus.SCHEDULED),
        ([S.SCHEDULED, S.BACKORDERED], OrderStatus.PARTIALLY_SCHEDULED),
        ([S.SHIPPED, S.CANCELLED], OrderStatus.SHIPPED),
        ([S.SHIPPED, S.PICKED, S.CANCELLED], OrderStatus.PARTIALLY_SHIPPED),
        ([S.DELIVERED, S.PICKED_UP], OrderStatus.DELIVERED),
        ([S.CANCELLED, S.CANCELLED], OrderStatus.CANCELLED),
        ([], OrderStatus.CANCELLED),
    ],
)
def test_the_word_is_the_common_status_or_how_far_the_furthest_units_are(present, word):
    assert derive(present) is word


def test_what_can_be_done_next_follows_from_where_units_stand():
    assert available_actions([S.SCHEDULED], frozenset()) == [Action.RELEASE, Action.CANCEL]
    assert available_actions([S.DELIVERED, S.CANCELLED], frozenset()) == []


def test_what_is_held_cannot_be_done_next():
    assert available_actions([S.SCHEDULED], frozenset({Action.RELEASE})) == [Action.CANCEL]


def test_an_order_is_confirmed_before_it_is_released():
    assert available_actions([S.BACKORDERED], frozenset(), is_confirmed=False) == [
        Action.CONFIRM,
        Action.SCHEDULE,
        Action.CANCEL,
    ]
    assert available_actions([S.SCHEDULED], frozenset(), is_confirmed=False) == [Action.CONFIRM, Action.CANCEL]
    assert available_actions([S.CANCELLED], frozenset(), is_confirmed=False) == []
