"""What is wanted of a variant, by how far it is on its way out, and what there will be when everything comes that is expected.

Kinds of demand as IBM Sterling tells them apart (open, scheduled, released, backordered, reserved), and those that it leaves
to other documents: units that a customer, another location or a vendor is asked about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Final

from domain.lifecycle import UnitStatus


class DemandKind(StrEnum):
    CART = "cart"
    SCHEDULED = "scheduled"
    AT_WORK = "at_work"
    FORWARDED = "forwarded"
    UNSCHEDULED = "unscheduled"
    BACKORDERED = "backordered"
    PREORDERED = "preordered"
    PICKUP_REJECTED = "pickup_rejected"
    AT_VENDOR = "at_vendor"


DEMAND_OF: Final[Mapping[UnitStatus, DemandKind]] = {
    UnitStatus.PLACED: DemandKind.UNSCHEDULED,
    UnitStatus.UNSCHEDULED: DemandKind.UNSCHEDULED,
    UnitStatus.BACKORDERED: DemandKind.BACKORDERED,
    UnitStatus.PICKUP_REJECTED: DemandKind.PICKUP_REJECTED,
    UnitStatus.SCHEDULED: DemandKind.SCHEDULED,
    UnitStatus.AWAITING_VENDOR: DemandKind.AT_VENDOR,
    UnitStatus.VENDOR_ACCEPTED: DemandKind.AT_VENDOR,
    UnitStatus.AWAITING_TRANSFER: DemandKind.FORWARDED,
    UnitStatus.IN_TRANSFER: DemandKind.FORWARDED,
    UnitStatus.RELEASED: DemandKind.AT_WORK,
    UnitStatus.ACKNOWLEDGED: DemandKind.AT_WORK,
    UnitStatus.PICKED: DemandKind.AT_WORK,
    UnitStatus.PACKED: DemandKind.AT_WORK,
    UnitStatus.READY_FOR_PICKUP: DemandKind.AT_WORK,
}
"""Units in other statuses are not wanted: not yet, or not any more."""

UNSERVED: Final = frozenset({DemandKind.UNSCHEDULED, DemandKind.BACKORDERED, DemandKind.PREORDERED})
"""What no stock is claimed for, and what comes will be."""


@dataclass(frozen=True, slots=True)
class Demand:
    kind: DemandKind
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Units that are expected on one day, by how certain they are."""

    on: date
    in_transit: int = 0
    on_order: int = 0
    planned: int = 0

    @property
    def units(self) -> int:
        return self.in_transit + self.on_order + self.planned


@dataclass(frozen=True, slots=True)
class Projected:
    """`free` may be below 0: so many units are wanted that nothing expected covers."""

    coming: Coming
    free: int


def together(places: Iterable[Iterable[Coming]]) -> list[Coming]:
    """What comes to any of the places, by day."""
    days: dict[date, Coming] = {}
    for each in (each for place in places for each in place):
        day = days.get(each.on, Coming(on=each.on))
        days[each.on] = Coming(
            on=each.on,
            in_transit=day.in_transit + each.in_transit,
            on_order=day.on_order + each.on_order,
            planned=day.planned + each.planned,
        )
    return list(days.values())


def unserved(demand: Iterable[Demand]) -> int:
    return sum(each.quantity for each in demand if each.kind in UNSERVED)


def projection(free_now: int, coming: Iterable[Coming]) -> list[Projected]:
    """What is free at the end of each day on which something comes, the soonest first, if nothing more is wanted."""
    by_day = sorted(coming, key=lambda each: each.on)
    totals = accumulate((each.units for each in by_day), initial=free_now)
    return [Projected(each, total) for each, total in zip(by_day, list(totals)[1:], strict=True)]
