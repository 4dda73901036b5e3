"""Labels bought from carriers: where each stands, and what a parcel is taken to cost while a carrier has no answer."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from domain.shipping_rates import FallbackRate


class LabelStatus(StrEnum):
    REQUESTED = "requested"
    """The carrier was asked and has not answered yet."""
    BOUGHT = "bought"
    REFUSED = "refused"
    VOIDING = "voiding"
    VOIDED = "voided"


LIVE: Final = (LabelStatus.REQUESTED, LabelStatus.BOUGHT, LabelStatus.VOIDING)
"""A parcel has at most one of these."""
UNANSWERED: Final = (LabelStatus.REQUESTED, LabelStatus.VOIDING)

DEFAULT_FALLBACK: Final = FallbackRate(base_minor=800, increment_minor_per_kilogram=75, threshold_grams=5_000)
"""8.00, and 0.75 for each kilogram above five: the example of the shipping rates of Dynamics 365 IOM."""

FIRST_RETRY: Final = timedelta(seconds=30)
LONGEST_RETRY: Final = timedelta(hours=1)


def retry_after(tries: int) -> timedelta:
    """How long to wait before a carrier that did not answer is asked again: twice as long each time, up to an hour."""
    return min(FIRST_RETRY * (1 << min(tries, 16)), LONGEST_RETRY)
