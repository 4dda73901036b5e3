"""What a substitute costs: by the rule, with its own tax, and never more than the rule says."""

from hypothesis import given
from hypothesis import strategies as st

from domain.pricing import LineToPrice, PriceBasis, PricedLine, price_order, units_cost
from domain.substitution import NOT_DEARER, SubstitutePrice, price_substitute, unit_price_minor

R = SubstitutePrice


def line(quantity: int, unit_price: int, *, discount: int = 0, rate: int = 0, basis=PriceBasis.NET) -> PricedLine:
    [priced] = price_order([LineToPrice(quantity, unit_price, discount, rate)], basis=basis).lines
    return priced


def substitute(
    original: PricedLine, units: int, *, rule=R.ORIGINAL_PRICE, already=0, rate=0, other=0, basis=PriceBasis.NET
):
    price = unit_price_minor(rule, original.unit_price_minor, other)
    return price_substitute(
        original, already=already, units=units, rule=rule, unit_price_minor=price, tax_rate_ppm=rate, basis=basis
    )


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
