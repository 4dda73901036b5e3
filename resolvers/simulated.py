"""The orders that a simulation would change, a page at a time: each before and after, in a handful of queries for all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry import Parent

from domain.placing.simulated import GivenUp, given_up
from domain.placing.simulating import Change, Outcome
from domain.routing.values import Exclusion, Parcel, RoutingPlan, real_cost_minor
from models import Location, Order, OrderLine
from resolvers.context import Info
from resolvers.ids import global_id, uuid_of
from resolvers.paging import MAX_PAGE
from resolvers.routing import UnitsShown, locations_of
from resolvers.scopes import seen
from resolvers.seeing import named
from resolvers.visible import PARTS_OF_ORDERS

DEFAULT_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the fields of a simulation are read from; `place` is each simulated order's place among them."""

    outcome: Outcome
    place: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class SourceShown:
    location: Location | None
    brought_to: Location | None
    distance_km: int
    units: int
    shipping_minor: int
    handling_minor: int
    labour_minor: int
    backlog_minor: int
    delay_minor: int
    contents: list[UnitsShown]


@dataclass(frozen=True, slots=True)
class PlanShown:
    sources: list[SourceShown]
    split_minor: int
    last_leg_minor: int
    cost_minor: int
    unserved_units: int


@dataclass(frozen=True, slots=True)
class GivenUpShown:
    location: Location | None
    order_line: OrderLine | None
    quantity: int
    reason: Exclusion | None


@dataclass(frozen=True, slots=True)
class ChangeShown:
    order: Order
    decided: PlanShown
    simulated: PlanShown
    difference_minor: int
    given_up: list[GivenUpShown]


@dataclass(frozen=True, slots=True)
class ChangesShown:
    nodes: list[ChangeShown]
    has_next_page: bool
    end_cursor: strawberry.ID | None


@dataclass(frozen=True, slots=True)
class Names:
    """The rows that a page of changes speaks of, as far as the viewer may see them; lines by order and position."""

    orders: Mapping[UUID, Order]
    lines: Mapping[tuple[UUID, int], OrderLine]
    locations: Mapping[UUID, Location]

    def line(self, change: Change, at: int) -> OrderLine | None:
        return self.lines.get((change.past.order_id, change.past.kept.positions[at]))

    def plan(self, change: Change, plan: RoutingPlan, *, is_again: bool) -> PlanShown:
        sources = [self._source(change, plan, parcel, is_again=is_again) for parcel in plan.parcels]
        return PlanShown(
            sources=sources,
            split_minor=plan.split_minor,
            last_leg_minor=plan.last_leg.shipping_minor if plan.last_leg else 0,
            cost_minor=real_cost_minor(plan),
            unserved_units=sum(short.quantity for short in plan.unserved),
        )

    def _source(self, change: Change, plan: RoutingPlan, parcel: Parcel, *, is_again: bool) -> SourceShown:
        situation = change.again.situation if is_again else change.situation
        via = situation.candidates[parcel.candidate].via
        units = [
            (line, quantity)
            for line, at, _, quantity in plan.assignments
            if at == parcel.candidate and line in parcel.lines
        ]
        return SourceShown(
            location=self.locations.get(parcel.location),
            brought_to=self.locations.get(via) if via and via != parcel.location else None,
            distance_km=round(situation.kilometres[parcel.candidate]),
            units=sum(quantity for _, quantity in units),
            shipping_minor=parcel.shipping_minor,
            handling_minor=parcel.handling_minor,
            labour_minor=parcel.labour_minor,
            backlog_minor=parcel.backlog_minor,
            delay_minor=parcel.delay_minor,
            contents=[UnitsShown(self.line(change, line), quantity) for line, quantity in units],
        )

    def change(self, change: Change, lost: Sequence[GivenUp]) -> ChangeShown:
        decided = self.plan(change, change.before, is_again=False)
        simulated = self.plan(change, change.again.plan, is_again=True)
        return ChangeShown(
            order=self.orders[change.past.order_id],
            decided=decided,
            simulated=simulated,
            difference_minor=simulated.cost_minor - decided.cost_minor,
            given_up=[
                GivenUpShown(
                    self.locations.get(each.location), self.line(change, each.line), each.quantity, each.reason
                )
                for each in lost
            ],
        )


async def changes(
    root: Parent[Simulated],
    info: Info,
    first: Annotated[int, strawberry.argument(description=f"How many, at most {MAX_PAGE}.")] = DEFAULT_PAGE,
    after: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="The last order of the page before: those decided after it."),
    ] = None,
) -> ChangesShown:
    """In the order in which they were decided. Raises BadId, and GraphQLError for a page that there is not."""
    if not 1 <= first <= MAX_PAGE:
        raise GraphQLError(f"`first` must be between 1 and {MAX_PAGE}.", extensions={"code": "PAGE_SIZE"})
    start = _place(root, after)
    behind = [change for change in root.outcome.changes if root.place[change.past.order_id] > start]
    page = behind[:first]
    lost = await asyncio.to_thread(lambda: [list(given_up(change)) for change in page])
    names = await _names(info, page, lost)
    return ChangesShown(
        nodes=[names.change(change, each) for change, each in zip(page, lost, strict=True)],
        has_next_page=len(behind) > first,
        end_cursor=strawberry.ID(global_id("Order", page[-1].past.order_id)) if page else None,
    )


def _place(simulated: Simulated, after: strawberry.ID | None) -> int:
    if after is None:
        return -1
    place = simulated.place.get(uuid_of("Order", after))
    if place is None:
        raise GraphQLError("`after` must be one of the simulated orders.", extensions={"code": "BAD_CURSOR"})
    return place


async def _names(info: Info, page: Sequence[Change], lost: Sequence[Sequence[GivenUp]]) -> Names:
    keys = [change.past.order_id for change in page]
    lines = await seen(OrderLine, PARTS_OF_ORDERS, info.context.viewer).filter(order_id__in=keys)
    places = {each.location for of in lost for each in of}
    for change in page:
        for plan, situation in ((change.before, change.situation), (change.again.plan, change.again.situation)):
            places |= {parcel.location for parcel in plan.parcels}
            places |= {via for parcel in plan.parcels if (via := situation.candidates[parcel.candidate].via)}
    return Names(
        orders=await named(info, "Order", keys),
        lines={(line.order_id, line.position): line for line in lines},
        locations=await locations_of(info, places),
    )
