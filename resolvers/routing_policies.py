"""The caller's organization's routing policy."""

from models import RoutingPolicy
from resolvers.context import Info
from resolvers.scopes import seen
from resolvers.visible import ROUTING_RUNS


async def routing_policy(info: Info) -> RoutingPolicy | None:
    viewer = info.context.viewer
    return await seen(RoutingPolicy, ROUTING_RUNS, viewer).get_or_none(organization_id=viewer.organization_id)
