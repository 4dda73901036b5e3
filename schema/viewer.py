"""What a caller may know about itself and where it belongs."""

from datetime import datetime

import strawberry

import models
from resolvers import viewers
from resolvers.sources import ANYBODY
from resolvers.visible import ORGANIZATIONS
from schema.channels import Channel
from schema.customers import Customer
from schema.enums import Audience, Permission, Role
from schema.fields import column, graph, root, via
from schema.locations import Location
from schema.nodes import Node


@graph(models.Organization, "A business that sells through its channels.", scope=ORGANIZATIONS, needs=ANYBODY)
class Organization(Node):
    code: str = column("Its short name.")
    name: str = column("Its name.")
    currency: str = column("ISO 4217 code of the currency it counts in.")
    gs1_company_prefix: str | None = column(
        "What GS1 knows it by, the beginning of its container codes.", needs=Permission.READ_ORGANIZATION
    )


@strawberry.type(description="Who is asking, and what they may do.")
class Viewer:
    principal: str = strawberry.field(description="The name under which this caller's changes are recorded.")
    audience: Audience = strawberry.field(description="Whose rules for what is shown apply.")
    role: Role = strawberry.field(description="What the caller is here.")
    expires_at: datetime | None = strawberry.field(description="When the session ends, where it does.")
    permissions: list[Permission] = via("What the caller may do.", viewers.permissions)
    organization: Organization = via("Where the caller belongs.", viewers.organization)
    customer: Customer | None = via("Who the caller is as a customer; null for all others.", viewers.customer)
    channels: list[Channel] = via("The channels the caller is confined to, if any.", viewers.channels)
    locations: list[Location] = via("The locations the caller is confined to, if any.", viewers.locations)


@root
class ViewerQueries:
    viewer: Viewer = via("Who is asking.", viewers.myself, needs=ANYBODY)
