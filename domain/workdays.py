"""On which of its days a location works on an order that is decided now, and what it has to do on that day already.

Days are the location's own: its time zone, opening hours and public holidays. The cut-off is exclusive: an order of 14:00
sharp is too late for 14:00, as in IBM Sterling Intelligent Promising.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final, NamedTuple

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

    def backlog_minor(self, day_minor: int, free_days: int) -> int:
        """What the work that is there already costs, at so much for each day of capacity beyond the free ones.

        Days of capacity consumed as IBM Sterling Intelligent Promising counts them (CCU): 40 units of 50 a day are 0.8.
        Where units are not limited, lines are what is counted, and else orders.
        """
        counts = (self.units, self.most_units), (self.lines, self.most_lines), (self.orders, self.most_orders)
        taken, most = next((count for count in counts if count[1] is not None), (0, None))
        return day_minor * max(0, taken - free_days * most) // most if most else 0


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
