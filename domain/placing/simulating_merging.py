"""What if orders were delivered together, or were not: past orders seen from other places than they were seen from then.

The columns of then are taken apart into what each location had of each line. From that columns are made anew, as placing
makes them: as seen from the address, or from each place where the order may come together.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from domain.placing.forwarding import Columns, HandOvers, Terms, brought, direct
from domain.placing.merging import Bringing, asked_by_rule, first_sites, handed_over_at
from domain.placing.world import Network, Site, View
from domain.routing.kits import Part, Parts, kits_at, solve_together
from domain.routing.rules.applying import Situation, case_of
from domain.routing.rules.keeping import Kept
from domain.routing.rules.merging import Apart, Merging, Way, choose_way
from domain.routing.rules.values import RoutingRule
from domain.routing.values import Demand, Exclusion, Method, RoutingPlan, RoutingRequest
from domain.workdays import Loads


class Again(NamedTuple):
    """A plan and what it was made of; `leg_km` is how far the last leg goes, if there is one."""

    plan: RoutingPlan
    situation: Situation
    request: RoutingRequest
    parts: Parts
    leg_km: float = 0.0


class Taken(NamedTuple):
    """An order taken apart: what each site has of each line, and where what is collected is brought to."""

    situation: Situation
    sites: Sequence[Site]
    terms: Terms
    straight: Columns
    collected: HandOvers
    parts: Parts
    loads: Loads


def bringing_of(
    kept: Kept, situation: Situation, rules: Sequence[RoutingRule], network: Network, closed: Collection[UUID]
) -> Bringing | None:
    """Whether, and where, the order would be delivered together: as its customer wished, else as rules ask for."""
    if kept.merging is None or kept.merging.is_ruled:
        asked = asked_by_rule(rules, situation.lines, situation.asker, network)
    else:
        sites = [network.sites[way.location] for way in kept.merging.ways if way.location in network.sites]
        asked = Bringing(sites, 0, kept.merging.grams_before)
    if asked is None:
        return None
    asked = asked._replace(sites=[site for site in asked.sites if site.id not in closed])
    return asked if asked.sites else None


def decide_straight(situation: Situation, parts: Parts, rules: Sequence[RoutingRule]) -> Again:
    """As it is seen already."""
    case, _ = case_of(situation, rules)
    case, plan = solve_together(case, parts)
    return Again(plan, situation, case.strict, parts)


def decide_apart(taken: Taken, rules: Sequence[RoutingRule], network: Network) -> Again:
    return decide_straight(*_seen(taken, taken.collected, network), rules)


def decide_together(
    taken: Taken, bringing: Bringing, rules: Sequence[RoutingRule], network: Network, view: View
) -> Again:
    """At the best of all places; if it may, and not all can be brought to any, from wherever it lies."""
    found: list[Again] = []
    ways: list[Way] = []
    for place in first_sites(taken.terms, taken.sites, bringing.sites, view, parts=taken.parts):
        hand_overs = handed_over_at(place.id, taken.terms.demands, taken.collected)
        situation, parts = _seen(taken, hand_overs, network)
        case, _ = case_of(situation, rules)
        case, plan = solve_together(case, parts)
        kilometres = view.kilometres[place.rank]
        found.append(Again(plan, situation, case.strict, parts, kilometres))
        ways.append(Way(place.id, view.candidates[place.rank].rate, kilometres, case, situation.kilometres))
    apart = decide_apart(taken, rules, network) if bringing.is_optional else None
    # Only whether there is another way counts here: its plan is made already.
    other = Apart(ways[0].case, ()) if apart else None
    merged = choose_way(Merging(ways, bringing.grams_before, other), [again.plan for again in found])
    if merged.at is None:
        assert apart is not None, "there is one way at least"
        return apart
    return found[merged.at]._replace(plan=merged.plan)


def take_apart(situation: Situation, parts: Parts, network: Network, view: View) -> Taken:
    candidates = situation.candidates
    known = {one.location for one in candidates if one.location in network.sites}
    sites = sorted((network.sites[key] for key in known), key=lambda site: site.rank)
    own = [
        {
            one.location: at
            for at, one in reversed(list(enumerate(candidates)))
            if situation.excluded.get((line, at)) is not Exclusion.METHOD
        }
        for line in range(len(situation.demands))
    ]
    stock = [
        [row[at[site.id]] if site.id in at else 0 for site in sites]
        for row, at in zip(situation.stock, own, strict=True)
    ]
    excluded = {}
    for line, at in enumerate(own):
        for place, site in enumerate(sites):
            why = situation.excluded.get((line, at[site.id])) if site.id in at else Exclusion.METHOD
            if why is not None:
                excluded[line, place] = why
    collected = [
        None if demand.method is Method.SHIP else _collected_at(situation, line)
        for line, demand in enumerate(situation.demands)
    ]
    first = {one.location: at for at, one in reversed(list(enumerate(candidates)))}
    loads = Loads({site.id: load for site in sites if (load := situation.load(first[site.id]))})
    _look_ahead(situation, loads)
    free = {
        line: [part._replace(free=[part.free[at[site.id]] if site.id in at else 0 for site in sites]) for part in of]
        for line, of in parts.items()
        for at in (own[line],)
    }
    terms = Terms(situation.demands, stock, excluded)
    return Taken(situation, sites, terms, direct(sites, view, loads), collected if any(collected) else (), free, loads)


def _look_ahead(situation: Situation, loads: Loads) -> None:
    """Into `loads`, what places have to do on the days when they hand over what is brought; before what nearer ones bring."""
    for at, load in enumerate(situation.loads_via):
        source, place = situation.candidates[at].location, situation.candidates[at].via
        if load is None or place is None or place == source:
            continue
        loads.days[source, place] = load.day
        known = loads.ahead.get((place, load.day), load)
        loads.ahead[place, load.day] = min(known, load, key=lambda each: each.units)


def _collected_at(situation: Situation, line: int) -> UUID | None:
    """Where the line's goods are brought to, if they are."""
    barred = {Exclusion.METHOD, Exclusion.CLOSED}
    own = (one.via for at, one in enumerate(situation.candidates) if situation.excluded.get((line, at)) not in barred)
    return next(own, None)


def _seen(taken: Taken, hand_overs: HandOvers, network: Network) -> tuple[Situation, Parts]:
    terms, columns, parts = taken.terms, taken.straight, taken.parts
    if hand_overs:
        terms, columns, parts = _brought(taken, hand_overs, network)
    situation = replace(
        taken.situation,
        candidates=columns.candidates,
        stock=terms.stock,
        excluded=terms.excluded,
        kinds=[site.kind for site in columns.sites],
        kilometres=columns.kilometres,
        loads=columns.loads,
        kinds_via=columns.kinds_via,
        loads_via=columns.loads_via,
    )
    return situation, parts


def _brought(taken: Taken, hand_overs: HandOvers, network: Network) -> tuple[Terms, Columns, Parts]:
    """Component by component, as it is brought: what kits and others want of one variant is counted once."""
    whole = taken.terms
    lines = [(at, part) for at in range(len(whole.demands)) for part in taken.parts.get(at, (None,))]
    by_line = Terms(
        [_demand(whole.demands[at], part) for at, part in lines],
        [whole.stock[at] if part is None else part.free for at, part in lines],
        {
            (line, site): why
            for line, (at, _) in enumerate(lines)
            for (of, site), why in whole.excluded.items()
            if of == at
        },
    )
    seen, columns = brought(by_line, taken.straight, [hand_overs[at] for at, _ in lines], network, taken.loads)
    parts: dict[int, list[Part]] = {}
    stock: list[Sequence[int]] = [()] * len(whole.demands)
    for (at, part), row in zip(lines, seen.stock, strict=True):
        if part is not None:
            parts.setdefault(at, []).append(part._replace(free=row))
        stock[at] = row if part is None else kits_at(parts[at])
    excluded = {(lines[line][0], column): why for (line, column), why in seen.excluded.items()}
    return Terms(whole.demands, stock, excluded), columns, parts


def _demand(demand: Demand, part: Part | None) -> Demand:
    return demand if part is None else Demand(part.variant, demand.quantity * part.units, 0, demand.method)
