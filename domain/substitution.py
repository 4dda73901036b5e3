"""Sending something else than was ordered: what it costs, and what may become of a proposal.

A line of the substitute takes over units of the original line, which stay on record as cancelled. It takes their share of
the line's discount along, and its tax is that of its own tax class; where the rule says that the customer pays no more than
for the original, whatever that would make dearer is taken off again. A kit is replaced whole, by units of something else or
by other kits, whose price its components share as in any order.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from domain.kits import ToShare, shared_price
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


class Replaced(NamedTuple):
    """What units that are not sent cost, tax included, and what had been taken off their price."""

    total_minor: int
    off_minor: int


class ReplacedUnits(NamedTuple):
    """`units` of a line of which `already` are cancelled before."""

    line: PricedLine
    already: int
    units: int


class NewPart(NamedTuple):
    """Units in one kit that is sent instead, what one costs alone, None where it is not sold so, and its tax."""

    units: int
    price_minor: int | None
    tax_rate_ppm: int


def replaced_units(of: ReplacedUnits) -> Replaced:
    off = _share(of.line, of.already + of.units) - _share(of.line, of.already)
    return Replaced(units_cost(of.line, already=of.already, units=of.units).total_minor, off)


def replaced_kits(kits: int, unit_price_minor: int, parts: Iterable[ReplacedUnits]) -> Replaced:
    """Whole kits, by the units of their components."""
    costs = [(replaced_units(part), part.units * part.line.unit_price_minor) for part in parts]
    paid = sum(full - cost.off_minor for cost, full in costs)
    return Replaced(sum(cost.total_minor for cost, _ in costs), max(0, kits * unit_price_minor - paid))


def price_substitute(
    replaced: Replaced,
    units: int,
    *,
    rule: SubstitutePrice,
    unit_price_minor: int,
    tax_rate_ppm: int,
    basis: PriceBasis,
) -> PricedLine:
    """The new line of so many units."""
    gross = basis is PriceBasis.GROSS
    full = units * unit_price_minor
    amount = full - min(full, replaced.off_minor)
    if rule in NOT_DEARER:
        amount = min(amount, _amount_costing(replaced.total_minor, tax_rate_ppm, gross=gross))
    return _line(units, unit_price_minor, full - amount, tax_rate_ppm, gross=gross)


def price_substitute_kits(
    replaced: Replaced,
    kits: int,
    *,
    rule: SubstitutePrice,
    unit_price_minor: int,
    parts: Sequence[NewPart],
    basis: PriceBasis,
) -> list[PricedLine]:
    """The lines of so many kits' components, each with its own tax."""
    gross = basis is PriceBasis.GROSS
    amount = kits * unit_price_minor - min(kits * unit_price_minor, replaced.off_minor)
    highest = max(part.tax_rate_ppm for part in parts)
    while True:
        lines = _kit_lines(kits, unit_price_minor, kits * unit_price_minor - amount, parts, gross=gross)
        above = sum(line.total_minor for line in lines) - replaced.total_minor
        if rule not in NOT_DEARER or above <= 0:
            return lines
        amount -= min(amount, max(1, above * MILLION // (MILLION + highest)))


def _kit_lines(
    kits: int, unit_price_minor: int, discount_minor: int, parts: Sequence[NewPart], *, gross: bool
) -> list[PricedLine]:
    shares = shared_price(
        kits, unit_price_minor, discount_minor, [ToShare(part.units, part.price_minor) for part in parts]
    )
    return [
        _line(kits * part.units, share.unit_price_minor, share.discount_minor, part.tax_rate_ppm, gross=gross)
        for part, share in zip(parts, shares, strict=True)
    ]


def _line(units: int, unit_price_minor: int, discount_minor: int, tax_rate_ppm: int, *, gross: bool) -> PricedLine:
    net, tax = taxed(units * unit_price_minor - discount_minor, tax_rate_ppm, gross=gross)
    return PricedLine(units, unit_price_minor, discount_minor, 0, tax_rate_ppm, net, tax, net + tax)


def _share(line: PricedLine, units: int) -> int:
    """What was taken off the first `units` of the line."""
    return (line.discount_minor + line.order_discount_minor) * units // line.quantity


def _amount_costing(most_minor: int, rate_ppm: int, *, gross: bool) -> int:
    """The largest amount that costs no more than that with its tax."""
    amount = most_minor if gross else -(-most_minor * MILLION // (MILLION + rate_ppm))
    while sum(taxed(amount, rate_ppm, gross=gross)) > most_minor:
        amount -= 1
    return amount
