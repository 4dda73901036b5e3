"""The life of ordered units as tables. Nothing else decides what may follow what.

A status belongs to a quantity, not to an order: of three units two may be scheduled at one location and one
backordered (IBM Sterling "status quantities", commercetools `transitionLineItemState`). The words on a line and on an
order are derived. Whether a move touches stock follows from the two statuses alone, see `stock_effect`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from domain.errors import IllegalTransition


class UnitStatus(StrEnum):
    DRAFT = "draft"
    PLACED = "placed"
    BACKORDERED = "backordered"
    UNSCHEDULED = "unscheduled"
    PICKUP_REJECTED = "pickup_rejected"
    SCHEDULED = "scheduled"
    AWAITING_VENDOR = "awaiting_vendor"
    VENDOR_ACCEPTED = "vendor_accepted"
    AWAITING_TRANSFER = "awaiting_transfer"
    IN_TRANSFER = "in_transfer"
    RELEASED = "released"
    ACKNOWLEDGED = "acknowledged"
    PICKED = "picked"
    PACKED = "packed"
    READY_FOR_PICKUP = "ready_for_pickup"
    SHIPPED = "shipped"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class OrderStatus(StrEnum):
    """The word on an order or a line: its units' common status, or how far the furthest of them are."""

    DRAFT = "draft"
    PLACED = "placed"
    BACKORDERED = "backordered"
    UNSCHEDULED = "unscheduled"
    PICKUP_REJECTED = "pickup_rejected"
    SCHEDULED = "scheduled"
    AWAITING_VENDOR = "awaiting_vendor"
    VENDOR_ACCEPTED = "vendor_accepted"
    AWAITING_TRANSFER = "awaiting_transfer"
    IN_TRANSFER = "in_transfer"
    RELEASED = "released"
    ACKNOWLEDGED = "acknowledged"
    PICKED = "picked"
    PACKED = "packed"
    READY_FOR_PICKUP = "ready_for_pickup"
    SHIPPED = "shipped"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    PARTIALLY_PLACED = "partially_placed"
    PARTIALLY_BACKORDERED = "partially_backordered"
    PARTIALLY_UNSCHEDULED = "partially_unscheduled"
    PARTIALLY_PICKUP_REJECTED = "partially_pickup_rejected"
    PARTIALLY_SCHEDULED = "partially_scheduled"
    PARTIALLY_AWAITING_VENDOR = "partially_awaiting_vendor"
    PARTIALLY_VENDOR_ACCEPTED = "partially_vendor_accepted"
    PARTIALLY_AWAITING_TRANSFER = "partially_awaiting_transfer"
    PARTIALLY_IN_TRANSFER = "partially_in_transfer"
    PARTIALLY_RELEASED = "partially_released"
    PARTIALLY_ACKNOWLEDGED = "partially_acknowledged"
    PARTIALLY_PICKED = "partially_picked"
    PARTIALLY_PACKED = "partially_packed"
    PARTIALLY_READY_FOR_PICKUP = "partially_ready_for_pickup"
    PARTIALLY_SHIPPED = "partially_shipped"
    PARTIALLY_PICKED_UP = "partially_picked_up"
    PARTIALLY_DELIVERED = "partially_delivered"


class Action(StrEnum):
    """What can be done to units. A hold names the actions it stops."""

    PLACE = "place"
    CONFIRM = "confirm"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    BACKORDER = "backorder"
    CHAIN = "chain"
    VENDOR_ACCEPT = "vendor_accept"
    VENDOR_DECLINE = "vendor_decline"
    VENDOR_SHIP = "vendor_ship"
    FORWARD = "forward"
    FORWARD_SHIP = "forward_ship"
    FORWARD_DECLINE = "forward_decline"
    FORWARD_RECEIVE = "forward_receive"
    FORWARD_LOSE = "forward_lose"
    RELEASE = "release"
    ACCEPT = "accept"
    DECLINE = "decline"
    PICK = "pick"
    SHORT_PICK = "short_pick"
    PACK = "pack"
    UNPACK = "unpack"
    SHIP = "ship"
    MAKE_READY = "make_ready"
    HAND_OVER = "hand_over"
    DELIVER = "deliver"
    CANCEL = "cancel"
    RECALL = "recall"
    REJECT_PICKUP = "reject_pickup"
    ANSWER_PICKUP = "answer_pickup"
    PUT_BACK = "put_back"


_S = UnitStatus

FROM_OF: Final[Mapping[Action, frozenset[UnitStatus]]] = {
    Action.PLACE: frozenset({_S.DRAFT}),
    Action.SCHEDULE: frozenset({_S.PLACED, _S.BACKORDERED, _S.UNSCHEDULED}),
    # What was planned turns out not to be there.
    Action.UNSCHEDULE: frozenset({_S.SCHEDULED}),
    Action.BACKORDER: frozenset({_S.PLACED, _S.UNSCHEDULED}),
    # Ordered from a vendor who ships to the customer: no location of ours ever has these units, so no stock moves.
    Action.CHAIN: frozenset({_S.BACKORDERED}),
    Action.VENDOR_ACCEPT: frozenset({_S.AWAITING_VENDOR}),
    Action.VENDOR_DECLINE: frozenset({_S.AWAITING_VENDOR, _S.VENDOR_ACCEPTED}),
    Action.VENDOR_SHIP: frozenset({_S.VENDOR_ACCEPTED}),
    # Brought to where the order is handed over: allocated where they lie until they are sent, in no location's stock on
    # the way, and allocated there from the moment they arrive.
    Action.FORWARD: frozenset({_S.SCHEDULED}),
    Action.FORWARD_SHIP: frozenset({_S.AWAITING_TRANSFER}),
    Action.FORWARD_DECLINE: frozenset({_S.AWAITING_TRANSFER}),
    Action.FORWARD_RECEIVE: frozenset({_S.IN_TRANSFER}),
    Action.FORWARD_LOSE: frozenset({_S.IN_TRANSFER}),
    Action.RELEASE: frozenset({_S.SCHEDULED}),
    Action.ACCEPT: frozenset({_S.RELEASED}),
    Action.DECLINE: frozenset({_S.RELEASED, _S.ACKNOWLEDGED}),
    Action.PICK: frozenset({_S.ACKNOWLEDGED}),
    Action.SHORT_PICK: frozenset({_S.ACKNOWLEDGED}),
    Action.PACK: frozenset({_S.PICKED}),
    Action.UNPACK: frozenset({_S.PACKED}),
    Action.SHIP: frozenset({_S.PACKED}),
    Action.MAKE_READY: frozenset({_S.PICKED, _S.PACKED}),
    Action.HAND_OVER: frozenset({_S.READY_FOR_PICKUP}),
    Action.DELIVER: frozenset({_S.SHIPPED}),
    # Before release, or a vendor's yes, nobody works on the units yet: they are cancelled at once, and so are those on their
    # way to another location of ours, which has a use for them. After it the location is asked, and `RECALL` is its yes.
    Action.CANCEL: frozenset(
        {
            _S.DRAFT,
            _S.PLACED,
            _S.BACKORDERED,
            _S.UNSCHEDULED,
            _S.PICKUP_REJECTED,
            _S.SCHEDULED,
            _S.AWAITING_VENDOR,
            _S.AWAITING_TRANSFER,
            _S.IN_TRANSFER,
        }
    ),
    Action.RECALL: frozenset(
        {_S.VENDOR_ACCEPTED, _S.RELEASED, _S.ACKNOWLEDGED, _S.PICKED, _S.PACKED, _S.READY_FOR_PICKUP}
    ),
    # What a customer wanted to collect never goes elsewhere by itself: they are asked, and their answer frees it. What is
    # picked already goes along only where the rest of its kit is missing.
    Action.REJECT_PICKUP: frozenset(
        {_S.SCHEDULED, _S.RELEASED, _S.ACKNOWLEDGED, _S.PICKED, _S.PACKED, _S.READY_FOR_PICKUP}
    ),
    Action.ANSWER_PICKUP: frozenset({_S.PICKUP_REJECTED}),
    # What was found goes back on the shelf, because it must not go without what was not.
    Action.PUT_BACK: frozenset({_S.PICKED, _S.PACKED, _S.READY_FOR_PICKUP}),
}

TO_OF: Final[Mapping[Action, UnitStatus]] = {
    Action.PLACE: _S.PLACED,
    Action.SCHEDULE: _S.SCHEDULED,
    Action.UNSCHEDULE: _S.UNSCHEDULED,
    Action.BACKORDER: _S.BACKORDERED,
    Action.CHAIN: _S.AWAITING_VENDOR,
    Action.VENDOR_ACCEPT: _S.VENDOR_ACCEPTED,
    Action.VENDOR_DECLINE: _S.BACKORDERED,
    Action.VENDOR_SHIP: _S.SHIPPED,
    Action.FORWARD: _S.AWAITING_TRANSFER,
    Action.FORWARD_SHIP: _S.IN_TRANSFER,
    Action.FORWARD_DECLINE: _S.UNSCHEDULED,
    Action.FORWARD_RECEIVE: _S.SCHEDULED,
    Action.FORWARD_LOSE: _S.UNSCHEDULED,
    Action.RELEASE: _S.RELEASED,
    Action.ACCEPT: _S.ACKNOWLEDGED,
    Action.DECLINE: _S.UNSCHEDULED,
    Action.PICK: _S.PICKED,
    Action.SHORT_PICK: _S.UNSCHEDULED,
    Action.PACK: _S.PACKED,
    Action.UNPACK: _S.PICKED,
    Action.SHIP: _S.SHIPPED,
    Action.MAKE_READY: _S.READY_FOR_PICKUP,
    Action.HAND_OVER: _S.PICKED_UP,
    Action.DELIVER: _S.DELIVERED,
    Action.CANCEL: _S.CANCELLED,
    Action.RECALL: _S.CANCELLED,
    Action.REJECT_PICKUP: _S.PICKUP_REJECTED,
    Action.ANSWER_PICKUP: _S.UNSCHEDULED,
    Action.PUT_BACK: _S.UNSCHEDULED,
}

TRANSITIONS: Final[Mapping[UnitStatus, Mapping[UnitStatus, frozenset[Action]]]] = {
    before: {
        after: frozenset(action for action in FROM_OF if before in FROM_OF[action] and TO_OF[action] is after)
        for after in UnitStatus
        if any(before in FROM_OF[action] and TO_OF[action] is after for action in FROM_OF)
    }
    for before in UnitStatus
}
"""Every edge with the actions that take it."""

FIRST: Final = frozenset({_S.DRAFT, _S.PLACED, _S.SCHEDULED, _S.BACKORDERED})
"""Where units may begin: placing routes at once, so they usually begin scheduled or backordered."""

ALLOCATED: Final = frozenset(
    {
        _S.SCHEDULED,
        _S.AWAITING_TRANSFER,
        _S.RELEASED,
        _S.ACKNOWLEDGED,
        _S.PICKED,
        _S.PACKED,
        _S.READY_FOR_PICKUP,
    },
)
"""Units that a location holds for the order: they sum to the `allocated` counter of its stock level."""

LEFT: Final = frozenset({_S.SHIPPED, _S.PICKED_UP, _S.DELIVERED})
"""Units that left the location, and its on-hand count."""

AT_VENDOR: Final = frozenset({_S.AWAITING_VENDOR, _S.VENDOR_ACCEPTED})
"""Units ordered from a vendor for this very order: they sum to what its chained purchase orders still wait for."""

FORWARDED: Final = frozenset({_S.AWAITING_TRANSFER, _S.IN_TRANSFER})
"""Units that are brought to where they are handed over: they sum to what the order's chained transfers bring it."""

IN_FULFILMENT: Final = FROM_OF[Action.RECALL]
"""Units that somebody works on: cancelling them is a request."""

WITHOUT_PLACE: Final = frozenset(
    {_S.DRAFT, _S.PLACED, _S.BACKORDERED, _S.UNSCHEDULED, _S.PICKUP_REJECTED, _S.CANCELLED},
)
WITH_LOCATION: Final = frozenset(UnitStatus) - WITHOUT_PLACE
"""Units on their way to another location are those of the one that sent them until they arrive."""
WITH_FULFILMENT: Final = WITH_LOCATION - {_S.SCHEDULED} - FORWARDED

OPEN: Final = frozenset(UnitStatus) - {_S.DRAFT, _S.PICKED_UP, _S.DELIVERED, _S.CANCELLED}

RANK: Final[Mapping[UnitStatus, int]] = {
    _S.CANCELLED: -1,
    _S.DRAFT: 0,
    _S.PLACED: 1,
    _S.BACKORDERED: 2,
    _S.UNSCHEDULED: 3,
    _S.PICKUP_REJECTED: 4,
    _S.SCHEDULED: 5,
    _S.AWAITING_VENDOR: 6,
    _S.AWAITING_TRANSFER: 7,
    _S.IN_TRANSFER: 8,
    _S.RELEASED: 9,
    _S.VENDOR_ACCEPTED: 10,
    _S.ACKNOWLEDGED: 11,
    _S.PICKED: 12,
    _S.PACKED: 13,
    _S.READY_FOR_PICKUP: 14,
    _S.SHIPPED: 15,
    _S.PICKED_UP: 16,
    _S.DELIVERED: 17,
}


class StockEffect(StrEnum):
    ALLOCATE = "allocate"
    RELEASE = "release"
    SHIP = "ship"
    SEND = "send"
    """Out of one location's stock, claim and all, on to another's."""
    ARRIVE = "arrive"
    """Into a location's stock, claimed from the first moment."""


def stock_effect(before: UnitStatus, after: UnitStatus) -> StockEffect | None:
    """What a move does to the stock level of the units' location; None when it does nothing."""
    if before in ALLOCATED and after in LEFT:
        return StockEffect.SHIP
    if before in ALLOCATED and after is _S.IN_TRANSFER:
        return StockEffect.SEND
    if before is _S.IN_TRANSFER and after in ALLOCATED:
        return StockEffect.ARRIVE
    if before in ALLOCATED and after not in ALLOCATED:
        return StockEffect.RELEASE
    if before not in ALLOCATED and after in ALLOCATED:
        return StockEffect.ALLOCATE
    return None


def check(action: Action, before: UnitStatus) -> UnitStatus:
    """The status that `action` leads to; raises IllegalTransition."""
    if before not in FROM_OF[action]:
        raise IllegalTransition(action.replace("_", " "), before, by_rank(FROM_OF[action]))
    return TO_OF[action]


def by_rank(statuses: Iterable[UnitStatus]) -> list[UnitStatus]:
    """In the order in which units pass through them."""
    return sorted(statuses, key=RANK.__getitem__)


WORD_OF: Final = {status: OrderStatus(status.value) for status in UnitStatus}
"""Of a line or an order all of whose units are in that status."""


def derive(statuses: Iterable[UnitStatus]) -> OrderStatus:
    """The word for units in these statuses: what was cancelled doesn't count while anything is left.

    One status: that word. All units with the customer, some delivered and some picked up: delivered. Otherwise
    "partially" and the furthest status reached.
    """
    present = set(statuses)
    if len(present) == 1:
        return WORD_OF[present.pop()]
    present.discard(_S.CANCELLED)
    if not present:
        return OrderStatus.CANCELLED
    furthest = max(present, key=RANK.__getitem__)
    if len(present) == 1 or present <= {_S.DELIVERED, _S.PICKED_UP}:
        return OrderStatus(furthest.value)
    return OrderStatus(f"partially_{furthest}")


CONSEQUENCES: Final = frozenset(
    {Action.UNSCHEDULE, Action.REJECT_PICKUP, Action.PUT_BACK, Action.FORWARD, Action.FORWARD_LOSE}
)
"""Nobody asks for these: they follow from what was asked for elsewhere."""


def available_actions(
    statuses: Iterable[UnitStatus], stopped: frozenset[Action], *, is_confirmed: bool = True
) -> list[Action]:
    """What may be done next to units in these statuses while `stopped` actions are held, in the order of `Action`.

    Units of an order that is not confirmed yet are not released, nor ordered from a vendor: confirming comes first.
    """
    present = set(statuses)
    able = {action for action in FROM_OF if FROM_OF[action] & present} - CONSEQUENCES
    if not is_confirmed and present & OPEN:
        able = able - {Action.RELEASE, Action.CHAIN} | {Action.CONFIRM}
    return [action for action in Action if action in able - stopped]
