"""Routing as planners see it: rules, and every decision with its reasons."""

from datetime import date, datetime
from enum import Enum

import strawberry

import models
from domain.permissions import Permission
from domain.routing.rules.values import ConstraintKind, DecisionKind, RuleStatus
from domain.routing.values import Exclusion, Shortage
from resolvers import routing, routing_explained
from resolvers.visible import PARTS_OF_ORDERS, ROUTING_RULES
from schema.catalogue import Variant
from schema.channels import Channel
from schema.enums import FulfilmentMethod, LocationKind
from schema.fields import column, connection, find, graph, one, root, via
from schema.filters import among, equals
from schema.later import Order
from schema.location_groups import LocationGroup
from schema.locations import Location
from schema.nodes import Node
from schema.order_parts import OrderLine
from schema.values import Connection, Minor

READ = Permission.READ_ROUTING
IN_ORDER_CURRENCY = "in the smallest unit of the order's currency"
SPLIT = "What parcels after the first were taken to cost."
WEIGHED = "What was compared: the cost with all that is only weighed. Of plans that serve as much the least decides."

DISTANCE_WEIGHT = "How much dearer a unit is taken to be for each kilometre; it orders locations and is no cost."
RANK_WEIGHT = "The same for each unit of a location's priority in its group; 100,000 makes distance a mere tie-break."

strawberry.enum(RuleStatus, name="RoutingRuleStatus", description="Whether a rule is being written, decides, or did.")
strawberry.enum(
    ConstraintKind,
    name="RoutingConstraintKind",
    description="What a rule asks for, and what its value counts. "
    "MAX_DISTANCE: at most so many kilometres from the address. MAX_PARCELS: at most so many for an order. "
    "SHIP_COMPLETE: the order at once or not at all. WHOLE_LINES: every line from one location. "
    "MAX_SOURCES_PER_LINE: every line complete from at most so many locations, or it waits; WHOLE_LINES says the same as 1, "
    "and where a rule has both, one location it is. COMPLETE_LINES: every line at once or not at all, from however many. "
    "MIN_VALUE_TO_SPLIT: an order worth less, in its currency's smallest unit, goes in one parcel. "
    "KEEP_UNITS: so many units of a variant stay at a location. KEEP_PERCENT: so many hundredths of its free units do. "
    "DAILY_CAPACITY: no more a day than the location says it can do. "
    "SHIP_WITHIN_DAYS: it leaves at most so many days from today; 0 is today. "
    "DELIVER_TOGETHER: what ships of an order leaves in one delivery, and what has come together waits so many days for the "
    "rest; a soft one holds where all of it can be brought together now. "
    "HAZMAT: dangerous goods only from where they may be handled. The others count nothing.",
)
strawberry.enum(DecisionKind, name="RoutingOccasion", description="On what occasion units were given a location.")
strawberry.enum(
    Exclusion,
    name="RoutingExclusion",
    description="Why a location does not serve a line. "
    "KEPT_BACK: it has the stock, and the rule keeps it back there. "
    "NOT_IN_RULE: no step of the rule names it. LATER_IN_RULE: it would not cost more, but the rule puts others before it. "
    "WORTH_MORE: it would not cost more, but its units are worth more to later orders, or a markdown credit is worth more "
    "elsewhere. SAME_COST: it would be no worse; of such locations the one that was set up "
    "first gives. DEARER: it would cost more. LEFT_WAITING: it could serve the line, which waits all the same: for what is "
    "to come with it, or because of how many parcels or sources are allowed. "
    "NOT_CHOSEN: a person chose another location. "
    "LEFT_TO_OTHERS: it could serve the line, and the plan made together with other orders has it serve them.",
)
strawberry.enum(
    Shortage,
    name="RoutingShortage",
    description="Why units are served by nobody. NO_STOCK: nobody has them. NOT_OPEN: who has them may not give them; the "
    "locations say why. NOT_COMPLETE: somebody has them, but not all that has to go with them.",
)


@strawberry.type(description="One step of a rule: earlier steps are asked first.")
class RoutingStep:
    name: str = strawberry.field(description="What planners call it.")
    priority: int = strawberry.field(description="Its place; steps of the same priority compete by cost alone.")
    locations: list[Location] = strawberry.field(description="Locations that it names.")
    location_kinds: list[LocationKind] = strawberry.field(description="Kinds of locations that it names.")
    max_distance_km: int | None = strawberry.field(description="It takes part only within so many kilometres.")
    min_value_minor: Minor = strawberry.field(description="It takes part only for orders worth this or more.")
    groups: list[LocationGroup] = strawberry.field(description="Groups of locations that it names.")
    distance_weight: int = strawberry.field(description=DISTANCE_WEIGHT)
    rank_weight: int = strawberry.field(description=RANK_WEIGHT)


@strawberry.type(description="What work costs at locations of a kind.")
class RoutingHandling:
    location_kind: LocationKind = strawberry.field(description="Where.")
    parcel_minor: Minor = strawberry.field(description="For each parcel.")
    unit_minor: Minor = strawberry.field(description="For each unit.")


@strawberry.type(description="Something that a rule asks for.")
class RoutingConstraint:
    kind: ConstraintKind = strawberry.field(description="What is asked for.")
    is_hard: bool = strawberry.field(description="If not, it is dropped for what cannot be served otherwise.")
    value: int = strawberry.field(description="How much; 0 where there is nothing to say.")
    method: FulfilmentMethod | None = strawberry.field(
        description="Only for lines that reach the customer this way; null for all."
    )
    location: Location | None = strawberry.field(
        description="Where orders come together, if it says so; else where that costs least."
    )


@graph(
    models.RoutingRule,
    "One revision of a rule about from where orders are served. Of the rules that match a line the most specific one "
    "decides: channel before segment, variant, category, region, country and way; then the smaller priority.",
    scope=ROUTING_RULES,
    needs=READ,
)
class RoutingRule(Node):
    name: str = column("What planners call it, through all revisions.")
    revision: int = column("Which revision of the rule of this name it is.")
    status: RuleStatus = column("Whether it decides.")
    priority: int = column("Between equally specific rules the smaller one goes first.")
    effective_from: datetime | None = column("From when on it decides, if not at once.")
    effective_until: datetime | None = column("When it ceases to decide, if ever.")
    channel: Channel | None = one("Only for orders of this channel; null for any.")
    segment: str = column("Only for customers of this segment; empty for any.")
    variant: Variant | None = one("Only for this variant; null for any.")
    category: str = column("Only for products of this category; empty for any.")
    country: str = column("Only for addresses in this country; empty for any.")
    region: str = column("Only for addresses in this region; empty for any.")
    method: FulfilmentMethod | None = column("Only for units that reach the customer this way; null for any.")
    steps: list[RoutingStep] = via("From where, in what sequence; with none, all locations compete.", routing.steps)
    step_minor: Minor = column("How much dearer a unit may become before the next step is taken instead.")
    split_minor: Minor | None = column("What every parcel after the first is taken to cost; null for the usual.")
    delay_minor: Minor = column("What each day that a parcel leaves later than today is taken to cost.")
    backlog_minor: Minor = column(
        "What each day of capacity that is consumed at its location is taken to cost a parcel, beyond the free days."
    )
    backlog_free_days: int = column("How many days of capacity may be consumed before that costs anything.")
    handling: list[RoutingHandling] = via("What work costs.", routing.handling)
    constraints: list[RoutingConstraint] = via("What it asks for.", routing.constraints)
    drafted_at: datetime = column("When it was begun.")
    activated_at: datetime | None = column("When it last began to decide.")
    archived_at: datetime | None = column("When it was put away.")
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.type(description="Units of an order line.")
class RoutedUnits:
    order_line: OrderLine | None = strawberry.field(description="What; null where you may not see it.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.type(description=f"A parcel of a plan, with the parts of its cost {IN_ORDER_CURRENCY}.")
class RoutedParcel:
    location: Location | None = strawberry.field(description="From where; null where you may not see the place.")
    brought_to: Location | None = strawberry.field(
        description="Where it is brought to be handed over; null if it goes straight, or lies there."
    )
    distance_km: int = strawberry.field(description="How far the address is, or the place it is brought to.")
    weight_grams: int = strawberry.field(description="What it weighs.")
    shipping_minor: Minor = strawberry.field(description="What carrying it costs.")
    handling_minor: Minor = strawberry.field(description="What making a parcel costs there.")
    labour_minor: Minor = strawberry.field(description="What taking its units costs there.")
    backlog_minor: Minor = strawberry.field(description="What the work that was there already was taken to cost.")
    delay_minor: Minor = strawberry.field(description="What leaving later than today was taken to cost.")
    sequence_minor: Minor = strawberry.field(
        description="By how much the steps of the rule put it off. Only weighed, not paid, as the next two."
    )
    scarcity_minor: Minor = strawberry.field(
        description="What its units were worth to the orders that will need them there, where that is looked ahead to."
    )
    markdown_minor: Minor = strawberry.field(
        description="The markdown credit that is given up by taking its units from there and not from where it is highest."
    )
    contents: list[RoutedUnits] = strawberry.field(description="What is in it.")


@strawberry.type(description="Units that nobody could serve.")
class RoutedShortage:
    order_line: OrderLine | None = strawberry.field(description="What; null where you may not see it.")
    quantity: int = strawberry.field(description="How many units.")
    reason: Shortage = strawberry.field(description="Why.")


@strawberry.type(description="What a location was to a line.")
class RoutingVerdict:
    order_line: OrderLine | None = strawberry.field(description="The line; null where you may not see it.")
    quantity: int = strawberry.field(description="Units that it gives.")
    reason: Exclusion | None = strawberry.field(description="Why it gives none; null if it gives some.")
    dropped: Exclusion | None = strawberry.field(
        description="What would have kept it from giving these, had the soft constraint not been dropped for them."
    )


@strawberry.type(description="What a location had taken on for the day on which it would have worked on the order.")
class RoutingCapacity:
    units: int = strawberry.field(description="Units.")
    orders: int = strawberry.field(description="Orders.")
    most_units: int | None = strawberry.field(description="How many units it can do a day; null for no limit.")
    most_orders: int | None = strawberry.field(description="How many orders it can do a day; null for no limit.")
    lines: int = strawberry.field(description="Order lines, where it says how many it can do.")
    most_lines: int | None = strawberry.field(description="How many order lines it can do a day; null for no limit.")


@strawberry.type(description="A location that was looked at.")
class RoutingCandidate:
    location: Location | None = strawberry.field(description="Which; null where you may not see the place.")
    brought_to: Location | None = strawberry.field(
        description="Where its goods would be brought to be handed over; null if they go straight, or lie there."
    )
    distance_km: int = strawberry.field(description="How far the address is, or the place they are brought to.")
    is_chosen: bool = strawberry.field(description="Whether it gives anything.")
    parcel_minor: Minor | None = strawberry.field(
        description=f"What one parcel of all that it could serve would cost, {IN_ORDER_CURRENCY}; null if it could serve "
        "nothing."
    )
    weighed_minor: Minor | None = strawberry.field(description="The same with what is only weighed: the next three.")
    sequence_minor: Minor = strawberry.field(description="By how much the steps of the rule put that parcel off.")
    scarcity_minor: Minor = strawberry.field(
        description="What its units are worth to the orders that will need them there, where that is looked ahead to."
    )
    markdown_minor: Minor = strawberry.field(description="The markdown credit that would be given up with it.")
    work_on: date | None = strawberry.field(
        description="Its day on which it would have worked on the order, by cut-off and calendar; null where nobody asked."
    )
    days_later: int = strawberry.field(description="How many days later than that moment's day there.")
    capacity: RoutingCapacity | None = strawberry.field(description="What it had to do; null without a daily limit.")
    lines: list[RoutingVerdict] = strawberry.field(description="Line by line.")


@strawberry.type(description="The way from where an order comes together to the address.")
class RoutedLastLeg:
    location: Location | None = strawberry.field(description="From where; null where you may not see the place.")
    distance_km: int = strawberry.field(description="How far it is.")
    weight_grams: int = strawberry.field(description="What leaves there, of what was decided about.")
    shipping_minor: Minor = strawberry.field(
        description=f"What the carrier is taken to ask for it, {IN_ORDER_CURRENCY}; on top of what was decided earlier."
    )


@strawberry.type(description="A place where an order might come together.")
class RoutingMergePlace:
    location: Location | None = strawberry.field(description="Which; null where you may not see the place.")
    distance_km: int = strawberry.field(description="How far the address is from there.")
    is_chosen: bool = strawberry.field(description="Whether it comes together there.")
    cost_minor: Minor = strawberry.field(
        description=f"What bringing everything there and delivering it from there costs, {IN_ORDER_CURRENCY}."
    )
    last_leg_minor: Minor = strawberry.field(description=f"What of that is for delivering it, {IN_ORDER_CURRENCY}.")
    unserved_units: int = strawberry.field(description="Units that nobody could bring there.")


@strawberry.type(description="The best plan that serves something from elsewhere, or brings it together elsewhere.")
class RoutingRunnerUp:
    parcels: list[RoutedParcel] = strawberry.field(description="Its parcels.")
    last_leg: RoutedLastLeg | None = strawberry.field(description="From where all of it would be delivered together.")
    cost_minor: Minor = strawberry.field(description=f"What it would cost, {IN_ORDER_CURRENCY}.")
    split_minor: Minor = strawberry.field(description=SPLIT)
    weighed_minor: Minor = strawberry.field(description=WEIGHED)
    difference_minor: Minor = strawberry.field(
        description="How much more that is; less than 0 where something else was weighed against it, or where it serves less."
    )
    unserved_units: int = strawberry.field(description="Units that it would leave.")


@strawberry.type(description="Why a decision is what it is.")
class RoutingExplanation:
    candidates: list[RoutingCandidate] = strawberry.field(description="Every location that was looked at.")
    merge_places: list[RoutingMergePlace] = strawberry.field(
        description="Every place where it might have come together; none for what is not delivered together."
    )
    runner_up: RoutingRunnerUp | None = strawberry.field(description="What would have been next; null if nothing.")
    relaxed: list[RoutedUnits] = strawberry.field(
        description="Units that are served only because soft constraints were dropped for them."
    )


@strawberry.type(description="The same decision made again from what was stored.")
class RoutingReplay:
    is_identical: bool = strawberry.field(description="Whether it comes out the same, to the unit and the cent.")
    cost_minor: Minor = strawberry.field(description=f"What it costs, {IN_ORDER_CURRENCY}.")


@graph(
    models.RoutingDecision,
    "From where units of an order come, as it was decided; it is never changed.",
    scope=PARTS_OF_ORDERS,
    needs=READ,
)
class RoutingDecision(Node):
    order: Order = one("The order.")
    kind: DecisionKind = column("On what occasion.")
    made_at: datetime = column("When.")
    rule: RoutingRule | None = one("The rule that decided about the order as a whole; null for none.")
    cost_minor: Minor = column(f"What the plan costs the merchant, {IN_ORDER_CURRENCY}.")
    split_minor: Minor = via(SPLIT, routing.split_minor)
    weighed_minor: Minor = via(WEIGHED, routing.weighed_minor)
    parcels: list[RoutedParcel] = via("What was planned.", routing.parcels)
    last_leg: RoutedLastLeg | None = via(
        "From where all of it is delivered together; null if it leaves from wherever it lies.", routing.last_leg
    )
    unserved: list[RoutedShortage] = via("What nobody could serve.", routing.unserved)
    explanation: RoutingExplanation = via("Why it was planned so.", routing_explained.explanation)
    replay: RoutingReplay = via("The decision made again.", routing.replay)


@strawberry.enum(description="How routing rules may be listed.")
class RoutingRuleSort(Enum):
    NAME = "name, revision"
    NEWEST = "-drafted_at"


@strawberry.input(description="Which routing rules.")
class RoutingRuleFilter:
    name: str | None = equals("name")
    status: list[RuleStatus] | None = among("status")


@root
class RoutingQueries:
    routing_rule: RoutingRule | None = find("The routing rule with this id.")
    routing_rules: Connection[RoutingRule] = connection(
        "Routing rules, every revision of them.", sort=RoutingRuleSort, where=RoutingRuleFilter
    )
    routing_decision: RoutingDecision | None = find("The decision with this id.")
