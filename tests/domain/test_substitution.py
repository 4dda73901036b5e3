"""What a substitute costs: by the rule, with its own tax, and never more than the rule says."""

from hypothesis import given
from hypothesis import strategies as st

from domain.kits import ToShare, shared_price
from domain.pricing import LineToPrice, PriceBasis, PricedLine, price_order, units_cost
from domain.substitution import (
    NOT_DEARER,
    NewPart,
    ReplacedUnits,
    SubstitutePrice,
    price_substitute,
    price_substitute_kits,
    replaced_kits,
    replaced_units,
    unit_price_minor,
)

R = SubstitutePrice


def line(quantity: int, unit_price: int, *, discount: int = 0, rate: int = 0, basis=PriceBasis.NET) -> PricedLine:
    [priced] = price_order([LineToPrice(quantity, unit_price, discount, rate)], basis=basis).lines
    return priced


def substitute(
    original: PricedLine, units: int, *, rule=R.ORIGINAL_PRICE, already=0, rate=0, other=0, basis=PriceBasis.NET
):
    price = unit_price_minor(rule, original.unit_price_minor, other)
    replaced = replaced_units(ReplacedUnits(original, already, units))
    return price_substitute(replaced, units, rule=rule, unit_price_minor=price, tax_rate_ppm=rate, basis=basis)


def test_each_rule_names_its_price():
    assert [unit_price_minor(rule, 1_000, 1_200) for rule in R] == [1_000, 1_200, 1_000]
    assert [unit_price_minor(rule, 1_000, 800) for rule in R] == [1_000, 800, 800]
    assert [unit_price_minor(rule, 1_000, None) for rule in R] == [1_000, None, 1_000]


def test_the_units_take_their_share_of_the_discount_along():
    original = line(3, 1_000, discount=300, rate=100_000)

    taken = substitute(original, 2, rate=100_000)

    assert (taken.discount_minor, taken.net_minor, taken.tax_minor, taken.total_minor) == (200, 1_800, 180, 1_980)


def test_a_higher_tax_is_taken_off_where_the_price_is_to_stay():
    original = line(1, 1_000)

    taken = substitute(original, 1, rate=100_000)

    assert taken.total_minor <= 1_000
    assert (taken.total_minor, taken.tax_minor, taken.discount_minor) == (1_000, 91, 91)


def test_a_dearer_substitute_costs_what_it_costs_where_the_rule_says_so():
    taken = substitute(line(2, 1_000, rate=100_000), 2, rule=R.SUBSTITUTE_PRICE, other=1_500, rate=100_000)

    assert taken.total_minor == 3_300


@given(
    st.integers(1, 9), st.integers(0, 5_000), st.integers(0, 4_000), st.integers(0, 300_000), st.integers(0, 300_000),
    st.integers(0, 8_000), st.sampled_from(list(R)), st.sampled_from(list(PriceBasis)), st.data(),
)  # fmt: skip
def test_the_customer_never_pays_more_than_the_rule_says(
    quantity, price, discount, rate, new_rate, other, rule, basis, data
):
    original = line(quantity, price, discount=discount, rate=rate, basis=basis)
    already = data.draw(st.integers(0, quantity - 1))
    units = data.draw(st.integers(1, quantity - already))

    taken = substitute(original, units, rule=rule, already=already, rate=new_rate, other=other, basis=basis)

    assert taken.net_minor + taken.tax_minor == taken.total_minor >= 0
    assert 0 <= taken.discount_minor <= units * taken.unit_price_minor
    if rule in NOT_DEARER:
        assert taken.total_minor <= units_cost(original, already=already, units=units).total_minor
    if rule is R.ORIGINAL_PRICE and rate == new_rate:
        # What is rounded down for each unit is at most one minor unit of it, and one of the tax.
        assert taken.total_minor >= units_cost(original, already=already, units=units).total_minor - units - 1


@st.composite
def kits_ordered(draw, basis):
    """Kits as placing bills them: their price shared among components, each with its own tax."""
    kits, price = draw(st.integers(1, 5)), draw(st.integers(0, 5_000))
    parts = draw(st.lists(st.builds(ToShare, st.integers(1, 4), st.integers(0, 2_000)), min_size=1, max_size=4))
    rates = [draw(st.integers(0, 300_000)) for _ in parts]
    shares = shared_price(kits, price, draw(st.integers(0, 6_000)), parts)
    asked = [
        LineToPrice(kits * part.units, share.unit_price_minor, share.discount_minor, rate)
        for part, share, rate in zip(parts, shares, rates, strict=True)
    ]
    lines = price_order(asked, order_discount_minor=draw(st.integers(0, 500)), basis=basis).lines
    return kits, price, parts, lines


PARTS = st.lists(
    st.builds(NewPart, st.integers(1, 4), st.none() | st.integers(0, 3_000), st.integers(0, 300_000)),
    min_size=1,
    max_size=4,
)


@given(st.data(), st.sampled_from(list(R)), st.sampled_from(list(PriceBasis)), st.integers(0, 8_000), PARTS)
def test_kits_in_the_place_of_kits_cost_no_more_than_the_rule_says_and_share_their_price(
    data, rule, basis, other, parts
):
    kits, price, of_old, lines = data.draw(kits_ordered(basis))
    already = data.draw(st.integers(0, kits - 1))
    units = data.draw(st.integers(1, kits - already))
    old = [
        ReplacedUnits(line, already * part.units, units * part.units) for line, part in zip(lines, of_old, strict=True)
    ]
    replaced, wanted = replaced_kits(units, price, old), unit_price_minor(rule, price, other)

    new = price_substitute_kits(replaced, units, rule=rule, unit_price_minor=wanted, parts=parts, basis=basis)
    one = price_substitute(replaced, units, rule=rule, unit_price_minor=wanted, tax_rate_ppm=190_000, basis=basis)

    assert [line.quantity for line in new] == [units * part.units for part in parts]
    for line in (*new, one):
        assert line.net_minor + line.tax_minor == line.total_minor >= 0
        assert 0 <= line.discount_minor <= line.subtotal_minor
    if rule in NOT_DEARER:
        assert max(sum(line.total_minor for line in new), one.total_minor) <= replaced.total_minor
    else:
        paid = sum(line.subtotal_minor - line.discount_minor for line in new)
        assert paid == units * wanted - min(units * wanted, replaced.off_minor)


def test_a_kit_in_the_place_of_a_kit_takes_its_discount_along():
    """A set for 30.00 less 5.00, of a pot and two cups; instead a set for 40.00 at the lower price of both."""
    shares = shared_price(1, 3_000, 500, [ToShare(1, 2_000), ToShare(2, 500)])
    asked = [
        LineToPrice(units, share.unit_price_minor, share.discount_minor, 100_000)
        for units, share in zip((1, 2), shares, strict=True)
    ]
    lines = price_order(asked).lines
    replaced = replaced_kits(1, 3_000, [ReplacedUnits(lines[0], 0, 1), ReplacedUnits(lines[1], 0, 2)])

    new = price_substitute_kits(
        replaced,
        1,
        rule=R.LOWER_OF_BOTH,
        unit_price_minor=3_000,
        parts=[NewPart(1, 1_000, 100_000), NewPart(1, 1_000, 100_000)],
        basis=PriceBasis.NET,
    )

    assert replaced == (2_750, 500)
    assert [(line.net_minor, line.tax_minor) for line in new] == [(1_250, 125), (1_250, 125)]
