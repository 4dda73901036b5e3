"""Codes of the domain and the tables, published under their own names."""

import strawberry

from domain.availability import AvailabilityLevel
from domain.carriers import LabelStatus
from domain.counting import CountAction, CountLineStatus, CountStatus
from domain.demand import DemandKind
from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.holds import HoldKind, HoldStatus
from domain.lifecycle import Action, OrderStatus, UnitStatus
from domain.orders import AddressKind, Capability, ConfirmationPolicy, FulfilmentMethod, OrderOrigin, PickupStock
from domain.payments import AuthorizeStatus, ChargeStatus, PaymentEventKind, Tender
from domain.permissions import Permission, Role
from domain.pickups import IdentityCheck, PickupChoice, QuestionStatus, UnansweredPickup
from domain.promising.offers import Confidence
from domain.promising.supply import SupplyKind, SupplyStatus
from domain.purchasing import PurchaseAction, PurchaseKind, PurchaseStatus
from domain.quotas.pools import QuotaMovementKind
from domain.reordering import ReorderPolicy
from domain.routing.values import Method
from domain.stock import AdjustmentReason, MovementKind, ReservationStatus
from domain.substitution import SubstitutePrice, SubstitutionStatus
from domain.tracking import TrackingCode
from domain.transfers import Discrepancy, Remainder, TransferAction, TransferStatus
from domain.viewer import Audience
from models.channels import ChannelKind
from models.customers import ContactKind, CustomerKind
from models.locations import LocationKind
from models.orders import CancellationStatus, NoteVisibility

strawberry.enum(Permission, description="What a caller may do.")
strawberry.enum(Role, description="What a caller is here.")
strawberry.enum(Audience, description="Whose rules for what is shown apply.")
strawberry.enum(ChannelKind, description="By what way orders come in.")
strawberry.enum(ConfirmationPolicy, description="When a placed order may be released.")
strawberry.enum(LocationKind, description="What kind of place holds or ships goods.")
strawberry.enum(Capability, description="What a location can do for an order.")
strawberry.enum(
    PickupStock,
    description="What an order for collection at a location may be served from. LOCAL: what lies there. ANY: also what other "
    "locations bring there (ship to store).",
)
strawberry.enum(Tender, description="With what somebody pays.")
strawberry.enum(PaymentEventKind, description="What happened to a payment.")
strawberry.enum(MovementKind, description="What kind of change of stock.")
strawberry.enum(
    DemandKind,
    description="By whom units are wanted, or how far they are: a cart; orders that a location will serve, works on, or is to"
    " bring to another one; orders for which stock is looked for, that wait for it, or for a launch; what a customer is asked"
    " about; what a vendor sends.",
)
strawberry.enum(QuotaMovementKind, description="What kind of change of units that are set aside.")
strawberry.enum(AdjustmentReason, description="Why a count was corrected.")
strawberry.enum(ReservationStatus, description="What became of units kept for a cart.")
strawberry.enum(SupplyKind, description="How far goods are that can be promised, the most certain first.")
strawberry.enum(SupplyStatus, description="What became of goods that were announced.")
strawberry.enum(Method, name="PromiseMethod", description="By what way goods can be promised to reach the customer.")
strawberry.enum(Confidence, description="How sure a promise is.")
strawberry.enum(TransferStatus, description="How far goods are between two locations.")
strawberry.enum(TransferAction, description="What can be done to a transfer.")
strawberry.enum(CountStatus, description="How far a count of stock is.")
strawberry.enum(CountLineStatus, description="How far the count of one variant is.")
strawberry.enum(CountAction, description="What can be done to a count of stock.")
strawberry.enum(
    SubstitutePrice,
    description="What a substitute costs. ORIGINAL_PRICE and LOWER_OF_BOTH: in the end no more than the units it stands for.",
)
strawberry.enum(SubstitutionStatus, description="What became of a proposal to send something else.")
strawberry.enum(
    ReorderPolicy,
    description="How many units are ordered again. UP_TO_LEVEL: as many as fill up to a level, (s, S). FIXED_LOTS: as many "
    "lots as bring it above the reorder point, (r, Q).",
)
strawberry.enum(
    PurchaseKind,
    description="For what goods are ordered. STOCK: for our shelves. DROP_SHIP: the vendor ships them to the customer of one "
    "order.",
)
strawberry.enum(PurchaseStatus, description="How far goods ordered from a vendor are.")
strawberry.enum(PurchaseAction, description="What can be done to a purchase order.")
strawberry.enum(Discrepancy, description="Why fewer units arrived whole than were shipped.")
strawberry.enum(Remainder, description="What becomes of units in transit when no more is expected of a transfer.")
strawberry.enum(FulfilmentStatus, description="How far one location is with one order.")
strawberry.enum(DeclineReason, description="Why a location gives units back.")
strawberry.enum(IdentityCheck, description="How a location made sure of who collects, where they had no code to show.")
strawberry.enum(PickupChoice, description="What shall become of units that cannot be collected.")
strawberry.enum(
    QuestionStatus,
    name="PickupQuestionStatus",
    description="How far a question to a customer is. OVERDUE: nobody answered in time, and somebody has to ask again. "
    "EXPIRED: the channel's policy decided. WITHDRAWN: the units were cancelled by another way.",
)
strawberry.enum(UnansweredPickup, description="What becomes of units that cannot be collected when nobody answers.")
strawberry.enum(TrackingCode, description="What a carrier reports about a parcel.")
strawberry.enum(LabelStatus, description="How far a label is at its carrier.")
strawberry.enum(CustomerKind, description="Whether a customer is a person or a company.")
strawberry.enum(ContactKind, description="By what way a customer is reached.")
strawberry.enum(
    OrderStatus,
    description="How far an order or a line is: the common status of its units, or how far the furthest of them are.",
)
strawberry.enum(UnitStatus, description="Where some units of a line stand.")
strawberry.enum(HoldKind, description="Why something is held, which decides what is stopped.")
strawberry.enum(
    HoldStatus, description="How far the judgement on a hold is; a rejected one stays until it is resolved."
)
strawberry.enum(OrderOrigin, description="Who made an order, whatever the channel.")
strawberry.enum(
    AvailabilityLevel,
    description="How plentiful a variant is. NONE: nothing can be bought. LOW, MEDIUM, HIGH: by boundaries of the organization.",
)
strawberry.enum(FulfilmentMethod, description="How goods reach the customer.")
strawberry.enum(AddressKind, description="What an address of an order is for.")
strawberry.enum(NoteVisibility, description="Who may read a note: the customer too, or only staff.")
strawberry.enum(CancellationStatus, description="What a location answered to a request to stop.")
strawberry.enum(AuthorizeStatus, description="How much of an order's total is set aside or captured.")
strawberry.enum(ChargeStatus, description="How much of an order's total is captured.")
strawberry.enum(Action, name="OrderAction", description="What can be done to an order or to units of it.")

__all__ = [
    "Action",
    "AddressKind",
    "AdjustmentReason",
    "Audience",
    "AuthorizeStatus",
    "AvailabilityLevel",
    "CancellationStatus",
    "Capability",
    "ChannelKind",
    "ChargeStatus",
    "Confidence",
    "ConfirmationPolicy",
    "ContactKind",
    "CountAction",
    "CountLineStatus",
    "CountStatus",
    "CustomerKind",
    "DeclineReason",
    "DemandKind",
    "Discrepancy",
    "FulfilmentMethod",
    "FulfilmentStatus",
    "HoldKind",
    "HoldStatus",
    "IdentityCheck",
    "LabelStatus",
    "LocationKind",
    "Method",
    "MovementKind",
    "NoteVisibility",
    "OrderOrigin",
    "OrderStatus",
    "PaymentEventKind",
    "Permission",
    "PickupChoice",
    "PickupStock",
    "PurchaseAction",
    "PurchaseKind",
    "PurchaseStatus",
    "QuestionStatus",
    "QuotaMovementKind",
    "Remainder",
    "ReorderPolicy",
    "ReservationStatus",
    "Role",
    "SubstitutePrice",
    "SubstitutionStatus",
    "SupplyKind",
    "SupplyStatus",
    "Tender",
    "TrackingCode",
    "TransferAction",
    "TransferStatus",
    "UnansweredPickup",
    "UnitStatus",
]
