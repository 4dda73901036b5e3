"""Real servers for every test: embedded, migrated once by the real migrations, emptied after each test."""

import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext

from models.config import tortoise_config
from server.embedded import embedded_servers
from server.migrating import migrate

pytest_plugins = ["tests.world.serving"]

EMPTY_EVERY_TABLE = """
DO $$
DECLARE
    candidate regclass;
    is_used boolean;
    used text[] := '{}';
BEGIN
    SET LOCAL lock_timeout = '10s';
    FOR candidate IN
        SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'tortoise_migrations'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', candidate) INTO is_used;
        IF is_used THEN used := used || candidate::text; END IF;
    END LOOP;
    IF used <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(used, ', ') || ' RESTART IDENTITY CASCADE';
    END IF;
END $$
"""


@pytest.fixture(scope="session")
def servers() -> Generator[tuple[str, str], None, None]:
    """URLs of a PostgreSQL and a Valkey that nobody else uses."""
    folder = Path(tempfile.mkdtemp(prefix="ordergraph-tests-"))
    try:
        with embedded_servers(folder, fsync=False) as urls:
            yield urls
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def database_url(servers) -> str:
    """A database with every table and not one row."""
    url, _ = servers
    await migrate(tortoise_config(url))
    return url


@pytest.fixture(scope="session")
def redis_url(servers) -> str:
    return servers[1]


@pytest.fixture(scope="session")
async def _connected_database(database_url) -> AsyncGenerator[None, None]:
    async with TortoiseContext():
        await Tortoise.init(config=tortoise_config(database_url))
        yield


@pytest.fixture
async def database(_connected_database) -> AsyncGenerator[None, None]:
    """Tortoise is initialised; what the test wrote is gone after it."""
    yield
    await get_connection("default").execute_script(EMPTY_EVERY_TABLE)


@pytest.fixture
async def redis(redis_url) -> AsyncGenerator[Redis, None]:
    client = Redis.from_url(redis_url)
    yield client
    await client.flushall()
    await client.aclose()
