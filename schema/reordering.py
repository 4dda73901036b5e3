"""Reorder rules as clients see them, what they suggest, and the drafts made of it."""

from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry

import models
from actions import reordering as rules
from actions.inventory import MAX_UNITS
from actions.purchasing.vendors import MAX_LEAD_TIME_DAYS
from domain.errors import Forbidden
from domain.permissions import Permission
from domain.reordering import SALES_DAYS
from resolvers import reordering as reading
from resolvers.context import Info
from resolvers.visible import REORDER_RULES
from schema.catalogue import Variant
from schema.enums import ReorderPolicy
from schema.fields import column, connection, find, graph, one, root, via
from schema.filters import among
from schema.inputs import given, ref
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.purchasing import PurchaseOrder, Vendor
from schema.values import Connection, Minor

READ = Permission.READ_PURCHASING
CHANGE = Permission.CHANGE_PURCHASING


@graph(
    models.ReorderRule,
    "When a variant is ordered again for a location, how many, and from whom.",
    scope=REORDER_RULES,
    needs=READ,
)
class ReorderRule(Node):
    variant: Variant = one("What is ordered.")
    location: Location = one("For where.")
    vendor: Vendor = one("From whom.")
    policy: ReorderPolicy = column("How the number of units is found.")
    reorder_point: int = column("It is ordered when what is available and coming is this or less.")
    quantity: int = column("The level to fill up to, or the size of a lot.")
    unit_cost_minor: Minor = column("What one unit costs, in the vendor's currency.", needs=CHANGE)
    lead_time_days: int | None = column(
        "Days until it comes; those of the vendor's offer, or the vendor's, where null."
    )
    is_active: bool = column("Whether it suggests anything.")
    version: int = column("Counts its changes.")


@strawberry.enum(description="How reorder rules may be listed.")
class ReorderRuleSort(Enum):
    VARIANT = "variant_id, location_id"


@strawberry.input(description="Which reorder rules.")
class ReorderRuleFilter:
    variant_ids: list[strawberry.ID] | None = among("variant_id", of="Variant")
    location_ids: list[strawberry.ID] | None = among("location_id", of="Location")
    vendor_ids: list[strawberry.ID] | None = among("vendor_id", of="Vendor")


@strawberry.type(description="Units that a rule suggests to order now, and why.")
class ReorderSuggestion:
    rule: ReorderRule = strawberry.field(description="The rule.")
    available: int = strawberry.field(description="Units free at the location; below 0 where too many are promised.")
    in_transit: int = strawberry.field(description="Units on their way there.")
    on_order: int = strawberry.field(description="Units ordered from vendors that are still to come.")
    drafted: int = strawberry.field(description="Units on drafts of purchase orders.")
    backordered: int = strawberry.field(
        description="Units that orders wait for. Those that are not waited for at a location count once, at the variant's rule"
        " with the highest reorder point."
    )
    sold_units: int = strawberry.field(
        description=f"Units kept there that left for orders in the last {SALES_DAYS} days, collected ones included."
    )
    days_of_supply: int | None = strawberry.field(
        description="Days that what is free there lasts if as much is sold; null where nothing was."
    )
    quantity: int = strawberry.field(description="Units to order.")
    expected_on: date = strawberry.field(description="The day they would come.")


@strawberry.type(description="Drafts of purchase orders.")
class DraftedPurchaseOrders:
    purchase_orders: list[PurchaseOrder] = strawberry.field(description="One for each vendor and destination.")


@strawberry.input(description="A reorder rule: one for each variant and location.")
class SetReorderRuleInput:
    variant_id: strawberry.ID = ref("What is ordered.", "Variant")
    location_id: strawberry.ID = ref("For where.", "Location")
    vendor_id: strawberry.ID = ref("From whom.", "Vendor")
    policy: ReorderPolicy = given("How the number of units is found.")
    reorder_point: int = given(
        "It is ordered when what is available and coming is this or less.", at_least=0, at_most=MAX_UNITS
    )
    quantity: int = given("The level to fill up to, or the size of a lot.", at_least=1, at_most=MAX_UNITS)
    unit_cost_minor: Minor = given("What one unit costs, in the vendor's currency.", at_least=0)
    lead_time_days: int | None = given(
        "Days until it comes; the vendor's, if left out.", default=None, at_least=0, at_most=MAX_LEAD_TIME_DAYS
    )
    is_active: bool = given("Whether it suggests anything.", default=True)
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=None)


@strawberry.input(description="Which suggestions to order.")
class OrderSuggestionsInput:
    location_ids: list[strawberry.ID] | None = ref("Only for these locations.", "Location", default=None)
    vendor_ids: list[strawberry.ID] | None = ref("Only from these vendors.", "Vendor", default=None)


@root
class ReorderingQueries:
    reorder_rule: ReorderRule | None = find("The reorder rule with this id.")
    reorder_rules: Connection[ReorderRule] = connection(
        "Reorder rules you may see.", sort=ReorderRuleSort, where=ReorderRuleFilter
    )
    reorder_suggestions: list[ReorderSuggestion] = via(
        f"What should be ordered now, at most {rules.MAX_SUGGESTIONS} rules' worth.", reading.suggested, needs=CHANGE
    )


async def drafted(info: Info, order_ids: Sequence[UUID]) -> Any:
    orders: Any = await reading.drafts_of(info, order_ids)
    return DraftedPurchaseOrders(purchase_orders=orders)


@root
class ReorderingMutations:
    set_reorder_rule: ReorderRule = action(
        "Say when a variant is ordered again for a location.",
        rules.set_rule,
        SetReorderRuleInput,
        refuses=(Forbidden,),
        needs=CHANGE,
        prepare=reading.at_own_location,
    )
    create_purchase_orders_from_suggestions: DraftedPurchaseOrders = action(
        "Draft purchase orders of everything suggested now, one for each vendor and destination.",
        rules.order_suggestions,
        OrderSuggestionsInput,
        refuses=(Forbidden,),
        needs=CHANGE,
        prepare=reading.for_own_locations,
        answer=drafted,
    )
