"""How plentiful a variant is, in a word: what customers are told instead of counts, and what is told when it changes.

Boundaries are units. Source: IBM Sterling Intelligent Promising, availability thresholds (LOW, MEDIUM, HIGH at tenant,
node and SKU; the SKU's come before the node's, the node's before the tenant's; an event is raised when a level is crossed).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class AvailabilityLevel(StrEnum):
    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The fewest units that are called medium, and high; 1 <= medium_from <= high_from."""

    medium_from: int
    high_from: int


STANDARD: Final = Bounds(medium_from=5, high_from=20)
"""Where an organization has set none."""


def level_of(units: int, bounds: Bounds) -> AvailabilityLevel:
    if units <= 0:
        return AvailabilityLevel.NONE
    if units < bounds.medium_from:
        return AvailabilityLevel.LOW
    return AvailabilityLevel.MEDIUM if units < bounds.high_from else AvailabilityLevel.HIGH


def bounds_from(medium_from: int | None, high_from: int | None) -> Bounds:
    """The standard where nothing is set."""
    if medium_from is None or high_from is None:
        return STANDARD
    return Bounds(medium_from, high_from)
