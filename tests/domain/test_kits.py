"""A kit's price is shared to the cent, and a kit is as far as its slowest component."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kits import Come, ToShare, kits_come, shared_price, standing_kits, weights, whole_kits
from domain.lifecycle import RANK, UnitStatus

S = UnitStatus
PARTS = st.lists(st.builds(ToShare, st.integers(1, 20), st.none() | st.integers(0, 10**6)), min_size=1, max_size=8)


def amounts(kits, unit_price_minor, discount_minor, parts):
    shares = shared_price(kits, unit_price_minor, discount_minor, parts)
    return [
        kits * part.units * share.unit_price_minor - share.discount_minor
        for part, share in zip(parts, shares, strict=True)
    ]


@given(st.integers(1, 500), st.integers(0, 10**8), st.integers(0, 10**10), PARTS)
def test_component_lines_cost_what_their_kits_cost_to_the_cent(kits, unit_price_minor, discount_minor, parts):
    lines = amounts(kits, unit_price_minor, discount_minor, parts)

    assert sum(lines) == max(0, kits * unit_price_minor - discount_minor)
    assert min(lines) >= 0


@given(st.integers(1, 500), st.integers(0, 10**8), PARTS)
def test_without_a_discount_every_kit_is_shared_alike(kits, unit_price_minor, parts):
    assert amounts(kits, unit_price_minor, 0, parts) == [kits * each for each in amounts(1, unit_price_minor, 0, parts)]


@given(st.integers(0, 10**8), PARTS)
def test_what_a_unit_price_cannot_say_is_less_than_a_cent_a_unit(unit_price_minor, parts):
    for part, share in zip(parts, shared_price(1, unit_price_minor, 0, parts), strict=True):
        assert 0 <= share.discount_minor < part.units


def test_a_worked_example():
    """A set for 29.99 of one teapot (20.00 alone) and four cups (5.00 each): half and half, the odd cent to the first."""
    parts = [ToShare(1, 2_000), ToShare(4, 500)]

    pot, cups = shared_price(2, 2_999, 500, parts)

    assert (pot.unit_price_minor, pot.discount_minor) == (1_500, 250)
    assert (cups.unit_price_minor, cups.discount_minor) == (375, 2 * 1 + 250)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ([ToShare(1, 900), ToShare(3, None)], [900, 2_700]),
        ([ToShare(1, 900), ToShare(1, 100), ToShare(2, None)], [900, 100, 200]),
        ([ToShare(1, None), ToShare(3, None)], [1, 3]),
        ([ToShare(1, 0), ToShare(3, 0)], [1, 3]),
        ([ToShare(2, 0), ToShare(1, 700)], [0, 700]),
    ],
)
def test_what_is_not_sold_alone_weighs_like_the_cheapest_that_is(parts, wanted):
    assert weights(parts) == wanted


@given(st.dictionaries(st.integers(0, 5), st.integers(1, 4), min_size=1), st.data())
def test_standing_kits_are_all_there_and_none_is_further_than_its_components(in_one, data):
    kits = data.draw(st.integers(1, 6))
    standing = {}
    for each, needed in in_one.items():
        statuses = data.draw(st.lists(st.sampled_from(list(S)), min_size=kits * needed, max_size=kits * needed))
        standing[each] = Counter(statuses)

    found = standing_kits(standing, in_one, kits)

    assert sum(found.values()) == kits
    for status in S:
        as_far = sum(units for at, units in found.items() if RANK[at] >= RANK[status])
        there = {each: sum(u for at, u in standing[each].items() if RANK[at] >= RANK[status]) for each in in_one}
        assert as_far == whole_kits(there, in_one)


def test_a_kit_waits_for_its_slowest_component():
    standing = {"pot": {S.SHIPPED: 2}, "cup": {S.SHIPPED: 5, S.PACKED: 3}}

    assert standing_kits(standing, {"pot": 1, "cup": 4}, 2) == {S.PACKED: 1, S.SHIPPED: 1}


@given(st.data(), st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(1, 4))
def test_of_kits_under_way_every_unit_is_there_lost_or_still_to_come_in_whole_kits(data, needed, kits):
    in_one = dict(enumerate(needed))
    units = {}
    for each, one in in_one.items():
        arrived = data.draw(st.integers(0, kits * one))
        units[each] = Come(arrived, data.draw(st.integers(0, kits * one - arrived)))

    found = kits_come(units, in_one)

    is_over = all(sum(units[each]) == kits * one for each, one in in_one.items())
    if found is None:
        assert not is_over, "where nothing is still to come, nothing has to wait for it"
        return
    assert found.arrived >= 0 and found.lost >= 0 and found.arrived + found.lost <= kits
    assert not is_over or found.arrived + found.lost == kits
    still = kits - found.arrived - found.lost
    for each, one in in_one.items():
        assert found.arrived * one <= units[each].arrived
        assert units[each].lost <= found.lost * one
        assert still * one <= kits * one - sum(units[each]), "what is waited for is still under way"


def test_part_of_a_kit_does_not_arrive_before_the_rest():
    assert kits_come({"mug": Come(1, 0), "lamp": Come(1, 0)}, {"mug": 1, "lamp": 2}) is None
    assert kits_come({"mug": Come(1, 0), "lamp": Come(1, 1)}, {"mug": 1, "lamp": 2}) == Come(0, 1)
    assert kits_come({"mug": Come(2, 0), "lamp": Come(2, 1)}, {"mug": 1, "lamp": 2}) == Come(1, 1)
