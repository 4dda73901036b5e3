"""Orders that are delivered together: what ships is brought to one place and leaves when all of it is there.

IBM Sterling Order Management calls it a deliver-together group with a merge node. What is cancelled is not waited for; what
cannot be had does not keep the rest for ever: it waits until a moment that was set with the wish, or until somebody says
that it shall not.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from domain.lifecycle import FORWARDED, UnitStatus

DEFAULT_WAIT_DAYS: Final = 7
MOST_WAIT_DAYS: Final = 60

UNRELEASED: Final = frozenset(
    {UnitStatus.PLACED, UnitStatus.BACKORDERED, UnitStatus.UNSCHEDULED, UnitStatus.SCHEDULED, UnitStatus.CANCELLED}
)
"""As long as all units that ship stand in these, nobody works on the order."""
ON_THEIR_WAY: Final = UNRELEASED - {UnitStatus.SCHEDULED, UnitStatus.CANCELLED} | FORWARDED
"""Whoever waits for the rest waits for these."""


class Merge(NamedTuple):
    """Where an order comes together, None as long as nothing of it lies anywhere and nobody chose; how long what has come
    waits for the rest. `asked_by` something else than who is acting."""

    location_id: UUID | None
    wait_days: int
    waits_until: datetime
    asked_by: str = ""

    @classmethod
    def asked(cls, now: datetime, wait_days: int, location_id: UUID | None = None) -> Self:
        return cls(location_id, wait_days, now + timedelta(days=wait_days))

    def told(self, ended_at: datetime | None = None) -> dict[str, Any]:
        """As part of an order's fact."""
        return {
            "location": str(self.location_id) if self.location_id else None,
            "waits_until": self.waits_until.isoformat(),
            "ended_at": ended_at.isoformat() if ended_at else None,
        }


def is_complete(standing: Iterable[tuple[UnitStatus, UUID | None]], merge_at: UUID | None) -> bool:
    """Whether nothing of what ships is still to come; by status and location."""
    return not any(
        status in ON_THEIR_WAY or (status is UnitStatus.SCHEDULED and location_id != merge_at)
        for status, location_id in standing
    )


def waits(now: datetime, *, until: datetime, is_ended: bool) -> bool:
    return not is_ended and now < until
