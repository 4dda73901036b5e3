"""When goods are ordered again, and how many. Source: Silver, Pyke, Thomas, "Inventory and Production Management in Supply
Chains", control systems (s, S) and (s, Q); the latter is also called (r, Q).

Both look at the inventory position: what is available and what is coming, less what is backordered. At or below the
reorder point,

    (s, S)  the position is filled up to S: with s = 10, S = 30 and a position of 7, 23 are ordered
    (r, Q)  as many lots of Q as bring it above r: with r = 10, Q = 12 and a position of −3, 2 lots are
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Protocol, TypeVar
from uuid import UUID

SALES_DAYS: Final = 28
"""Four weeks, so that every day of the week counts alike."""


class ReorderPolicy(StrEnum):
    UP_TO_LEVEL = "up_to_level"
    """(s, S)"""
    FIXED_LOTS = "fixed_lots"
    """(r, Q)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`quantity` is S or Q."""

    policy: ReorderPolicy
    reorder_point: int
    quantity: int


class Placed(Protocol):
    @property
    def vendor_id(self) -> UUID: ...
    @property
    def location_id(self) -> UUID: ...


P = TypeVar("P", bound=Placed)


def to_order(rule: Rule, position: int) -> int:
    """Units to order now, 0 above the reorder point."""
    if position > rule.reorder_point:
        return 0
    if rule.policy is ReorderPolicy.UP_TO_LEVEL:
        return rule.quantity - position
    lots = (rule.reorder_point - position) // rule.quantity + 1
    return lots * rule.quantity


def days_of_supply(available: int, sold: int) -> int | None:
    """Whole days that what is available lasts where `sold` units went in SALES_DAYS; None where nothing was sold."""
    return max(available, 0) * SALES_DAYS // sold if sold > 0 else None


def comes_on(today: date, lead_time_days: int) -> date:
    return today + timedelta(days=lead_time_days)


def by_vendor(suggestions: Iterable[P]) -> dict[tuple[UUID, UUID], list[P]]:
    """What goes onto one purchase order: one vendor, one destination."""
    groups: dict[tuple[UUID, UUID], list[P]] = {}
    for each in suggestions:
        groups.setdefault((each.vendor_id, each.location_id), []).append(each)
    return groups
