"""Amounts as whole minor units of a currency: exact text, exact splits, stated rounding.

Rounding: `half_up` takes a tie away from zero (tax and prices, as receipts do); `half_even` takes it to the even
neighbour (sums of many roundings, where half up would drift). Nothing here is a float.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from domain.errors import DomainError

MAX_MINOR: Final = 10**15
"""No single amount is larger, so that sums of thousands fit a bigint column."""

# ISO 4217 list one, the currencies in use in November 2026 (without metals, test codes and those that have no minor unit).
_CODES_BY_DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY "
        "COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
        "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR "
        "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP "
        "STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
DIGITS: Final = {code: digits for digits, codes in _CODES_BY_DIGITS.items() for code in codes.split()}
"""How many decimals each currency writes after the point."""

_AMOUNT: Final = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,15}))?", re.ASCII)


class InvalidAmount(DomainError):
    """A text that is no amount of the currency, or a currency that is none."""

    code = "INVALID_AMOUNT"

    def __init__(self, text: str, currency: str, reason: str) -> None:
        super().__init__(f"{text!r} is no amount in {currency}: {reason}.")
        self.text, self.currency, self.reason = text, currency, reason


class CurrencyMismatch(DomainError):
    code = "CURRENCY_MISMATCH"

    def __init__(self, wanted: str, given: str) -> None:
        super().__init__(f"This is in {wanted}, not in {given}.")
        self.wanted, self.given = wanted, given


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount that carries its currency; adding different currencies raises CurrencyMismatch."""

    minor: int
    currency: str

    def __add__(self, other: Self) -> Self:
        return type(self)(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{format_minor(self.minor, self.currency)} {self.currency}"

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.minor


def digits_of(currency: str) -> int:
    """Decimals of an ISO 4217 code, upper case; raises InvalidAmount for anything else."""
    digits = DIGITS.get(currency)
    if digits is None:
        raise InvalidAmount("", currency, "there is no such currency")
    return digits


def parse_minor(text: str, currency: str) -> int:
    """Minor units of a plain decimal such as "19.99"; raises InvalidAmount where it would have to be rounded.

    "19.990" is refused too: it claims a precision that US dollars do not have.
    """
    digits = digits_of(currency)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise InvalidAmount(text, currency, "write digits with at most one point")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > digits:
        raise InvalidAmount(text, currency, f"it has {len(fraction)} decimals, the currency has {digits}")
    minor = int(whole + fraction.ljust(digits, "0"))
    if minor > MAX_MINOR:
        raise InvalidAmount(text, currency, "it is too large")
    return -minor if sign else minor


def format_minor(minor: int, currency: str) -> str:
    """The decimal text that `parse_minor` reads back: "19.99", "-0.05", "500" for yen."""
    digits = digits_of(currency)
    if not digits:
        return str(minor)
    text = str(abs(minor)).rjust(digits + 1, "0")
    return f"{'-' if minor < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator (> 0) to the nearest whole, a tie away from zero: 5/2 -> 3, -5/2 -> -3."""
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((denominator - 2 * numerator) // (2 * denominator))


def half_even(numerator: int, denominator: int) -> int:
    """numerator / denominator (> 0) to the nearest whole, a tie to the even one: 5/2 -> 2, 7/2 -> 4."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Shares of `total` in proportion to `weights` (none negative) by largest remainder; they sum to it exactly.

    A minor unit that is left over goes to the largest fractional part, ties to the first; weights that are all 0 share
    equally (Vendure `prorate()`); a negative total is split like its opposite.
    """
    if not weights:
        if total:
            raise ValueError(f"{total} cannot be split among nobody")
        return []
    if not total:
        return [0] * len(weights)
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    amount = abs(total)
    shares = [amount * weight // whole for weight in weights]
    left = amount - sum(shares)
    if left:
        by_remainder = sorted(range(len(weights)), key=lambda at: -(amount * weights[at] % whole))
        for at in by_remainder[:left]:
            shares[at] += 1
    return shares if total > 0 else [-share for share in shares]
