"""How an order's moves shift the work of locations: units that stand there, and units that are to be brought there.

    shifts(change)                   by line and location
    by_location(change, of_lines)    of the order as a whole

What is collected at a location and lies elsewhere is that location's work too, on the day when it hands it over.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID

from domain.lifecycle import FORWARDED, UnitStatus

LinePlace = tuple[UUID, UUID]
"""A line and a location."""
TO_COME: Final = FORWARDED | {UnitStatus.SCHEDULED}
"""Where units stand that are brought to another location, or will be."""


class Moved(Protocol):
    """A locked order whose units moved: by place where they stand now, and where they stood before."""

    @property
    def order_id(self) -> UUID: ...

    @property
    def lines(self) -> Mapping[UUID, Any]: ...

    @property
    def standing(self) -> Mapping[Any, int]: ...

    def before(self) -> Mapping[Any, int]: ...


@dataclass(slots=True)
class Shift:
    """At one location `here` more units stand (or fewer), and by source so many more (or fewer) are to come.

    `total` are all that stand there now or are to come.
    """

    here: int = 0
    coming: dict[UUID, int] = field(default_factory=dict)
    total: int = field(default=0, compare=False)

    @property
    def arrived(self) -> int:
        """Units that were to come and are here."""
        return min(max(0, self.here), self._come_no_more)

    @property
    def fewer(self) -> int:
        return max(0, -self.here) + self._come_no_more - self.arrived

    @property
    def more(self) -> int:
        """Units here of which nobody knew that they would come."""
        return max(0, self.here) - self.arrived

    @property
    def more_to_come(self) -> dict[UUID, int]:
        return {source: units for source, units in self.coming.items() if units > 0}

    @property
    def is_any(self) -> bool:
        return bool(self.here or any(self.coming.values()))

    @property
    def _come_no_more(self) -> int:
        return sum(max(0, -units) for units in self.coming.values())


def shifts(change: Moved) -> dict[LinePlace, Shift]:
    """Without what did not change."""
    found: dict[LinePlace, Shift] = {}
    before, after = change.before(), change.standing
    for place in (*after, *(place for place in before if place not in after)):
        more, source = after.get(place, 0) - before.get(place, 0), place.location_id
        if not more or source is None:
            continue
        # What a location has sent on was its work, wherever it goes from there.
        if not (more < 0 and place.status is UnitStatus.IN_TRANSFER):
            found.setdefault((place.line_id, source), Shift()).here += more
        if (to := _brought_to(change, place)) is not None:
            shift = found.setdefault((place.line_id, to), Shift())
            shift.coming[source] = shift.coming.get(source, 0) + more
    found = {key: shift for key, shift in found.items() if shift.is_any}
    if any(shift.arrived for shift in found.values()):
        work = _work(change)
        for key, shift in found.items():
            shift.total = work[key]
    return found


def by_location(change: Moved, of_lines: Mapping[LinePlace, Shift]) -> dict[UUID, Shift]:
    found: dict[UUID, Shift] = {}
    for (_, location_id), shift in of_lines.items():
        together = found.setdefault(location_id, Shift())
        together.here += shift.here
        for source, units in shift.coming.items():
            together.coming[source] = together.coming.get(source, 0) + units
    found = {key: shift for key, shift in found.items() if shift.is_any}
    if any(shift.arrived for shift in found.values()):
        for (_, location_id), units in _work(change).items():
            if location_id in found:
                found[location_id].total += units
    return found


def _brought_to(change: Moved, place: Any) -> UUID | None:
    """Where the units are collected, if they are to be brought there."""
    collected_at: UUID | None = change.lines[place.line_id].pickup_location_id
    return collected_at if place.status in TO_COME and collected_at != place.location_id else None


def _work(change: Moved) -> Counter[LinePlace]:
    found = Counter[LinePlace]()
    for place, units in change.standing.items():
        for location_id in (place.location_id, _brought_to(change, place)):
            if location_id is not None:
                found[place.line_id, location_id] += units
    return found
