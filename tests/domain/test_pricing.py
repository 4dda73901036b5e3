"""Prices, discounts and taxes of an order, down to one unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pricing import LineToPrice, PriceBasis, Shipping, price_order, split_line, taxed, unit_shares, units_cost

LINES = st.lists(
    st.builds(
        LineToPrice,
        quantity=st.integers(1, 50),
        unit_price_minor=st.integers(0, 100_000),
        discount_minor=st.integers(0, 200_000),
        tax_rate_ppm=st.sampled_from([0, 50_000, 72_500, 130_000, 200_000, 255_000]),
    ),
    min_size=1,
    max_size=8,
)
ORDERS = {
    "order_discount_minor": st.integers(0, 500_000),
    "shipping": st.builds(Shipping, st.integers(0, 5000), st.sampled_from([0, 200_000])),
    "basis": st.sampled_from(PriceBasis),
}


@given(LINES, st.fixed_dictionaries(ORDERS))
def test_every_total_is_the_sum_of_its_parts(lines, terms):
    order = price_order(lines, **terms)

    assert order.total_minor == sum(line.total_minor for line in order.lines) + order.shipping_minor
    assert order.net_minor + order.tax_minor == order.total_minor
    assert order.shipping_net_minor + order.shipping_tax_minor == order.shipping_minor
    assert order.subtotal_minor == sum(line.subtotal_minor for line in order.lines)
    assert order.discount_minor == sum(line.discount_minor + line.order_discount_minor for line in order.lines)
    for line in order.lines:
        charged = line.net_minor if terms["basis"] is PriceBasis.NET else line.total_minor
        assert charged == line.subtotal_minor - line.discount_minor - line.order_discount_minor
        assert line.net_minor + line.tax_minor == line.total_minor


@given(LINES, st.fixed_dictionaries(ORDERS))
def test_nothing_is_ever_negative(lines, terms):
    """Saleor e2e "should_not_result_in_negative_price"."""
    order = price_order(lines, **terms)

    assert min(order.total_minor, order.tax_minor, order.net_minor, order.discount_minor) >= 0
    assert all(min(line.net_minor, line.tax_minor, line.order_discount_minor) >= 0 for line in order.lines)


@given(LINES, st.fixed_dictionaries(ORDERS), st.data())
def test_a_line_in_two_costs_what_it_cost_and_each_part_is_a_line_of_its_own(lines, terms, data):
    for line in price_order(lines, **terms).lines:
        if line.quantity == 1:
            continue
        units = data.draw(st.integers(1, line.quantity - 1))

        parts = split_line(line, units)

        assert [part.quantity for part in parts] == [line.quantity - units, units]
        for name in ("discount_minor", "order_discount_minor", "net_minor", "tax_minor", "total_minor"):
            assert sum(getattr(part, name) for part in parts) == getattr(line, name)
        for part in parts:
            discount = part.discount_minor + part.order_discount_minor
            charged = part.net_minor if terms["basis"] is PriceBasis.NET else part.total_minor
            assert charged == part.subtotal_minor - discount
            assert part.net_minor + part.tax_minor == part.total_minor
            assert min(charged, discount, part.net_minor, part.tax_minor) >= 0


def test_all_or_nothing_of_a_line_is_no_part_of_it():
    [line] = price_order([LineToPrice(3, 100)]).lines

    for units in (0, 3):
        with pytest.raises(ValueError, match="units of a line of 3"):
            split_line(line, units)


@given(LINES, st.fixed_dictionaries(ORDERS), st.data())
def test_units_given_back_one_by_one_sum_to_the_line(lines, terms, data):
    for line in price_order(lines, **terms).lines:
        shares = unit_shares(line)
        already = data.draw(st.integers(0, line.quantity))
        units = data.draw(st.integers(0, line.quantity - already))
        part = units_cost(line, already=already, units=units)

        assert len(shares) == line.quantity
        assert sum(share.total_minor for share in shares) == line.total_minor
        assert sum(share.tax_minor for share in shares) == line.tax_minor
        assert sum(share.net_minor for share in shares) == line.net_minor
        assert part.total_minor == sum(share.total_minor for share in shares[already : already + units])
        assert part.tax_minor == sum(share.tax_minor for share in shares[already : already + units])


def test_a_whole_order_discount_is_refunded_in_the_share_of_the_item():
    """Solidus #512: 10 % off 6.00 + 4.00 makes 9.00; giving back one item refunds 5.40 or 3.60."""
    order = price_order([LineToPrice(1, 600), LineToPrice(1, 400)], order_discount_minor=100)

    assert order.total_minor == 900
    assert [unit_shares(line)[0].total_minor for line in order.lines] == [540, 360]


def test_giving_back_one_of_two_items_does_not_give_back_the_whole_discount():
    """EDD #8076: refunding one item refunded the order's whole discount."""
    order = price_order([LineToPrice(2, 1000)], order_discount_minor=500)

    assert units_cost(order.lines[0], already=0, units=1).total_minor == 750


def test_refunds_never_exceed_the_total_however_the_tax_was_rounded():
    """WooCommerce #64668, #30263: tax rounded per line let the refunds sum to more than the order."""
    order = price_order([LineToPrice(3, 333, tax_rate_ppm=72_500)])

    assert (order.tax_minor, order.total_minor) == (72, 1071)
    assert [share.total_minor for share in unit_shares(order.lines[0])] == [357, 357, 357]
    assert [share.tax_minor for share in unit_shares(order.lines[0])] == [24, 24, 24]


def test_the_last_unit_takes_the_remainder():
    order = price_order([LineToPrice(3, 100)], order_discount_minor=100)

    assert [share.total_minor for share in unit_shares(order.lines[0])] == [66, 66, 68]


def test_net_and_tax_of_a_gross_price_have_one_precision():
    """woocommerce-ios PR #17630: 0.884956 + 0.12 = 1.004956 on an order of 1.00."""
    order = price_order([LineToPrice(1, 100, tax_rate_ppm=130_000)], basis=PriceBasis.GROSS)

    assert (order.net_minor, order.tax_minor, order.total_minor) == (88, 12, 100)


def test_cutting_a_line_takes_its_tax_along():
    """BCApps PR #7447: an edit subtracted the subtotal but not the tax."""
    two, one = LineToPrice(2, 1000, tax_rate_ppm=200_000), LineToPrice(1, 1000, tax_rate_ppm=200_000)

    assert price_order([two, one]).total_minor - price_order([two]).total_minor == 1200


def test_cancelling_a_discounted_order_gives_back_the_discounted_sum():
    """Vendure #2762: the refund of a cancelled order with a coupon was the sum before the discount."""
    order = price_order([LineToPrice(2, 1500), LineToPrice(1, 2000)], order_discount_minor=1000)

    given_back = sum(units_cost(line, already=0, units=line.quantity).total_minor for line in order.lines)

    assert given_back == order.total_minor == 4000


def test_a_free_line_takes_no_part_of_the_discount():
    order = price_order([LineToPrice(1, 0), LineToPrice(1, 999)], order_discount_minor=100)

    assert [line.order_discount_minor for line in order.lines] == [0, 100]


def test_tax_is_rounded_half_up_once_per_line():
    assert taxed(50, 50_000, gross=False) == (50, 3)
    assert taxed(49, 50_000, gross=False) == (49, 2)
    assert price_order([LineToPrice(10, 5, tax_rate_ppm=50_000)]).tax_minor == 3


def test_more_units_than_the_line_has_is_a_bug():
    line = price_order([LineToPrice(2, 100)]).lines[0]

    with pytest.raises(ValueError, match="line of 2"):
        units_cost(line, already=1, units=2)
