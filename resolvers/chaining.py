"""The caller's organization's chaining policies."""

from models import ChainingPolicy
from resolvers.context import Info
from resolvers.scopes import seen
from resolvers.visible import CHAINING_POLICIES


async def chaining_policies(info: Info) -> list[ChainingPolicy]:
    """At most one for each channel, and the one for all others first."""
    return await seen(ChainingPolicy, CHAINING_POLICIES, info.context.viewer).order_by("-channel_id", "id")
