"""A plan spreads its units in proportion to what is free, never beyond it, and leaves alone what nothing happened to."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quotas.plans import Standing, settled, spread


def standings(*pairs: tuple[int, int], idle: tuple[int, ...] = ()) -> list[Standing]:
    """(free, kept) at each location; those at `idle` positions do not serve."""
    return [
        Standing(location_id=UUID(int=at), free=free, units=kept, kept=kept, serves=at not in idle, is_open=True)
        for at, (free, kept) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("units", "shares", "parts"),
    [
        (300, [500, 300, 200], [150, 90, 60]),
        (10, [1, 1, 1], None),
        (2, [1, 1, 1], [1, 1, 0]),
        (7, [10, 10, 10], [3, 2, 2]),
        (5, [3, 0, 2], [3, 0, 2]),
        (1, [2, 3], [0, 1]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_units_are_spread_by_largest_remainder_and_the_earlier_first(units, shares, parts) -> None:
    if parts is None:
        with pytest.raises(AssertionError):
            spread(units, shares)
    else:
        assert spread(units, shares) == parts


def test_new_units_come_from_what_is_free_and_those_that_lie_stay() -> None:
    assert settled(12, standings((0, 6), (10, 1), (5, 1))) == [6, 4, 2]


def test_what_cannot_be_is_short() -> None:
    assert settled(20, standings((3, 1), (0, 0), (4, 0))) == [4, 0, 4]


def test_too_many_are_given_back_in_proportion_to_what_lies() -> None:
    assert settled(5, standings((0, 8), (9, 2), (0, 0))) == [4, 1, 0]


def test_where_a_location_ran_dry_all_are_spread_anew() -> None:
    assert settled(10, standings((0, 10), (30, 0))) == [3, 7]


def test_a_location_that_would_get_none_is_not_dry() -> None:
    assert settled(2, standings((10, 2), (1, 0))) == [2, 0]


def test_what_does_not_serve_keeps_nothing_and_gives_nothing() -> None:
    assert settled(10, standings((5, 5), (0, 1), idle=(0,))) == [0, 1]


places = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans()), max_size=8)


@given(places, st.integers(0, 150))
def test_nothing_is_kept_that_is_not_there_and_nothing_is_short_that_could_be(found, wanted) -> None:
    now = [
        Standing(location_id=UUID(int=at), free=free, kept=kept, serves=serves)
        for at, (free, kept, serves) in enumerate(found)
    ]
    kept = settled(wanted, now)

    room = [each.kept + each.free if each.serves else 0 for each in now]
    assert all(0 <= units <= there for units, there in zip(kept, room, strict=True))
    assert sum(kept) == min(wanted, sum(room))


@given(places, st.integers(0, 150))
def test_a_plan_that_nothing_happened_to_stays_as_it_is(found, wanted) -> None:
    now = [
        Standing(location_id=UUID(int=at), free=free, kept=kept, serves=serves)
        for at, (free, kept, serves) in enumerate(found)
    ]
    kept = settled(wanted, now)
    after = [
        Standing(location_id=each.location_id, free=each.free + each.kept - units, kept=units, serves=each.serves)
        for each, units in zip(now, kept, strict=True)
    ]

    assert settled(wanted, after) == kept


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30), st.data())
def test_a_part_is_the_exact_share_but_for_less_than_one_unit(shares, data) -> None:
    units = data.draw(st.integers(0, sum(shares)))
    parts = spread(units, shares)

    assert sum(parts) == units
    for part, share in zip(parts, shares, strict=True):
        assert part <= share
        assert abs(part * sum(shares) - units * share) < max(1, sum(shares))
