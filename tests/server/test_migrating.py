"""Migrations run once each, whoever else runs them."""

import asyncio
import sys
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from models.config import credentials, tortoise_config
from server.migrating import head, migrate, pending
from server.settings import PROJECT_FOLDER


@pytest.fixture
async def empty_url(servers) -> AsyncGenerator[str, None]:
    """A database without a table."""
    url, _ = servers
    connection = await asyncpg.connect(**credentials(url))
    await connection.execute("CREATE DATABASE unmigrated")
    yield url.replace("/ordergraph?", "/unmigrated?")
    await connection.execute("DROP DATABASE unmigrated WITH (FORCE)")
    await connection.close()


async def test_everything_is_pending_on_an_empty_database(empty_url):
    missing = await pending(tortoise_config(empty_url))

    assert missing[0] == "0001_initial"
    assert missing[-1] == head(tortoise_config(empty_url))


async def test_migrating_leaves_nothing_pending_and_nothing_to_repeat(empty_url):
    config = tortoise_config(empty_url)
    missing = await pending(config)

    assert await migrate(config) == missing

    assert await pending(config) == []
    assert await migrate(config) == []


async def test_of_two_migrators_one_applies_and_the_other_waits(empty_url):
    command = [sys.executable, "oms.py", "migrate"]
    environ = {"DATABASE_URL": empty_url, "REDIS_URL": "redis://unused"}

    migrators = [
        await asyncio.create_subprocess_exec(*command, cwd=PROJECT_FOLDER, env=environ, stdout=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    said = sorted([(await migrator.communicate())[0].decode().split(":")[0].strip() for migrator in migrators])

    assert said == ["Applied", "The tables were up to date."]
    assert [migrator.returncode for migrator in migrators] == [0, 0]
