"""What locations can still do on their day while orders are moved, counted under the locks that placing takes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from actions import workload
from actions.acting import Act
from actions.changing import OrderChange, Place, Units
from domain.lifecycle import UnitStatus
from domain.routing.rooms import Counted, Room, Rooms, room_of
from models import OrderLine

Wanted = tuple[Sequence[Units], Sequence[UUID | None]]
"""An order's units as they were read, and where each of those should be."""


async def lock_rooms(act: Act, changes: Mapping[UUID, OrderChange], bound: frozenset[UUID]) -> "LockedRooms":
    """For these locked orders, of which some are `bound`; if none is, nothing is locked and everything fits.

    The stock levels are locked already.
    """
    loads = await workload.lock_days(act, list(changes.values())) if bound else {}
    days = {location_id: load.day for location_id, load in loads.items()}
    return LockedRooms(act, changes, Rooms(room_of(loads), bound=bound), days)


@dataclass(slots=True)
class LockedRooms:
    """What is left of each location's `days` after all that was taken."""

    act: Act
    changes: Mapping[UUID, OrderChange]
    rooms: Rooms[UUID] = field(default_factory=Rooms)
    days: Mapping[UUID, date] = field(default_factory=dict)

    async def took(self, trade: Mapping[UUID, Wanted]) -> bool:
        """Whether these orders may move together; if so, what they take is taken."""
        if not self.rooms.left:
            return True
        for key, (units, wanted) in trade.items():
            self.rooms.takes[key] = await self._taken(Planned.of(self.changes[key], units, wanted))
        fits = self.rooms.fit(trade)
        if fits:
            self.rooms.do(trade)
        return fits

    async def _taken(self, planned: "Planned") -> Room:
        changed = await workload.foreseen(self.act, [planned])
        counts = ((Counted.UNITS, changed.units), (Counted.ORDERS, changed.orders), (Counted.LINES, changed.lines))
        return {
            (counted, place): more
            for counted, by_day in counts
            for (place, day), more in by_day.items()
            if (counted, place) in self.rooms.left and self.days[place] == day
        }


@dataclass(frozen=True, slots=True)
class Planned:
    """An order as it would stand."""

    change: OrderChange
    standing: Mapping[Place, int]

    @classmethod
    def of(cls, change: OrderChange, units: Sequence[Units], wanted: Sequence[UUID | None]) -> "Planned":
        standing = Counter(change.standing)
        for (place, quantity), location_id in zip(units, wanted, strict=True):
            if location_id is not None and location_id != place.location_id:
                standing[place] -= quantity
                standing[Place(place.line_id, UnitStatus.SCHEDULED, location_id)] += quantity
        return cls(change, +standing)

    @property
    def order_id(self) -> UUID:
        return self.change.order_id

    @property
    def lines(self) -> Mapping[UUID, OrderLine]:
        return self.change.lines

    def before(self) -> dict[Place, int]:
        return self.change.before()
