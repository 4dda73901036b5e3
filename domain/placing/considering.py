"""An order that stands somewhere, as its routing rules see it now: where it may go, and what is kept of where it went."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple
from uuid import UUID

from domain.placing.sourcing import Routed
from domain.routing.kits import Members, Parts, kits_at, uses
from domain.routing.rules.applying import DEFAULT_ROUTING, Situation, case_of, most_sources_of, tightest
from domain.routing.rules.choosing import choose
from domain.routing.rules.keeping import plain_candidate
from domain.routing.rules.passes import Case, solve
from domain.routing.rules.values import ConstraintKind, RoutingRule
from domain.routing.values import Candidate, Exclusion, RoutingRequest

UNKNOWN_TO_MANY: Final = frozenset({ConstraintKind.KEEP_UNITS, ConstraintKind.KEEP_PERCENT})
"""What depends on how much others take meanwhile."""
UNKNOWN_TO_PARTS: Final = frozenset({ConstraintKind.DELIVER_TOGETHER})
"""What is decided about an order as a whole, with the way from where it comes together."""

Places = Sequence[UUID | None]
"""By demand where its units are, None where they wait."""


class Standpoint(NamedTuple):
    """By unit row as it was read the position of its line, and where it stands; of which rows demands are, if some are kits."""

    positions: Sequence[int]
    places: Places
    members: Members = ()
    parts: Parts = {}


def consider(situation: Situation, rules: Sequence[RoutingRule], standing: Standpoint) -> "Considered":
    case, rule = case_of(situation, rules)
    chosen = [choose(rules, line, situation.asker) if rules else None for line in situation.lines]
    first = [rows[0][0] for rows in standing.members] or range(len(standing.positions))
    lines, own = [standing.positions[row] for row in first], [standing.places[row] for row in first]
    return Considered(situation, case, rule, chosen, lines, own, standing.members, standing.parts)


@dataclass(frozen=True, slots=True)
class Considered:
    """`lines` are the positions of the order's lines that the demands are of, of kits their first; `own` where they stand.

    `members` says of which units, as they were read, each demand is, and `parts` which demands are kits.
    """

    situation: Situation
    case: Case
    rule: RoutingRule | None
    rules: Sequence[RoutingRule | None]
    lines: Sequence[int]
    own: Places
    members: Members = ()
    parts: Parts = field(default_factory=dict)

    def by_unit(self, places: Places) -> list[UUID | None]:
        """Where the units go, as they were read, when the demands go there."""
        if not self.members:
            return list(places)
        at = {row: place for place, rows in zip(places, self.members, strict=True) for row, _ in rows}
        return [at[row] for row in range(len(at))]

    def by_demand(self, places: Places) -> list[UUID | None]:
        """The other way round; those that go nowhere stay where they are."""
        found = [places[rows[0][0]] for rows in self.members] if self.members else places
        return [place or own for place, own in zip(found, self.own, strict=True)]

    @property
    def is_movable(self) -> bool:
        """Whether a plan of many orders can keep to all that its rules ask for."""
        if self.rule is not None and self.rule.split_minor not in (None, DEFAULT_ROUTING.split_minor):
            return False
        return not any(
            one.kind in UNKNOWN_TO_MANY | UNKNOWN_TO_PARTS for rule in self.rules if rule for one in rule.constraints
        )

    @property
    def is_bound(self) -> bool:
        """Whether it takes no more than locations can do on their day: soft limits hold too, here."""
        return any(one.kind is ConstraintKind.DAILY_CAPACITY for rule in self.rules if rule for one in rule.constraints)

    def closed(self) -> list[frozenset[UUID]]:
        """By demand where it may not go; it may stay where it is."""
        request = self.case.strict
        return [
            frozenset(
                one.location
                for at, one in enumerate(request.candidates)
                if (line, at) in request.excluded and one.location != stands
            )
            for line, stands in enumerate(self.own)
        ]

    def leanings(self) -> list[dict[UUID, int]]:
        """How far down the rules' sequences locations come; nothing where no rule prefers any."""
        costs = self.case.strict.unit_costs
        if costs is None:
            return []
        locations = [one.location for one in self.case.strict.candidates]
        return [dict(zip(locations, row, strict=True)) for row in costs]

    def allows(self, places: Places) -> bool:
        """Whether the order as a whole may be spread like this: parcels, shipping complete, whole lines."""
        options, used = self.case.strict.options, {place for place in places if place}
        before = {place for place in self.own if place}
        if options.max_parcels is not None and len(used) > max(options.max_parcels, len(before)):
            return False
        if (
            options.ship_complete
            and None in places
            and any(old != new for old, new in zip(self.own, places, strict=True))
        ):
            return False
        if options.complete_lines and not self._is_complete(places):
            return False
        return all(
            self._is_within(line, most, places)
            for line, rule in dict(zip(self.lines, self.rules, strict=True)).items()
            if rule and (most := _most_sources(rule)) is not None
        )

    def _is_within(self, line: int, most: int, places: Places) -> bool:
        """Whether the line stands complete at so many locations, or as it stood."""
        before = [place for at, place in zip(self.lines, self.own, strict=True) if at == line]
        after = [place for at, place in zip(self.lines, places, strict=True) if at == line]
        return after == before or (None not in after and len(set(after)) <= max(most, len(set(before) - {None})))

    def _is_complete(self, places: Places) -> bool:
        """Whether no line is served in part that was not before."""
        moved = {at for at, old, new in zip(self.lines, self.own, places, strict=True) if old != new}
        return all(place for at, place in zip(self.lines, places, strict=True) if at in moved)

    def routed(self, places: Places) -> Routed:
        """What to keep of a run that brought the units there: whatever else was open was left to other orders."""
        request = self.case.strict
        served = [line for line, place in enumerate(places) if place]
        at_of = {one.location: at for at, one in enumerate(request.candidates)}
        chosen = {line: at_of[place] for line in served if (place := places[line])}
        stock, parts = self._stock(chosen)
        excluded = {
            (row, at): self._why(line, at, stock[line][at])
            for row, line in enumerate(served)
            for at in range(len(request.candidates))
            if at != chosen[line]
        }
        case = Case(
            RoutingRequest(
                [request.demands[line] for line in served],
                self._candidates(chosen),
                [stock[line] for line in served],
                replace(request.options, max_parcels=None, ship_complete=False, complete_lines=False),
                None if request.unit_costs is None else [request.unit_costs[line] for line in served],
                excluded,
            )
        )
        far = self.situation.kilometres
        plain = [plain_candidate(*each) for each in zip(case.strict.candidates, far, strict=True)]
        kits = {row: parts[line] for row, line in enumerate(served) if line in parts}
        return Routed(solve(case), case, self.rule, plain, case.strict.stock, self.situation.loads, kits)

    def positions(self, places: Places) -> list[int]:
        return [line for line, place in zip(self.lines, places, strict=True) if place]

    def _stock(self, chosen: Mapping[int, int]) -> tuple[list[list[int]], Parts]:
        """As it was seen, or as much as is taken where another order made room; equal for lines of one variant.

        Of kits also of their components, and then as many as can be put together of those.
        """
        demands = self.case.strict.demands
        taken: dict[tuple[object, int], int] = {}
        for line, at in chosen.items():
            for variant, units in uses(line, demands, self.parts):
                taken[variant, at] = taken.get((variant, at), 0) + units * demands[line].quantity

        def given(variant: object, row: Sequence[int]) -> list[int]:
            return [max(units, taken.get((variant, at), 0)) for at, units in enumerate(row)]

        parts = {
            line: [part._replace(free=given(part.variant, part.free)) for part in made_of]
            for line, made_of in self.parts.items()
        }
        stock = [
            kits_at(parts[line]) if line in parts else given(demand.variant, row)
            for line, (demand, row) in enumerate(zip(demands, self.case.strict.stock, strict=True))
        ]
        return stock, parts

    def _candidates(self, chosen: Mapping[int, int]) -> list[Candidate]:
        """With as much room as was seen, or as is taken where another order made room, or where it had it before that day."""
        units, lines = Counter[int](), Counter[int]()
        for line, at in chosen.items():
            units[at] += sum(each for _, each in uses(line, self.case.strict.demands, self.parts)) * self._quantity(
                line
            )
            lines[at] += self.case.strict.demands[line].lines
        return [
            replace(
                one,
                capacity_units=_at_least(one.capacity_units, units[at]),
                capacity_lines=_at_least(one.capacity_lines, lines[at]),
            )
            if at in units
            else one
            for at, one in enumerate(self.case.strict.candidates)
        ]

    def _quantity(self, line: int) -> int:
        return self.case.strict.demands[line].quantity

    def _why(self, line: int, at: int, units: int) -> Exclusion:
        given = self.case.strict.excluded.get((line, at))
        if given is not None:
            return given
        if units < self._quantity(line):
            return Exclusion.NO_STOCK if units <= 0 else Exclusion.NOT_ENOUGH_STOCK
        room = self.case.strict.candidates[at].capacity_units
        if room is not None and room < self._quantity(line):
            return Exclusion.CAPACITY
        return Exclusion.LEFT_TO_OTHERS


def _at_least(room: int | None, taken: int) -> int | None:
    return None if room is None else max(room, taken)


def _most_sources(rule: RoutingRule) -> int | None:
    """Soft limits hold too: nothing that stands well is moved to break them."""
    return most_sources_of(tightest(rule.constraints))
