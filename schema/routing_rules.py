"""Routing rules as planners write them."""

from datetime import datetime

import strawberry

from actions import routing_rules as rules
from domain.errors import IllegalTransition
from domain.permissions import Permission
from domain.routing.rules.values import DEFAULT_STEP_MINOR, ConstraintKind
from schema.enums import FulfilmentMethod, LocationKind
from schema.fields import root
from schema.inputs import given, ref
from schema.mutations import action
from schema.routing import DISTANCE_WEIGHT, RANK_WEIGHT, RoutingRule
from schema.values import Minor

VERSION = "The rule's version that you read; another one is refused."


@strawberry.input(description="What work costs at locations of a kind.")
class RoutingHandlingInput:
    location_kind: LocationKind = given("Where.")
    parcel_minor: Minor = given("For each parcel.", default=Minor(0), at_least=0)
    unit_minor: Minor = given("For each unit.", default=Minor(0), at_least=0)


@strawberry.input(description="A step of a rule: locations, kinds of them, or with neither all.")
class RoutingStepInput:
    name: str = given("What planners call it.", default="", at_most=100)
    priority: int | None = given("Its place; after the one before it if left out.", default=None, at_least=0)
    location_ids: list[strawberry.ID] | None = ref("Locations.", "Location", default=None)
    location_kinds: list[LocationKind] | None = given("Kinds of locations.", default=None)
    max_distance_km: int | None = given("It takes part only within so many kilometres.", default=None, at_least=0)
    min_value_minor: Minor = given("It takes part only for orders worth this or more.", default=Minor(0), at_least=0)
    group_ids: list[strawberry.ID] | None = ref("Groups of locations.", "LocationGroup", default=None)
    distance_weight: int = given(DISTANCE_WEIGHT, default=0, at_least=0)
    rank_weight: int = given(RANK_WEIGHT, default=0, at_least=0)


@strawberry.input(description="Something that a rule asks for.")
class RoutingConstraintInput:
    kind: ConstraintKind = given("What is asked for.")
    is_hard: bool = given("If not, it is dropped for what cannot be served otherwise.", default=True)
    value: int | None = given(
        "How much, as the kind counts; nothing where it counts nothing.", default=None, at_least=0
    )
    method: FulfilmentMethod | None = given(
        "Only for lines that reach the customer this way; for what stays at a location.", default=None
    )
    location_id: strawberry.ID | None = ref(
        "Where orders come together; where that costs least if left out.", "Location", default=None
    )


@strawberry.input(description="A whole rule: what is left out is blank and matches anything.")
class DraftRoutingRuleInput:
    name: str = given("What planners call it; its draft is replaced.", at_most=64)
    priority: int = given("Between equally specific rules the smaller one goes first.", default=0, at_least=0)
    effective_from: datetime | None = given("From when on it decides.", default=None)
    effective_until: datetime | None = given("When it ceases to decide.", default=None)
    channel_id: strawberry.ID | None = ref("Only for orders of this channel.", "Channel", default=None)
    segment: str = given("Only for customers of this segment.", default="", at_most=64)
    variant_id: strawberry.ID | None = ref("Only for this variant.", "Variant", default=None)
    category: str = given("Only for products of this category.", default="", at_most=100)
    country: str = given("Only for addresses in this country.", default="", at_most=2)
    region: str = given("Only for addresses in this region.", default="", at_most=100)
    method: FulfilmentMethod | None = given("Only for units that reach the customer this way.", default=None)
    steps: list[RoutingStepInput] | None = given("From where, in what sequence.", default=None)
    step_minor: Minor = given(
        "How much dearer a unit may become before the next step is taken instead.", default=Minor(DEFAULT_STEP_MINOR)
    )
    split_minor: Minor | None = given("What every parcel after the first is taken to cost.", default=None, at_least=0)
    delay_minor: Minor = given(
        "What each day that a parcel leaves later than today is taken to cost.", default=Minor(0), at_least=0
    )
    backlog_minor: Minor = given(
        "What each day of capacity that is consumed at its location is taken to cost a parcel, beyond the free days.",
        default=Minor(0),
        at_least=0,
    )
    backlog_free_days: int = given(
        "How many days of capacity may be consumed before that costs anything.", default=0, at_least=0
    )
    handling: list[RoutingHandlingInput] | None = given("What work costs.", default=None)
    constraints: list[RoutingConstraintInput] | None = given("What it asks for.", default=None)
    expected_version: int | None = given("The draft's version that you read; another one is refused.", default=None)


@strawberry.input(description="A rule that shall decide.")
class ActivateRoutingRuleInput:
    rule_id: strawberry.ID = ref("The rule.", "RoutingRule")
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="A rule that shall decide no more.")
class ArchiveRoutingRuleInput:
    rule_id: strawberry.ID = ref("The rule.", "RoutingRule")
    expected_version: int | None = given(VERSION, default=None)


@root
class RoutingMutations:
    draft_routing_rule: RoutingRule = action(
        "Write a rule, or write its draft anew. It decides nothing before it is activated: simulate it first.",
        rules.draft_rule,
        DraftRoutingRuleInput,
        needs=Permission.CHANGE_ROUTING,
    )
    activate_routing_rule: RoutingRule = action(
        "Let a rule decide about orders from now on; the active one of its name is archived. An archived one comes back.",
        rules.activate_rule,
        ActivateRoutingRuleInput,
        refuses=(IllegalTransition,),
        needs=Permission.CHANGE_ROUTING,
    )
    archive_routing_rule: RoutingRule = action(
        "Let a rule decide no more; what it decided stays.",
        rules.archive_rule,
        ArchiveRoutingRuleInput,
        refuses=(IllegalTransition,),
        needs=Permission.CHANGE_ROUTING,
    )
