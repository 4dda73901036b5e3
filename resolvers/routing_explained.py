"""Why a routing decision is what it is, as a planner reads it: every location, the next best plan, what was dropped."""

import asyncio
from dataclasses import dataclass
from datetime import date

from strawberry import Parent

from domain.routing.explain import Explanation
from domain.routing.rules.explaining import explain_case, explain_merging
from domain.routing.rules.merging import Merged
from domain.routing.rules.telling import dropped, reason_told, weighed
from domain.routing.values import Exclusion, RoutingPlan, real_cost_minor
from models import Location, OrderLine, RoutingDecision
from resolvers.context import Info
from resolvers.routing import LastLegShown, Names, ParcelShown, UnitsShown, read_decision


@dataclass(frozen=True, slots=True)
class VerdictShown:
    order_line: OrderLine | None
    quantity: int
    reason: Exclusion | None
    dropped: Exclusion | None


@dataclass(frozen=True, slots=True)
class CapacityShown:
    units: int
    orders: int
    most_units: int | None
    most_orders: int | None
    lines: int
    most_lines: int | None


@dataclass(frozen=True, slots=True)
class CandidateShown:
    location: Location | None
    brought_to: Location | None
    distance_km: int
    is_chosen: bool
    parcel_minor: int | None
    weighed_minor: int | None
    sequence_minor: int
    scarcity_minor: int
    markdown_minor: int
    work_on: date | None
    days_later: int
    capacity: CapacityShown | None
    lines: list[VerdictShown]


@dataclass(frozen=True, slots=True)
class MergePlaceShown:
    location: Location | None
    distance_km: int
    is_chosen: bool
    cost_minor: int
    last_leg_minor: int
    unserved_units: int


@dataclass(frozen=True, slots=True)
class RunnerUpShown:
    parcels: list[ParcelShown]
    last_leg: LastLegShown | None
    cost_minor: int
    split_minor: int
    weighed_minor: int
    difference_minor: int
    unserved_units: int


@dataclass(frozen=True, slots=True)
class ExplanationShown:
    candidates: list[CandidateShown]
    merge_places: list[MergePlaceShown]
    runner_up: RunnerUpShown | None
    relaxed: list[UnitsShown]


async def explanation(root: Parent[RoutingDecision], info: Info) -> ExplanationShown:
    """Worked out anew from what was stored, beside the event loop."""
    names, _ = await read_decision(root, info)
    merging = names.kept.merging
    compared = await asyncio.to_thread(explain_merging, merging) if merging else None
    found = compared.explanation if compared else await asyncio.to_thread(explain_case, names.kept.case)
    runner_up = None
    if found.runner_up is not None and found.difference_minor is not None:
        seen_there = names.seen_from(compared.runner_up_at) if compared else names
        runner_up = RunnerUpShown(
            parcels=seen_there.parcels(found.runner_up),
            last_leg=names.last_leg(found.runner_up),
            cost_minor=real_cost_minor(found.runner_up),
            split_minor=found.runner_up.split_minor,
            weighed_minor=found.runner_up.total_minor,
            difference_minor=found.difference_minor,
            unserved_units=_unserved_units(found.runner_up),
        )
    return ExplanationShown(
        candidates=[_candidate(names, found, at) for at in range(len(found.verdicts))],
        merge_places=_merge_places(names, compared.merged) if compared else [],
        runner_up=runner_up,
        relaxed=[UnitsShown(names.line(line), units) for line, units in sorted(found.relaxed.items())],
    )


def _merge_places(names: Names, merged: Merged) -> list[MergePlaceShown]:
    assert names.kept.merging is not None, "it comes together somewhere"
    return [
        MergePlaceShown(
            location=names.locations.get(way.location),
            distance_km=round(way.kilometres),
            is_chosen=at == merged.at,
            cost_minor=real_cost_minor(plan),
            last_leg_minor=plan.last_leg.shipping_minor if plan.last_leg else 0,
            unserved_units=_unserved_units(plan),
        )
        for at, (way, plan) in enumerate(zip(names.kept.merging.ways, merged.plans, strict=True))
    ]


def _unserved_units(plan: RoutingPlan) -> int:
    return sum(short.quantity for short in plan.unserved)


def _candidate(names: Names, found: Explanation, at: int) -> CandidateShown:
    kept, verdict = names.kept, found.verdicts[at]
    load = kept.loads[at] if kept.loads else None
    taken = {line: quantity for line, place, _, quantity in found.plan.assignments if place == at}
    extra = (verdict.weighed_minor or 0) - (verdict.parcel_minor or 0)
    only = weighed(kept, at, enumerate(verdict.able), extra)
    return CandidateShown(
        location=names.location(at),
        brought_to=names.brought_to(at),
        distance_km=round(kept.kilometres[at]),
        is_chosen=bool(taken),
        parcel_minor=verdict.parcel_minor,
        weighed_minor=verdict.weighed_minor,
        sequence_minor=only.sequence_minor,
        scarcity_minor=only.scarcity_minor,
        markdown_minor=only.markdown_minor,
        work_on=load.day if load else None,
        days_later=load.later if load else 0,
        capacity=CapacityShown(*load[2:]) if load and load.is_limited else None,
        lines=[
            VerdictShown(
                order_line=names.line(line),
                quantity=taken.get(line, 0),
                reason=reason_told(kept, found, line, at),
                dropped=dropped(kept, found.plan, line, at),
            )
            for line in range(len(kept.case.strict.demands))
        ],
    )
