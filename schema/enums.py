"""Codes of the domain and the tables, published under their own names."""

import strawberry

from domain.orders import Capability, ConfirmationPolicy
from domain.payments import PaymentEventKind, Tender
from domain.permissions import Permission, Role
from domain.stock import AdjustmentReason, MovementKind, ReservationStatus
from domain.viewer import Audience
from models.channels import ChannelKind
from models.customers import ContactKind, CustomerKind
from models.locations import LocationKind

strawberry.enum(Permission, description="What a caller may do.")
strawberry.enum(Role, description="What a caller is here.")
strawberry.enum(Audience, description="Whose rules for what is shown apply.")
strawberry.enum(ChannelKind, description="By what way orders come in.")
strawberry.enum(ConfirmationPolicy, description="When a placed order may be released.")
strawberry.enum(LocationKind, description="What kind of place holds or ships goods.")
strawberry.enum(Capability, description="What a location can do for an order.")
strawberry.enum(Tender, description="With what somebody pays.")
strawberry.enum(PaymentEventKind, description="What happened to a payment.")
strawberry.enum(MovementKind, description="What kind of change of stock.")
strawberry.enum(AdjustmentReason, description="Why a count was corrected.")
strawberry.enum(ReservationStatus, description="What became of units kept for a cart.")
strawberry.enum(CustomerKind, description="Whether a customer is a person or a company.")
strawberry.enum(ContactKind, description="By what way a customer is reached.")

__all__ = [
    "AdjustmentReason",
    "Audience",
    "Capability",
    "ChannelKind",
    "ConfirmationPolicy",
    "ContactKind",
    "CustomerKind",
    "LocationKind",
    "MovementKind",
    "PaymentEventKind",
    "Permission",
    "ReservationStatus",
    "Role",
    "Tender",
]
