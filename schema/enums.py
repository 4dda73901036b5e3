"""Codes of the domain and the tables, published under their own names."""

import strawberry

from domain.orders import Capability, ConfirmationPolicy
from domain.permissions import Permission, Role
from domain.viewer import Audience
from models.channels import ChannelKind
from models.locations import LocationKind

strawberry.enum(Permission, description="What a caller may do.")
strawberry.enum(Role, description="What a caller is here.")
strawberry.enum(Audience, description="Whose rules for what is shown apply.")
strawberry.enum(ChannelKind, description="By what way orders come in.")
strawberry.enum(ConfirmationPolicy, description="When a placed order may be released.")
strawberry.enum(LocationKind, description="What kind of place holds or ships goods.")
strawberry.enum(Capability, description="What a location can do for an order.")

__all__ = ["Audience", "Capability", "ChannelKind", "ConfirmationPolicy", "LocationKind", "Permission", "Role"]
