"""What if: past orders decided again under other rules, weights, locations or stock, as planners see it."""

from datetime import datetime
from typing import Annotated

import strawberry
from graphql import GraphQLError

from domain.errors import DomainError
from domain.permissions import Permission
from domain.placing.validation import MAX_QUANTITY
from domain.routing.values import Exclusion
from resolvers import simulating
from resolvers.context import Info
from resolvers.seeing import check_seen
from resolvers.simulated import changes as changes_page
from schema.errors import said
from schema.fields import root, via
from schema.inputs import command_of, given, ref
from schema.later import Order
from schema.locations import Location
from schema.order_parts import OrderLine
from schema.routing import IN_ORDER_CURRENCY, SPLIT, RoutedUnits
from schema.routing_rules import RoutingHandlingInput
from schema.values import Minor, Money


@strawberry.type(description="What one location does of the whole.")
class RoutingShare:
    location: Location | None = strawberry.field(description="Which; null where you may not see the place.")
    parcels: int = strawberry.field(description="Parcels it sends.")
    units: int = strawberry.field(description="Units it gives.")
    share: float = strawberry.field(description="Its part of all units that are served, from 0 to 1.")


@strawberry.type(description="What decisions come to.")
class RoutingTotals:
    decisions: int = strawberry.field(description="How many orders were decided about.")
    costs: list[Money] = strawberry.field(description="What the plans cost the merchant, by currency.")
    parcels: int = strawberry.field(description="How many parcels.")
    splits: int = strawberry.field(description="Parcels beyond the first of an order.")
    average_distance_km: float | None = strawberry.field(description="How far a parcel goes; null without parcels.")
    unserved_units: int = strawberry.field(description="Units that nobody serves.")
    promised: int = strawberry.field(description="Parcels of orders that were promised a day.")
    on_time: int = strawberry.field(
        description="Those of them that would keep it, by today's calendars and the channel's quickest service."
    )
    locations: list[RoutingShare] = strawberry.field(description="By location, the largest share first.")


@strawberry.type(description=f"What one location sends of an order, with the parts of its cost {IN_ORDER_CURRENCY}.")
class RoutingSource:
    location: Location | None = strawberry.field(description="From where; null where you may not see the place.")
    brought_to: Location | None = strawberry.field(
        description="Where it is brought to be handed over; null if it goes straight, or lies there."
    )
    distance_km: int = strawberry.field(description="How far the address is, or the place it is brought to.")
    units: int = strawberry.field(description="How many units.")
    shipping_minor: Minor = strawberry.field(description="What carrying it costs.")
    handling_minor: Minor = strawberry.field(description="What making a parcel costs there.")
    labour_minor: Minor = strawberry.field(description="What taking its units costs there.")
    backlog_minor: Minor = strawberry.field(description="What the work that was there already is taken to cost.")
    delay_minor: Minor = strawberry.field(description="What leaving later is taken to cost.")
    contents: list[RoutedUnits] = strawberry.field(description="What it is.")


@strawberry.type(description="From where an order is served, and what that costs.")
class RoutingSources:
    sources: list[RoutingSource] = strawberry.field(description="By location.")
    split_minor: Minor = strawberry.field(description=SPLIT)
    last_leg_minor: Minor = strawberry.field(
        description=f"What delivering it from where it comes together costs, {IN_ORDER_CURRENCY}; 0 if it does not."
    )
    cost_minor: Minor = strawberry.field(description=f"What all of that comes to, {IN_ORDER_CURRENCY}.")
    unserved_units: int = strawberry.field(description="Units that nobody serves.")


@strawberry.type(description="A location that gave units of a line, and would give none.")
class RoutingGivenUp:
    location: Location | None = strawberry.field(description="Which; null where you may not see the place.")
    order_line: OrderLine | None = strawberry.field(description="Of what; null where you may not see it.")
    quantity: int = strawberry.field(description="Units that it gave.")
    reason: Exclusion | None = strawberry.field(description="Why it would not; null where nobody looks at it any more.")


@strawberry.type(description="An order that would be served from elsewhere.")
class RoutingChange:
    order: Order = strawberry.field(description="Which.")
    decided: RoutingSources = strawberry.field(description="What was decided, at the weights of today.")
    simulated: RoutingSources = strawberry.field(description="What would have been.")
    difference_minor: Minor = strawberry.field(
        description=f"How much more that would have cost, {IN_ORDER_CURRENCY}; less than 0 where it is cheaper."
    )
    given_up: list[RoutingGivenUp] = strawberry.field(description="From where units came that would not.")


@strawberry.type(description="Some of the orders that would be served from elsewhere, in the order they were decided.")
class RoutingChanges:
    nodes: list[RoutingChange] = strawberry.field(description="The page.")
    has_next_page: bool = strawberry.field(description="Whether there are more.")
    end_cursor: strawberry.ID | None = strawberry.field(
        description="Give it as `after` for the next page, with the same input."
    )


@strawberry.type(description="What was decided beside what would have been; both are costed with the same weights.")
class RoutingSimulation:
    decided: RoutingTotals = strawberry.field(description="What was decided.")
    simulated: RoutingTotals = strawberry.field(description="What would have been.")
    changed_count: int = strawberry.field(description="Orders that would be served from elsewhere.")
    changed: list[Order] = strawberry.field(description=f"The first {simulating.MOST_CHANGED} of them.")
    changes: RoutingChanges = via("Each of them before and after, a page at a time.", changes_page)
    is_truncated: bool = strawberry.field(
        description=f"Whether more than {simulating.MOST_SIMULATED} orders were asked for; the newest were taken."
    )


@strawberry.input(description="Stock to imagine, or to imagine away.")
class ExtraStockInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    location_id: strawberry.ID = ref("Where.", "Location")
    units: int = given(
        "How many units more, from the first order on; below 0 so many fewer, as far as there are any.",
        at_least=-MAX_QUANTITY,
        at_most=MAX_QUANTITY,
    )


@strawberry.input(
    description="Which past orders to decide again, and what to change: without anything, today's rules decide."
)
class SimulateRoutingInput:
    order_ids: list[strawberry.ID] | None = ref("These orders.", "Order", default=None)
    placed_from: datetime | None = given("Orders placed from this moment on.", default=None)
    placed_before: datetime | None = given("Orders placed before this moment.", default=None)
    channel_ids: list[strawberry.ID] | None = ref("Only of these channels.", "Channel", default=None)
    rule_id: strawberry.ID | None = ref(
        "A rule, such as a draft, in the place of the active one of its name, as if it had always been in force.",
        "RoutingRule",
        default=None,
    )
    split_minor: Minor | None = given("What every parcel after the first is taken to cost.", default=None, at_least=0)
    max_parcels: int | None = given("How many parcels an order may have.", default=None, at_least=1)
    max_sources_per_line: int | None = given(
        "From how many locations each line may come, complete.", default=None, at_least=1
    )
    handling: list[RoutingHandlingInput] | None = given("What work costs, in the place of rules.", default=None)
    closed_location_ids: list[strawberry.ID] | None = ref("Locations that are closed.", "Location", default=None)
    extra_stock: list[ExtraStockInput] | None = given("Stock to imagine, or to imagine away.", default=None)


async def simulate(
    info: Info,
    input: Annotated[SimulateRoutingInput, strawberry.argument(description="Which orders, and what to change.")],
) -> RoutingSimulation:
    try:
        command, named = command_of(simulating.SimulateRouting, input)
        await check_seen(info, named)
        found: object = await simulating.simulation(info, command)
    except DomainError as refusal:
        raise GraphQLError(said(refusal), extensions={"code": refusal.code}) from refusal
    return found  # type: ignore[return-value] # its attributes are the fields


@root
class SimulatingQueries:
    simulate_routing: RoutingSimulation = via(
        "What routing would have decided about past orders. It changes nothing.",
        simulate,
        needs=Permission.READ_ROUTING,
    )
