"""When a place works: opening hours in its own time zone, closed on public holidays.

Moments are aware UTC, days are the place's own. The hours are kept as `domain/places.py` says; a date among the exceptions
decides for itself, holiday or not, and a place without weekly hours works round the clock, every day.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import holidays

from domain.places import WEEKDAYS

DAYS_AHEAD: Final = 400
"""Nothing is promised that begins later than this; a place closed for longer has no next opening."""
DAY: Final = timedelta(days=1)
MIDNIGHT: Final = "24:00"

Hours = tuple[tuple[datetime, datetime], ...]
"""Opening and closing moments; the closing one is exclusive."""


@lru_cache(maxsize=1024)
def public_holidays(country: str, region: str, year: int) -> frozenset[date]:
    """Of the region where it is known, else of the country; none where the country is not."""
    for subdivision in (region, None) if region else (None,):
        try:
            return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
        except NotImplementedError:
            continue
    return frozenset()


def is_public_holiday(day: date, country: str, region: str) -> bool:
    return day in public_holidays(country, region, day.year)


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """`hours` as a location keeps them; an unknown `country` has no holidays."""

    time_zone: str
    hours: Mapping[str, Any] = field(default_factory=dict)
    country: str = ""
    region: str = ""
    _known: dict[date, Hours] = field(default_factory=dict, compare=False, repr=False)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def moment(self, day: date, at: time) -> datetime:
        """A time that the clock skips in spring is taken an hour later, one it shows twice is the first."""
        return datetime.combine(day, at, tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC)

    def is_holiday(self, day: date) -> bool:
        return is_public_holiday(day, self.country, self.region)

    def open_hours(self, day: date) -> Hours:
        found = self._known.get(day)
        if found is None:
            spans = ((self._moment(day, opens), self._moment(day, closes)) for opens, closes in self._kept(day))
            found = self._known[day] = tuple((opens, closes) for opens, closes in spans if opens < closes)
        return found

    def is_open_on(self, day: date) -> bool:
        return bool(self.open_hours(day))

    def open_days(self, first: date) -> Iterator[date]:
        """From `first` on, for DAYS_AHEAD days."""
        return (day for ahead in range(DAYS_AHEAD) if self.is_open_on(day := first + ahead * DAY))

    def open_after(self, start: datetime, days: int) -> date | None:
        """The first day it works, so many days after that of `start`; None when that is not within DAYS_AHEAD."""
        return next(self.open_days(self.day_of(start) + days * DAY), None)

    def after_work(self, start: datetime, minutes: int) -> datetime | None:
        """When so many minutes of opening hours have passed since `start`; for none, when it is open next.

        None when it does not open long enough within DAYS_AHEAD days.
        """
        left = timedelta(minutes=minutes)
        for day in self.open_days(self.day_of(start)):
            for opens, closes in self.open_hours(day):
                begins = max(opens, start)
                if begins < closes:
                    if left <= closes - begins:
                        return begins + left
                    left -= closes - begins
        return None

    def _kept(self, day: date) -> Any:
        exceptions = self.hours.get("exceptions", {})
        if day.isoformat() in exceptions:
            return exceptions[day.isoformat()]
        if "weekly" not in self.hours:
            return (("00:00", MIDNIGHT),)
        return () if self.is_holiday(day) else self.hours["weekly"].get(weekday(day), ())

    def _moment(self, day: date, at: str) -> datetime:
        return self.moment(day + DAY, time()) if at == MIDNIGHT else self.moment(day, time.fromisoformat(at))
