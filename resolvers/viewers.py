"""What a caller may know about itself."""

from strawberry import Parent

from domain.permissions import Permission
from domain.viewer import Viewer
from models import Channel, Customer, Location, Organization
from resolvers.context import Info
from resolvers.scopes import seen
from resolvers.visible import CHANNELS, CUSTOMERS, LOCATIONS, ORGANIZATIONS


def myself(info: Info) -> Viewer:
    return info.context.viewer


def permissions(viewer: Parent[Viewer]) -> list[Permission]:
    return sorted(viewer.permissions)


async def organization(viewer: Parent[Viewer]) -> Organization:
    """It exists as long as its callers do."""
    return await seen(Organization, ORGANIZATIONS, viewer).get(id=viewer.organization_id)


async def customer(viewer: Parent[Viewer]) -> Customer | None:
    return await seen(Customer, CUSTOMERS, viewer).get_or_none(id=viewer.customer_id) if viewer.customer_id else None


async def channels(viewer: Parent[Viewer]) -> list[Channel]:
    return await seen(Channel, CHANNELS, viewer).filter(id__in=viewer.channel_ids).order_by("code")


async def locations(viewer: Parent[Viewer]) -> list[Location]:
    return await seen(Location, LOCATIONS, viewer).filter(id__in=viewer.location_ids).order_by("code")
