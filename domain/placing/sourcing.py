"""The one way from wanted units to a plan: placing, carts, promises and re-routing all build their requests here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from domain.placing.world import Network, Site
from domain.routing.plan import route
from domain.routing.rules.applying import DEFAULT_ROUTING, Excluded, Situation, case_of
from domain.routing.rules.choosing import ANYBODY, Asker, WantedLine
from domain.routing.rules.keeping import Plain, plain_candidate, plain_case
from domain.routing.rules.passes import Case, solve
from domain.routing.rules.values import RoutingRule
from domain.routing.values import Demand, RoutingPlan, RoutingRequest
from domain.workdays import Load

NO_LOADS: Final[Mapping[UUID, Load]] = {}


class Wanted(NamedTuple):
    """Units by line, and what each site has of them. What follows `excluded` is for rules, unused without any."""

    demands: Sequence[Demand]
    stock: Sequence[Sequence[int]]
    excluded: Excluded
    lines: Sequence[WantedLine] = ()
    asker: Asker = ANYBODY
    value_minor: int = 0
    loads: Mapping[UUID, Load] = NO_LOADS


class Routed(NamedTuple):
    """A plan with all that it depends on; `candidates` as decisions are stored, `free` the stock before any rule."""

    plan: RoutingPlan
    case: Case
    rule: RoutingRule | None
    candidates: Sequence[Sequence[Any]]
    free: Sequence[Sequence[int]]
    loads: Sequence[Load | None] = ()

    def plain(self, positions: Sequence[int] | None = None) -> Plain:
        """What to store, see `domain/routing/rules/keeping.py`."""
        free = None if self.rule is None else self.free
        return plain_case(self.case, self.candidates, free=free, positions=positions, loads=self.loads)


def route_order(
    wanted: Wanted, sites: Sequence[Site], network: Network, position: tuple[float | None, float | None]
) -> Routed:
    """`sites` by rank: ties in cost go to the first."""
    view = network.view(*position)
    candidates = [view.candidates[site.rank] for site in sites]
    ahead = network.unit_costs(wanted.demands, sites)
    if not network.rules:
        request = RoutingRequest(
            wanted.demands, candidates, wanted.stock, DEFAULT_ROUTING, ahead, excluded=wanted.excluded
        )
        plain = [view.plain[site.rank] for site in sites]
        return Routed(route(request), Case(request), None, plain, wanted.stock)
    far = [view.kilometres[site.rank] for site in sites]
    loads = [wanted.loads.get(site.id) for site in sites] if wanted.loads else ()
    situation = Situation(
        wanted.demands,
        candidates,
        wanted.stock,
        wanted.excluded,
        kinds=[site.kind for site in sites],
        kilometres=far,
        lines=wanted.lines,
        asker=wanted.asker,
        value_minor=wanted.value_minor,
        unit_costs=ahead,
        loads=loads,
        hazmat=frozenset(site.id for site in sites if site.is_hazmat),
    )
    case, rule = case_of(situation, network.rules)
    plain = [plain_candidate(*each) for each in zip(case.strict.candidates, far, strict=True)]
    return Routed(solve(case), case, rule, plain, wanted.stock, loads)
