"""Drop-ship as clients see it: what vendors offer, orders chained to purchase orders, and what vendors say to them."""

from datetime import date
from enum import Enum

import strawberry
from strawberry import UNSET

import models
from actions.chaining import answering, ordering, policies, shipping
from actions.fulfilment.progress import MOST_LINES
from actions.inventory import MAX_UNITS
from actions.parcels.packing import MOST_GRAMS
from actions.parcels.shipping import CARRIER_CHARACTERS, TRACKING_CHARACTERS
from actions.purchasing import offers
from actions.purchasing.vendors import MAX_LEAD_TIME_DAYS
from domain.errors import AlreadyExists, BlockedByHold, Forbidden, IllegalTransition, NotPaid, NoVendor
from domain.permissions import Permission
from resolvers import chaining as reading
from resolvers.purchasing import at_own_destination
from resolvers.visible import CHAINING_POLICIES, VENDOR_OFFERS
from schema.catalogue import Variant
from schema.channels import Channel
from schema.enums import DeclineReason
from schema.fields import column, connection, find, graph, one, root, via
from schema.filters import among
from schema.inputs import given, ref
from schema.later import ORDER_VERSION
from schema.mutations import action
from schema.nodes import Node
from schema.orders import Order
from schema.purchasing import VERSION, PurchaseOrder, Vendor
from schema.values import Connection, Minor

READ = Permission.READ_PURCHASING
CHANGE = Permission.CHANGE_PURCHASING


@graph(models.VendorOffer, "That a vendor sells a variant, and how.", scope=VENDOR_OFFERS, needs=READ)
class VendorOffer(Node):
    vendor: Vendor = one("Who sells.")
    variant: Variant = one("What.")
    unit_cost_minor: Minor = column("What one unit costs, in the vendor's currency.", needs=CHANGE)
    lead_time_days: int | None = column("Days until it comes, or is shipped; the vendor's, where null.")
    drop_ships: bool = column("Whether the vendor ships it to customers.")
    minimum_quantity: int = column("Of one customer's order it ships no fewer units.")
    maximum_quantity: int | None = column("Of one customer's order it ships no more units; null for no limit.")
    rank: int = column("The vendor with the lowest is asked first; of two alike, the faster.")
    is_active: bool = column("Whether it stands; not any more when it was withdrawn.")
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@graph(
    models.ChainingPolicy,
    "Whether vendors are asked by themselves for what orders wait for.",
    scope=CHAINING_POLICIES,
    needs=READ,
)
class ChainingPolicy(Node):
    channel: Channel | None = one("For whose orders; null for every channel that has no policy of its own.")
    is_automatic: bool = column("Whether confirmed orders are chained by themselves, or by hand only.")
    wait_minutes: int = column("How long after an order was placed it waits for stock first.")
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.enum(description="How vendors' offers may be listed.")
class VendorOfferSort(Enum):
    VARIANT = "variant_id, rank"


@strawberry.input(description="Which offers.")
class VendorOfferFilter:
    vendor_ids: list[strawberry.ID] | None = among("vendor_id", of="Vendor")
    variant_ids: list[strawberry.ID] | None = among("variant_id", of="Variant")


@strawberry.input(description="An offer, new or known by its vendor and variant; what is silent stays.")
class UpsertVendorOfferInput:
    vendor_id: strawberry.ID = ref("Who sells.", "Vendor")
    variant_id: strawberry.ID = ref("What.", "Variant")
    unit_cost_minor: Minor | None = given("What one unit costs, in the vendor's currency.", default=UNSET, at_least=0)
    lead_time_days: int | None = given(
        "Days until it comes, or is shipped; the vendor's, where null.",
        default=UNSET,
        at_least=0,
        at_most=MAX_LEAD_TIME_DAYS,
    )
    drop_ships: bool | None = given("Whether the vendor ships it to customers, from its location.", default=UNSET)
    minimum_quantity: int | None = given(
        "Of one customer's order it ships no fewer units.", default=UNSET, at_least=1, at_most=MAX_UNITS
    )
    maximum_quantity: int | None = given(
        "Of one customer's order it ships no more units; null for no limit.",
        default=UNSET,
        at_least=1,
        at_most=MAX_UNITS,
    )
    rank: int | None = given(
        "The vendor with the lowest is asked first.", default=UNSET, at_least=0, at_most=offers.MAX_RANK
    )
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=None)


@strawberry.input(description="An offer that does not stand any more.")
class WithdrawVendorOfferInput:
    offer_id: strawberry.ID = ref("The offer.", "VendorOffer")
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=None)


@strawberry.input(description="When vendors are asked by themselves; what is silent stays.")
class SetChainingPolicyInput:
    channel_id: strawberry.ID | None = ref(
        "For whose orders; for every channel that has no policy of its own, if left out.", "Channel", default=None
    )
    is_automatic: bool | None = given("Whether confirmed orders are chained by themselves.", default=UNSET)
    wait_minutes: int | None = given(
        "How long after an order was placed it waits for stock first.",
        default=UNSET,
        at_least=0,
        at_most=policies.MOST_MINUTES,
    )
    expected_version: int | None = given("The version you read; refused if it has changed since.", default=None)


@strawberry.input(description="What to order from vendors for an order.")
class ChainOrderInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    vendor_id: strawberry.ID | None = ref(
        "Only from this vendor; from whoever may be asked, in their turn, if left out.", "Vendor", default=None
    )
    line_ids: list[strawberry.ID] | None = ref(
        "Only these lines; everything that waits if left out.", "OrderLine", default=None
    )
    expected_version: int | None = given(ORDER_VERSION, default=None)


@strawberry.input(description="Units of one line that a vendor takes on.")
class AcceptedUnitsInput:
    line_id: strawberry.ID = ref("The purchase order's line.", "PurchaseLine")
    quantity: int = given("How many; 0 for none.", at_least=0)


@strawberry.input(description="A vendor's yes, or its yes to fewer.")
class AcknowledgePurchaseOrderInput:
    purchase_order_id: strawberry.ID = ref("The purchase order.", "PurchaseOrder")
    lines: list[AcceptedUnitsInput] | None = given(
        "Lines of which it takes on fewer; all others are taken on whole.", default=None, at_most=MOST_LINES
    )
    reason: DeclineReason | None = given("Why, where fewer are taken on.", default=None)
    expected_on: date | None = given(
        "The day it will ship, if that is another one now; today at the vendor's or later.", default=None
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="A vendor's no.")
class DeclinePurchaseOrderInput:
    purchase_order_id: strawberry.ID = ref("The purchase order.", "PurchaseOrder")
    reason: DeclineReason = given("Why.")
    line_ids: list[strawberry.ID] | None = ref(
        "Only these lines of it; everything that has not left if left out.",
        "PurchaseLine",
        default=None,
    )
    expected_version: int | None = given(VERSION, default=None)


@strawberry.input(description="Units of one line that a vendor sent.")
class SentUnitsInput:
    line_id: strawberry.ID = ref("The purchase order's line.", "PurchaseLine")
    quantity: int = given("How many.", at_least=1)


@strawberry.input(description="A parcel that a vendor sent to the customer.")
class ReportVendorShipmentInput:
    purchase_order_id: strawberry.ID = ref("The purchase order.", "PurchaseOrder")
    carrier: str = given("Who carries it.", at_most=CARRIER_CHARACTERS)
    tracking_number: str | None = given("The carrier's number.", default=None, at_most=TRACKING_CHARACTERS)
    service: str | None = given("The carrier's service.", default=None, at_most=CARRIER_CHARACTERS)
    lines: list[SentUnitsInput] | None = given(
        "What is in it; everything that has not left if left out.", default=None, at_most=MOST_LINES
    )
    weight_grams: int | None = given(
        "What it weighs; what its variants do if left out.", default=None, at_least=0, at_most=MOST_GRAMS
    )
    expected_version: int | None = given(VERSION, default=None)


@root
class ChainingQueries:
    vendor_offer: VendorOffer | None = find("The offer with this id.")
    vendor_offers: Connection[VendorOffer] = connection(
        "What vendors sell.", sort=VendorOfferSort, where=VendorOfferFilter
    )
    chaining_policies: list[ChainingPolicy] = via(
        "Whether vendors are asked by themselves, in all channels and in single ones.",
        reading.chaining_policies,
        needs=READ,
    )


@root
class ChainingMutations:
    upsert_vendor_offer: VendorOffer = action(
        "Keep what a vendor sells. One that was withdrawn stands again.",
        offers.upsert_offer,
        UpsertVendorOfferInput,
        needs=CHANGE,
    )
    withdraw_vendor_offer: VendorOffer = action(
        "Say that an offer does not stand any more; what was ordered stays ordered.",
        offers.withdraw_offer,
        WithdrawVendorOfferInput,
        needs=CHANGE,
    )
    set_chaining_policy: ChainingPolicy = action(
        "Say whether vendors are asked by themselves for what orders wait for.",
        policies.set_policy,
        SetChainingPolicyInput,
        needs=CHANGE,
    )
    chain_order: Order = action(
        "Order what an order waits for from vendors who ship it to the customer: one purchase order for each of them.",
        ordering.chain_order,
        ChainOrderInput,
        refuses=(IllegalTransition, BlockedByHold, NotPaid, NoVendor),
        needs=CHANGE,
    )
    acknowledge_purchase_order: PurchaseOrder = action(
        "A vendor's yes to what it should ship to a customer, or to fewer units. The others wait again, for stock or another "
        "vendor. From now on it is asked before anything is cancelled.",
        at_own_destination(answering.acknowledge),
        AcknowledgePurchaseOrderInput,
        refuses=(IllegalTransition, Forbidden),
        needs=Permission.FULFIL,
    )
    decline_purchase_order: PurchaseOrder = action(
        "A vendor's no to what it should ship to a customer, also after a yes. It waits again, for stock or another vendor.",
        at_own_destination(answering.decline),
        DeclinePurchaseOrderInput,
        refuses=(IllegalTransition, Forbidden),
        needs=Permission.FULFIL,
    )
    report_vendor_shipment: PurchaseOrder = action(
        "A vendor sent a parcel to the customer. What was not acknowledged yet is by this.",
        at_own_destination(shipping.report_shipment),
        ReportVendorShipmentInput,
        refuses=(IllegalTransition, AlreadyExists, Forbidden),
        needs=Permission.FULFIL,
    )
