"""Units that a customer wanted to collect and the location cannot give: what they are asked, and what silence means."""

from enum import StrEnum
from typing import Final

from domain.lifecycle import Action


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
