"""Which day it is at a location, by its own time zone: goods are expected on days of the place that they come to."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from actions.acting import Act
from domain.validation import Checks
from models import Location

FARTHEST: Final = timedelta(days=3_650)
"""Nobody knows of goods that come later; a calendar has an end."""


def day_in(time_zone: str, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(time_zone)).date()


async def today_at(location_id: UUID, now: datetime) -> date:
    return (await todays_at([location_id], now))[location_id]


async def todays_at(location_ids: Iterable[UUID], now: datetime) -> dict[UUID, date]:
    """Without those that there are not."""
    found = await Location.filter(id__in=list(set(location_ids))).values_list("id", "time_zone")
    return {UUID(str(key)): day_in(str(time_zone), now) for key, time_zone in found}


async def check_expected(act: Act, checks: Checks, wanted: Sequence[tuple[str, UUID, date | None]]) -> None:
    """Note IN_THE_PAST at the path of every day that is over at the location goods come to; today is not over."""
    named = [(path, place, day) for path, place, day in wanted if day is not None]
    if not named:
        return
    todays = await todays_at((place for _, place, _ in named), act.now)
    for path, place, day in named:
        today = todays.get(place)
        if today is not None and day < today:
            checks.note(path, "IN_THE_PAST", f"Must be {today} or later: that is today where it comes to.")
        elif today is not None and day > today + FARTHEST:
            checks.note(path, "OUT_OF_RANGE", f"Must be {today + FARTHEST} or earlier.")
