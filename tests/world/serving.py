"""A real server in the test's own event loop, on a free port, for real clients."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn

from server.settings import Settings

TOKEN_SECRET = "a shared secret of more than 32 bytes"


@dataclass(frozen=True, slots=True)
class Address:
    port: int

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def graph(self) -> str:
        return f"{self.http}/graphql"

    @property
    def socket(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"


@asynccontextmanager
async def served(config: uvicorn.Config) -> AsyncGenerator[Address, None]:
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not task.done(), "the server did not start; its log says why"
            await asyncio.sleep(0.01)
        yield Address(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def settings(database_url, redis_url) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        port=0,
        jwt_secret=TOKEN_SECRET,
        shutdown_seconds=2,
        database_pool_size=8,
    )


@pytest.fixture
async def address(settings, database, redis) -> AsyncGenerator[Address, None]:
    """Where the whole application answers, its worker inside."""
    from server.serving import server_config  # noqa: PLC0415 - builds the whole graph; most tests do without

    async with served(server_config(settings)) as address:
        yield address
