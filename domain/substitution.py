"""Sending something else than was ordered: what it costs, and what may become of a proposal.

A line of the substitute takes over units of the original line, which stay on record as cancelled. It takes their share of
the line's discount along, and its tax is that of its own tax class; where the rule says that the customer pays no more than
for the original, whatever that would make dearer is taken off again.
"""

from enum import StrEnum
from typing import Final

from domain.pricing import MILLION, PriceBasis, PricedLine, taxed, units_cost


class SubstitutePrice(StrEnum):
    ORIGINAL_PRICE = "original_price"
    SUBSTITUTE_PRICE = "substitute_price"
    LOWER_OF_BOTH = "lower_of_both"


class SubstitutionStatus(StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """The units it was for found their stock, or were cancelled."""


NOT_DEARER: Final = frozenset({SubstitutePrice.ORIGINAL_PRICE, SubstitutePrice.LOWER_OF_BOTH})
"""What the units cost in the end, tax included, is no more than what those they stand for cost."""


def unit_price_minor(rule: SubstitutePrice, original_minor: int, substitute_minor: int | None) -> int | None:
    """In the channel's basis; None where the rule needs a price that the substitute does not have there."""
    if rule is SubstitutePrice.ORIGINAL_PRICE:
        return original_minor
    if rule is SubstitutePrice.SUBSTITUTE_PRICE:
        return substitute_minor
    return original_minor if substitute_minor is None else min(original_minor, substitute_minor)


def price_substitute(  # noqa: PLR0913 - one line, said in keywords
    original: PricedLine,
    *,
    already: int,
    units: int,
    rule: SubstitutePrice,
    unit_price_minor: int,
    tax_rate_ppm: int,
    basis: PriceBasis,
) -> PricedLine:
    """The new line of `units`, taken from the original line of which `already` units are cancelled before."""
    gross = basis is PriceBasis.GROSS
    full = units * unit_price_minor
    amount = full - min(full, _share(original, already + units) - _share(original, already))
    if rule in NOT_DEARER:
        most = units_cost(original, already=already, units=units).total_minor
        amount = min(amount, _amount_costing(most, tax_rate_ppm, gross=gross))
    net, tax = taxed(amount, tax_rate_ppm, gross=gross)
    return PricedLine(units, unit_price_minor, full - amount, 0, tax_rate_ppm, net, tax, net + tax)


def _share(line: PricedLine, units: int) -> int:
    """What was taken off the first `units` of the line."""
    return (line.discount_minor + line.order_discount_minor) * units // line.quantity


def _amount_costing(most_minor: int, rate_ppm: int, *, gross: bool) -> int:
    """The largest amount that costs no more than that with its tax."""
    amount = most_minor if gross else -(-most_minor * MILLION // (MILLION + rate_ppm))
    while sum(taxed(amount, rate_ppm, gross=gross)) > most_minor:
        amount -= 1
    return amount
