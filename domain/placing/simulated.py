"""What a simulation would change of one order: where its units come from, what that costs, and why not from where they came."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from domain.placing.simulating import Change
from domain.routing.explain import verdict
from domain.routing.rules.telling import later_or_worth_more
from domain.routing.values import Exclusion, RoutingPlan


class GivenUp(NamedTuple):
    """A location that gave units of a line and would give none; `reason` is None where it is not even looked at."""

    line: int
    location: UUID
    quantity: int
    reason: Exclusion | None


def given_up(change: Change) -> Iterator[GivenUp]:
    """In the order of the lines."""
    now = _units(change.again.plan)
    for (line, location), quantity in _units(change.before).items():
        if (line, location) not in now:
            yield GivenUp(line, location, quantity, _why(change, line, location))


def _why(change: Change, line: int, location: UUID) -> Exclusion | None:
    """Of several ways from there, what kept one out that was possible at all."""
    again = change.again
    ways = [at for at, one in enumerate(again.request.candidates) if one.location == location]
    reasons = [_reason(change, line, at) for at in ways]
    return min((each for each in reasons if each), key=lambda each: each is Exclusion.METHOD, default=None)


def _reason(change: Change, line: int, at: int) -> Exclusion | None:
    request, plan = change.again.request, change.again.plan
    reason = verdict(request, at, plan).reasons.get(line)
    if reason is Exclusion.LATER_IN_RULE and (worth := change.situation.unit_costs):
        return later_or_worth_more(request, worth, plan, line=line, at=at)
    return reason


def _units(plan: RoutingPlan) -> dict[tuple[int, UUID], int]:
    found: dict[tuple[int, UUID], int] = {}
    for line, _, location, quantity in plan.assignments:
        found[line, location] = found.get((line, location), 0) + quantity
    return found
