"""From the plan that stands to a cheaper one in small steps, each of which can be taken alone.

A step is one order that takes only what is free, or a few orders that trade places: one gives what another takes, so they
move together or not at all. In such an exchange an order may become dearer as long as all of them together become cheaper.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.routing.backlog import NOWHERE, Backlog, Places, order_cost
from domain.routing.rooms import Rooms, RoomSpot
from domain.routing.values import VariantKey

Spot = tuple[VariantKey, int]
"""A variant at a location, by the location's position in the backlog."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """`orders` by their position in the backlog; what they save together counts lines that stay unserved."""

    orders: tuple[int, ...]
    saving_minor: int


@dataclass(slots=True)
class _Changes:
    """What each order that changes would save and take (negative: give)."""

    free: dict[Spot, int]
    rooms: Rooms[int]
    savings: dict[int, int] = field(default_factory=dict)
    takes: dict[int, dict[Spot, int]] = field(default_factory=dict)

    def fit(self, orders: Sequence[int]) -> bool:
        taken = self.taken(orders).items()
        return all(units <= self.free.get(spot, 0) for spot, units in taken if units > 0) and self.rooms.fit(orders)

    def taken(self, orders: Iterable[int]) -> dict[Spot, int]:
        total: dict[Spot, int] = {}
        for order in orders:
            for spot, units in self.takes[order].items():
                total[spot] = total.get(spot, 0) + units
        return total

    def do(self, orders: Sequence[int]) -> Exchange:
        """Their changes are made: what is free afterwards, and nothing of them is left to do."""
        for spot, units in self.taken(orders).items():
            self.free[spot] = self.free.get(spot, 0) - units
        self.rooms.do(orders)
        saving = sum(self.savings.pop(order) for order in orders)
        for order in orders:
            del self.takes[order]
        return Exchange(tuple(orders), saving)


def exchanges(
    backlog: Backlog,
    before: Places,
    after: Places,
    *,
    free: Mapping[Spot, int],
    least_saving_minor: int,
    rooms: Rooms[int] | None = None,
) -> list[Exchange]:
    """The steps in the order in which they can be taken; those that save less, or lose units somebody has, are left out.

    `free` is what nobody holds under `before`, `rooms` what locations can still do.
    """
    changes = _changes(backlog, before, after, _Changes(dict(free), rooms or Rooms()))
    least = max(1, least_saving_minor)
    steps = list(_alone(changes, least))
    for group in _linked(changes):
        needed = _without_ballast(changes, group)
        if sum(changes.savings[order] for order in needed) >= least and changes.fit(needed):
            steps.append(changes.do(needed))
    return steps


def taken_by(backlog: Backlog, order: int, before: Sequence[int], after: Sequence[int]) -> dict[Spot, int]:
    """Units that the order takes in all, by variant and location; below 0 it gives them back."""
    taken: dict[Spot, int] = {}
    wanting = backlog.orders[order]
    for line, (demand, was, will) in enumerate(zip(wanting.demands, before, after, strict=True)):
        for at, quantity in ((was, -demand.quantity), (will, demand.quantity)):
            for variant, units in wanting.uses(line) if at != NOWHERE else ():
                taken[variant, at] = taken.get((variant, at), 0) + quantity * units
    return {spot: units for spot, units in taken.items() if units}


def _changes(backlog: Backlog, before: Places, after: Places, changes: _Changes) -> _Changes:
    for at, (was, will) in enumerate(zip(before, after, strict=True)):
        if any(old != NOWHERE and new == NOWHERE for old, new in zip(was, will, strict=True)):
            continue
        if taken := taken_by(backlog, at, was, will):
            order = backlog.orders[at]
            changes.savings[at] = order_cost(backlog, order, was) - order_cost(backlog, order, will)
            changes.takes[at] = taken
    return changes


def _alone(changes: _Changes, least: int) -> Iterable[Exchange]:
    """Orders that need nobody, as often as one more of them finds what it takes; the largest savings first."""
    found = True
    while found:
        found = False
        for order in sorted(changes.savings, key=lambda order: (-changes.savings[order], order)):
            if changes.savings[order] >= least and changes.fit([order]):
                yield changes.do([order])
                found = True


def _linked(changes: _Changes) -> list[list[int]]:
    """Groups of orders that contend for more than is free, by their first order."""
    group = {order: order for order in changes.takes}

    def leader(order: int) -> int:
        while group[order] != order:
            order = group[order]
        return order

    scarce = _scarce(changes)
    touching: dict[Spot | RoomSpot, int] = {}
    for order in sorted(changes.takes):
        for spot in (*changes.takes[order], *changes.rooms.takes.get(order, ())):
            if spot in scarce:
                one, other = sorted((leader(touching.setdefault(spot, order)), leader(order)))
                group[other] = one
    groups: dict[int, list[int]] = {}
    for order in sorted(changes.takes):
        groups.setdefault(leader(order), []).append(order)
    return list(groups.values())


def _scarce(changes: _Changes) -> set[Spot | RoomSpot]:
    """What is wanted more than there is of it."""
    wanted: dict[Spot, int] = {}
    room: dict[RoomSpot, int] = {}
    for order, taken in changes.takes.items():
        for spot, units in taken.items():
            wanted[spot] = wanted.get(spot, 0) + max(0, units)
        for place, units in changes.rooms.wanted_by(order).items():
            room[place] = room.get(place, 0) + units
    return {
        *(spot for spot, units in wanted.items() if units > changes.free.get(spot, 0)),
        *(place for place, units in room.items() if units > changes.rooms.left[place]),
    }


def _without_ballast(changes: _Changes, group: Sequence[int]) -> list[int]:
    """Without orders that would become dearer and give nothing that the others need."""
    needed = list(group)
    for order in sorted(group, key=lambda order: (changes.savings[order], order)):
        rest = [other for other in needed if other != order]
        if changes.savings[order] < 0 and changes.fit(rest):
            needed = rest
    return needed
