"""Routing as a planner reads it: a rule's steps, what a decision was made of, and why it is what it is."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final, Self
from uuid import UUID

import orjson
from strawberry import Parent

from domain.orders import FulfilmentMethod
from domain.routing.rules.keeping import Kept, kept_of, plain_plan, plan_of
from domain.routing.rules.telling import shortage_told, weighed
from domain.routing.rules.values import ConstraintKind
from domain.routing.values import Parcel, RoutingPlan, Shortage, real_cost_minor
from models import Location, LocationGroup, OrderLine, RoutingDecision, RoutingRule
from models.locations import LocationKind
from resolvers.context import Info
from resolvers.seeing import named
from resolvers.sources import Sql

LINES: Final = Sql("(SELECT array_agg(l.id) FROM order_lines l WHERE l.order_id = {row}.order_id)")


@dataclass(frozen=True, slots=True)
class StepShown:
    name: str
    priority: int
    locations: list[Location]
    location_kinds: list[LocationKind]
    max_distance_km: int | None
    min_value_minor: int
    groups: list[LocationGroup]
    distance_weight: int
    rank_weight: int


@dataclass(frozen=True, slots=True)
class MemberShown:
    location: Location
    priority: int


@dataclass(frozen=True, slots=True)
class HandlingShown:
    location_kind: LocationKind
    parcel_minor: int
    unit_minor: int


@dataclass(frozen=True, slots=True)
class ConstraintShown:
    kind: ConstraintKind
    is_hard: bool
    value: int
    method: FulfilmentMethod | None
    location: Location | None


@dataclass(frozen=True, slots=True)
class UnitsShown:
    """Units of an order line, None where the viewer may not see it."""

    order_line: OrderLine | None
    quantity: int


@dataclass(frozen=True, slots=True)
class ParcelShown:
    location: Location | None
    brought_to: Location | None
    distance_km: int
    weight_grams: int
    shipping_minor: int
    handling_minor: int
    labour_minor: int
    backlog_minor: int
    delay_minor: int
    sequence_minor: int
    scarcity_minor: int
    markdown_minor: int
    contents: list[UnitsShown]


@dataclass(frozen=True, slots=True)
class UnservedShown:
    order_line: OrderLine | None
    quantity: int
    reason: Shortage


@dataclass(frozen=True, slots=True)
class LastLegShown:
    location: Location | None
    distance_km: int
    weight_grams: int
    shipping_minor: int


@dataclass(frozen=True, slots=True)
class ReplayShown:
    is_identical: bool
    cost_minor: int


@dataclass(frozen=True, slots=True)
class Names:
    """The rows that a decision speaks of, as far as the viewer may see them."""

    kept: Kept
    locations: dict[UUID, Location]
    lines: dict[int, OrderLine]

    def location(self, at: int) -> Location | None:
        return self.locations.get(self.kept.case.strict.candidates[at].location)

    def brought_to(self, at: int) -> Location | None:
        candidate = self.kept.case.strict.candidates[at]
        return self.locations.get(candidate.via) if candidate.via and candidate.via != candidate.location else None

    def line(self, at: int) -> OrderLine | None:
        return self.lines.get(self.kept.positions[at])

    def parcels(self, plan: RoutingPlan) -> list[ParcelShown]:
        return [self._parcel(plan, parcel) for parcel in plan.parcels]

    def _parcel(self, plan: RoutingPlan, parcel: Parcel) -> ParcelShown:
        units = [
            (line, quantity)
            for line, at, _, quantity in plan.assignments
            if at == parcel.candidate and line in parcel.lines
        ]
        only = weighed(self.kept, parcel.candidate, units, parcel.extra_minor)
        return ParcelShown(
            location=self.location(parcel.candidate),
            brought_to=self.brought_to(parcel.candidate),
            distance_km=round(self.kept.kilometres[parcel.candidate]),
            weight_grams=parcel.grams,
            shipping_minor=parcel.shipping_minor,
            handling_minor=parcel.handling_minor,
            labour_minor=parcel.labour_minor,
            backlog_minor=parcel.backlog_minor,
            delay_minor=parcel.delay_minor,
            sequence_minor=only.sequence_minor,
            scarcity_minor=only.scarcity_minor,
            markdown_minor=only.markdown_minor,
            contents=[UnitsShown(self.line(line), quantity) for line, quantity in units],
        )

    def seen_from(self, at: int | None) -> Self:
        """The same as seen from another place where it might have come together."""
        if at is None:
            return self
        assert self.kept.merging is not None, "it comes together somewhere"
        way = self.kept.merging.ways[at]
        here, there = ([one.location for one in case.strict.candidates] for case in (self.kept.case, way.case))
        worth = self.kept.worth and self.kept.worth.among(here, there)
        return replace(self, kept=self.kept._replace(case=way.case, kilometres=way.far, worth=worth))

    def last_leg(self, plan: RoutingPlan) -> LastLegShown | None:
        leg = plan.last_leg
        if leg is None or self.kept.merging is None:
            return None
        [far] = [way.kilometres for way in self.kept.merging.ways if way.location == leg.location]
        return LastLegShown(self.locations.get(leg.location), round(far), leg.grams, leg.shipping_minor)


async def steps(root: Parent[RoutingRule], info: Info) -> list[StepShown]:
    known = await locations_of(info, [UUID(key) for step in root.steps for key in step["location_ids"]])
    groups = await named(info, "LocationGroup", [UUID(key) for step in root.steps for key in step.get("group_ids", ())])
    return [
        StepShown(
            name=step["name"],
            priority=step["priority"],
            locations=[known[key] for each in step["location_ids"] if (key := UUID(each)) in known],
            location_kinds=[LocationKind(kind) for kind in step["location_kinds"]],
            max_distance_km=step["max_distance_km"],
            min_value_minor=step["min_value_minor"],
            groups=[groups[key] for each in step.get("group_ids", ()) if (key := UUID(each)) in groups],
            distance_weight=step.get("distance_weight", 0),
            rank_weight=step.get("rank_weight", 0),
        )
        for step in root.steps
    ]


async def members(root: Parent[LocationGroup], info: Info) -> list[MemberShown]:
    """By priority, then as they were given."""
    known = await locations_of(info, [UUID(each["location_id"]) for each in root.members])
    shown = [
        MemberShown(known[key], each["priority"])
        for each in root.members
        if (key := UUID(each["location_id"])) in known
    ]
    return sorted(shown, key=attrgetter("priority"))


async def handling(root: Parent[RoutingRule]) -> list[HandlingShown]:
    return [
        HandlingShown(LocationKind(each["location_kind"]), each["parcel_minor"], each["unit_minor"])
        for each in root.handling
    ]


async def constraints(root: Parent[RoutingRule], info: Info) -> list[ConstraintShown]:
    named = [UUID(key) for each in root.constraints if (key := each.get("location_id"))]
    known = await locations_of(info, named) if named else {}
    return [
        ConstraintShown(
            ConstraintKind(each["kind"]),
            each["is_hard"],
            each["value"],
            FulfilmentMethod(each["method"]) if each.get("method") else None,
            known.get(UUID(key)) if (key := each.get("location_id")) else None,
        )
        for each in root.constraints
    ]


async def parcels(root: Parent[RoutingDecision], info: Info) -> list[ParcelShown]:
    names, plan = await read_decision(root, info)
    return names.parcels(plan)


async def last_leg(root: Parent[RoutingDecision], info: Info) -> LastLegShown | None:
    names, plan = await read_decision(root, info)
    return names.last_leg(plan)


async def unserved(root: Parent[RoutingDecision], info: Info) -> list[UnservedShown]:
    names, plan = await read_decision(root, info)
    return [
        UnservedShown(names.line(short.line), short.quantity, shortage_told(names.kept, plan, short))
        for short in plan.unserved
    ]


async def split_minor(root: Parent[RoutingDecision]) -> int:
    return int(orjson.loads(root.plan)["split"])


async def weighed_minor(root: Parent[RoutingDecision]) -> int:
    return int(orjson.loads(root.plan)["total"])


async def replay(root: Parent[RoutingDecision]) -> ReplayShown:
    """Decide again by what was stored."""
    plan = await asyncio.to_thread(kept_of(orjson.loads(root.request)).decided_again)
    again = orjson.loads(orjson.dumps(plain_plan(plan)))
    return ReplayShown(again == orjson.loads(root.plan), real_cost_minor(plan))


async def read_decision(decision: RoutingDecision, info: Info) -> tuple[Names, RoutingPlan]:
    kept = kept_of(orjson.loads(decision.request))
    candidates = kept.case.strict.candidates
    places = [way.location for way in kept.merging.ways] if kept.merging else []
    lines = await named(info, "OrderLine", await info.context.loaders.computed(LINES, decision) or ())
    names = Names(
        kept,
        await locations_of(info, [*places, *(key for one in candidates for key in (one.location, one.via) if key)]),
        {line.position: line for line in lines.values()},
    )
    return names, plan_of(orjson.loads(decision.plan), candidates)


async def locations_of(info: Info, keys: Iterable[UUID]) -> dict[UUID, Location]:
    return await named(info, "Location", keys)
