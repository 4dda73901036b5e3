"""What locations have to do on their days in a simulation, beyond what they had to do then."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from domain.routing.rules.applying import Situation
from domain.routing.values import Method, RoutingPlan
from domain.workdays import Load


@dataclass(slots=True)
class Done:
    """Units, orders and lines that the simulation takes on at a location's day beyond what was taken on then: where they
    come from, and where they are handed over.
    """

    units: dict[tuple[UUID, date], int] = field(default_factory=dict)
    orders: dict[tuple[UUID, date], int] = field(default_factory=dict)
    lines: dict[tuple[UUID, date], int] = field(default_factory=dict)

    def loaded(self, situation: Situation) -> Situation:
        if not self.units:
            return situation
        sources = [one.location for one in situation.candidates]
        places = [one.via or one.location for one in situation.candidates]
        return replace(
            situation,
            loads=self._with_others(sources, situation.loads),
            loads_via=self._with_others(places, situation.loads_via),
        )

    def add(self, sign: int, situation: Situation, plan: RoutingPlan) -> None:
        taken: dict[tuple[UUID, date], tuple[int, int]] = {}
        limits: dict[tuple[UUID, date], Load] = {}
        for line, at, _, quantity in plan.assignments:
            for place, load in _works(situation, line, at):
                key = place, load.day
                units, lines = taken.get(key, (0, 0))
                taken[key] = units + quantity, lines + situation.demands[line].lines
                limits[key] = load
        for key, (units, lines) in taken.items():
            self.units[key] = self.units.get(key, 0) + sign * units
            self.orders[key] = self.orders.get(key, 0) + sign
            if limits[key].most_lines is not None:
                self.lines[key] = self.lines.get(key, 0) + sign * lines

    def _with_others(self, places: Sequence[UUID], loads: Sequence[Load | None]) -> Sequence[Load | None]:
        pairs = zip(places, loads, strict=True) if loads else ()
        return [load and self._more(place, load) for place, load in pairs]

    def _more(self, place: UUID, load: Load) -> Load:
        key = place, load.day
        more = load.with_order(self.units.get(key, 0), self.orders.get(key, 0), self.lines.get(key, 0))
        return more._replace(units=max(0, more.units), orders=max(0, more.orders), lines=max(0, more.lines))


def _works(situation: Situation, line: int, at: int) -> Iterator[tuple[UUID, Load]]:
    """Who works for the units of a line from a candidate, each with its day: who has them, and who is brought them."""
    candidate, load = situation.candidates[at], situation.load(at)
    if load is not None and load.is_limited:
        yield candidate.location, load
    there = situation.loads_via[at] if situation.loads_via else None
    is_collected = situation.demands[line].method is Method.PICKUP
    if there is not None and is_collected and candidate.via is not None and candidate.via != candidate.location:
        yield candidate.via, there
