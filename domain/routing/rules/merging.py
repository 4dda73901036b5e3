"""Where what ships of an order comes together: every place is a case of its own, and the cheapest of them is chosen.

IBM Sterling Order Management calls it a deliver-together group with a merge node. A place costs what bringing everything
there costs, as seen from there, and the last leg: one parcel of all of it from there to the address. To serve an order
whole from one location is the place to which nothing is brought. What is served counts before what it costs, and of equals
the first is taken. As long as everything is served the last leg of a place is the same whatever its plan, so the cheapest
plan of each place, which `passes.py` finds, is all that has to be compared.

A rule may ask for it too. A hard one is as if the customer asked. A soft one holds where everything can be brought together,
and is dropped for the order otherwise: it is served as if the rule did not ask for it.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from domain.routing.explain import rank
from domain.routing.rules.passes import Case, solve
from domain.routing.values import LastLeg, Method, RoutingPlan
from domain.shipping_rates import Rate


class Way(NamedTuple):
    """A location where everything might come together, with the rate and the kilometres of its last leg.

    `far` are the kilometres of the case's candidates.
    """

    location: UUID
    rate: Rate
    kilometres: float
    case: Case
    far: Sequence[float]


class Apart(NamedTuple):
    """How an order is served that is not delivered together."""

    case: Case
    far: Sequence[float]


class Merging(NamedTuple):
    """The ways to choose from; `grams_before` are on their way already, so that only what comes on top is paid for.

    With `apart` it comes together only where all that ships does; otherwise it leaves from wherever it lies.
    `is_ruled` if a rule asked for it and not the customer.
    """

    ways: Sequence[Way]
    grams_before: int = 0
    apart: Apart | None = None
    is_ruled: bool = False


class Merged(NamedTuple):
    """Every way's plan with its last leg, and which of them it is; None for the plan that is `apart`."""

    plans: Sequence[RoutingPlan]
    at: int | None
    apart: RoutingPlan | None = None

    @property
    def plan(self) -> RoutingPlan:
        if self.at is not None:
            return self.plans[self.at]
        assert self.apart is not None, "there is one way at least"
        return self.apart


def solve_merging(merging: Merging) -> Merged:
    found = choose_way(merging, [solve(way.case) for way in merging.ways])
    if found.at is not None:
        return found
    assert merging.apart is not None, "there is one way at least"
    return found._replace(apart=solve(merging.apart.case))


def choose_way(merging: Merging, plans: Sequence[RoutingPlan]) -> Merged:
    """`plans` are those of the ways' cases; the one that is apart is left to the caller."""
    found = [with_last_leg(plan, way, merging.grams_before) for way, plan in zip(merging.ways, plans, strict=True)]
    open_ones = [
        at
        for at, (way, plan) in enumerate(zip(merging.ways, found, strict=True))
        if merging.apart is None or is_whole(plan, way)
    ]
    return Merged(found, min(open_ones, key=lambda at: rank(found[at]), default=None))


def is_whole(plan: RoutingPlan, way: Way) -> bool:
    """Whether nothing of what ships has to wait."""
    demands = way.case.strict.demands
    return not any(demands[short.line].method is Method.SHIP for short in plan.unserved)


def with_last_leg(plan: RoutingPlan, way: Way, grams_before: int) -> RoutingPlan:
    """Nothing that ships, nothing to pay for."""
    demands = way.case.strict.demands
    shipped = [one for one in plan.assignments if demands[one.line].method is Method.SHIP]
    if not shipped:
        return plan
    grams = sum(demands[one.line].grams_each * one.quantity for one in shipped)
    paid_before = way.rate.price_minor(grams_before) if grams_before else 0
    leg = LastLeg(way.location, grams, way.rate.price_minor(grams_before + grams) - paid_before)
    return plan._replace(last_leg=leg, total_minor=plan.total_minor + leg.shipping_minor)
