"""Lines that are served together: the components of kits, each kit from one location and in the right ratio.

A kit is one demand of whole kits, of which a location has as many as its scarcest component allows. Where that component
is wanted by other demands too, a plan may take more of it than there is, or more units than the location can take on: then
whoever was listed later gives up what is too much there, and the plan is made anew. So no unit is given twice. Where
nothing is shared, which is the rule, the plan is the one of `plan.py`, as exact as ever; where something is, it is the best
one that this leads to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from uuid import UUID

from domain.routing.rules.choosing import WantedLine
from domain.routing.rules.passes import Case, solve
from domain.routing.values import Assignment, Demand, Exclusion, RoutingPlan, RoutingRequest, Unserved, VariantKey

ROOM: Final = "room"
"""Stands among variants for the units that a candidate can take on."""
PLENTY: Final = 1 << 30
MOST_ROUNDS: Final = 30
"""Plans made anew before shared components are dealt out in advance, line by line."""


class Bundle(NamedTuple):
    """Lines by position that are served as `kits` whole kits of `variant`, with so many units of each line in one."""

    variant: UUID
    category: str
    kits: int
    lines: tuple[int, ...]
    in_one: tuple[int, ...]


class Part(NamedTuple):
    """What one kit takes of a variant, and what every candidate has of it."""

    variant: VariantKey
    units: int
    free: Sequence[int]


Parts = Mapping[int, Sequence[Part]]
"""Of the demands that are kits, by their position."""
Members = Sequence[Sequence[tuple[int, int]]]
"""By demand its lines, with the units that one of it takes of each."""
Caps = dict[tuple[VariantKey, int], int]
"""What a demand's variant may take at most from a candidate."""


@dataclass(slots=True)
class Gathered:
    """What lines want, every kit being one demand."""

    demands: list[Demand]
    stock: list[Sequence[int]]
    excluded: dict[tuple[int, int], Exclusion]
    lines: list[WantedLine]
    members: list[Sequence[tuple[int, int]]]
    parts: dict[int, Sequence[Part]]


def gathered(
    demands: Sequence[Demand],
    stock: Sequence[Sequence[int]],
    excluded: Mapping[tuple[int, int], Exclusion],
    *,
    lines: Sequence[WantedLine],
    bundles: Sequence[Bundle],
) -> Gathered:
    """Each kit in the place of its first line. A location that may not give one component gives no kit."""
    first = {bundle.lines[0]: bundle for bundle in bundles}
    inside = {line for bundle in bundles for line in bundle.lines}
    found = Gathered([], [], {}, [], [], {})
    position: dict[int, int] = {}
    for line, demand in enumerate(demands):
        if line in inside and line not in first:
            continue
        at = len(found.demands)
        bundle = first.get(line)
        if bundle is None:
            found.demands.append(demand)
            found.stock.append(stock[line])
            found.members.append(((line, 1),))
            position[line] = at
        else:
            parts = [Part(demands[each].variant, units, stock[each]) for each, units in _pairs(bundle)]
            grams = sum(demands[each].grams_each * units for each, units in _pairs(bundle))
            found.demands.append(Demand(bundle.variant, bundle.kits, grams, demand.method, len(parts)))
            found.stock.append(kits_at(parts))
            found.members.append(_pairs(bundle))
            found.parts[at] = parts
            position.update(dict.fromkeys(bundle.lines, at))
        if lines:
            wanted = lines[line]
            found.lines.append(wanted if bundle is None else _as_kit(wanted, bundle))
    found.excluded = {(position[line], at): why for (line, at), why in excluded.items()}
    return found


def kits_at(parts: Sequence[Part]) -> list[int]:
    """By candidate how many kits it could put together."""
    return [
        min(units // part.units for units, part in zip(there, parts, strict=True))
        for there in zip(*(part.free for part in parts), strict=True)
    ]


def spread(plan: RoutingPlan, members: Members) -> RoutingPlan:
    """Who serves what of which line, and what is unserved; the parcels still name demands."""
    assignments = sorted(
        Assignment(line, at, location, quantity * units)
        for demand, at, location, quantity in plan.assignments
        for line, units in members[demand]
    )
    unserved = sorted(
        Unserved(line, short.quantity * units, short.reason)
        for short in plan.unserved
        for line, units in members[short.line]
    )
    return plan._replace(assignments=tuple(assignments), unserved=tuple(unserved))


def solve_together(case: Case, parts: Parts) -> tuple[Case, RoutingPlan]:
    """A plan that takes nothing twice, and the case whose plan it is: stored, it gives the same plan again."""
    shared = _shared(case, parts)
    plan = solve(case)
    if not shared:
        return case, plan
    caps: Caps = {}
    for _ in range(MOST_ROUNDS):
        fewer = _too_much(case, plan, parts, shared)
        if not fewer:
            return case, plan
        caps |= fewer
        case = _capped(case, caps)
        plan = solve(case)
    case = _capped(case, _dealt_out(case, parts, shared))
    return case, solve(case)


def taken_of(plan: RoutingPlan, demands: Sequence[Demand], parts: Parts) -> dict[tuple[VariantKey, int], int]:
    """Units by variant and candidate, those of components included."""
    taken: dict[tuple[VariantKey, int], int] = {}
    for demand, at, _, quantity in plan.assignments:
        for variant, units in uses(demand, demands, parts):
            taken[variant, at] = taken.get((variant, at), 0) + quantity * units
    return taken


def _pairs(bundle: Bundle) -> list[tuple[int, int]]:
    return list(zip(bundle.lines, bundle.in_one, strict=True))


def _as_kit(line: WantedLine, bundle: Bundle) -> WantedLine:
    return line._replace(variant_id=bundle.variant, category=bundle.category)


def uses(demand: int, demands: Sequence[Demand], parts: Parts) -> Sequence[tuple[VariantKey, int]]:
    """What one of the demand takes."""
    if demand in parts:
        return [(part.variant, part.units) for part in parts[demand]]
    return [(demands[demand].variant, 1)]


def _shared(case: Case, parts: Parts) -> dict[VariantKey, Sequence[int]]:
    """Variants that several different demands take, at least one of them in a kit, with what each candidate may give.

    Where a rule keeps units back at a location, that is so much less: of a kit as many units as kits.
    """
    demands = case.strict.demands
    bound = case.relaxed or case.strict
    takers: dict[VariantKey, set[VariantKey]] = {}
    most: dict[VariantKey, Sequence[int]] = {}
    for demand, each in enumerate(demands):
        row = bound.stock[demand]
        raw = kits_at(parts[demand]) if demand in parts else row
        for variant, free in [(part.variant, part.free) for part in parts.get(demand, ())] or [(each.variant, row)]:
            takers.setdefault(variant, set()).add(each.variant)
            here = [units - (before - after) for units, before, after in zip(free, raw, row, strict=True)]
            most[variant] = [min(pair) for pair in zip(most.get(variant, here), here, strict=True)]
    inside = {part.variant for each in parts.values() for part in each}
    shared = {variant: most[variant] for variant, by in takers.items() if len(by) > 1 and variant in inside}
    room = [PLENTY if one.capacity_units is None else one.capacity_units for one in bound.candidates]
    return shared if min(room, default=PLENTY) == PLENTY else {**shared, ROOM: room}


def _too_much(case: Case, plan: RoutingPlan, parts: Parts, shared: Mapping[VariantKey, Sequence[int]]) -> Caps:
    """Tighter limits where the plan takes more of a shared variant than there is; the first listed keeps what it has."""
    demands = case.strict.demands
    taken: dict[tuple[VariantKey, int], int] = {}
    for demand, at, _, quantity in plan.assignments:
        key = (demands[demand].variant, at)
        taken[key] = taken.get(key, 0) + quantity
    return {key: most for key, most in _allowed(case, parts, shared, taken).items() if most < taken[key]}


def _dealt_out(case: Case, parts: Parts, shared: Mapping[VariantKey, Sequence[int]]) -> Caps:
    """Limits that hold whatever the plan: every demand may have all it wants of what those before it leave."""
    wanted: dict[VariantKey, int] = {}
    for demand in case.strict.demands:
        wanted[demand.variant] = wanted.get(demand.variant, 0) + demand.quantity
    places = range(len(case.strict.candidates))
    return _allowed(case, parts, shared, {(key, at): units for key, units in wanted.items() for at in places})


def _allowed(
    case: Case, parts: Parts, shared: Mapping[VariantKey, Sequence[int]], asked: Mapping[tuple[VariantKey, int], int]
) -> Caps:
    """Of what is asked, by demand's variant and candidate, so much as the shared variants allow, in the demands' order."""
    left = {(variant, at): units for variant, free in shared.items() for at, units in enumerate(free)}
    allowed: Caps = {}
    for demand, each in enumerate(case.strict.demands):
        takes = uses(demand, case.strict.demands, parts)
        takes = [*takes, (ROOM, sum(units for _, units in takes))]
        takes = [(variant, units) for variant, units in takes if variant in shared]
        for at in range(len(case.strict.candidates)):
            key = (each.variant, at)
            if not takes or key in allowed or key not in asked:
                continue
            allowed[key] = min(asked[key], *(max(0, left[variant, at]) // units for variant, units in takes))
            for variant, units in takes:
                left[variant, at] -= allowed[key] * units
    return allowed


def _capped(case: Case, caps: Caps) -> Case:
    return Case(_capped_request(case.strict, caps), case.relaxed and _capped_request(case.relaxed, caps))


def _capped_request(request: RoutingRequest, caps: Caps) -> RoutingRequest:
    stock = [
        [min(units, caps.get((demand.variant, at), units)) for at, units in enumerate(row)]
        for demand, row in zip(request.demands, request.stock, strict=True)
    ]
    return replace(request, stock=stock)
