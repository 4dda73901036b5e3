"""Purchase orders: what may follow what, how many units may come, and what is on order.

Ordered units are never on hand before they are received. More may come than was ordered up to the vendor's tolerance; with
fewer, the order stays open until somebody closes it. Source: Spree Commerce, purchase order states; SAP Help, "Under- and
overdelivery tolerance".

One for drop-ship is chained to a customer's order: the vendor ships to the customer, and nothing ever comes here. Source: IBM
Sterling Order Management, "Drop-ship" and "Chained orders".
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Protocol

from domain.errors import IllegalTransition

PERCENT: Final = 100


class PurchaseKind(StrEnum):
    """For our shelves, or from the vendor straight to the customer of one order."""

    STOCK = "stock"
    DROP_SHIP = "drop_ship"


class PurchaseStatus(StrEnum):
    DRAFT = "draft"
    ORDERED = "ordered"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    ACKNOWLEDGED = "acknowledged"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DECLINED = "declined"


class PurchaseAction(StrEnum):
    CHANGE = "change"
    RESCHEDULE = "reschedule"
    ORDER = "order"
    RECEIVE = "receive"
    CLOSE = "close"
    CANCEL = "cancel"
    ACKNOWLEDGE = "acknowledge"
    DECLINE = "decline"
    REPORT_SHIPMENT = "report_shipment"


_S = PurchaseStatus
ON_ORDER: Final = (_S.ORDERED, _S.PARTIALLY_RECEIVED)
WITH_VENDOR: Final = (_S.ORDERED, _S.ACKNOWLEDGED, _S.PARTIALLY_SHIPPED)
"""Of a chained purchase order: the vendor has something to do about it."""

ALLOWED_FROM: Final[Mapping[PurchaseKind, Mapping[PurchaseAction, tuple[PurchaseStatus, ...]]]] = {
    PurchaseKind.STOCK: {
        PurchaseAction.CHANGE: (_S.DRAFT,),
        PurchaseAction.RESCHEDULE: (_S.DRAFT, *ON_ORDER),
        PurchaseAction.ORDER: (_S.DRAFT,),
        PurchaseAction.RECEIVE: ON_ORDER,
        PurchaseAction.CLOSE: (_S.PARTIALLY_RECEIVED,),
        PurchaseAction.CANCEL: (_S.DRAFT, _S.ORDERED),
    },
    PurchaseKind.DROP_SHIP: {
        PurchaseAction.RESCHEDULE: WITH_VENDOR,
        PurchaseAction.ACKNOWLEDGE: (_S.ORDERED,),
        PurchaseAction.DECLINE: WITH_VENDOR,
        PurchaseAction.REPORT_SHIPMENT: WITH_VENDOR,
    },
}


class Bought(Protocol):
    """A line: units ordered, and units that came, damaged ones included."""

    quantity: int
    received: int


class ChainedLine(Protocol):
    """A line for drop-ship: units ordered, and what became of them."""

    quantity: int
    shipped: int
    declined: int
    cancelled: int


def check_purchase(action: PurchaseAction, kind: PurchaseKind, status: PurchaseStatus) -> None:
    """Raises IllegalTransition."""
    allowed = ALLOWED_FROM[kind].get(action, ())
    if status not in allowed:
        raise IllegalTransition(
            action.replace("_", " "),
            status if allowed else f"for {kind.replace('_', ' ')}",
            allowed or [f"for {other.replace('_', ' ')}" for other in PurchaseKind if action in ALLOWED_FROM[other]],
        )


def at_vendor(line: ChainedLine) -> int:
    """Units that the vendor still has to ship, decline, or let go."""
    return line.quantity - line.shipped - line.declined - line.cancelled


def chained_status(lines: Iterable[ChainedLine], *, is_acknowledged: bool) -> PurchaseStatus:
    """The word for a purchase order for drop-ship, from what became of its units."""
    known = list(lines)
    is_shipped = any(line.shipped for line in known)
    if any(at_vendor(line) for line in known):
        if is_shipped:
            return PurchaseStatus.PARTIALLY_SHIPPED
        return PurchaseStatus.ACKNOWLEDGED if is_acknowledged else PurchaseStatus.ORDERED
    if is_shipped:
        return PurchaseStatus.SHIPPED
    return PurchaseStatus.DECLINED if any(line.declined for line in known) else PurchaseStatus.CANCELLED


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
