"""Roles, which are few, and keys, whose text is shown once."""

from models import Role
from resolvers.context import Info
from resolvers.scopes import seen
from resolvers.visible import INTERNAL


async def roles(info: Info) -> list[Role]:
    return await seen(Role, INTERNAL, info.context.viewer).order_by("code")
