"""Whose work moved units are: what arrives was known to come, and no work comes from nowhere."""

from types import SimpleNamespace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from actions.changing import Place
from actions.shifting import Shift, by_location, shifts
from domain.lifecycle import UnitStatus

NEAR, FAR, STORE = (UUID(int=at) for at in (1, 2, 3))
MUGS, LAMPS = UUID(int=11), UUID(int=12)


def change(before: dict[Place, int], after: dict[Place, int]) -> SimpleNamespace:
    """Mugs are collected at the store, lamps are shipped."""
    lines = {MUGS: SimpleNamespace(pickup_location_id=STORE), LAMPS: SimpleNamespace(pickup_location_id=None)}
    return SimpleNamespace(order_id=UUID(int=9), lines=lines, standing=after, before=lambda: before)


def moved(before: dict[Place, int], after: dict[Place, int]) -> dict[tuple[UUID, UUID], Shift]:
    return shifts(change(before, after))


@given(st.integers(-9, 9), st.dictionaries(st.sampled_from([NEAR, FAR]), st.integers(-9, 9)))
def test_no_unit_of_work_comes_from_nowhere_or_is_lost(here, coming):
    shift = Shift(here, dict(coming))

    assert shift.more + sum(shift.more_to_come.values()) - shift.fewer == here + sum(coming.values())
    assert min(shift.more, shift.fewer, shift.arrived, *shift.more_to_come.values(), 0) == 0


def test_what_is_to_be_brought_is_work_of_both_ends():
    placed = change({}, {Place(MUGS, UnitStatus.SCHEDULED, NEAR): 3, Place(LAMPS, UnitStatus.SCHEDULED, NEAR): 1})
    found = shifts(placed)

    assert found == {(MUGS, NEAR): Shift(3), (MUGS, STORE): Shift(0, {NEAR: 3}), (LAMPS, NEAR): Shift(1)}
    assert by_location(placed, found) == {NEAR: Shift(4), STORE: Shift(0, {NEAR: 3})}


def test_what_is_told_to_leave_and_leaves_is_the_same_work():
    waiting, sent = Place(MUGS, UnitStatus.AWAITING_TRANSFER, NEAR), Place(MUGS, UnitStatus.IN_TRANSFER, NEAR)

    assert moved({Place(MUGS, UnitStatus.SCHEDULED, NEAR): 3}, {waiting: 3}) == {}
    assert moved({waiting: 3}, {sent: 3}) == {}


def test_what_arrives_is_no_new_work_and_stays_done_at_its_source():
    sent, arrived = Place(MUGS, UnitStatus.IN_TRANSFER, NEAR), Place(MUGS, UnitStatus.SCHEDULED, STORE)

    found = moved({sent: 3}, {arrived: 3})

    assert found == {(MUGS, STORE): Shift(3, {NEAR: -3})}
    shift = found[MUGS, STORE]
    assert (shift.arrived, shift.more, shift.fewer, shift.total) == (3, 0, 0, 3)


def test_what_is_brought_from_elsewhere_instead_is_given_back_and_taken_on():
    found = moved(
        {Place(MUGS, UnitStatus.AWAITING_TRANSFER, NEAR): 3},
        {Place(MUGS, UnitStatus.SCHEDULED, FAR): 2, Place(MUGS, UnitStatus.BACKORDERED): 1},
    )

    assert (found[MUGS, NEAR], found[MUGS, FAR]) == (Shift(-3), Shift(2))
    assert (found[MUGS, STORE].fewer, found[MUGS, STORE].more_to_come) == (3, {FAR: 2})
