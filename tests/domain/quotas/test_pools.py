"""What is set aside is never below zero, never taken by others, and given back exactly once."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.quotas.pools import EFFECTS, Claimant, Pool, Quota, QuotaMovementKind

BROAD, NARROW, OTHER = GROUPS = tuple(UUID(int=number) for number in range(1, 4))
LINE, CART = UUID(int=11), UUID(int=12)
ORDER, BASKET = Claimant(line_id=LINE), Claimant(reservation_id=CART)
MINE = (NARROW, BROAD)


def pool(broad: int = 3, narrow: int = 2, other: int = 4) -> Pool:
    return Pool(
        {
            BROAD: Quota(UUID(int=21), BROAD, broad, depth=0, priority=1),
            NARROW: Quota(UUID(int=22), NARROW, narrow, depth=1, priority=1),
            OTHER: Quota(UUID(int=23), OTHER, other, depth=0, priority=2),
        }
    )


def left(of: Pool) -> tuple[int, ...]:
    return tuple(of.quotas[group].quantity for group in GROUPS)


def test_the_narrowest_group_gives_first() -> None:
    units = pool()

    assert units.take(ORDER, MINE, 4) == 4
    assert left(units) == (1, 0, 4)


def test_what_a_group_lacks_is_taken_elsewhere() -> None:
    assert pool().take(ORDER, MINE, 9) == 5


def test_the_last_taken_is_the_first_given_back() -> None:
    units = pool()
    units.take(ORDER, MINE, 5)

    assert units.give_back(ORDER, keeping=4, room=9) == 1
    assert left(units) == (1, 0, 4)
    assert units.give_back(ORDER, keeping=4, room=9) == 0
    assert units.give_back(ORDER, room=9) == 4
    assert units.give_back(ORDER, room=9) == 0
    assert left(units) == (3, 2, 4)


def test_units_that_left_are_not_given_back_and_those_set_aside_leave_first() -> None:
    units = pool()
    units.take(ORDER, MINE, 5)

    units.spend(3, line_id=LINE)

    assert units.give_back(ORDER, room=9) == 2
    assert left(units) == (2, 0, 4)


def test_only_as_many_are_set_aside_again_as_are_free() -> None:
    units = pool()
    units.take(ORDER, MINE, 5)

    assert units.give_back(ORDER, room=1) == 1
    assert units.taken[LINE] == {}
    assert [move.kind for move in units.moves].count(QuotaMovementKind.LAPSED) == 2


def test_a_line_gets_what_its_cart_took_and_no_more_than_it_keeps() -> None:
    units = pool()
    units.take(BASKET, MINE, 4)

    units.convert(3, MINE, reservation_id=CART, line_id=LINE)

    assert (units.taken[LINE], units.taken[CART]) == ({NARROW: 2, BROAD: 1}, {BROAD: 1})


def test_what_is_not_for_the_buyer_goes_back_to_whom_it_is_for() -> None:
    units = pool()
    units.take(BASKET, (OTHER,), 3)

    assert units.foreign(CART, MINE) == 3
    assert units.give_back_foreign(BASKET, MINE, room=9) == 3
    assert left(units) == (3, 2, 4)


def test_groups_of_the_greatest_priority_lose_theirs_first_and_the_broadest_of_them() -> None:
    units = pool()

    units.shrink(6)

    assert left(units) == (1, 2, 0)


steps = st.lists(
    st.tuples(st.sampled_from(["take", "other", "keep", "convert", "spend", "shrink"]), st.integers(0, 6)), max_size=30
)


@given(steps)
def test_a_quota_is_the_sum_of_its_movements_and_nothing_is_lost(done: list[tuple[str, int]]) -> None:
    units = pool()
    start = left(units)
    for what, many in done:
        match what:
            case "take":
                units.take(ORDER, MINE, many)
            case "other":
                units.take(BASKET, (OTHER,), many)
            case "keep":
                units.give_back(ORDER, keeping=many, room=9)
            case "convert":
                units.convert(many, (OTHER,), reservation_id=CART, line_id=LINE)
            case "spend":
                units.spend(many, line_id=LINE)
            case _:
                units.shrink(many)

    for group, before in zip(GROUPS, start, strict=True):
        moves = [move for move in units.moves if move.quota_id == units.quotas[group].id]
        made = sum(EFFECTS[move.kind].quota * move.quantity for move in moves)
        by_line = sum(EFFECTS[move.kind].line * move.quantity for move in moves if move.line_id)
        by_cart = sum(EFFECTS[move.kind].cart * move.quantity for move in moves if move.reservation_id)
        assert units.quotas[group].quantity == before + made >= 0
        assert units.taken.get(LINE, {}).get(group, 0) == by_line >= 0
        assert units.taken.get(CART, {}).get(group, 0) == by_cart >= 0
