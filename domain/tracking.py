"""What carriers report, in normalised codes, and what it makes of a parcel.

Reports come late, twice and out of order, so a parcel's state never depends on when we heard them: they are put in the
order in which they happened (ties by rank: what normally comes later), then each moves the state if it may. Delivered is
final except for a dispute or a return; what is on its way back can only come back, get lost or be damaged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class TrackingCode(StrEnum):
    LABEL_CREATED = "label_created"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    HELD = "held"
    DELIVERED = "delivered"
    DELIVERY_DISPUTED = "delivery_disputed"
    RETURN_TO_SENDER = "return_to_sender"
    RETURNED = "returned"
    LOST = "lost"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class TrackingReport:
    """`key` is the carrier's id of the report; hearing it again changes nothing."""

    key: str
    code: TrackingCode
    at: datetime


@dataclass(frozen=True, slots=True)
class TrackingState:
    """What the parcel is, since when; `delivered_at` is the delivery that holds, None when it is disputed or returned."""

    code: TrackingCode
    since: datetime
    delivered_at: datetime | None


_C = TrackingCode
_ANYTHING: Final = frozenset(_C)
_BACKWARD: Final = frozenset({_C.RETURNED, _C.LOST, _C.DAMAGED})
MAY_FOLLOW: Final[Mapping[TrackingCode, frozenset[TrackingCode]]] = {
    _C.DELIVERED: frozenset({_C.DELIVERY_DISPUTED, _C.RETURN_TO_SENDER, _C.RETURNED}),
    _C.DELIVERY_DISPUTED: frozenset({_C.DELIVERED, _C.RETURN_TO_SENDER, *_BACKWARD}),
    _C.RETURN_TO_SENDER: _BACKWARD,
    _C.RETURNED: frozenset(),
}
"""From codes that are not listed anything may follow: a lost parcel may turn up, a held one may move on."""

RANK: Final = {
    code: rank
    for rank, code in enumerate(
        (
            _C.LABEL_CREATED,
            _C.PICKED_UP,
            _C.IN_TRANSIT,
            _C.HELD,
            _C.OUT_FOR_DELIVERY,
            _C.ATTEMPT_FAILED,
            _C.DAMAGED,
            _C.LOST,
            _C.DELIVERED,
            _C.DELIVERY_DISPUTED,
            _C.RETURN_TO_SENDER,
            _C.RETURNED,
        )
    )
}


def state_of(reports: Iterable[TrackingReport]) -> TrackingState | None:
    """The state after all reports, in whatever order and however often they were heard; None without any."""
    heard = {report.key: report for report in sorted(reports, key=_when, reverse=True)}
    state: TrackingCode | None = None
    since = delivered_at = None
    for report in sorted(heard.values(), key=_when):
        code = report.code
        if state is _C.RETURN_TO_SENDER and code is _C.DELIVERED:
            code = _C.RETURNED  # carriers report the way back like any other: delivered, to us
        if code is state or (state is not None and code not in MAY_FOLLOW.get(state, _ANYTHING)):
            continue
        state, since = code, report.at
        delivered_at = report.at if code is _C.DELIVERED else None
    if state is None or since is None:
        return None
    return TrackingState(state, since, delivered_at)


def _when(report: TrackingReport) -> tuple[datetime, int, str]:
    return report.at, RANK[report.code], report.key
