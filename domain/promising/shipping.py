"""From goods that are ready to the customer's door: cut-off, pick-up, days on the way, days without delivery.

The sequence is that of IBM Sterling Intelligent Promising: lead time in the place's business hours, the first day with
room, the shipping cut-off, which is exclusive (ready at 10:00 sharp is too late for 10:00), the carrier's first pick-up at
or after it, the days on the way without those on which the carrier does not move, and on to the first day on which it
delivers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from domain.promising.calendars import DAY, DAYS_AHEAD, Calendar, is_public_holiday, weekday
from domain.promising.capacity import NOTHING, days_with_room, first_common
from domain.shipping_rates import DEFAULT_RATE_CARD, Rate

WEEKEND: Final = frozenset({"sat", "sun"})
WORKDAYS: Final = frozenset({"mon", "tue", "wed", "thu", "fri"})
AFTER_HOURS: Final = time(17)


@dataclass(frozen=True, slots=True)
class Zone:
    """Up to this distance inclusive (None: everything beyond) a parcel takes so many days and costs so much."""

    up_to_km: int | None
    days_least: int
    days_most: int
    rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a carrier does for us, its times local to the place it fetches from; zones by rising distance.

    `price_minor` is what the customer pays (None: what it costs us). A `is_same_day` service delivers on the day it is
    ordered or is not offered. Without an id it is the one that everybody has who has named none.
    """

    id: UUID | None = None
    code: str
    name: str
    carrier: str
    zones: tuple[Zone, ...]
    channel_id: UUID | None = None
    cut_off: time = time(14)
    pickup_time: time = AFTER_HOURS
    pickup_days: frozenset[str] = WORKDAYS
    non_transit_days: frozenset[str] = WEEKEND
    non_delivery_days: frozenset[str] = WEEKEND
    observes_holidays: bool = True
    is_same_day: bool = False
    price_minor: int | None = None

    def zone(self, kilometres: float) -> Zone | None:
        """None where the service does not go."""
        return next((zone for zone in self.zones if zone.up_to_km is None or kilometres <= zone.up_to_km), None)


def _default_zones() -> tuple[Zone, ...]:
    distances = (*map(int, DEFAULT_RATE_CARD.zone_up_to_km), None)
    days = ((1, 1), (1, 2), (2, 3), (2, 4), (3, 4), (3, 5), (4, 5), (5, 8))
    return tuple(
        Zone(far, least, most, rate)
        for far, (least, most), rate in zip(distances, days, DEFAULT_RATE_CARD.rates, strict=True)
    )


STANDARD: Final = Service(code="standard", name="Standard", carrier="standard", zones=_default_zones())
"""Ground parcels at the rates that routing counts with, for whoever has named no carrier service."""


@dataclass(frozen=True, slots=True)
class Region:
    """Whose public holidays apply."""

    country: str = ""
    name: str = ""

    def is_holiday(self, day: date) -> bool:
        return is_public_holiday(day, self.country, self.name)


class Booked(NamedTuple):
    """By day what a place has to do then and not before: what is brought to it and does not lie there yet."""

    units: Mapping[date, int] = NOTHING
    lines: Mapping[date, int] = NOTHING


NOTHING_BOOKED: Final = Booked()


@dataclass(frozen=True, slots=True)
class Readiness:
    """How a place gets an order ready: its calendar, minutes of work, and room for units and order lines behind the
    backlog of `today` and beside what is booked.

    What comes at its `cut_off` or later, which is exclusive, is worked on from the next day on.
    """

    calendar: Calendar
    lead_time_minutes: int
    capacity_units: int | None
    backlog_units: int
    today: date
    cut_off: time | None = None
    capacity_lines: int | None = None
    backlog_lines: int = 0
    booked: Booked = NOTHING_BOOKED

    def ready_at(self, start: datetime, quantity: int, lines: int = 1) -> datetime | None:
        """When units that may be worked on from `start` are ready; None when never within reach."""
        came_on = self.calendar.day_of(start)
        if self.cut_off is not None and start >= self.calendar.moment(came_on, self.cut_off):
            start = self.calendar.moment(came_on + DAY, time())
        done = self.calendar.after_work(start, self.lead_time_minutes)
        if done is None:
            return None
        day = self.calendar.day_of(done)
        found = self._day_with_room(day, quantity, lines)
        if found is None or found == day:
            return done if found else None
        return self.calendar.open_hours(found)[0][0]

    def _day_with_room(self, earliest: date, quantity: int, lines: int) -> date | None:
        """With room for both, units and lines."""

        def found(capacity: int | None, backlog: int, booked: Mapping[date, int], wanted: int) -> Iterator[date]:
            return days_with_room(
                self.calendar.open_days(self.today),
                capacity=capacity,
                backlog=backlog,
                booked=booked,
                quantity=wanted,
                earliest=earliest,
            )

        for_units = found(self.capacity_units, self.backlog_units, self.booked.units, quantity)
        if self.capacity_lines is None:
            return next(for_units, None)
        return first_common(for_units, found(self.capacity_lines, self.backlog_lines, self.booked.lines, lines))


@dataclass(frozen=True, slots=True)
class Journey:
    """Days are those of the place it leaves and of the one it goes to."""

    ready_at: datetime
    ship_on: date
    earliest: date
    latest: date


def picked_up_on(ready_at: datetime, service: Service, calendar: Calendar) -> date | None:
    """The day of the carrier's first pick-up at or after the first cut-off that is later than `ready_at`."""
    cut_off: datetime | None = None
    for day in calendar.open_days(calendar.day_of(ready_at)):
        at = calendar.moment(day, service.cut_off)
        if cut_off is None and at > ready_at:
            cut_off = at
        is_idle = weekday(day) not in service.pickup_days or (service.observes_holidays and calendar.is_holiday(day))
        if cut_off and not is_idle and calendar.moment(day, service.pickup_time) >= cut_off:
            return day
    return None


def arrives_on(ship_on: date, days: int, service: Service, *, origin: Region, destination: Region) -> date | None:
    """After so many days on the way, pushed on to the first day on which the service delivers."""
    moved = _nth(
        ship_on, days, lambda day: _works(day, service.non_transit_days, origin, observes=service.observes_holidays)
    )
    if moved is None:
        return None
    return _first(
        moved, lambda day: _works(day, service.non_delivery_days, destination, observes=service.observes_holidays)
    )


def journey(
    ready_at: datetime, zone: Zone, service: Service, *, calendar: Calendar, destination: Region
) -> Journey | None:
    """None when the service never fetches or never delivers within reach."""
    ship_on = picked_up_on(ready_at, service, calendar)
    if ship_on is None:
        return None
    origin = Region(calendar.country, calendar.region)
    earliest, latest = (
        arrives_on(ship_on, days, service, origin=origin, destination=destination)
        for days in (zone.days_least, zone.days_most)
    )
    if earliest is None or latest is None:
        return None
    return Journey(ready_at.astimezone(UTC), ship_on, earliest, latest)


def later(day: date, days: int, service: Service, destination: Region) -> date | None:
    """So many calendar days later, and on to a day of delivery; the same day for none."""
    return _first(
        day + timedelta(days=days),
        lambda each: _works(each, service.non_delivery_days, destination, observes=service.observes_holidays),
    )


def _works(day: date, idle: frozenset[str], region: Region, *, observes: bool) -> bool:
    return weekday(day) not in idle and not (observes and region.is_holiday(day))


def _nth(day: date, count: int, works: Callable[[date], bool]) -> date | None:
    """The `count`-th working day after `day`, which does not count itself."""
    for _ in range(DAYS_AHEAD):
        if count <= 0:
            return day
        day += DAY
        count -= works(day)
    return None


def _first(day: date, works: Callable[[date], bool]) -> date | None:
    return next((each for ahead in range(DAYS_AHEAD) if works(each := day + ahead * DAY)), None)
