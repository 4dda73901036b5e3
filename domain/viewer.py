"""Who is asking, and on whose behalf."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.permissions import Permission, Role


class Audience(StrEnum):
    """Decides which row predicate of a scope applies; see `resolvers/scopes.py`."""

    ADMIN = "admin"
    AGENT = "agent"
    LOCATION = "location"
    PARTNER = "partner"
    CUSTOMER = "customer"
    ANONYMOUS = "anonymous"


AUDIENCE_OF = {
    Role.ADMIN: Audience.ADMIN,
    Role.AGENT: Audience.AGENT,
    Role.STORE_ASSOCIATE: Audience.LOCATION,
    Role.WAREHOUSE: Audience.LOCATION,
    Role.PARTNER: Audience.PARTNER,
    Role.CUSTOMER: Audience.CUSTOMER,
    Role.ANONYMOUS: Audience.ANONYMOUS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """`channel_ids` limit agents and partners, `location_ids` limit stores and warehouses, `customer_id` a customer."""

    audience: Audience
    principal: str
    organization_id: UUID
    permissions: frozenset[Permission]
    role: Role
    channel_ids: tuple[UUID, ...] = ()
    location_ids: tuple[UUID, ...] = ()
    customer_id: UUID | None = None
    expires_at: datetime | None = None
