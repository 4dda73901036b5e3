"""Vendors and purchase orders as clients see them."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry import UNSET

import models
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.purchasing import ordering, receiving
from actions.purchasing.vendors import MAX_LEAD_TIME_DAYS, upsert_vendor
from domain.errors import Forbidden, IllegalTransition
from domain.permissions import Permission
from domain.purchasing import PERCENT
from resolvers import purchasing as reading
from resolvers.purchasing import at_own_destination
from resolvers.visible import PARTS_OF_PURCHASE_ORDERS, PURCHASE_ORDERS, VENDORS
from schema.catalogue import Variant
from schema.enums import PurchaseAction, PurchaseKind, PurchaseStatus
from schema.fields import column, connection, find, graph, many, money, one, root, sql, via
from schema.filters import among, at_least, below, equals
from schema.fulfilment import Fulfilment
from schema.inputs import given, ref
from schema.later import Order
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection, Minor, Money

READ = Permission.READ_PURCHASING
CHANGE = Permission.CHANGE_PURCHASING
VERSION = "The purchase order's version that you read; another one is refused."


@graph(models.Vendor, "From whom goods are bought.", scope=VENDORS, needs=READ)
class Vendor(Node):
    code: str = column("Its short name, unique here.")
    name: str = column("What people call it.")
    currency: str = column("ISO 4217 code of the currency it is paid in.")
    lead_time_days: int = column("Days from an order until the goods come.")
    over_percent: int = column("How much more than ordered may be received, in percent of each line.")
    short_percent: int = column("How much less than ordered needs no reason, in percent of each line.")
    location: Location | None = one("Its own location, from which it ships to customers; null if it does not.")
    is_active: bool = column("Whether anything is still bought there.")
    version: int = column("Counts its changes.")


@graph(
    models.PurchaseLine,
    "Units of one variant in a purchase order.",
    scope=PARTS_OF_PURCHASE_ORDERS,
    needs=READ,
)
class PurchaseLine(Node):
    variant: Variant = one("Of what.")
    order_line_id: strawberry.ID | None = column("For drop-ship, the line of the customer's order.", of="OrderLine")
    quantity: int = column("Units ordered.")
    received: int = column("Units that came, whole or damaged.")
    damaged: int = column("Units that came and cannot be sold.")
    shipped: int = column("Units that the vendor sent to the customer.")
    declined: int = column("Units for the customer that the vendor does not have.")
    cancelled: int = column("Units that the customer does not get any more.")
    at_vendor: int = sql(
        "Units that the vendor still has to send to the customer.",
        "(SELECT CASE WHEN po.kind = 'drop_ship'"
        " THEN {row}.quantity - {row}.shipped - {row}.declined - {row}.cancelled ELSE 0 END"
        " FROM purchase_orders po WHERE po.id = {row}.purchase_order_id)",
    )
    on_order: int = sql(
        "Units that are still to come to our shelves.",
        "(SELECT CASE WHEN po.kind = 'stock' AND po.status IN ('ordered', 'partially_received')"
        " THEN greatest(0, {row}.quantity - {row}.received) ELSE 0 END"
        " FROM purchase_orders po WHERE po.id = {row}.purchase_order_id)",
    )
    unit_cost: Money = money("What one unit costs.", "unit_cost_minor", needs=CHANGE)


@graph(models.PurchaseOrder, "Goods ordered from a vendor.", scope=PURCHASE_ORDERS, needs=READ)
class PurchaseOrder(Node):
    number: str = column("The number we and the vendor know it by.")
    kind: PurchaseKind = column("Whether it is for our shelves or for one customer.")
    vendor: Vendor = one("From whom.")
    destination: Location = one(
        "Where the goods go; for drop-ship the vendor's own location, from which they go to the customer."
    )
    order: Order | None = one("The customer's order that it is chained to.")
    fulfilment: Fulfilment | None = one("The vendor's work on that order, as in its queue.")
    status: PurchaseStatus = column("How far it is.")
    currency: str = column("ISO 4217 code of the currency of its costs.")
    over_percent: int = column("How much more than ordered may be received, in percent of each line.")
    short_percent: int = column("How much less than ordered needs no reason, in percent of each line.")
    expected_on: date | None = column("The day the goods should come, by the calendar of where they go.")
    note: str = column("What whoever drafted it wants known.")
    closing_reason: str = column("Why it was closed though goods are missing.")
    created_at: datetime = column("When it was drafted.")
    ordered_at: datetime | None = column("When it was sent to the vendor.")
    acknowledged_at: datetime | None = column("When the vendor answered, where it ships to the customer.")
    closed_at: datetime | None = column("When nothing more was expected of it.")
    lines: list[PurchaseLine] = many("What is bought.", order_by="position")
    available_actions: list[PurchaseAction] = via("What may be done next.", reading.actions_of_purchase)
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.enum(description="How vendors may be listed.")
class VendorSort(Enum):
    CODE = "code"


@strawberry.input(description="Which vendors.")
class VendorFilter:
    code: str | None = equals("code")


@strawberry.enum(description="How purchase orders may be listed.")
class PurchaseOrderSort(Enum):
    NEWEST = "-created_at"
    OLDEST = "created_at"


@strawberry.input(description="Which purchase orders.")
class PurchaseOrderFilter:
    kind: list[PurchaseKind] | None = among("kind")
    status: list[PurchaseStatus] | None = among("status")
    vendor_ids: list[strawberry.ID] | None = among("vendor_id", of="Vendor")
    destination_ids: list[strawberry.ID] | None = among("destination_id", of="Location")
    created_from: datetime | None = at_least("created_at")
    created_before: datetime | None = below("created_at")


@strawberry.input(description="A vendor, new or known by its short name; what is silent stays.")
class UpsertVendorInput:
    code: str = given("Its short name, unique here.", at_most=32)
    name: str | None = given("What people call it.", default=UNSET)
    currency: str | None = given("ISO 4217 code of the currency it is paid in.", default=UNSET, at_most=3)
    lead_time_days: int | None = given(
        "Days from an order until the goods come.", default=UNSET, at_least=0, at_most=MAX_LEAD_TIME_DAYS
    )
    over_percent: int | None = given(
        "How much more than ordered may be received, in percent of each line.",
        default=UNSET,
        at_least=0,
        at_most=PERCENT,
    )
    short_percent: int | None = given(
        "How much less than ordered needs no reason, in percent of each line.",
        default=UNSET,
        at_least=0,
        at_most=PERCENT,
    )
    location_id: strawberry.ID | None = ref(
        "Its own location, of kind VENDOR, from which it ships to customers.", "Location", default=UNSET
    )
    is_active: bool | None = given("Whether anything is still bought there.", default=UNSET)
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=UNSET)


@strawberry.input(description="Units to be bought.")
class BoughtUnitsInput:
    variant_id: strawberry.ID = ref("Of what.", "Variant")
    quantity: int = given("How many units.", at_least=1, at_most=MAX_UNITS)
    unit_cost_minor: Minor = given("What one unit costs, in the vendor's currency.", at_least=0)


@strawberry.input(description="A purchase order to draft.")
class CreatePurchaseOrderInput:
    vendor_id: strawberry.ID = ref("From whom.", "Vendor")
    destination_id: strawberry.ID = ref("Where the goods go.", "Location")
    lines: list[BoughtUnitsInput] = given("Each variant once.", at_least=1, at_most=MAX_LINES)
    expected_on: date | None = given(
        "The day the goods should come, today, where they go, or later; the vendor's lead time after it is ordered, if left out.",
        default=None,
    )
    note: str = given("What should be known of it.", default="", at_most=ordering.MAX_NOTE)


@strawberry.input(description="A draft to change; what is silent stays.")
class ChangePurchaseOrderInput:
    purchase_order_id: strawberry.ID = ref("The purchase order.", "PurchaseOrder")
    lines: list[BoughtUnitsInput] | None = given("In place of all its lines.", default=UNSET, at_most=MAX_LINES)
    note: str | None = given("What should be known of it.", default=UNSET, at_most=ordering.MAX_NOTE)
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Another day for goods to come.")
class ReschedulePurchaseOrderInput:
    purchase_order_id: strawberry.ID = ref("The purchase order.", "PurchaseOrder")
    expected_on: date = given("The day they should come; today, where they go, or later.")
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Which purchase order.")
class PurchaseOrderInput:
    purchase_order_id: strawberry.ID = ref("The purchase order.", "PurchaseOrder")
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Units of one line that came.")
class DeliveredUnitsInput:
    line_id: strawberry.ID = ref("The line.", "PurchaseLine")
    received: int = given("How many came, damaged ones included.", at_least=0)
    damaged: int = given("How many of those cannot be sold.", default=0, at_least=0)


@strawberry.input(description="Goods that came from a vendor.")
class ReceivePurchaseOrderInput:
    purchase_order_id: strawberry.ID = ref("The purchase order.", "PurchaseOrder")
    lines: list[DeliveredUnitsInput] | None = given(
        "Only these units; everything still to come, all of it whole, if left out.", default=None, at_most=MAX_LINES
    )
    is_complete: bool = given("Whether nothing more will come.", default=False)
    reason: str = given(
        "Why, where more is missing than the vendor is forgiven.", default="", at_most=receiving.MAX_REASON
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="A purchase order of which no more will come.")
class ClosePurchaseOrderInput:
    purchase_order_id: strawberry.ID = ref("The purchase order.", "PurchaseOrder")
    reason: str = given(
        "Why, where more is missing than the vendor is forgiven.", default="", at_most=receiving.MAX_REASON
    )
    expected_version: int | None = given(VERSION, default=None)


@root
class PurchasingQueries:
    vendor: Vendor | None = find("The vendor with this id.")
    vendor_by_code: Vendor | None = find("The vendor with this short name.", code=str)
    vendors: Connection[Vendor] = connection("Vendors.", sort=VendorSort, where=VendorFilter)
    purchase_order: PurchaseOrder | None = find("The purchase order with this id.")
    purchase_order_by_number: PurchaseOrder | None = find("The purchase order with this number.", number=str)
    purchase_orders: Connection[PurchaseOrder] = connection(
        "Purchase orders you may see.", sort=PurchaseOrderSort, where=PurchaseOrderFilter
    )


def _step(description: str, does: Any, takes: type[Any], *, needs: Permission = CHANGE) -> Any:
    refuses = (IllegalTransition, Forbidden)
    return action(description, at_own_destination(does), takes, refuses=refuses, needs=needs)


@root
class PurchasingMutations:
    upsert_vendor: Vendor = action("Keep a vendor.", upsert_vendor, UpsertVendorInput, needs=CHANGE)
    create_purchase_order: PurchaseOrder = action(
        "Draft what is to be bought from a vendor.", ordering.create, CreatePurchaseOrderInput, needs=CHANGE
    )
    change_purchase_order: PurchaseOrder = _step("Change a draft.", ordering.change, ChangePurchaseOrderInput)
    reschedule_purchase_order: PurchaseOrder = _step(
        "Say that the goods come another day; what is promised from them follows.",
        ordering.reschedule,
        ReschedulePurchaseOrderInput,
    )
    order_purchase: PurchaseOrder = _step(
        "Say that it was sent to the vendor: it is on order, and can be promised from.",
        ordering.order,
        PurchaseOrderInput,
    )
    cancel_purchase_order: PurchaseOrder = _step("End it before anything came.", ordering.cancel, PurchaseOrderInput)
    receive_purchase_order: PurchaseOrder = _step(
        "Say what came, in one or many parts; orders that wait for it are served next.",
        receiving.receive,
        ReceivePurchaseOrderInput,
        needs=Permission.CHANGE_STOCK,
    )
    close_purchase_order: PurchaseOrder = _step(
        "End it though goods are missing.", receiving.close, ClosePurchaseOrderInput
    )
