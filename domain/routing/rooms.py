"""What locations can still do on their next day, while orders trade places: units, orders and order lines.

Only orders whose rules ask for it are bound by that; what others bring or take away counts all the same. Whoever is bound
takes no more than is left, or than others of the same step give back.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from domain.workdays import Load

Order = TypeVar("Order", bound=Hashable)


class Counted(StrEnum):
    UNITS = "units"
    ORDERS = "orders"
    LINES = "lines"


RoomSpot = tuple[Counted, UUID]
Room = Mapping[RoomSpot, int]
"""By what is counted at which location, where there is a limit; below 0 where it was passed."""
Work = Mapping[UUID, Mapping[tuple[int, int], int]]
"""What an order is for locations: units by order line. Of a kit, which has several lines, by position and component."""


@dataclass(slots=True)
class Rooms(Generic[Order]):
    """What is `left`, and by order what its change would take (negative: give)."""

    left: dict[RoomSpot, int] = field(default_factory=dict)
    takes: dict[Order, Room] = field(default_factory=dict)
    bound: frozenset[Order] = frozenset()

    def fit(self, orders: Iterable[Order]) -> bool:
        """Whether nobody who is bound takes what is not there."""
        changing = tuple(orders)
        wanted = {spot for order in self.bound.intersection(changing) for spot in self.wanted_by(order)}
        return not wanted or all(
            units <= max(0, self.left[spot]) for spot, units in self._taken(changing).items() if spot in wanted
        )

    def do(self, orders: Iterable[Order]) -> None:
        """Their changes are made."""
        for spot, units in self._taken(orders).items():
            self.left[spot] -= units

    def wanted_by(self, order: Order) -> dict[RoomSpot, int]:
        """Of what the order, if it is bound, wants more."""
        if order not in self.bound:
            return {}
        return {spot: units for spot, units in self.takes.get(order, {}).items() if units > 0}

    def _taken(self, orders: Iterable[Order]) -> dict[RoomSpot, int]:
        total: dict[RoomSpot, int] = {}
        for order in orders:
            for spot, units in self.takes.get(order, {}).items():
                total[spot] = total.get(spot, 0) + units
        return total


def room_of(loads: Mapping[UUID, Load]) -> dict[RoomSpot, int]:
    """What is left of each limit."""
    left: dict[RoomSpot, int] = {}
    for location, load in loads.items():
        for counted, taken, most in (
            (Counted.UNITS, load.units, load.most_units),
            (Counted.ORDERS, load.orders, load.most_orders),
            (Counted.LINES, load.lines, load.most_lines),
        ):
            if most is not None:
                left[counted, location] = most - taken
    return left


def taken_room(before: Work, after: Work, claimed: Mapping[UUID, int], room: Room) -> dict[RoomSpot, int]:
    """What an order takes of the room by going from one work to the other.

    Units give back only what is `claimed` of the next day: those of an earlier day had their room there.
    """
    taken: dict[RoomSpot, int] = {}
    for location in dict.fromkeys((*before, *after)):
        was, will, held = before.get(location, {}), after.get(location, {}), claimed.get(location, 0)
        units = max(sum(will.values()) - sum(was.values()), -held)
        lines = len(will.keys() - was.keys()) - (len(was.keys() - will.keys()) if held else 0)
        orders = (held + units > 0) - (held > 0)
        for counted, more in ((Counted.UNITS, units), (Counted.ORDERS, orders), (Counted.LINES, lines)):
            if more and (counted, location) in room:
                taken[counted, location] = more
    return taken
