"""The desk opens and closes, whatever becomes of its database meanwhile."""

import logging

import asyncpg

from actions import desk
from actions.group_commit import open_lanes
from models.config import credentials
from models.db import close_surely

LANES = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ordergraph lane'"


async def test_a_desk_whose_connections_died_closes_quietly(database_url, caplog) -> None:
    with caplog.at_level(logging.WARNING, logger="asyncio"):
        async with desk.opened(database_url):
            other = await asyncpg.connect(**credentials(database_url))
            await other.execute(LANES)
            await other.close()

    assert [record for record in caplog.records if record.exc_info] == []


class Deaf:
    """A pool of a database that just died: closing it breaks, dropping it does not."""

    def __init__(self) -> None:
        self.is_dropped = False

    async def close(self) -> None:
        raise BrokenPipeError

    def terminate(self) -> None:
        self.is_dropped = True


async def test_connections_that_cannot_be_closed_are_dropped(caplog) -> None:
    pool = Deaf()

    await close_surely(pool)

    assert pool.is_dropped
    assert "BrokenPipeError" in caplog.text


async def test_connections_that_live_are_closed(database_url) -> None:
    pool = await open_lanes(database_url, lanes=1)

    await close_surely(pool)

    assert pool.is_closing()
