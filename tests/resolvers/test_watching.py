"""Subscriptions look at access before every message, on a small subscription of its own."""

import sys
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import pytest
import strawberry

from domain.permissions import Permission, Role
from models import Channel
from resolvers.context import Context, Info
from schema.build import AREAS, build
from schema.fields import live, root
from tests.resolvers.world import World, furnish

pytestmark = pytest.mark.usefixtures("database")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
closed: list[str] = []


async def channels(info: Info) -> AsyncGenerator[Channel, None]:
    try:
        for _ in range(3):
            yield await Channel.get(code="web", organization_id=info.context.viewer.organization_id)
    finally:
        closed.append("yes")


@root
class WatchingSubscriptions:
    web: Annotated["Channel", strawberry.lazy("schema.channels")] = live(
        "The web channel, over and over.", channels, needs=Permission.READ_ORDERS
    )


schema = build((*AREAS, sys.modules[__name__]))
WATCH = "subscription { web { code locations { name } } }"


@pytest.fixture
async def world() -> World:
    closed.clear()
    return await furnish(orders=0)


def context(world: World) -> Context:
    return Context(viewer=world.viewers()[Role.ADMIN], clock=lambda: NOW)


async def test_every_message_is_read_anew(world) -> None:
    stream = await schema.subscribe(WATCH, context_value=context(world))
    before = await anext(stream)

    channel = await Channel.get(code="web", organization_id=world.of(Channel)[0].organization_id)
    await channel.locations.clear()

    after = await anext(stream)
    assert len(before.data["web"]["locations"]) == 3
    assert after.data["web"]["locations"] == []


async def test_a_permission_taken_away_ends_it(world) -> None:
    asking = context(world)
    stream = await schema.subscribe(WATCH, context_value=asking)
    assert (await anext(stream)).errors is None

    asking.viewer = replace(asking.viewer, permissions=asking.viewer.permissions - {Permission.READ_ORGANIZATION})

    (error,) = (await anext(stream)).errors
    assert error.message == "You may not see what is internal to the business (`locations`)."
    assert error.extensions["code"] == "FORBIDDEN"
    assert closed == ["yes"]


async def test_a_session_that_ends_ends_it(world) -> None:
    asking = context(world)
    asking.viewer = replace(asking.viewer, expires_at=NOW + timedelta(seconds=1))
    stream = await schema.subscribe(WATCH, context_value=asking)
    assert (await anext(stream)).errors is None

    asking.clock = lambda: NOW + timedelta(seconds=1)

    (error,) = (await anext(stream)).errors
    assert error.extensions["code"] == "SESSION_ENDED"


async def test_without_permission_it_never_starts(world) -> None:
    asking = context(world)
    asking.viewer = replace(asking.viewer, permissions=frozenset())
    result = await schema.subscribe(WATCH, context_value=asking)

    (error,) = (await anext(result)).errors

    assert error.extensions["code"] == "FORBIDDEN"
    assert closed == []
