"""Tables. Importing this package registers every model with Tortoise."""

from models.availability import AnnouncedLevel, AvailabilityPosition, AvailabilityThreshold
from models.backorders import Backorder, BackorderTerms, ChannelBackorderTerms
from models.capacity import CapacityClaim, LineClaim, LocationDay
from models.carriers import Label
from models.cartons import CartonType
from models.catalogue import Price, Product, Substitute, TaxRate, Variant
from models.chaining import ChainingPolicy
from models.channels import Channel
from models.counting import CountLine, StockCount
from models.customers import Customer, CustomerAddress, CustomerContact
from models.facts import LoggedFact, OutboxFact, RelayState
from models.fulfilment import Fulfilment, FulfilmentLine
from models.idempotency import IdempotencyKey
from models.inventory import Reservation, StockLevel, StockMovement
from models.kits import KitComponent, KitLine, OrderKit
from models.locations import Location
from models.merging import OrderMerge
from models.orders import (
    CancellationRequest,
    ExcludedLocation,
    ExternalContent,
    Hold,
    LineStatus,
    Order,
    OrderAddress,
    OrderLine,
    OrderNote,
)
from models.organizations import Organization
from models.parcels import Parcel, ParcelLine, TrackingEvent
from models.payments import Payment, PaymentEvent
from models.picking import PickWave
from models.pickups import PickupCode, PickupQuestion
from models.promising import CarrierService, ExpectedSupply, Promise, PromiseKey, PromiseRule, SafetyRule
from models.purchasing import PurchaseLine, PurchaseOrder, Vendor, VendorOffer
from models.quotas import Quota, QuotaGroup, QuotaMovement, QuotaPlan, QuotaShare
from models.reoptimizing import MarkdownCredit, RoutingPolicy, RoutingRun, ShadowPrice
from models.reordering import ReorderRule
from models.routing import LocationGroup, RoutingDecision, RoutingRule
from models.staff import ApiKey, Role, Staff
from models.substitutions import Substitution, SubstitutionConsent
from models.transfers import Transfer, TransferLine

__all__ = [
    "AnnouncedLevel",
    "ApiKey",
    "AvailabilityPosition",
    "AvailabilityThreshold",
    "Backorder",
    "BackorderTerms",
    "CancellationRequest",
    "CapacityClaim",
    "CarrierService",
    "CartonType",
    "ChainingPolicy",
    "Channel",
    "ChannelBackorderTerms",
    "CountLine",
    "Customer",
    "CustomerAddress",
    "CustomerContact",
    "ExcludedLocation",
    "ExpectedSupply",
    "ExternalContent",
    "Fulfilment",
    "FulfilmentLine",
    "Hold",
    "IdempotencyKey",
    "KitComponent",
    "KitLine",
    "Label",
    "LineClaim",
    "LineStatus",
    "Location",
    "LocationDay",
    "LocationGroup",
    "LoggedFact",
    "MarkdownCredit",
    "Order",
    "OrderAddress",
    "OrderKit",
    "OrderLine",
    "OrderMerge",
    "OrderNote",
    "Organization",
    "OutboxFact",
    "Parcel",
    "ParcelLine",
    "Payment",
    "PaymentEvent",
    "PickWave",
    "PickupCode",
    "PickupQuestion",
    "Price",
    "Product",
    "Promise",
    "PromiseKey",
    "PromiseRule",
    "PurchaseLine",
    "PurchaseOrder",
    "Quota",
    "QuotaGroup",
    "QuotaMovement",
    "QuotaPlan",
    "QuotaShare",
    "RelayState",
    "ReorderRule",
    "Reservation",
    "Role",
    "RoutingDecision",
    "RoutingPolicy",
    "RoutingRule",
    "RoutingRun",
    "SafetyRule",
    "ShadowPrice",
    "Staff",
    "StockCount",
    "StockLevel",
    "StockMovement",
    "Substitute",
    "Substitution",
    "SubstitutionConsent",
    "TaxRate",
    "TrackingEvent",
    "Transfer",
    "TransferLine",
    "Variant",
    "Vendor",
    "VendorOffer",
]
