"""What if: decide past orders again under other rules, weights, locations or stock, and compare. Nothing is written.

Orders are taken one after the other. What an order takes elsewhere than it did then is missing there, and is free where it
was taken then, for the orders after it. So it is with what locations can do a day.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.placing.forwarding import seen_from
from domain.placing.simulated_days import Done
from domain.placing.simulating_merging import (
    Again,
    bringing_of,
    decide_apart,
    decide_straight,
    decide_together,
    take_apart,
)
from domain.placing.world import Network
from domain.routing.kits import Part, Parts, kits_at, taken_of
from domain.routing.plan import plan_of_units
from domain.routing.rules.applying import Situation, case_of
from domain.routing.rules.choosing import Asker, WantedLine
from domain.routing.rules.keeping import Kept
from domain.routing.rules.merging import with_last_leg
from domain.routing.rules.values import Constraint, ConstraintKind, Handling, RoutingRule
from domain.routing.values import Candidate, Exclusion, Method, RoutingPlan, RoutingRequest, VariantKey, real_cost_minor
from domain.workdays import Load

BEFORE_ANY_RULE: Final = frozenset({Exclusion.METHOD, Exclusion.TRIED_BEFORE, Exclusion.NOT_LAUNCHED})
WITHOUT_RULE: Final[Mapping[str, Any]] = {
    "parcel_handling_minor": 0,
    "unit_handling_minor": 0,
    "capacity_units": None,
    "backlog_minor": 0,
    "delay_minor": 0,
}
LAST: Final = 1 << 30
Place = tuple[object, UUID]
"""(variant, location)."""


@dataclass(frozen=True, slots=True)
class Past:
    """A stored decision, and what rules want to know about its order."""

    order_id: UUID
    channel_id: UUID
    currency: str
    kept: Kept
    plan: RoutingPlan
    lines: Sequence[WantedLine]
    asker: Asker
    value_minor: int
    position: tuple[float | None, float | None]
    decided_at: datetime
    promised_on: date | None = None


Arrival = Callable[[Past, UUID, float, Method], date | None]
"""The last day on which a parcel of an order may arrive from a location so many kilometres away; None if it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """`rules` are all that count; the other values, where given, hold for every order whatever its rule says."""

    rules: Sequence[RoutingRule]
    split_minor: int | None = None
    max_parcels: int | None = None
    max_sources_per_line: int | None = None
    handling: Mapping[str, Handling] | None = None
    closed: frozenset[UUID] = frozenset()
    extra: Mapping[Place, int] = field(default_factory=dict)


class Share(NamedTuple):
    parcels: int = 0
    units: int = 0


@dataclass(slots=True)
class Totals:
    """`far` sums the kilometres of all parcels; `promised` of them had a day, and `on_time` would have kept it.

    Parcels that are brought somewhere to be delivered together have none.
    """

    decisions: int = 0
    cost_minor: dict[str, int] = field(default_factory=dict)
    parcels: int = 0
    splits: int = 0
    far: float = 0.0
    unserved_units: int = 0
    promised: int = 0
    on_time: int = 0
    shares: dict[UUID, Share] = field(default_factory=dict)

    def add(self, past: Past, plan: RoutingPlan, kilometres: Sequence[float], arrival: Arrival) -> None:
        self.decisions += 1
        self.cost_minor[past.currency] = self.cost_minor.get(past.currency, 0) + real_cost_minor(plan)
        self.parcels += len(plan.parcels)
        self.splits += max(0, len(plan.parcels) - 1)
        self.far += sum(kilometres[parcel.candidate] for parcel in plan.parcels)
        self.unserved_units += sum(short.quantity for short in plan.unserved)
        for parcel in plan.parcels:
            parcels, units = self.shares.get(parcel.location, Share())
            self.shares[parcel.location] = Share(parcels + 1, units)
        for _, _, location, quantity in plan.assignments:
            parcels, units = self.shares[location]
            self.shares[location] = Share(parcels, units + quantity)
        if past.promised_on is not None:
            for parcel in plan.parcels:
                method = past.lines[parcel.lines[0]].method
                if plan.last_leg is not None and method is Method.SHIP:
                    continue
                day = arrival(past, parcel.location, kilometres[parcel.candidate], method)
                self.promised += 1
                self.on_time += day is not None and day <= past.promised_on


@dataclass(frozen=True, slots=True)
class Change:
    """An order whose units would come from elsewhere: what was decided, as it is seen today, and what would have been."""

    past: Past
    before: RoutingPlan
    situation: Situation
    again: Again


@dataclass(slots=True)
class Outcome:
    """Both costed with the same weights; `changes` are in the order in which they were decided."""

    decided: Totals = field(default_factory=Totals)
    simulated: Totals = field(default_factory=Totals)
    changes: list[Change] = field(default_factory=list)


def simulate(past: Iterable[Past], what_if: WhatIf, network: Network, arrival: Arrival) -> Outcome:
    """`past` in the order in which it was decided."""
    rules = _rules(what_if)
    ruled = replace(what_if, rules=rules)
    outcome = Outcome()
    moved: dict[Place, int] = dict(what_if.extra)
    done = Done()
    for each in past:
        situation, parts = _situation(each, what_if, network, moved)
        situation = done.loaded(situation)
        before = _as_it_was(each, situation, rules)
        again = _again(each, situation, parts, what_if=ruled, network=network)
        outcome.decided.add(each, before, situation.kilometres, arrival)
        outcome.simulated.add(each, again.plan, again.situation.kilometres, arrival)
        units, units_before = _units(again.plan, again.request, again.parts), _units(before, situation, parts)
        if units != units_before or _merged_at(again.plan) != _merged_at(before):
            outcome.changes.append(Change(each, before, situation, again))
        done.add(-1, situation, before)
        done.add(1, again.situation, again.plan)
        for sign, taken in ((1, units_before), (-1, units)):
            for place, quantity in taken.items():
                moved[place] = moved.get(place, 0) + sign * quantity
    return outcome


def effective(rules: Iterable[RoutingRule], changed: RoutingRule | None) -> list[RoutingRule]:
    """The rules as they would be with `changed` in the place of the one of its name, in force at any time."""
    if changed is None:
        return list(rules)
    always = replace(changed, effective_from=None, effective_until=None)
    return [*(rule for rule in rules if rule.name != changed.name), always]


def _rules(what_if: WhatIf) -> list[RoutingRule]:
    """Each with what holds for every order, and one more for orders that no rule is for."""
    limits = _limits(what_if)
    if what_if.split_minor is None and what_if.handling is None and not limits:
        return list(what_if.rules)
    rest = RoutingRule(id=UUID(int=LAST), name="", revision=0, priority=LAST)
    return [_overridden(rule, what_if, limits) for rule in (*what_if.rules, rest)]


def _limits(what_if: WhatIf) -> list[Constraint]:
    given = {
        ConstraintKind.MAX_PARCELS: what_if.max_parcels,
        ConstraintKind.MAX_SOURCES_PER_LINE: what_if.max_sources_per_line,
    }
    return [Constraint(kind, is_hard=True, value=value) for kind, value in given.items() if value is not None]


def _overridden(rule: RoutingRule, what_if: WhatIf, limits: Sequence[Constraint]) -> RoutingRule:
    replaced = {each.kind for each in limits}
    if ConstraintKind.MAX_SOURCES_PER_LINE in replaced:
        replaced.add(ConstraintKind.WHOLE_LINES)
    constraints = (*(each for each in rule.constraints if each.kind not in replaced), *limits)
    return replace(
        rule,
        split_minor=rule.split_minor if what_if.split_minor is None else what_if.split_minor,
        handling=rule.handling if what_if.handling is None else what_if.handling,
        constraints=constraints,
    )


def _situation(
    past: Past, what_if: WhatIf, network: Network, moved: Mapping[Place, int]
) -> tuple[Situation, dict[int, list[Part]]]:
    """As it was before any rule, with stock that moved since and locations that got some; and what kits are made of."""
    kept = past.kept
    request = kept.case.strict
    candidates = [replace(one, **WITHOUT_RULE) for one in request.candidates]
    kilometres = list(kept.kilometres)
    variants = {demand.variant for demand in request.demands}
    variants |= {variant for of in kept.parts.values() for variant, _, _ in of}
    excluded = {pair: why for pair, why in request.excluded.items() if why in BEFORE_ANY_RULE}
    fresh = {place for variant, place in moved if variant in variants} - {one.location for one in candidates}
    for candidate, far, lines in _newcomers(past, network, sorted(fresh)):
        excluded |= {(at, len(candidates)): Exclusion.METHOD for at in range(len(request.demands)) if at not in lines}
        candidates.append(candidate)
        kilometres.append(far)

    def now(variant: VariantKey, row: Sequence[int]) -> list[int]:
        before = [*row, *[0] * (len(candidates) - len(row))]
        return [
            max(0, units + moved.get((variant, at.location), 0)) for units, at in zip(before, candidates, strict=True)
        ]

    free = [now(demand.variant, row) for demand, row in zip(request.demands, kept.free, strict=True)]
    parts = {
        at: [Part(variant, units, now(variant, row)) for variant, units, row in of] for at, of in kept.parts.items()
    }
    for at, of in parts.items():
        free[at] = kits_at(of)
    for at, one in enumerate(candidates):
        if one.location in what_if.closed:
            excluded.update({(line, at): Exclusion.CLOSED for line in range(len(request.demands))})
    kinds = [site.kind if (site := network.sites.get(one.location)) else "" for one in candidates]
    situation = Situation(
        request.demands,
        candidates,
        free,
        excluded,
        kinds,
        kilometres,
        past.lines,
        past.asker,
        past.value_minor,
        unit_costs=_worth(past, network, candidates[len(request.candidates) :]),
        loads=_filled(kept.loads, len(candidates)),
        loads_via=_filled(kept.loads_via, len(candidates)) if kept.loads_via else (),
        hazmat=frozenset(site.id for site in network.sites.values() if site.is_hazmat),
        kinds_via=[_kind_via(one, network) for one in candidates],
    )
    return situation, parts


def _filled(loads: Sequence[Load | None], size: int) -> list[Load | None]:
    return [*loads, *([None] * (size - len(loads)))]


def _worth(past: Past, network: Network, newcomers: Sequence[Candidate]) -> Sequence[Sequence[int]] | None:
    """What units were worth elsewhere when it was decided; at locations that were no candidates, what they are worth now."""
    worth = past.kept.worth
    if worth is None or not newcomers:
        return worth and worth.unit_costs
    demands = [replace(one, variant=UUID(str(one.variant))) for one in past.kept.case.strict.demands]
    parts = {
        at: [Part(UUID(str(variant)), units, ()) for variant, units, _ in of] for at, of in past.kept.parts.items()
    }
    now = network.worth_at(demands, [network.sites[one.location] for one in newcomers], parts)
    more = now.unit_costs if now else [[0] * len(newcomers)] * len(demands)
    return [[*row, *later] for row, later in zip(worth.unit_costs, more, strict=True)]


def _newcomers(
    past: Past, network: Network, locations: Sequence[UUID]
) -> Iterator[tuple[Candidate, float, Collection[int]]]:
    """Candidates that were none then, each with the lines it may serve: what is collected comes from where it came from
    then, or is brought from everywhere, to the place that it was brought to.
    """
    request, view = past.kept.case.strict, network.view(*past.position)
    columns: dict[UUID | None, set[int]] = {}
    for line, demand in enumerate(request.demands):
        own = [at for at in range(len(request.candidates)) if request.excluded.get((line, at)) is not Exclusion.METHOD]
        via = next((request.candidates[at].via for at in own), None)
        if via is not None or demand.method is not Method.PICKUP:
            columns.setdefault(via, set()).add(line)
    for location in locations:
        site = network.sites.get(location)
        if site is None or not site.is_active or not network.channels[past.channel_id].allows(location):
            continue
        for via, lines in columns.items():
            if via is None:
                yield view.candidates[site.rank], view.kilometres[site.rank], lines
            elif via in network.sites:
                yield *seen_from(via, site, network), lines


def _kind_via(candidate: Candidate, network: Network) -> str:
    if candidate.via in (None, candidate.location):
        return ""
    site = network.sites.get(candidate.via) if candidate.via else None
    return site.kind if site else ""


def _again(past: Past, situation: Situation, parts: Parts, *, what_if: WhatIf, network: Network) -> Again:
    """Seen as it was seen then where nothing is delivered together, neither then nor now."""
    rules, view = what_if.rules, network.view(*past.position)
    bringing = bringing_of(past.kept, situation, rules, network, what_if.closed)
    if bringing is None and past.kept.merged_at is None:
        return decide_straight(situation, parts, rules)
    taken = take_apart(situation, parts, network, view)
    if bringing is None:
        return decide_apart(taken, rules, network)
    return decide_together(taken, bringing, rules, network, view)


def _as_it_was(past: Past, situation: Situation, rules: Sequence[RoutingRule]) -> RoutingPlan:
    """What was decided, at today's rates and weights."""
    case, _ = case_of(situation, rules)
    taken: dict[int, list[int]] = {}
    for line, at, _, quantity in past.plan.assignments:
        taken.setdefault(at, [0] * len(situation.demands))[line] += quantity
    plain = replace(case.strict, unit_costs=None)
    costed = plan_of_units(plain, [(at, tuple(units)) for at, units in taken.items()])
    costed = costed._replace(unserved=past.plan.unserved)
    merging, chosen = past.kept.merging, past.kept.merged_at
    if merging is None or chosen is None:
        return costed
    return with_last_leg(costed, merging.ways[chosen], merging.grams_before)


def _merged_at(plan: RoutingPlan) -> UUID | None:
    return plan.last_leg.location if plan.last_leg else None


def _units(plan: RoutingPlan, seen: Situation | RoutingRequest, parts: Parts) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for (variant, at), units in taken_of(plan, seen.demands, parts).items():
        place = variant, seen.candidates[at].location
        found[place] = found.get(place, 0) + units
    return found
