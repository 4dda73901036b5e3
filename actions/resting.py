"""What a job tried in vain is left alone for a while, so that it never keeps the others from their turn."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

MOST_RESTING: Final = 10_000


@dataclass(slots=True)
class Rests:
    """Rows that rest for `how_long`, by id the moment until which; kept by the process that runs the job."""

    how_long: timedelta
    until: dict[UUID, datetime] = field(default_factory=dict)

    def at(self, now: datetime) -> list[UUID]:
        self.until = {row_id: until for row_id, until in self.until.items() if until > now}
        return list(self.until)

    def add(self, row_ids: Iterable[UUID], now: datetime) -> None:
        """Beyond MOST_RESTING they are tried again at once."""
        for row_id in row_ids:
            if len(self.until) < MOST_RESTING:
                self.until[row_id] = now + self.how_long
