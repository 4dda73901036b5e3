"""Who is asked for what: the vendors in their turn, within their limits, and none twice for what it declined."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.chaining import Asked, Offer, Waiting, WaitingKits, share

MUG, LAMP = UUID(int=1), UUID(int=2)


def waiting(line, quantity, variant=MUG):
    return Waiting(UUID(int=100 + line), variant, quantity)


def offer(vendor, **values):
    given = {"variant_id": MUG, "unit_cost_minor": 400, "currency": "USD", "lead_time_days": 7, **values}
    key = UUID(int=1000 + vendor)
    return Offer(id=key, vendor_id=key, vendor_code=f"V{vendor}", location_id=key, **given)


def told(asked):
    return [(each.offer.vendor_code, each.line_id.int - 100, each.quantity) for each in asked]


def test_the_vendor_with_the_lowest_rank_is_asked_first_then_the_fastest():
    slow, fast, last = offer(1), offer(2, lead_time_days=2), offer(3, rank=1, lead_time_days=0)

    assert told(share([waiting(1, 3)], [last, slow, fast])) == [("V2", 1, 3)]


def test_what_is_more_than_a_vendor_takes_goes_to_the_next():
    asked = share([waiting(1, 3), waiting(2, 4)], [offer(1, maximum=5), offer(2, rank=1)])

    assert told(asked) == [("V1", 1, 3), ("V1", 2, 2), ("V2", 2, 2)]


def test_too_few_units_for_a_vendor_wait_or_go_to_another():
    assert share([waiting(1, 3)], [offer(1, minimum=4)]) == []
    assert told(share([waiting(1, 3)], [offer(1, minimum=4), offer(2, rank=1)])) == [("V2", 1, 3)]


def test_the_minimum_counts_all_lines_of_the_variant():
    assert told(share([waiting(1, 2), waiting(2, 2)], [offer(1, minimum=4)])) == [("V1", 1, 2), ("V1", 2, 2)]


def test_a_vendor_is_not_asked_again_for_a_line_that_it_declined():
    first = offer(1, declined=[waiting(1, 0).line_id])

    assert told(share([waiting(1, 2), waiting(2, 2)], [first])) == [("V1", 2, 2)]


def test_a_vendor_is_asked_for_what_it_sells():
    assert told(share([waiting(1, 2), waiting(2, 1, LAMP)], [offer(1, variant_id=LAMP)])) == [("V1", 2, 1)]


@st.composite
def markets(draw):
    lines = [
        waiting(at, draw(st.integers(1, 9)), draw(st.sampled_from([MUG, LAMP])))
        for at in range(draw(st.integers(1, 5)))
    ]
    offers = [
        offer(
            at,
            variant_id=draw(st.sampled_from([MUG, LAMP])),
            rank=draw(st.integers(0, 2)),
            minimum=(least := draw(st.integers(1, 5))),
            maximum=draw(st.none() | st.integers(least, 9)),
            declined=draw(st.lists(st.sampled_from([line.line_id for line in lines]), max_size=2)),
        )
        for at in range(draw(st.integers(0, 5)))
    ]
    return lines, offers


@given(markets())
def test_nothing_is_asked_for_twice_and_every_limit_holds(market):
    lines, offers = market
    asked = share(lines, offers)

    by_line = {line.line_id: line for line in lines}
    for line in lines:
        assert sum(each.quantity for each in asked if each.line_id == line.line_id) <= line.quantity
    for each in offers:
        mine = [one for one in asked if one.offer is each]
        units = sum(one.quantity for one in mine)
        assert not mine or each.minimum <= units <= (each.maximum or units)
        assert all(by_line[one.line_id].variant_id == each.variant_id for one in mine)
        assert all(one.line_id not in each.declined for one in mine)


@given(markets(), st.randoms())
def test_the_order_of_the_offers_makes_no_difference(market, luck):
    lines, offers = market
    shuffled = list(offers)
    luck.shuffle(shuffled)

    assert share(lines, shuffled) == share(lines, offers)


def test_asked_units_name_the_offer_that_they_are_bought_by():
    only = offer(1)

    assert share([waiting(1, 2)], [only]) == [Asked(only, waiting(1, 2).line_id, 2)]


def kits(count, mugs=1, lamps=2, line=50):
    """Of mugs and lamps, on lines of their own."""
    of_mugs, of_lamps = UUID(int=100 + line), UUID(int=101 + line)
    return WaitingKits(count, {of_mugs: mugs, of_lamps: lamps}, {of_mugs: MUG, of_lamps: LAMP})


def both(vendor, **values):
    """One vendor's offers of mugs and lamps."""
    mugs, lamps = offer(vendor, **values), offer(vendor, variant_id=LAMP, **values)
    return [mugs, replace(lamps, id=UUID(int=2000 + vendor))]


def test_a_kit_is_asked_for_whole_of_one_vendor_that_sells_all_of_it():
    only_mugs, only_lamps = offer(1), offer(2, variant_id=LAMP)

    assert share([], [only_mugs, only_lamps], [kits(2)]) == []
    assert told(share([], [only_mugs, only_lamps, *both(3, rank=9)], [kits(2)])) == [("V3", 50, 2), ("V3", 51, 4)]


def test_kits_that_are_more_than_a_vendor_takes_go_to_the_next_whole():
    asked = share([], [*both(1, maximum=5), *both(2, rank=1)], [kits(3)])

    assert told(asked) == [("V1", 50, 2), ("V1", 51, 4), ("V2", 50, 1), ("V2", 51, 2)]


def test_single_units_take_nothing_from_kits_and_count_with_them():
    asked = share([waiting(1, 3)], both(1, minimum=2, maximum=4), [kits(2)])

    assert told(asked) == [("V1", 50, 2), ("V1", 51, 4), ("V1", 1, 2)]


def test_a_vendor_that_declined_a_component_is_not_asked_for_the_kit():
    mugs, lamps = both(1)

    assert share([], [mugs, replace(lamps, declined=[UUID(int=151)])], [kits(1)]) == []


def test_the_vendors_turn_for_a_kit_is_that_of_its_last_component():
    slow = [offer(1), replace(offer(1, variant_id=LAMP, lead_time_days=30), id=UUID(int=2001))]

    assert told(share([], [*slow, *both(2, lead_time_days=9)], [kits(1)]))[0] == ("V2", 50, 1)


@st.composite
def markets_of_kits(draw):
    lines, _ = draw(markets())
    wanted = [
        kits(draw(st.integers(1, 4)), draw(st.integers(1, 2)), draw(st.integers(1, 3)), 50 + 10 * at)
        for at in range(draw(st.integers(1, 2)))
    ]
    offers = []
    for at in range(draw(st.integers(0, 4))):
        for each in both(at, rank=draw(st.integers(0, 2))):
            if draw(st.booleans()) or draw(st.booleans()):
                least = draw(st.integers(1, 4))
                most = draw(st.none() | st.integers(least, 9))
                offers.append(replace(each, minimum=least, maximum=most))
    return lines, offers, wanted


@given(markets_of_kits())
def test_every_vendor_has_whole_kits_within_its_limits_and_nothing_is_asked_for_twice(market):
    lines, offers, wanted = market
    asked = share(lines, offers, wanted)

    for each in wanted:
        of_vendor = {}
        for one in asked:
            if one.line_id in each.in_one:
                at = of_vendor.setdefault(one.offer.vendor_id, {})
                at[one.line_id] = at.get(one.line_id, 0) + one.quantity
        counts = [{units[line] / needed for line, needed in each.in_one.items()} for units in of_vendor.values()]
        assert all(len(count) == 1 and count.pop().is_integer() for count in map(set, counts))
        assert sum(min(count) for count in counts) <= each.kits
    for line in lines:
        assert sum(one.quantity for one in asked if one.line_id == line.line_id) <= line.quantity
    for each in offers:
        units = sum(one.quantity for one in asked if one.offer is each)
        assert not units or each.minimum <= units <= (each.maximum or units)
