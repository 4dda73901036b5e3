"""On which of its days a location works on an order that is decided now, and what it has to do on that day already.

Days are the location's own: its time zone, opening hours and public holidays. The cut-off is exclusive: an order of 14:00
sharp is too late for 14:00, as in IBM Sterling Intelligent Promising.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final, NamedTuple
from uuid import UUID

from domain.promising.calendars import DAY, DAYS_AHEAD, Calendar

MOST_REMEMBERED: Final = 60
"""Minutes, for each location."""


class Load(NamedTuple):
    """A location's `day`, so many days `later` than today there, with units, orders and order lines taken on for it.

    The most of each is None where nobody set a limit; lines are counted only where there is one. A soft limit may have been
    passed.
    """

    day: date
    later: int = 0
    units: int = 0
    orders: int = 0
    most_units: int | None = None
    most_orders: int | None = None
    lines: int = 0
    most_lines: int | None = None

    @property
    def is_limited(self) -> bool:
        return self.most_units is not None or self.most_orders is not None or self.most_lines is not None

    @property
    def room_units(self) -> int | None:
        """Units that one more order may bring; None without a limit."""
        if self.most_orders is not None and self.orders >= self.most_orders:
            return 0
        return None if self.most_units is None else max(0, self.most_units - self.units)

    @property
    def room_lines(self) -> int | None:
        """Order lines that one more order may bring; None without a limit."""
        return None if self.most_lines is None else max(0, self.most_lines - self.lines)

    def with_order(self, units: int, orders: int = 1, lines: int = 0) -> "Load":
        return self._replace(units=self.units + units, orders=self.orders + orders, lines=self.lines + lines)

    def with_nothing(self, day: date) -> "Load":
        """Another day of the same location."""
        later = self.later + (day - self.day).days
        return self._replace(day=day, later=later, units=0, orders=0, lines=0)

    def backlog_minor(self, day_minor: int, free_days: int) -> int:
        """What the work that is there already costs, at so much for each day of capacity beyond the free ones.

        Days of capacity consumed as IBM Sterling Intelligent Promising counts them (CCU): 40 units of 50 a day are 0.8.
        Where units are not limited, lines are what is counted, and else orders.
        """
        counts = (self.units, self.most_units), (self.lines, self.most_lines), (self.orders, self.most_orders)
        taken, most = next((count for count in counts if count[1] is not None), (0, None))
        return day_minor * max(0, taken - free_days * most) // most if most else 0


class Loads(dict[UUID, Load]):
    """By location what it has to do on its next day.

    Where goods are brought to a location, `days` says by source and location when it would hand them over, and `ahead`
    what it has to do on those days, as far as they are others.
    """

    def __init__(self, loads: Mapping[UUID, Load] | None = None) -> None:
        super().__init__(loads or {})
        self.days: dict[tuple[UUID, UUID], date] = {}
        self.ahead: dict[tuple[UUID, date], Load] = {}

    def on(self, location_id: UUID, day: date) -> Load:
        return self.ahead.get((location_id, day)) or self[location_id]

    def at_hand_over(self, source: UUID, place: UUID) -> Load | None:
        """Of the day on which the place hands over what comes from there; None where nothing counts."""
        day = self.days.get((source, place))
        return None if day is None else self.on(place, day)

    def take(self, location_id: UUID, day: date, units: int, orders: int = 1, lines: int = 0) -> None:
        if (location_id, day) in self.ahead:
            self.ahead[location_id, day] = self.ahead[location_id, day].with_order(units, orders, lines)
        else:
            self[location_id] = self[location_id].with_order(units, orders, lines)


@dataclass(frozen=True, slots=True)
class Workplace:
    """When a location works, until when on a day it takes orders for that day, and how much it can do a day."""

    calendar: Calendar
    cut_off: time | None = None
    most_units: int | None = None
    most_orders: int | None = None
    most_lines: int | None = None
    _known: dict[int, Load] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_limited(self) -> bool:
        return self.most_units is not None or self.most_orders is not None or self.most_lines is not None

    def next_load(self, now: datetime) -> Load:
        """The day for an order that is decided now, with nothing to do on it yet; it changes at full minutes only."""
        minute = int(now.timestamp()) // 60
        found = self._known.get(minute)
        if found is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            found = self._known[minute] = self._next_load(now)
        return found

    def _next_load(self, now: datetime) -> Load:
        today = self.calendar.day_of(now)
        day = next(
            (day for day in self.calendar.open_days(today) if day > today or self._takes(day, now)),
            today + DAYS_AHEAD * DAY,
        )
        later = (day - today).days
        return Load(day, later, most_units=self.most_units, most_orders=self.most_orders, most_lines=self.most_lines)

    def _takes(self, today: date, now: datetime) -> bool:
        """Whether an order of now is still worked on today."""
        if self.cut_off is not None and now >= self.calendar.moment(today, self.cut_off):
            return False
        return now < self.calendar.open_hours(today)[-1][1]
