"""The one way from wanted units to a plan: placing, carts, promises and re-routing all build their requests here."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from domain.placing.forwarding import Columns, HandOvers, Terms, brought, direct
from domain.placing.merging import Bringing, asked_by_rule, first_sites, handed_over_at
from domain.placing.world import Network, Site, View
from domain.routing.kits import Bundle, Members, Parts, gathered, solve_together, spread
from domain.routing.plan import route
from domain.routing.rules.applying import DEFAULT_ROUTING, Excluded, Situation, case_of
from domain.routing.rules.choosing import ANYBODY, Asker, WantedLine
from domain.routing.rules.keeping import (
    Plain,
    plain_candidate,
    plain_case,
    plain_hand_overs,
    plain_merging,
    plain_worth,
)
from domain.routing.rules.merging import Apart, Merging, Way, choose_way
from domain.routing.rules.passes import Case, solve
from domain.routing.rules.values import RoutingRule
from domain.routing.values import Demand, RoutingPlan, RoutingRequest, Worth
from domain.workdays import Load, Loads

NO_LOADS: Final = Loads()


class Wanted(NamedTuple):
    """Units by line, and what each site has of them. What follows `excluded` is for rules, unused without any.

    `hand_overs`, where goods are brought to some place, names it line by line: None for lines that come straight.
    `bringing`: what ships is delivered together. Rules may ask for it too, unless some of it stands somewhere already.
    """

    demands: Sequence[Demand]
    stock: Sequence[Sequence[int]]
    excluded: Excluded
    lines: Sequence[WantedLine] = ()
    asker: Asker = ANYBODY
    value_minor: int = 0
    loads: Loads = NO_LOADS
    bundles: Sequence[Bundle] = ()
    hand_overs: HandOvers = ()
    bringing: Bringing | None = None
    may_merge: bool = True

    @property
    def goods(self) -> Terms:
        return Terms(self.demands, self.stock, self.excluded)


class Routed(NamedTuple):
    """A plan with all that it depends on; `candidates` as decisions are stored, `free` the stock before any rule.

    With kits its demands are not the lines: `parts` says which are kits, `members` of which lines each demand is. What is
    delivered together has `merging`, and all else is as seen from the place that was chosen, its way `merged_at`.
    `worth` is what was weighed beside the rule.
    """

    plan: RoutingPlan
    case: Case
    rule: RoutingRule | None
    candidates: Sequence[Sequence[Any]]
    free: Sequence[Sequence[int]]
    loads: Sequence[Load | None] = ()
    parts: Parts = {}
    members: Members = ()
    merging: Merging | None = None
    merged_at: int | None = None
    bringing: Bringing | None = None
    worth: Worth | None = None
    loads_via: Sequence[Load | None] = ()

    @property
    def by_line(self) -> RoutingPlan:
        """Who serves what of each line, and what is unserved."""
        return spread(self.plan, self.members) if self.members else self.plan

    def plain(self, positions: Sequence[int] | None = None) -> Plain:
        """What to store, see `domain/routing/rules/keeping.py`. A kit stands at the position of its first line."""
        free = None if self.rule is None and not self.parts else self.free
        if self.members:
            first = [lines[0][0] for lines in self.members]
            positions = first if positions is None else [positions[line] for line in first]
        plain = plain_case(
            self.case, self.candidates, free=free, positions=positions, loads=self.loads, parts=self.parts
        )
        if self.loads_via:
            plain |= plain_hand_overs(self.loads_via)
        if self.worth is not None:
            plain |= plain_worth(self.worth)
        return plain if self.merging is None else plain | plain_merging(self.merging, self.merged_at, plain)


def route_order(
    wanted: Wanted, sites: Sequence[Site], network: Network, position: tuple[float | None, float | None]
) -> Routed:
    """`sites` by rank: ties in cost go to the first."""
    view = network.view(*position)
    if wanted.bringing is not None or (network.is_merging and wanted.may_merge):
        together = wanted.bringing or asked_by_rule(network.rules, wanted.lines, wanted.asker, network)
        if together is not None:
            return _route_together(wanted, together, sites, network, view)
    return _route_apart(wanted, sites, network, view)


def _route_apart(wanted: Wanted, sites: Sequence[Site], network: Network, view: View) -> Routed:
    """What is brought nowhere, unless it is collected there."""
    if wanted.bundles or wanted.hand_overs:
        columns = direct(sites, view, wanted.loads)
        if wanted.hand_overs:
            terms, columns = brought(wanted.goods, columns, wanted.hand_overs, network, wanted.loads)
            wanted = wanted._replace(stock=terms.stock, excluded=terms.excluded)
        return _route_among(wanted, columns, network)
    worth = network.worth_at(wanted.demands, sites)
    ahead = worth and worth.unit_costs
    if not network.rules:
        candidates = [view.candidates[site.rank] for site in sites]
        request = RoutingRequest(
            wanted.demands, candidates, wanted.stock, DEFAULT_ROUTING, ahead, excluded=wanted.excluded
        )
        plain = [view.plain[site.rank] for site in sites]
        return Routed(route(request), Case(request), None, plain, wanted.stock, worth=worth)
    situation = _situation(wanted, direct(sites, view, wanted.loads), ahead)
    case, rule = case_of(situation, network.rules)
    plain = [plain_candidate(*each) for each in zip(case.strict.candidates, situation.kilometres, strict=True)]
    return Routed(solve(case), case, rule, plain, wanted.stock, situation.loads, worth=worth)


def _route_together(wanted: Wanted, bringing: Bringing, sites: Sequence[Site], network: Network, view: View) -> Routed:
    """Once for each place where everything may come together; of the answers the best."""
    straight = direct(sites, view, wanted.loads)
    found: list[Routed] = []
    ways: list[Way] = []
    for place in first_sites(wanted.goods, sites, bringing.sites, view):
        hand_overs = handed_over_at(place.id, wanted.demands, wanted.hand_overs)
        terms, columns = brought(wanted.goods, straight, hand_overs, network, wanted.loads)
        routed = _route_among(wanted._replace(stock=terms.stock, excluded=terms.excluded), columns, network)
        found.append(routed)
        rate, kilometres = view.candidates[place.rank].rate, view.kilometres[place.rank]
        ways.append(Way(place.id, rate, kilometres, routed.case, columns.kilometres))
    apart = _route_apart(wanted, sites, network, view) if bringing.is_optional else None
    leaving = apart and Apart(apart.case, [each[8] for each in apart.candidates])
    merging = Merging(ways, bringing.grams_before, leaving, is_ruled=bool(bringing.asked_by))
    merged = choose_way(merging, [routed.plan for routed in found])
    if merged.at is None:
        assert apart is not None, "it has to come together, and there is a way"
        return apart._replace(merging=merging)
    return found[merged.at]._replace(plan=merged.plan, merging=merging, merged_at=merged.at, bringing=bringing)


def _route_among(wanted: Wanted, columns: Columns, network: Network) -> Routed:
    """With kits, or goods that are brought to where they are handed over."""
    parts: Parts = {}
    members: Members = ()
    if wanted.bundles:
        together = gathered(wanted.demands, wanted.stock, wanted.excluded, lines=wanted.lines, bundles=wanted.bundles)
        wanted = wanted._replace(
            demands=together.demands, stock=together.stock, excluded=together.excluded, lines=together.lines
        )
        parts, members = together.parts, together.members
    worth = network.worth_at(wanted.demands, columns.sites, parts)
    situation = _situation(wanted, columns, worth and worth.unit_costs)
    case, rule = case_of(situation, network.rules)
    case, plan = solve_together(case, parts)
    plain = [plain_candidate(*each) for each in zip(case.strict.candidates, situation.kilometres, strict=True)]
    return Routed(
        plan, case, rule, plain, wanted.stock, situation.loads, parts, members, worth=worth, loads_via=columns.loads_via
    )


def _situation(wanted: Wanted, columns: Columns, ahead: Sequence[Sequence[int]] | None) -> Situation:
    return Situation(
        wanted.demands,
        columns.candidates,
        wanted.stock,
        wanted.excluded,
        kinds=[site.kind for site in columns.sites],
        kilometres=columns.kilometres,
        lines=wanted.lines,
        asker=wanted.asker,
        value_minor=wanted.value_minor,
        unit_costs=ahead,
        loads=columns.loads,
        hazmat=frozenset(site.id for site in columns.sites if site.is_hazmat),
        kinds_via=columns.kinds_via,
        loads_via=columns.loads_via,
    )
