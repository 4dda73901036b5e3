"""What customers collect: how a location knows who they are, and what becomes of units that it cannot give them."""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.lifecycle import Action
from domain.validation import Checks

NOTE_CHARACTERS: Final = 200
CODE_DIGITS: Final = 6
WRONG_AT_ONCE: Final = 5
"""Wrong codes after which none counts for a while, the right one neither."""
PAUSE: Final = timedelta(minutes=15)


class IdentityCheck(StrEnum):
    """How a location made sure of who collects, where they had no code to show."""

    PHOTO_ID = "photo_id"
    PAYMENT_CARD = "payment_card"
    """The one that the order was paid with."""
    ORDER_CONFIRMATION = "order_confirmation"
    KNOWN_IN_PERSON = "known_in_person"
    OTHER = "other"


def code_of(number: int) -> str:
    """What the customer shows at the counter, from a number below 10 ** CODE_DIGITS that nobody can guess."""
    return f"{number:0{CODE_DIGITS}}"


def is_code(shown: str, right_code: str) -> bool:
    return hmac.compare_digest(shown.strip().encode(), right_code.encode())


def paused_until(wrong: int, last_wrong_at: datetime | None) -> datetime | None:
    """Until when no code counts, after so many wrong ones; None where they count."""
    return None if last_wrong_at is None or wrong % WRONG_AT_ONCE else last_wrong_at + PAUSE


def check_pause(checks: Checks, until: datetime | None, now: datetime) -> None:
    if until is not None and now < until:
        told = f"{until:%Y-%m-%dT%H:%M:%SZ}"
        checks.note(
            "code",
            "TOO_MANY_WRONG",
            f"Too many wrong codes were shown; codes count again at {told}. Until then say in `identity` how you know who "
            "collects.",
        )


def check_collector(
    checks: Checks, *, code: str | None, right_code: str | None, identity: IdentityCheck | None, note: str
) -> None:
    """Notes what is missing or wrong: whoever hands over has seen the code, or says how else they know who collects."""
    if code is None and identity is None:
        checks.note("code", "REQUIRED", "Ask for the code, or say in `identity` how else you know who collects.")
    if code is not None and not (right_code and is_code(code, right_code)):
        checks.note("code", "WRONG_CODE", "Is not the code of this pickup.")
    checks.text("note", note, longest=NOTE_CHARACTERS, is_required=identity is IdentityCheck.OTHER)


class PickupChoice(StrEnum):
    """What shall become of the units."""

    COLLECT_ELSEWHERE = "collect_elsewhere"
    SHIP = "ship"
    CANCEL = "cancel"


class QuestionStatus(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    """Nobody answered in time, and nothing was decided for the customer: somebody has to ask again."""
    ANSWERED = "answered"
    EXPIRED = "expired"
    """Nobody answered in time, so the channel's policy decided."""
    WITHDRAWN = "withdrawn"
    """The units were cancelled by another way."""


UNANSWERED: Final = (QuestionStatus.OPEN, QuestionStatus.OVERDUE)


class UnansweredPickup(StrEnum):
    """What a channel does with units whose question nobody answered in time."""

    KEEP_OPEN = "keep_open"
    CANCEL = "cancel"
    SHIP = "ship"


def decided_by_silence(
    policy: UnansweredPickup, *, has_address: bool, stopped: frozenset[Action]
) -> PickupChoice | None:
    """None when a person has to decide: the policy says so, a hold stands against it, or nobody knows where to ship."""
    if policy is UnansweredPickup.CANCEL and Action.CANCEL not in stopped:
        return PickupChoice.CANCEL
    if policy is UnansweredPickup.SHIP and has_address and Action.SCHEDULE not in stopped:
        return PickupChoice.SHIP
    return None
