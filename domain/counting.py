"""Cycle counts: what may follow what, and which differences need a second pair of eyes.

A count is compared with what was on hand when it was taken, not when the sheet was made: goods may come and go meanwhile.
The difference is then added to what is on hand, so that what moved after the count stays right as well.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.errors import IllegalTransition

PERCENT: Final = 100


class CountStatus(StrEnum):
    COUNTING = "counting"
    REVIEW = "review"
    POSTED = "posted"
    CANCELLED = "cancelled"


class CountLineStatus(StrEnum):
    OPEN = "open"
    COUNTED = "counted"
    WAITING = "waiting"
    POSTED = "posted"
    CANCELLED = "cancelled"


class CountAction(StrEnum):
    RECORD = "record"
    SUBMIT = "submit"
    APPROVE = "approve"
    RECOUNT = "recount"
    CANCEL = "cancel"


ALLOWED_FROM: Final[Mapping[CountAction, tuple[CountStatus, ...]]] = {
    CountAction.RECORD: (CountStatus.COUNTING,),
    CountAction.SUBMIT: (CountStatus.COUNTING,),
    CountAction.APPROVE: (CountStatus.REVIEW,),
    CountAction.RECOUNT: (CountStatus.REVIEW,),
    CountAction.CANCEL: (CountStatus.COUNTING, CountStatus.REVIEW),
}
UNSETTLED: Final = (CountLineStatus.OPEN, CountLineStatus.COUNTED, CountLineStatus.WAITING)


def check_count(action: CountAction, status: CountStatus) -> None:
    """Raises IllegalTransition."""
    if status not in ALLOWED_FROM[action]:
        raise IllegalTransition(action, status, ALLOWED_FROM[action])


def is_tolerated(counted: int, expected: int, *, units: int, percent: int) -> bool:
    """Whether the difference is within either tolerance: so many units, or so many percent of what was expected."""
    difference = abs(counted - expected)
    return difference <= units or difference * PERCENT <= expected * percent
