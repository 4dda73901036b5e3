"""How far one location is with one order, and what follows when it gives units back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.errors import IllegalTransition
from domain.lifecycle import LEFT, RANK, Action, UnitStatus
from domain.orders import FulfilmentMethod


class FulfilmentStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    READY_FOR_PICKUP = "ready_for_pickup"
    COMPLETED = "completed"
    DECLINED = "declined"
    CANCELLED = "cancelled"


QUEUED: Final = (
    FulfilmentStatus.OPEN,
    FulfilmentStatus.ACCEPTED,
    FulfilmentStatus.IN_PROGRESS,
    FulfilmentStatus.READY_FOR_PICKUP,
)
"""What a location still has to do something about."""


def derive_fulfilment(units: Iterable[UnitStatus], *, gave_back: bool) -> FulfilmentStatus:
    """From the statuses of the units still in the fulfilment; `gave_back` tells an empty one declined from cancelled."""
    present = set(units) - {UnitStatus.CANCELLED}
    if not present:
        return FulfilmentStatus.DECLINED if gave_back else FulfilmentStatus.CANCELLED
    if present <= LEFT:
        return FulfilmentStatus.COMPLETED
    waiting = present - LEFT
    if waiting == {UnitStatus.READY_FOR_PICKUP}:
        return FulfilmentStatus.READY_FOR_PICKUP
    furthest = max(RANK[status] for status in present)
    if furthest >= RANK[UnitStatus.PICKED]:
        return FulfilmentStatus.IN_PROGRESS
    return FulfilmentStatus.ACCEPTED if furthest >= RANK[UnitStatus.VENDOR_ACCEPTED] else FulfilmentStatus.OPEN


OTHER_WAY: Final[Mapping[FulfilmentMethod, frozenset[Action]]] = {
    FulfilmentMethod.SHIP: frozenset({Action.MAKE_READY, Action.HAND_OVER}),
    FulfilmentMethod.PICKUP: frozenset({Action.SHIP, Action.DELIVER}),
}
"""What is never done to units that reach the customer so."""

_FOR: Final = {FulfilmentMethod.SHIP: "for shipping", FulfilmentMethod.PICKUP: "for pickup"}


def check_way(action: Action, method: FulfilmentMethod) -> None:
    """Raises IllegalTransition for an action of the other way."""
    if action in OTHER_WAY[method]:
        allowed = [_FOR[way] for way in FulfilmentMethod if action not in OTHER_WAY[way]]
        raise IllegalTransition(action.replace("_", " "), _FOR[method], allowed)


def check_arrival(method: FulfilmentMethod, status: FulfilmentStatus) -> None:
    """Raises IllegalTransition where nothing waits for a customer to come."""
    if method is not FulfilmentMethod.PICKUP:
        raise IllegalTransition("arrive at", _FOR[method], [_FOR[FulfilmentMethod.PICKUP]])
    if status not in QUEUED:
        raise IllegalTransition("arrive at", status, list(QUEUED))


class DeclineReason(StrEnum):
    OUT_OF_STOCK = "out_of_stock"
    NOT_FOUND = "not_found"
    DAMAGED = "damaged"
    NO_CAPACITY = "no_capacity"
    TOO_LATE = "too_late"
    OTHER = "other"


class Variance(StrEnum):
    """What a reason says about the books (HotWax: no variance, of the quantity, of the whole count)."""

    NONE = "none"
    LOST = "lost"
    """The units given back are not there: on hand falls by them."""
    DAMAGED = "damaged"
    """They are there and cannot be sold."""
    EMPTY = "empty"
    """The shelf is empty: on hand falls to what is already picked or set aside, and nobody else's claim can be met."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """`excluded_for`: how long the location is not asked again for the line."""

    variance: Variance
    excluded_for: timedelta


CONSEQUENCES: Final[Mapping[DeclineReason, Consequence]] = {
    DeclineReason.OUT_OF_STOCK: Consequence(Variance.EMPTY, timedelta(days=7)),
    DeclineReason.NOT_FOUND: Consequence(Variance.LOST, timedelta(days=7)),
    DeclineReason.DAMAGED: Consequence(Variance.DAMAGED, timedelta(days=7)),
    DeclineReason.NO_CAPACITY: Consequence(Variance.NONE, timedelta(days=1)),
    DeclineReason.TOO_LATE: Consequence(Variance.NONE, timedelta(days=1)),
    DeclineReason.OTHER: Consequence(Variance.NONE, timedelta(days=3)),
}
