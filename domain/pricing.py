"""What an order costs: lines, discounts prorated to them, tax per line, shipping; every part a whole minor unit.

Rules: a discount never makes anything negative (it is cut to what there is). The order's discount is shared among the
lines once, by largest remainder, in proportion to what they cost after their own discount, so every line knows what it
really cost and a refund needs no second proration. Tax is rounded once per line, half up, on the line after all its
discounts; totals are sums of lines, never computed a second time. `unit_shares` carries this down to the single unit:
the last unit takes the remainder, so refunding units one by one gives back the line exactly.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from domain.money import split

MILLION: Final = 1_000_000


class PriceBasis(StrEnum):
    """Whether a channel's prices are before tax (net, as in the US) or include it (gross, as in the EU)."""

    NET = "net"
    GROSS = "gross"


class LineToPrice(NamedTuple):
    """One line as ordered. `discount_minor` is the line's own discount; the rate is in parts per million (7.25 % = 72,500)."""

    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    tax_rate_ppm: int = 0


class PricedLine(NamedTuple):
    """One line with everything it costs: net_minor + tax_minor = total_minor, which the customer pays for it."""

    quantity: int
    unit_price_minor: int
    discount_minor: int
    order_discount_minor: int
    tax_rate_ppm: int
    net_minor: int
    tax_minor: int
    total_minor: int

    @property
    def subtotal_minor(self) -> int:
        """Before any discount, in the channel's basis."""
        return self.quantity * self.unit_price_minor


class Shipping(NamedTuple):
    """What the customer pays for shipping, in the channel's basis, and the rate of its tax."""

    amount_minor: int = 0
    tax_rate_ppm: int = 0


class PricedOrder(NamedTuple):
    """Each figure is the sum of its lines; the last five include shipping: net + tax = total."""

    lines: tuple[PricedLine, ...]
    subtotal_minor: int
    discount_minor: int
    shipping_net_minor: int
    shipping_tax_minor: int
    shipping_minor: int
    net_minor: int
    tax_minor: int
    total_minor: int


class UnitShare(NamedTuple):
    """What one unit of a line cost, tax included, and the tax within it."""

    total_minor: int
    tax_minor: int

    @property
    def net_minor(self) -> int:
        return self.total_minor - self.tax_minor


FREE_SHIPPING: Final = Shipping()


def price_order(
    lines: Sequence[LineToPrice],
    *,
    order_discount_minor: int = 0,
    shipping: Shipping = FREE_SHIPPING,
    basis: PriceBasis = PriceBasis.NET,
) -> PricedOrder:
    """Price every line and sum up. Quantities are at least 1, prices, discounts and rates at least 0."""
    gross = basis is PriceBasis.GROSS
    amounts = []
    subtotal = 0
    for line in lines:
        amount = line.quantity * line.unit_price_minor
        subtotal += amount
        amounts.append(amount - min(line.discount_minor, amount))
    goods = sum(amounts)
    shares = split(min(order_discount_minor, goods), amounts)
    net = tax = 0
    priced = []
    for line, amount, share in zip(lines, amounts, shares, strict=True):
        one = _price_line(line, amount, share, gross=gross)
        priced.append(one)
        net += one.net_minor
        tax += one.tax_minor
    shipping_net, shipping_tax = taxed(shipping.amount_minor, shipping.tax_rate_ppm, gross=gross)
    net, tax = net + shipping_net, tax + shipping_tax
    return PricedOrder(
        lines=tuple(priced),
        subtotal_minor=subtotal,
        discount_minor=subtotal - goods + sum(shares),
        shipping_net_minor=shipping_net,
        shipping_tax_minor=shipping_tax,
        shipping_minor=shipping_net + shipping_tax,
        net_minor=net,
        tax_minor=tax,
        total_minor=net + tax,
    )


def taxed(amount_minor: int, rate_ppm: int, *, gross: bool) -> tuple[int, int]:
    """(net, tax) of an amount of at least 0: tax comes on top of a net amount and lies within a gross one, half up."""
    if not rate_ppm:
        return amount_minor, 0
    if gross:
        tax = (2 * amount_minor * rate_ppm + MILLION + rate_ppm) // (2 * (MILLION + rate_ppm))
        return amount_minor - tax, tax
    return amount_minor, (2 * amount_minor * rate_ppm + MILLION) // (2 * MILLION)


def unit_shares(line: PricedLine) -> tuple[UnitShare, ...]:
    """What each unit of the line cost, in the order they are given back; the last unit takes the remainder."""
    total, tax = line.total_minor // line.quantity, line.tax_minor // line.quantity
    others = line.quantity - 1
    last = UnitShare(line.total_minor - others * total, line.tax_minor - others * tax)
    return (*(UnitShare(total, tax),) * others, last)


def units_cost(line: PricedLine, *, already: int, units: int) -> UnitShare:
    """What `units` of the line cost after `already` others were given back: the sum of their `unit_shares`."""
    if already < 0 or units < 0 or already + units > line.quantity:
        raise ValueError(f"{already} + {units} units of a line of {line.quantity}")
    if units and already + units == line.quantity:
        return UnitShare(
            line.total_minor - already * (line.total_minor // line.quantity),
            line.tax_minor - already * (line.tax_minor // line.quantity),
        )
    return UnitShare(units * (line.total_minor // line.quantity), units * (line.tax_minor // line.quantity))


def split_line(line: PricedLine, units: int) -> tuple[PricedLine, PricedLine]:
    """The line without `units` of its units, and a line of those: every amount is shared, none is made or lost.

    Discounts are shared by units and tax by what is left to pay, both rounded down for the units that go; so no part has
    more discount or more tax than it costs, in a net and in a gross basis.
    """
    if not 0 < units < line.quantity:
        raise ValueError(f"{units} units of a line of {line.quantity}")
    both = line.discount_minor + line.order_discount_minor
    discount = line.discount_minor * units // line.quantity
    order_discount = both * units // line.quantity - discount
    whole = line.subtotal_minor - both
    amount = units * line.unit_price_minor - discount - order_discount
    tax = line.tax_minor * amount // whole if whole else 0
    net = amount - tax if line.total_minor == whole else amount
    price, rate = line.unit_price_minor, line.tax_rate_ppm
    gone = PricedLine(units, price, discount, order_discount, rate, net, tax, net + tax)
    kept = PricedLine(
        line.quantity - units,
        price,
        line.discount_minor - discount,
        line.order_discount_minor - order_discount,
        rate,
        line.net_minor - net,
        line.tax_minor - tax,
        line.total_minor - gone.total_minor,
    )
    return kept, gone


def _price_line(line: LineToPrice, amount: int, share: int, *, gross: bool) -> PricedLine:
    """`amount` is the line after its own discount, `share` its part of the order's."""
    net, tax = taxed(amount - share, line.tax_rate_ppm, gross=gross)
    return PricedLine(
        line.quantity,
        line.unit_price_minor,
        line.quantity * line.unit_price_minor - amount,
        share,
        line.tax_rate_ppm,
        net,
        tax,
        net + tax,
    )
