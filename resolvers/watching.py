"""Subscriptions look at access again before every message, and read every message anew."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import wraps
from typing import ParamSpec, TypeVar

from graphql import DocumentNode, GraphQLError
from strawberry.types import Info as StrawberryInfo

from resolvers.context import Info
from resolvers.needs import Needs, needs_in, refuse

T = TypeVar("T")
P = ParamSpec("P")


def watched(resolver: Callable[P, AsyncGenerator[T, None]]) -> Callable[P, AsyncGenerator[T, None]]:
    """What `resolver` yields, as long as the viewer may have it. The resolver takes an `info`."""

    @wraps(resolver)
    async def watch(*args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T, None]:
        info = kwargs["info"]
        assert isinstance(info, StrawberryInfo), "subscriptions take an info"
        wanted = _needs_of(info)
        async with aclosing(resolver(*args, **kwargs)) as messages:
            async for message in messages:
                still_allowed(info, wanted)
                info.context.forget()
                yield message

    return watch


def still_allowed(info: Info, wanted: Needs) -> None:
    """Raises when the viewer's session has ended, or a permission was taken away since it began."""
    viewer = info.context.viewer
    if viewer.expires_at is not None and viewer.expires_at <= info.context.clock():
        raise GraphQLError("Your session has ended. Sign in again.", extensions={"code": "SESSION_ENDED"})
    refuse(wanted, viewer)


def _needs_of(info: Info) -> Needs:
    raw = info._raw_info  # noqa: SLF001
    return needs_in(raw.schema, DocumentNode(definitions=(raw.operation, *raw.fragments.values())))
