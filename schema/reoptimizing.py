"""Orders routed together as planners see it: what is done by itself, every run, and doing it now."""

from datetime import datetime
from enum import Enum

import strawberry
from strawberry import UNSET

import models
from actions.reoptimizing import policies, reading, running
from domain.permissions import Permission
from resolvers import routing_policies
from resolvers.visible import ROUTING_RUNS
from schema.channels import Channel
from schema.fields import column, connection, find, graph, money, one, root, via
from schema.inputs import given, ref
from schema.mutations import action
from schema.nodes import Node
from schema.promise_rules import CarrierService
from schema.values import Connection, Minor, Money

READ = Permission.READ_ROUTING
CHANGE = Permission.CHANGE_ROUTING
STANDARD = reading.ReoptimizeOrders()


@graph(
    models.RoutingPolicy,
    "What is done by itself about orders that are not released yet, and about those that will come.",
    scope=ROUTING_RUNS,
    needs=READ,
)
class RoutingPolicy(Node):
    reoptimize_every_minutes: int | None = column("How often orders are routed together again; null for never.")
    least_saving_minor: Minor = column("What a change must save, in the smallest unit of the organization's currency.")
    is_looking_ahead: bool = column("Whether routing keeps scarce goods for orders that will need them more.")
    carrier_service: CarrierService | None = one("By whose rates routing counts; null for the standard ones.")
    priced_at: datetime | None = column("When it was last worked out what scarce goods are worth.")
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@graph(
    models.RoutingRun,
    "Orders that were not released yet, routed together again.",
    scope=ROUTING_RUNS,
    needs=READ,
)
class RoutingRun(Node):
    channel: Channel | None = one("The only channel whose orders it looked at; null for all.")
    actor: str = column("Who asked for it.")
    seed: int = column("What the search began with: the same seed finds the same plan for the same orders.")
    rounds: int = column("How long it searched.")
    least_saving_minor: Minor = column("What a change had to save.")
    started_at: datetime = column("When it began.")
    finished_at: datetime | None = column("When it was done; null if it was cut short, with every change whole.")
    orders_considered: int = column("How many orders it looked at.")
    orders_moved: int = column("How many of them have units elsewhere now.")
    orders_skipped: int = column("How many were to move and did not, because something had changed meanwhile.")
    orders_promised: int = column("How many it left alone because their date was promised from where they are.")
    orders_ruled: int = column(
        "How many it left alone because their routing rule asks for what a plan of many orders does not know: units kept back, "
        "one delivery, a split cost of its own."
    )
    orders_apart: int = column(
        "How many it left alone because they have too many groups of units, or units where they may not come from any more."
    )
    units_served: int = column("How many units waited before and do not any more.")
    cost_before: Money = money("What the parcels of all orders it looked at were going to cost.", "cost_before_minor")
    cost_after: Money = money("What they are going to cost now.", "cost_after_minor")


@strawberry.enum(description="How routing runs may be listed.")
class RoutingRunSort(Enum):
    NEWEST = "-started_at"
    OLDEST = "started_at"


@root
class ReoptimizingQueries:
    routing_run: RoutingRun | None = find("The run with this id.")
    routing_runs: Connection[RoutingRun] = connection("All runs.", sort=RoutingRunSort)
    routing_policy: RoutingPolicy | None = via(
        "What is done by itself; null as long as nobody said anything, and nothing is.",
        routing_policies.routing_policy,
    )


@strawberry.input(description="Which orders to route together again, and how hard to try.")
class ReoptimizeRoutingInput:
    order_ids: list[strawberry.ID] | None = ref(
        f"Only these; a sample of at most {reading.MOST_ORDERS} of all, drawn by the seed, if left out.",
        "Order",
        default=None,
    )
    channel_id: strawberry.ID | None = ref("Only this channel's; all if left out.", "Channel", default=None)
    rounds: int = given(
        "How long to search; 2,000 take about two seconds for 500 orders.",
        default=STANDARD.rounds,
        at_least=1,
        at_most=running.MOST_ROUNDS,
    )
    seed: int = given("What the search begins with.", default=STANDARD.seed, at_least=0)
    least_saving_minor: Minor = given(
        "What a change must save, in the smallest unit of the organization's currency.",
        default=STANDARD.least_saving_minor,
        at_least=0,
    )


@strawberry.input(description="What to do by itself; what is silent stays.")
class SetRoutingPolicyInput:
    reoptimize_every_minutes: int | None = given(
        "How often to route orders together again; null for never.",
        default=UNSET,
        at_least=1,
        at_most=policies.MOST_MINUTES,
    )
    least_saving_minor: Minor | None = given("What a change must save.", default=UNSET, at_least=0)
    is_looking_ahead: bool | None = given(
        "Whether to keep scarce goods for orders that will need them more.", default=UNSET
    )
    carrier_service_id: strawberry.ID | None = ref(
        "By whose zones and rates routing counts; null for the standard ones. Its last zone goes on for ever.",
        "CarrierService",
        default=UNSET,
    )
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=UNSET)


@root
class ReoptimizingMutations:
    reoptimize_routing: RoutingRun = action(
        "Route orders that are not released yet together again, and move those for which that is cheaper. Orders at work, "
        "held against scheduling, or with a promised date of their own stay as they are; routing rules are kept to.",
        running.reoptimize,
        ReoptimizeRoutingInput,
        needs=CHANGE,
    )
    set_routing_policy: RoutingPolicy = action(
        "Say what is done by itself.", policies.set_policy, SetRoutingPolicyInput, needs=CHANGE
    )
