"""Transfers between two locations: what may follow what, and where the units of a line are in the meantime.

A unit leaves the origin's stock when it is shipped and enters the destination's when it is received; in between it is in
transit and lies nowhere. For each line: shipped = received + written back + written off + in transit. Source: Spree
Commerce, stock transfer states; HotWax Commerce, transfer order flows.

A transfer that is chained to an order (IBM Sterling: transfer order to the pickup store) brings it what is handed over at
the destination: what arrives whole is the order's first, whatever arrives later or not at all is somebody else's. Its
origin is asked as for a fulfilment: it says yes, sends, or has declined when its time is over.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from domain.errors import IllegalTransition


class TransferStatus(StrEnum):
    DRAFT = "draft"
    READY = "ready"
    IN_TRANSIT = "in_transit"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class TransferAction(StrEnum):
    CHANGE = "change"
    MAKE_READY = "make ready"
    ACCEPT = "accept"
    SHIP = "ship"
    DECLINE = "decline"
    RECEIVE = "receive"
    CANCEL = "cancel"


UNSHIPPED: Final = (TransferStatus.DRAFT, TransferStatus.READY)
UNDER_WAY: Final = (TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)
ALLOWED_FROM: Final[Mapping[TransferAction, tuple[TransferStatus, ...]]] = {
    TransferAction.CHANGE: (TransferStatus.DRAFT,),
    TransferAction.MAKE_READY: (TransferStatus.DRAFT,),
    TransferAction.ACCEPT: (TransferStatus.READY,),
    TransferAction.SHIP: (TransferStatus.READY,),
    TransferAction.DECLINE: (TransferStatus.READY,),
    TransferAction.RECEIVE: UNDER_WAY,
    TransferAction.CANCEL: (*UNSHIPPED, *UNDER_WAY),
}


FOR_ORDERS: Final = frozenset({TransferAction.ACCEPT, TransferAction.DECLINE})
"""What is said only of goods that an order waits for."""


class Discrepancy(StrEnum):
    """Why fewer units arrived whole than were shipped."""

    LOST = "lost"
    DAMAGED = "damaged"
    STOLEN = "stolen"
    MISCOUNTED = "miscounted"
    WRONG_ITEM = "wrong_item"
    OTHER = "other"


class Remainder(StrEnum):
    """What becomes of units that are in transit when nothing more is expected."""

    WRITE_BACK = "write_back"
    """They are at the origin again."""
    WRITE_OFF = "write_off"
    """They are gone."""


class Carried(Protocol):
    """A line. `damaged` units are some of the `received` ones."""

    shipped: int
    received: int
    damaged: int
    written_back: int
    written_off: int


class Brought(NamedTuple):
    """Of a chained line, when something arrived: units that the order has now, and units that it will never have."""

    arrived: int
    lost: int


def check_transfer(
    action: TransferAction, status: TransferStatus, *, is_chained: bool, is_accepted: bool = False
) -> None:
    """Raises IllegalTransition. To say yes, once, or no is for who has to bring an order its goods; other transfers are
    sent or cancelled.
    """
    if action in FOR_ORDERS and not is_chained:
        raise IllegalTransition(action, "for stock", ["for an order"])
    if action is TransferAction.ACCEPT and is_accepted:
        raise IllegalTransition(action, "accepted", ALLOWED_FROM[action])
    if status not in ALLOWED_FROM[action]:
        raise IllegalTransition(action, status, ALLOWED_FROM[action])


def answer_by(asked_at: datetime, within_minutes: int | None) -> datetime | None:
    """Until when the origin of a chained transfer has to say yes or send; None where it may take its time."""
    return None if within_minutes is None else asked_at + timedelta(minutes=within_minutes)


def in_transit(line: Carried) -> int:
    return line.shipped - line.received - line.written_back - line.written_off


def brought(line: Carried, *, awaited: int, whole: int) -> Brought:
    """`line` as it is after the receipt, `awaited` as it was before it, `whole` what arrived just now undamaged."""
    arrived = min(whole, awaited)
    return Brought(arrived, max(0, awaited - arrived - in_transit(line)))


def after_receipt(lines: Iterable[Carried]) -> TransferStatus:
    """Of a transfer under way: received once nothing is in transit any more."""
    is_open = any(in_transit(line) for line in lines)
    return TransferStatus.PARTIALLY_RECEIVED if is_open else TransferStatus.RECEIVED
