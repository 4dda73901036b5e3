"""A relay and a hub over the real servers, and writers to give them work. Other folders import them, too."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from realtime.hub import Hub
from realtime.relay import Relay
from tests.realtime.world import Writers


@contextlib.asynccontextmanager
async def running(relay: Relay) -> AsyncGenerator[Relay, None]:
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def writers(database, database_url) -> AsyncGenerator[Writers, None]:
    async with asyncpg.create_pool(database_url, min_size=0, max_size=16) as pool:
        yield Writers(pool)


@pytest.fixture
async def relay(writers, database_url, redis_url) -> AsyncGenerator[Relay, None]:
    async with running(Relay(database_url, redis_url)) as relay:
        yield relay


@pytest.fixture
async def hub(relay, database_url, redis_url) -> AsyncGenerator[Hub, None]:
    hub = Hub(database_url, redis_url)
    await hub.start()
    yield hub
    await hub.close()
