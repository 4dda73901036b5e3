"""Amounts as whole minor units of a currency: exact splits, stated rounding, never a float."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that carries its currency."""

    minor: int
    currency: str


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator (> 0) to the nearest whole, a tie away from zero as receipts do: 5/2 -> 3, -5/2 -> -3."""
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((denominator - 2 * numerator) // (2 * denominator))


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
