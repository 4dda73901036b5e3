"""Purchase orders: what may follow what, how many units may come, and what is on order.

Ordered units are never on hand before they are received. More may come than was ordered up to the vendor's tolerance; with
fewer, the order stays open until somebody closes it. Source: Spree Commerce, purchase order states; SAP Help, "Under- and
overdelivery tolerance".
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Protocol

from domain.errors import IllegalTransition

PERCENT: Final = 100


class PurchaseStatus(StrEnum):
    DRAFT = "draft"
    ORDERED = "ordered"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class PurchaseAction(StrEnum):
    CHANGE = "change"
    RESCHEDULE = "reschedule"
    ORDER = "order"
    RECEIVE = "receive"
    CLOSE = "close"
    CANCEL = "cancel"


ON_ORDER: Final = (PurchaseStatus.ORDERED, PurchaseStatus.PARTIALLY_RECEIVED)
ALLOWED_FROM: Final[Mapping[PurchaseAction, tuple[PurchaseStatus, ...]]] = {
    PurchaseAction.CHANGE: (PurchaseStatus.DRAFT,),
    PurchaseAction.RESCHEDULE: (PurchaseStatus.DRAFT, *ON_ORDER),
    PurchaseAction.ORDER: (PurchaseStatus.DRAFT,),
    PurchaseAction.RECEIVE: ON_ORDER,
    PurchaseAction.CLOSE: (PurchaseStatus.PARTIALLY_RECEIVED,),
    PurchaseAction.CANCEL: (PurchaseStatus.DRAFT, PurchaseStatus.ORDERED),
}


class Bought(Protocol):
    """A line: units ordered, and units that came, damaged ones included."""

    quantity: int
    received: int


def check_purchase(action: PurchaseAction, status: PurchaseStatus) -> None:
    """Raises IllegalTransition."""
    if status not in ALLOWED_FROM[action]:
        raise IllegalTransition(action, status, ALLOWED_FROM[action])


def still_to_come(line: Bought) -> int:
    """Of an open order; 0 when more came than was ordered."""
    return max(0, line.quantity - line.received)


def most_receivable(line: Bought, over_percent: int) -> int:
    """Units that may still come, whole ones: 10 % more than 15 are 16."""
    return line.quantity + line.quantity * over_percent // PERCENT - line.received


def is_short(line: Bought, short_percent: int) -> bool:
    """Whether more is missing than the tolerance forgives."""
    return (line.quantity - line.received) * PERCENT > line.quantity * short_percent


def after_purchase_receipt(lines: Iterable[Bought]) -> PurchaseStatus:
    is_open = any(still_to_come(line) for line in lines)
    return PurchaseStatus.PARTIALLY_RECEIVED if is_open else PurchaseStatus.RECEIVED
