"""Decisions as plain values, short enough to be stored with every order: all that it takes to decide again.

A request has `d`emands (variant, quantity, grams each, method), `c`andidates (location, rate, handling, capacity, methods,
kilometres), `s`tock by demand and candidate, and `o`ptions. Where there are any: e`x`clusions (line, candidate, why),
`u`nit costs, and the `m`ost sources of lines. `r` has what differs in the second pass (there `k` the capacities, `kl` those
of lines), `f` the free units before a rule kept some back, `w` what the candidates had to do on their day, `h` what the places
had to do on theirs that hand over what candidates bring, and `l` the
positions of the order's lines where they are not simply the first ones. A candidate has two numbers more where it costs
something for backlog or delay, a third where it can take on so many lines only, and a fourth thing where its goods are
brought to for handing them over. `v` has what units are worth to later orders and in credits, where they are. `b` has the
demands that are kits: of each component its variant, the units in one kit, and what each candidate has of it. `g`, of what
is delivered together, has the way that was chosen, the grams that were on theirs already, and of every place its last leg,
with what differs in the request as seen from there; then, where it need not come together, what differs for that, and whether
a rule asked for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.routing.rules.merging import Apart, Merging, Way, solve_merging
from domain.routing.rules.passes import Case, solve
from domain.routing.values import (
    Assignment,
    Candidate,
    Demand,
    Exclusion,
    LastLeg,
    Method,
    Parcel,
    RoutingOptions,
    RoutingPlan,
    RoutingRequest,
    Shortage,
    Unserved,
    VariantKey,
    Worth,
)
from domain.shipping_rates import Rate
from domain.workdays import Load

Plain = dict[str, Any]
PASSES: Final = ("c", "s", "o", "x", "u", "m", "r")
"""What of a request may differ from place to place."""


class Kept(NamedTuple):
    """A stored decision, read again; `positions` are those of the order's lines, `free` and loads from before any rule.

    `parts` has (variant, units in one kit, free units by candidate) of the demands that are kits. With `merging` the case is
    that of the way which was chosen, `merged_at`, or of none.
    """

    case: Case
    kilometres: Sequence[float]
    positions: Sequence[int]
    free: Sequence[Sequence[int]]
    loads: Sequence[Load | None] = ()
    parts: Mapping[int, Sequence[tuple[VariantKey, int, Sequence[int]]]] = {}
    merging: Merging | None = None
    merged_at: int | None = None
    worth: Worth | None = None
    loads_via: Sequence[Load | None] = ()

    def decided_again(self) -> RoutingPlan:
        return solve(self.case) if self.merging is None else solve_merging(self.merging).plan


def plain_candidate(candidate: Candidate, kilometres: float) -> list[Any]:
    rate = candidate.rate
    later: Sequence[Any] = ()
    if candidate.via is not None:
        later = [candidate.backlog_minor, candidate.delay_minor, candidate.capacity_lines, str(candidate.via)]
    elif candidate.capacity_lines is not None:
        later = [candidate.backlog_minor, candidate.delay_minor, candidate.capacity_lines]
    elif candidate.backlog_minor or candidate.delay_minor:
        later = [candidate.backlog_minor, candidate.delay_minor]
    return [
        str(candidate.location),
        rate.base_minor,
        rate.per_kilogram_minor,
        rate.included_kilograms,
        candidate.parcel_handling_minor,
        candidate.unit_handling_minor,
        candidate.capacity_units,
        None if candidate.methods is None else sorted(candidate.methods),
        round(kilometres),
        *later,
    ]


def plain_case(
    case: Case,
    candidates: Sequence[Sequence[Any]],
    *,
    free: Sequence[Sequence[int]] | None = None,
    positions: Sequence[int] | None = None,
    loads: Sequence[Load | None] = (),
    parts: Mapping[int, Sequence[tuple[VariantKey, int, Sequence[int]]]] | None = None,
) -> Plain:
    """`candidates` are those of the case as `plain_candidate` gives them."""
    strict = case.strict
    stored: Plain = {
        "d": [[str(one.variant), one.quantity, one.grams_each, one.method] for one in strict.demands],
        **_plain_passes(case, candidates),
    }
    if free is not None and free != strict.stock:
        stored["f"] = free
    if positions is not None:
        stored["l"] = positions
    if any(loads):
        stored["w"] = [load and _plain_load(load) for load in loads]
    if parts:
        stored["b"] = [[at, [[str(variant), units, row] for variant, units, row in of]] for at, of in parts.items()]
    return stored


def plain_merging(merging: Merging, at: int | None, stored: Plain) -> Plain:
    """What comes on top of the stored request of the place that was chosen."""

    def other(case: Case, far: Sequence[float]) -> Plain:
        candidates = [plain_candidate(*each) for each in zip(case.strict.candidates, far, strict=True)]
        own = _plain_passes(case, candidates)
        return {name: own.get(name) for name in PASSES if own.get(name) != stored.get(name)}

    ways = []
    for way in merging.ways:
        rate = way.rate
        leg = [rate.base_minor, rate.per_kilogram_minor, rate.included_kilograms, round(way.kilometres)]
        ways.append([str(way.location), *leg, other(way.case, way.far)])
    return {"g": [at, merging.grams_before, ways, merging.apart and other(*merging.apart), merging.is_ruled]}


def plain_hand_overs(loads: Sequence[Load | None]) -> Plain:
    """What comes on top where goods are brought to places whose days count."""
    return {"h": [load and _plain_load(load) for load in loads]} if any(loads) else {}


def plain_worth(worth: Worth) -> Plain:
    return {"v": list(worth)}


def plain_plan(plan: RoutingPlan) -> Plain:
    """`a`ssignments, `p`arcels, what is `n`ot served, what splitting and all together cost, and the last le`g` if any."""
    leg = plan.last_leg
    return {
        "a": [[line, at, quantity] for line, at, _, quantity in plan.assignments],
        "p": [[parcel[0], *(parcel[2:] if any(parcel[8:]) else parcel[2:8])] for parcel in plan.parcels],
        "n": [list(short) for short in plan.unserved],
        "split": plan.split_minor,
        "total": plan.total_minor,
        **({"g": [str(leg.location), *leg[1:]]} if leg else {}),
    }


def kept_of(stored: Mapping[str, Any]) -> Kept:
    parts = dict(stored.get("b", ()))
    demands = [
        Demand(variant, quantity, grams, Method(method), len(parts[at]) if at in parts else 1)
        for at, (variant, quantity, grams, method) in enumerate(stored["d"])
    ]
    return Kept(
        case=_case(demands, stored),
        kilometres=[each[8] for each in stored["c"]],
        positions=stored.get("l", range(len(demands))),
        free=stored.get("f", stored["s"]),
        loads=_loads(stored.get("w", ())),
        parts={at: [(variant, units, row) for variant, units, row in of] for at, of in parts.items()},
        merging=_merging(demands, stored) if "g" in stored else None,
        merged_at=stored["g"][0] if "g" in stored else None,
        worth=Worth(*stored["v"]) if "v" in stored else None,
        loads_via=_loads(stored.get("h", ())),
    )


def plan_of(stored: Mapping[str, Any], candidates: Sequence[Candidate]) -> RoutingPlan:
    def place(at: int) -> UUID:
        return candidates[at].location

    return RoutingPlan(
        tuple(Assignment(line, at, place(at), quantity) for line, at, quantity in stored["a"]),
        tuple(Parcel(at, place(at), tuple(lines), *costs) for at, lines, *costs in stored["p"]),
        tuple(Unserved(line, quantity, Shortage(reason)) for line, quantity, reason in stored["n"]),
        stored["split"],
        stored["total"],
        LastLeg(UUID(stored["g"][0]), *stored["g"][1:]) if "g" in stored else None,
    )


def _plain_passes(case: Case, candidates: Sequence[Sequence[Any]]) -> Plain:
    strict, relaxed = case.strict, case.relaxed
    stored: Plain = {"c": candidates, **_plain_terms(strict)}
    if relaxed is not None:
        stored["r"] = _plain_terms(relaxed)
        if relaxed.candidates is not strict.candidates:
            stored["r"]["k"] = [one.capacity_units for one in relaxed.candidates]
            if any(one.capacity_lines is not None for one in relaxed.candidates):
                stored["r"]["kl"] = [one.capacity_lines for one in relaxed.candidates]
    return stored


def _plain_terms(request: RoutingRequest) -> Plain:
    options = request.options
    terms: Plain = {
        "s": request.stock,
        "o": [
            options.split_minor,
            options.max_parcels,
            options.ship_complete,
            *([True] if options.complete_lines else ()),
        ],
    }
    if request.excluded:
        terms["x"] = [[line, at, why] for (line, at), why in request.excluded.items()]
    if request.unit_costs is not None:
        terms["u"] = request.unit_costs
    if request.most_sources is not None:
        terms["m"] = list(request.most_sources.items())
    return terms


def _case(demands: Sequence[Demand], stored: Mapping[str, Any]) -> Case:
    candidates = [_candidate(*each) for each in stored["c"]]
    terms = stored.get("r")
    relaxed = None if terms is None else _request(demands, _relaxed(candidates, terms), terms)
    return Case(_request(demands, candidates, stored), relaxed)


def _merging(demands: Sequence[Demand], stored: Mapping[str, Any]) -> Merging:
    _, grams_before, kept, apart, is_ruled = stored["g"]

    def seen(other: Mapping[str, Any]) -> Apart:
        own = {name: said for name, said in {**stored, **other}.items() if said is not None}
        return Apart(_case(demands, own), [each[8] for each in own["c"]])

    ways = [
        Way(UUID(location), Rate(base, per_kilogram, included), kilometres, *seen(other))
        for location, base, per_kilogram, included, kilometres, other in kept
    ]
    return Merging(ways, grams_before, None if apart is None else seen(apart), is_ruled)


def _request(demands: Sequence[Demand], candidates: Sequence[Candidate], terms: Mapping[str, Any]) -> RoutingRequest:
    return RoutingRequest(
        demands,
        candidates,
        terms["s"],
        RoutingOptions(*terms["o"]),
        terms.get("u"),
        {(line, at): Exclusion(why) for line, at, why in terms.get("x", ())},
        dict(terms["m"]) if "m" in terms else None,
    )


def _relaxed(candidates: Sequence[Candidate], terms: Mapping[str, Any]) -> Sequence[Candidate]:
    if "k" not in terms:
        return candidates
    lines = terms.get("kl", [None] * len(candidates))
    return [
        replace(one, capacity_units=units, capacity_lines=most)
        for one, units, most in zip(candidates, terms["k"], lines, strict=True)
    ]


def _loads(stored: Sequence[Any]) -> list[Load | None]:
    return [each and Load(date.fromisoformat(each[0]), *each[1:]) for each in stored]


def _plain_load(load: Load) -> list[Any]:
    """Without lines where none are counted."""
    counts = load[1:] if load.lines or load.most_lines is not None else load[1:-2]
    return [load.day.isoformat(), *counts]


def _candidate(location: str, *stored: Any) -> Candidate:
    base, per_kilogram, included, parcel_minor, unit_minor, capacity, methods, _, *later = stored
    more = [*later[:3], *map(UUID, later[3:])]
    return Candidate(
        UUID(location),
        Rate(base, per_kilogram, included),
        parcel_minor,
        unit_minor,
        capacity,
        None if methods is None else frozenset(Method(each) for each in methods),
        *more,
    )
