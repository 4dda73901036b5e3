"""The word on a fulfilment: how far one location is with one order."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from domain.lifecycle import LEFT, RANK, UnitStatus


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
    return FulfilmentStatus.ACCEPTED if furthest == RANK[UnitStatus.ACKNOWLEDGED] else FulfilmentStatus.OPEN
