"""What may share a parcel, and what that saves."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consolidating import (
    MOST_GRAMS_TOGETHER,
    Piece,
    Recipient,
    Way,
    are_one,
    consolidations,
    recipient,
)
from domain.shipping_rates import Rate

ADA, BOB = UUID(int=1), UUID(int=2)
BOSTON = ("1 Beacon Street", "", "Boston", "MA", "02108", "US")
WAY = Way(UUID(int=9), "ups", "ground", date(2026, 11, 3))
RATE = Rate(580, 45)


def to(customer: UUID | None = ADA, name: str = "Ada Example", address=BOSTON) -> Recipient:
    return recipient(customer, name, address)


def piece(number: int, *recipients: Recipient, way: Way = WAY, grams: int = 900) -> Piece[int]:
    return Piece(number, recipients or (to(),), frozenset({UUID(int=100 + number)}), way, grams, RATE)


def grouped(*pieces: Piece[int]) -> list[list[int]]:
    return [[each.thing for each in one.pieces] for one in consolidations(pieces)]


def test_capitals_and_blanks_make_nobody_and_nowhere_else():
    assert are_one([to(), to(name="ADA  example", address=("1  BEACON street", *BOSTON[1:]))])


@pytest.mark.parametrize(
    ("others", "may_share"),
    [
        ([to(BOB)], True),
        ([to(None)], True),
        ([to(BOB, "Bob")], False),
        ([to(None, "Bob")], False),
        ([to(ADA, "A. Example")], True),
        ([to(ADA, "A. Example"), to(BOB)], False),
        ([to(address=("2 Beacon Street", *BOSTON[1:]))], False),
    ],
    ids=[
        "another customer, the same name",
        "a guest of the same name",
        "another customer at the address",
        "a guest at the address",
        "the same customer under another name",
        "a customer of that name beside the same customer under another",
        "another address",
    ],
)
def test_one_person_at_one_address_shares_a_parcel(others, may_share):
    assert are_one([to(), *others]) is may_share


def test_two_guests_of_different_names_are_nobody_in_common():
    assert not are_one([to(None), to(None, "Bob")])


def test_one_parcel_saves_what_the_other_would_have_cost_at_its_base():
    [found] = consolidations([piece(1, grams=900), piece(2, grams=1_000)])

    assert (found.separately_minor, found.together_minor, found.saving_minor) == (625 + 625, 670, 580)
    assert found.weight_grams == 1_900


def test_another_place_way_or_day_is_another_parcel():
    ways = [
        replace(WAY, location_id=UUID(int=8)),
        replace(WAY, carrier="dhl"),
        replace(WAY, service="air"),
        replace(WAY, ship_on=None),
    ]

    assert grouped(piece(1), *(piece(at, way=way) for at, way in enumerate(ways, 2))) == []


def test_what_one_person_cannot_lift_is_two_parcels():
    half = MOST_GRAMS_TOGETHER // 2

    assert grouped(piece(1, grams=half), piece(2, grams=half + 1), piece(3, grams=half)) == [[1, 3]]


def test_parcels_of_one_order_stay_as_they_were_packed():
    first = piece(1)

    assert grouped(first, replace(piece(2), orders=first.orders)) == []


def test_the_largest_saving_comes_first():
    small, large = to(None, "Bob"), to(None, "Cleo")
    dear = Rate(2_000, 45)

    pieces = [
        piece(1, small),
        piece(2, small),
        replace(piece(3, large), rate=dear),
        replace(piece(4, large), rate=dear),
    ]

    assert grouped(*pieces) == [[3, 4], [1, 2]]


NAMES = st.sampled_from(["Ada", "Bob"])
PIECES = st.lists(
    st.builds(
        piece,
        st.integers(1, 50),
        st.builds(to, st.sampled_from([ADA, BOB, None]), NAMES, st.sampled_from([BOSTON, BOSTON[::-1]])),
        way=st.sampled_from([WAY, replace(WAY, ship_on=None)]),
        grams=st.integers(0, MOST_GRAMS_TOGETHER),
    ),
    max_size=12,
    unique_by=lambda each: each.thing,
)


@given(PIECES)
def test_whatever_is_suggested_may_be_done_and_saves(pieces):
    found = consolidations(pieces)

    used = [each.thing for one in found for each in one.pieces]
    assert len(used) == len(set(used))
    for one in found:
        assert are_one([each for part in one.pieces for each in part.recipients])
        assert len({part.way for part in one.pieces}) == 1
        assert one.weight_grams <= MOST_GRAMS_TOGETHER
        assert one.saving_minor == one.separately_minor - one.together_minor > 0
