"""On which day a place has room for an order, behind what it has to do already."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import inf
from typing import Final

NOTHING: Final[Mapping[date, int]] = {}


def days_with_room(
    days: Iterable[date],
    *,
    capacity: int | None,
    backlog: int,
    booked: Mapping[date, int],
    quantity: int,
    earliest: date,
) -> Iterator[date]:
    """Those of `days` from `earliest` on with room for the full quantity.

    `days` are the place's working days from today on, each with the same capacity (None: no limit), less what is `booked`
    for it. The backlog fills the first ones. An order larger than a whole day has the day on which its last unit is done.
    """
    spare = 0
    for day in days:
        if capacity is None:
            room = quantity
        else:
            free = max(0, capacity - booked.get(day, 0))
            room = max(0, free - backlog)
            backlog = max(0, backlog - free)
        if day < earliest:
            continue
        spare += room
        if room >= quantity or (capacity is not None and quantity > capacity and spare >= quantity):
            yield day


def first_common(days: Iterator[date], others: Iterator[date]) -> date | None:
    """The first day that both have; each rises."""
    day, other = next(days, None), next(others, None)
    while day is not None and other is not None:
        if day == other:
            return day
        if day < other:
            day = next(days, None)
        else:
            other = next(others, None)
    return None


def days_of_capacity(units: int, capacities: Sequence[int]) -> float:
    """How many working days so many units take up, the last one in part (IBM Sterling Intelligent Promising, CCU).

    What does not fit into all of them counts in days like the last one, for ever where that takes nothing.
    """
    for full_days, capacity in enumerate(capacities):
        if units < capacity:
            return full_days + units / capacity
        units -= capacity
    if not units:
        return float(len(capacities))
    most = capacities[-1] if capacities else 0
    return len(capacities) + units / most if most else inf
