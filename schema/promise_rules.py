"""What promises are made by, as clients see it: carriers' services, minutes and days of grace, units not counted on."""

from enum import Enum

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

import models
from actions.promising import rules, services
from domain.permissions import Permission
from resolvers.visible import CARRIER_SERVICES, PROMISE_RULES
from schema.catalogue import Variant
from schema.channels import Channel
from schema.enums import Method, SupplyKind
from schema.fields import column, connection, find, graph, listed, one, root
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection, Minor

READ = Permission.READ_ROUTING
CHANGE = Permission.CHANGE_ROUTING
PAST_DUE_DEMAND = (
    "How many days after its promised day an order that waits for stock still counts; null: always. Such an order keeps its"
    " turn, but what comes may be promised to others. Only in a rule for everywhere."
)
FORWARD = (
    "A supply that comes later than so many days after the day asked for, or today, is not promised; null: any is."
)
VERSION = "The version you read; refused if it has changed since."


@graph(
    models.CarrierService,
    "What a carrier does for us.",
    scope=CARRIER_SERVICES,
    needs=Permission.READ_AVAILABILITY,
)
class CarrierService(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What customers read.")
    carrier: str = column("Who carries.")
    channel: Channel | None = one("The only channel it is for; null for all.")
    cut_off: str = column(
        "Ready later than this or at this time is too late for the day, local to the place it leaves."
    )
    pickup_time: str = column("When the carrier fetches, local to the place.")
    pickup_days: list[str] = listed("On which weekdays it fetches.")
    non_transit_days: list[str] = listed("On which weekdays parcels do not move.")
    non_delivery_days: list[str] = listed("On which weekdays it does not deliver.")
    observes_holidays: bool = column("Whether it rests on public holidays.")
    is_same_day: bool = column("Whether it delivers on the day of the order.")
    zones: JSON = column("Days and rates by distance.", needs=READ)
    price_minor: Minor | None = column(
        "What customers pay, in the channel's currency; null for what it costs.", "price_minor"
    )
    is_active: bool = column("Whether it is offered.")
    version: int = column("Counts its changes.", needs=READ)


@graph(models.PromiseRule, "How careful promised days are.", scope=PROMISE_RULES, needs=READ)
class PromiseRule(Node):
    code: str = column("Its short name, unique here.")
    location: Location | None = one("Where it holds; null for everywhere that has no rule of its own.")
    lead_time_minutes: int = column("Opening hours, in minutes, until a parcel is ready for the carrier.")
    pickup_ready_minutes: int = column("Opening hours, in minutes, until goods can be collected.")
    buffer_days: int = column("Days added to the last day of delivery.")
    valid_minutes: int = column("How long an offer stands.")
    past_due_days: int = column("How many days a late supply is still believed.")
    past_due_demand_days: int | None = column(PAST_DUE_DEMAND)
    forward_days: int | None = column(FORWARD)
    is_active: bool = column("Whether it holds.")
    version: int = column("Counts its changes.")


@graph(models.SafetyRule, "Units that are not counted on when dates are promised.", scope=PROMISE_RULES, needs=READ)
class SafetyRule(Node):
    code: str = column("Its short name, unique here.")
    kind: SupplyKind | None = column("Of which supply; null for all.")
    variant: Variant | None = one("Of what; null for everything.")
    location: Location | None = one("Where; null for everywhere.")
    method: Method | None = column("By which way; null for all.")
    quantity: int | None = column("So many units are kept back.")
    percent: int | None = column("This share is kept back; what is left is rounded down.")
    is_active: bool = column("Whether it holds.")
    version: int = column("Counts its changes.")


@strawberry.enum(description="How carrier services and rules may be listed.")
class PromiseRuleSort(Enum):
    CODE = "code"


@root
class PromiseRuleQueries:
    carrier_service: CarrierService | None = find("The carrier service with this id.")
    carrier_services: Connection[CarrierService] = connection("Carrier services you may see.", sort=PromiseRuleSort)
    promise_rules: Connection[PromiseRule] = connection("All rules for promised days.", sort=PromiseRuleSort)
    safety_rules: Connection[SafetyRule] = connection("All rules for units not counted on.", sort=PromiseRuleSort)


@strawberry.input(description="What a carrier needs and asks within a distance.")
class ServiceZoneInput:
    up_to_km: int | None = given("How far it reaches; null for everything beyond the one before.", default=None)
    days_least: int = given("The fewest days on the way; 0 for the day it is fetched.")
    days_most: int = given("The most days on the way.")
    base_minor: Minor = given("What a parcel costs us.")
    per_kilogram_minor: Minor = given("What each started kilogram adds.", default=0)
    included_kilograms: int = given("Kilograms that add nothing.", default=0)


@strawberry.input(description="A carrier's service, new or known by its short name; what is silent stays.")
class UpsertCarrierServiceInput:
    code: str = given("Its short name, unique here.", at_most=32)
    name: str | None = given("What customers read.", default=UNSET)
    carrier: str | None = given("Who carries.", default=UNSET, at_most=32)
    channel_id: strawberry.ID | None = ref("The only channel it is for; null for all.", "Channel", default=UNSET)
    cut_off: str | None = given("Like 14:00, local to the place; 14:00 sharp is too late.", default=UNSET, at_most=5)
    pickup_time: str | None = given("Like 17:00, local to the place.", default=UNSET, at_most=5)
    pickup_days: list[str] | None = given("Weekdays: mon … sun.", default=UNSET, at_most=7)
    non_transit_days: list[str] | None = given("Weekdays: mon … sun.", default=UNSET, at_most=7)
    non_delivery_days: list[str] | None = given("Weekdays: mon … sun.", default=UNSET, at_most=7)
    observes_holidays: bool | None = given("Whether it rests on public holidays.", default=UNSET)
    is_same_day: bool | None = given("Whether it delivers on the day of the order.", default=UNSET)
    zones: list[ServiceZoneInput] | None = given(
        "By rising distance; without an end only the last.", default=UNSET, at_most=services.MAX_ZONES
    )
    price_minor: Minor | None = given(
        "What customers pay, in the channel's currency; null for what it costs.", default=UNSET
    )
    is_active: bool | None = given("Whether it is offered.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="A rule for promised days, new or known by its short name; what is silent stays.")
class UpsertPromiseRuleInput:
    code: str = given("Its short name, unique here.", at_most=32)
    location_id: strawberry.ID | None = ref(
        "Where it holds; null for everywhere that has no rule of its own.", "Location", default=UNSET
    )
    lead_time_minutes: int | None = given(
        "Opening hours, in minutes, until a parcel is ready for the carrier.", default=UNSET
    )
    pickup_ready_minutes: int | None = given("Opening hours, in minutes, until goods can be collected.", default=UNSET)
    buffer_days: int | None = given("Days added to the last day of delivery.", default=UNSET)
    valid_minutes: int | None = given("How long an offer stands.", default=UNSET)
    past_due_days: int | None = given("How many days a late supply is still believed.", default=UNSET)
    past_due_demand_days: int | None = given(PAST_DUE_DEMAND, default=UNSET, at_least=0, at_most=rules.MAX_WINDOW_DAYS)
    forward_days: int | None = given(FORWARD, default=UNSET, at_least=0, at_most=rules.MAX_WINDOW_DAYS)
    is_active: bool | None = given("Whether it holds.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@strawberry.input(description="Units not to count on; give a quantity or a percentage.")
class UpsertSafetyRuleInput:
    code: str = given("Its short name, unique here.", at_most=32)
    quantity: int | None = given("So many units are kept back.", default=None)
    percent: int | None = given("This share is kept back; what is left is rounded down.", default=None)
    kind: SupplyKind | None = given("Of which supply; null for all.", default=UNSET)
    variant_id: strawberry.ID | None = ref("Of what; null for everything.", "Variant", default=UNSET)
    location_id: strawberry.ID | None = ref("Where; null for everywhere.", "Location", default=UNSET)
    method: Method | None = given("By which way; null for all.", default=UNSET)
    is_active: bool | None = given("Whether it holds.", default=UNSET)
    expected_version: int | None = given(VERSION, default=UNSET)


@root
class PromiseRuleMutations:
    upsert_carrier_service: CarrierService = action(
        "Keep a carrier's service.", services.upsert_carrier_service, UpsertCarrierServiceInput, needs=CHANGE
    )
    upsert_promise_rule: PromiseRule = action(
        "Keep a rule for promised days.", rules.upsert_promise_rule, UpsertPromiseRuleInput, needs=CHANGE
    )
    upsert_safety_rule: SafetyRule = action(
        "Keep a rule for units not to count on.", rules.upsert_safety_rule, UpsertSafetyRuleInput, needs=CHANGE
    )
