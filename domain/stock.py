"""Stock as a ledger: typed movements are the only way a counter changes.

`on_hand` is what lies there, in whatever condition; `allocated` is claimed by orders, `reserved` by carts, `damaged` and
`quality_control` cannot be sold, `safety` is kept back, `set_aside` is for some buyers only (`domain/quotas`). available =
on_hand - allocated - reserved - damaged - quality_control - safety - set_aside, never below 0 to the outside. Placing an
order never touches `on_hand`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class MovementKind(StrEnum):
    RECEIVED = "received"
    ADJUSTED = "adjusted"
    TRANSFERRED_IN = "transferred_in"
    TRANSFERRED_OUT = "transferred_out"
    ALLOCATED = "allocated"
    RELEASED = "released"
    SHIPPED = "shipped"
    FORWARDED_OUT = "forwarded_out"
    FORWARDED_IN = "forwarded_in"
    RESERVED = "reserved"
    UNRESERVED = "unreserved"
    CONVERTED = "converted"
    DAMAGED = "damaged"
    REPAIRED = "repaired"
    QUARANTINED = "quarantined"
    CLEARED = "cleared"
    CONDEMNED = "condemned"
    DISCARDED = "discarded"
    SAFETY_CHANGED = "safety_changed"


@dataclass(frozen=True, slots=True)
class Effect:
    """What one unit of a movement adds to each counter."""

    on_hand: int = 0
    allocated: int = 0
    reserved: int = 0
    damaged: int = 0
    quality_control: int = 0
    safety: int = 0


EFFECTS: Final[Mapping[MovementKind, Effect]] = {
    MovementKind.RECEIVED: Effect(on_hand=1),
    MovementKind.ADJUSTED: Effect(on_hand=1),
    MovementKind.TRANSFERRED_IN: Effect(on_hand=1),
    MovementKind.TRANSFERRED_OUT: Effect(on_hand=-1),
    MovementKind.ALLOCATED: Effect(allocated=1),
    MovementKind.RELEASED: Effect(allocated=-1),
    MovementKind.SHIPPED: Effect(on_hand=-1, allocated=-1),
    MovementKind.FORWARDED_OUT: Effect(on_hand=-1, allocated=-1),
    MovementKind.FORWARDED_IN: Effect(on_hand=1, allocated=1),
    MovementKind.RESERVED: Effect(reserved=1),
    MovementKind.UNRESERVED: Effect(reserved=-1),
    MovementKind.CONVERTED: Effect(reserved=-1, allocated=1),
    MovementKind.DAMAGED: Effect(damaged=1),
    MovementKind.REPAIRED: Effect(damaged=-1),
    MovementKind.QUARANTINED: Effect(quality_control=1),
    MovementKind.CLEARED: Effect(quality_control=-1),
    MovementKind.CONDEMNED: Effect(quality_control=-1, damaged=1),
    MovementKind.DISCARDED: Effect(on_hand=-1, damaged=-1),
    MovementKind.SAFETY_CHANGED: Effect(safety=1),
}
"""Every quantity is positive but for ADJUSTED and SAFETY_CHANGED, which may take away."""

COUNTERS: Final = ("on_hand", "allocated", "reserved", "damaged", "quality_control")
IN_LEDGER: Final = (*COUNTERS, "safety")
"""What movements add up to; how much is kept back is somebody's wish, and counts no units."""


class AdjustmentReason(StrEnum):
    COUNTED = "counted"
    FOUND = "found"
    LOST = "lost"
    STOLEN = "stolen"
    EXPIRED = "expired"
    SHORT_PICKED = "short_picked"
    CORRECTION = "correction"


class ReservationStatus(StrEnum):
    ACTIVE = "active"
    CONVERTED = "converted"
    RELEASED = "released"
    EXPIRED = "expired"
