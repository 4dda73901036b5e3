"""Orders as they stand, as a backlog: units that have a location keep one, units that wait get one if that is possible."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar
from uuid import UUID

from domain.routing.backlog import MAX_BACKLOG_LINES, NOWHERE, Backlog, BacklogOrder, Places, Uses, parcels_cost
from domain.routing.batch import route_backlog
from domain.routing.exchanges import Exchange, Spot, exchanges
from domain.routing.rooms import Counted, Room, Rooms, Work, taken_room
from domain.routing.values import Candidate, Demand, VariantKey

KEPT_MINOR: Final = 10**9
"""What losing its location costs a unit that has one: more than anything saves."""
WAITING_MINOR: Final = 5_000
"""What going on waiting costs, on top of the dearest parcel: serving is always better."""
MOST_CELLS: Final = 1_000_000
"""Orders times subsets of their units times locations: what a run may hold in memory and go through."""


class Wanting(Protocol):
    @property
    def demands(self) -> Sequence[Demand]: ...


W = TypeVar("W", bound=Wanting)


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """`demands` stand at the `locations` (None: nowhere yet). `candidates` are all that are open to the order.

    `worth` is what is lost with a unit, by variant and location (`Network.worth_of`). Where a routing
    rule is for it, `closed` says by demand where it may not come from, and `leanings` how far down the rule's sequence
    locations come, in minor units for each unit. `parts` are of the demands that are kits.

    `is_bound`: its rules let it take no more of a location's next day than is left. `claimed` are the units that count for
    that day already, and `lines` the positions of the demands' order lines.
    """

    id: UUID
    demands: Sequence[Demand]
    locations: Sequence[UUID | None]
    candidates: Mapping[UUID, Candidate]
    worth: Mapping[VariantKey, Mapping[UUID, int]] = field(default_factory=dict)
    closed: Sequence[frozenset[UUID]] = ()
    leanings: Sequence[Mapping[UUID, int]] = ()
    parts: Mapping[int, Uses] = field(default_factory=dict)
    is_bound: bool = False
    claimed: Mapping[UUID, int] = field(default_factory=dict)
    lines: Sequence[int] = ()

    def work(self, places: Sequence[UUID | None]) -> Work:
        """What it is for locations when its demands stand there."""
        work: dict[UUID, dict[tuple[int, int], int]] = {}
        for at, (demand, line, place) in enumerate(zip(self.demands, self.lines, places, strict=True)):
            if place is None:
                continue
            there = work.setdefault(place, {})
            for component, (_, units) in enumerate(self.parts.get(at, ((demand.variant, 1),))):
                there[line, component] = there.get((line, component), 0) + demand.quantity * units
        return work

    @property
    def is_settled(self) -> bool:
        """Whether it can be routed together with others from where it stands."""
        places = {location for location in self.locations if location}
        return 1 <= len(self.demands) <= MAX_BACKLOG_LINES and places <= self.candidates.keys()


@dataclass(frozen=True, slots=True)
class Standing:
    """The orders of a backlog, with the plan that they stand by and the units nobody holds."""

    orders: Sequence[StandingOrder]
    locations: Sequence[UUID]
    backlog: Backlog
    places: Places
    free: Mapping[Spot, int]
    room: Room = field(default_factory=dict)

    def rooms(self, after: Places) -> Rooms[int]:
        """What its locations can still do, and what orders would take of that; nothing where nobody is bound by it."""
        bound = frozenset(at for at, order in enumerate(self.orders) if order.is_bound)
        if not (bound and self.room):
            return Rooms()
        takes: dict[int, Room] = {}
        for at, (order, was, will) in enumerate(zip(self.orders, self.places, after, strict=True)):
            if tuple(was) != tuple(will):
                before, later = (order.work(self._located(places)) for places in (was, will))
                takes[at] = taken_room(before, later, order.claimed, self.room)
        return Rooms(dict(self.room), takes, bound)

    def _located(self, places: Sequence[int]) -> list[UUID | None]:
        return [None if at == NOWHERE else self.locations[at] for at in places]

    def cost_minor(self, places: Places) -> int:
        """Of all parcels; what is waited for and what units are worth to later orders is none of it."""
        pairs = zip(self.backlog.orders, places, strict=True)
        return sum(parcels_cost(self.backlog, order, chosen) for order, chosen in pairs)


def standing_of(
    orders: Sequence[StandingOrder],
    free: Mapping[UUID, Mapping[UUID, int]],
    everywhere: Mapping[UUID, Candidate],
    room: Room | None = None,
) -> Standing:
    """As many of the orders, from the first on, as may be looked at together. `free` is by variant and location;
    `everywhere` names every location once, in a stable order. `room` is what those can still do on their next day.
    """
    settled = [order for order in orders if order.is_settled]
    held = {location for order in settled for location in order.locations if location}
    stocked = {location for at in free.values() for location, units in at.items() if units > 0}
    locations = [location for location in everywhere if location in held | stocked]
    position = {location: at for at, location in enumerate(locations)}
    chosen = within_cells(settled, len(locations))
    places = [[NOWHERE if at is None else position[at] for at in order.locations] for order in chosen]
    stock: dict[VariantKey, list[int]] = {
        variant: [max(0, at.get(location, 0)) for location in locations] for variant, at in free.items()
    }
    spare: dict[Spot, int] = {
        (variant, at): units for variant, row in stock.items() for at, units in enumerate(row) if units
    }
    capacity = _capacity(chosen, locations, room or {})
    backlog = Backlog([_wanting(order, locations, everywhere) for order in chosen], stock, capacity)
    for order, row in zip(backlog.orders, places, strict=True):
        for line, (demand, at) in enumerate(zip(order.demands, row, strict=True)):
            for variant, units in order.uses(line) if at != NOWHERE else ():
                stock[variant][at] += demand.quantity * units
    return Standing(chosen, locations, backlog, places, spare, room or {})


def better(standing: Standing, *, seed: int, rounds: int, least_saving_minor: int) -> tuple[Places, list[Exchange]]:
    """Where the units should be, and the steps that lead there. Takes a processor for a while: run it in a thread."""
    plan = route_backlog(standing.backlog, seed=seed, rounds=rounds, start=standing.places)
    steps = exchanges(
        standing.backlog,
        standing.places,
        plan.places,
        free=standing.free,
        least_saving_minor=least_saving_minor,
        rooms=standing.rooms(plan.places),
    )
    return plan.places, steps


def _capacity(orders: Sequence[StandingOrder], locations: Sequence[UUID], room: Room) -> list[int | None]:
    """Units that those who are bound may have at each location together: what they have, and what can still be done.

    Where only orders or lines are limited, any number until none is left; which of them get the last room is decided when
    the plan is taken apart into steps.
    """
    bound = [order for order in orders if order.is_bound]
    if not bound:
        return [None] * len(locations)
    standing: dict[UUID, int] = {}
    for order in bound:
        for location, lines in order.work(order.locations).items():
            standing[location] = standing.get(location, 0) + sum(lines.values())
    limits: list[int | None] = []
    for location in locations:
        left = {counted: room[counted, location] for counted in Counted if (counted, location) in room}
        most = 0 if any(units <= 0 for units in left.values()) else left.get(Counted.UNITS)
        limits.append(None if most is None else standing.get(location, 0) + most)
    return limits


def within_cells(orders: Sequence[W], width: int) -> list[W]:
    """As many of the first orders as may be looked at together over so many locations."""
    chosen, cells = [], 0
    for order in orders:
        cells += width << len(order.demands)
        if cells > MOST_CELLS:
            break
        chosen.append(order)
    return chosen


def _wanting(order: StandingOrder, locations: Sequence[UUID], everywhere: Mapping[UUID, Candidate]) -> BacklogOrder:
    closed = frozenset(at for at, location in enumerate(locations) if location not in order.candidates)
    seen = [order.candidates.get(location, everywhere[location]) for location in locations]
    unserved = [
        WAITING_MINOR + _dearest(demand, order.candidates.values()) + demand.quantity * _farthest(order, line)
        if at is None
        else KEPT_MINOR
        for line, (demand, at) in enumerate(zip(order.demands, order.locations, strict=True))
    ]
    pairs = frozenset(
        (line, at) for line, places in enumerate(order.closed) for at, place in enumerate(locations) if place in places
    )
    costs = _unit_costs(order, locations)
    return BacklogOrder(order.demands, seen, closed, unserved, costs, pairs, order.parts, order.is_bound)


def _farthest(order: StandingOrder, line: int) -> int:
    return max(order.leanings[line].values(), default=0) if order.leanings else 0


def _unit_costs(order: StandingOrder, locations: Sequence[UUID]) -> list[list[int]] | None:
    worth = [order.worth.get(demand.variant, {}) for demand in order.demands]
    leanings = order.leanings or [{}] * len(worth)
    if not any(worth) and not any(leanings):
        return None
    return [
        [row.get(location, 0) + leaning.get(location, 0) for location in locations]
        for row, leaning in zip(worth, leanings, strict=True)
    ]


def _dearest(demand: Demand, candidates: Iterable[Candidate]) -> int:
    grams, units = demand.grams_each * demand.quantity, demand.quantity
    costs = (
        one.rate.price_minor(grams) + one.parcel_handling_minor + one.unit_handling_minor * units for one in candidates
    )
    return max(costs, default=0)
