"""Holds: overlays that stop named actions. An order can have many; none of them is a status (IBM Sterling hold types)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from domain.errors import BlockedByHold
from domain.lifecycle import Action


class HoldKind(StrEnum):
    CREDIT = "credit"
    FRAUD = "fraud"
    PAYMENT = "payment"
    ADDRESS = "address"
    CUSTOMER_REQUEST = "customer_request"
    PENDING_CHANGE = "pending_change"
    MANUAL = "manual"
    UNROUTABLE = "unroutable"
    """Too many locations let it lie: somebody has to decide where it goes."""


class HoldStatus(StrEnum):
    """Rejected: whoever judged it said no, and the order stays held until it is cancelled or the hold resolved."""

    CREATED = "created"
    REJECTED = "rejected"
    RESOLVED = "resolved"


_RELEASE: Final = frozenset({Action.CHAIN, Action.FORWARD, Action.RELEASE})
_UNTIL_SHIPPED: Final = _RELEASE | {
    Action.CONFIRM,
    Action.FORWARD_SHIP,
    Action.PICK,
    Action.PACK,
    Action.SHIP,
    Action.HAND_OVER,
}

STOPS: Final[Mapping[HoldKind, frozenset[Action]]] = {
    HoldKind.CREDIT: _RELEASE | {Action.CONFIRM},
    HoldKind.FRAUD: _UNTIL_SHIPPED | {Action.SCHEDULE},
    HoldKind.PAYMENT: _RELEASE | {Action.SHIP, Action.HAND_OVER},
    HoldKind.ADDRESS: _RELEASE | {Action.PACK, Action.SHIP},
    HoldKind.CUSTOMER_REQUEST: _UNTIL_SHIPPED,
    HoldKind.PENDING_CHANGE: _UNTIL_SHIPPED | {Action.SCHEDULE, Action.CANCEL},
    HoldKind.MANUAL: _UNTIL_SHIPPED,
    HoldKind.UNROUTABLE: _RELEASE | {Action.SCHEDULE},
}
"""What each kind of hold stops. Stock stays allocated meanwhile."""


def kinds_stopping(*actions: Action) -> list[str]:
    """The kinds that stop any of these, as they are stored."""
    return sorted(kind.value for kind, stops in STOPS.items() if stops.intersection(actions))


def stopped_by(kinds: Iterable[HoldKind]) -> frozenset[Action]:
    return frozenset().union(*(STOPS[kind] for kind in kinds))


def check_holds(action: Action, kinds: Iterable[HoldKind]) -> None:
    """Raise BlockedByHold when one of the open holds stops `action`."""
    stopping = sorted({kind for kind in kinds if action in STOPS[kind]})
    if stopping:
        raise BlockedByHold(action.replace("_", " "), stopping)
