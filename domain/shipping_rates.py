"""What a carrier asks for one parcel: a zone by distance, a base and an amount for each started kilogram."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.money import half_up

GRAMS_PER_KILOGRAM: Final = 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of one parcel in one zone: the base, then so much for each started kilogram above those included."""

    base_minor: int
    per_kilogram_minor: int
    included_kilograms: int = 0

    def price_minor(self, grams: int) -> int:
        return self.base_minor + self.per_kilogram_minor * max(0, started_kilograms(grams) - self.included_kilograms)


def rate_of(kept: Mapping[str, Any]) -> Rate:
    """Of a carrier service's zone, as it is kept."""
    return Rate(kept["base_minor"], kept["per_kilogram_minor"], kept["included_kilograms"])


@dataclass(frozen=True, slots=True)
class RateCard:
    """One carrier service: zone i reaches to `zone_up_to_km[i]` inclusive, the last rate is for everything beyond."""

    zone_up_to_km: tuple[float, ...]
    rates: tuple[Rate, ...]

    def __post_init__(self) -> None:
        if len(self.rates) != len(self.zone_up_to_km) + 1 or list(self.zone_up_to_km) != sorted(self.zone_up_to_km):
            raise ValueError("a rate card has rising distances and one rate more than distances")

    def zone(self, kilometres: float) -> int:
        return bisect_left(self.zone_up_to_km, kilometres)

    def rate(self, kilometres: float) -> Rate:
        return self.rates[bisect_left(self.zone_up_to_km, kilometres)]


@dataclass(frozen=True, slots=True)
class FallbackRate:
    """What a parcel is taken to cost while a carrier has no answer: linear above a weight, to the gram.

    `fallback + increment x (weight - threshold)` (Microsoft Dynamics 365 Intelligent Order Management, shipping rates).
    """

    base_minor: int
    increment_minor_per_kilogram: int
    threshold_grams: int

    def price_minor(self, grams: int) -> int:
        above = max(0, grams - self.threshold_grams)
        return self.base_minor + half_up(self.increment_minor_per_kilogram * above, GRAMS_PER_KILOGRAM)


DEFAULT_RATE_CARD: Final = RateCard(
    zone_up_to_km=(240, 480, 960, 1600, 2250, 2900, 4000),
    rates=tuple(
        Rate(base, per_kilogram)
        for base, per_kilogram in zip(
            (580, 620, 680, 740, 810, 880, 960, 1050), (45, 55, 70, 90, 115, 140, 170, 200), strict=True
        )
    ),
)
"""Ground parcels in eight zones; the distances are those of US parcel carriers (150 to 1,800 miles and beyond), rounded."""


def started_kilograms(grams: int) -> int:
    return -(-grams // GRAMS_PER_KILOGRAM)


def with_factor(rate_minor: int, factor_ppm: int) -> int:
    """A carrier's rate times our factor in parts per million (D365 "rate factor"), half up."""
    return half_up(rate_minor * factor_ppm, 1_000_000)
