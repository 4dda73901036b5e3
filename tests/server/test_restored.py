"""`oms.py restored`: a database from a backup begins a new history."""

import asyncio
import sys

import asyncpg

from models.config import credentials
from realtime import log
from server.settings import PROJECT_FOLDER


async def test_cursors_from_before_are_expired_and_facts_stay_numbered(database, database_url):
    connection = await asyncpg.connect(**credentials(database_url))
    before = await log.read_state(connection)

    process = await asyncio.create_subprocess_exec(
        sys.executable, "oms.py", "restored",
        cwd=PROJECT_FOLDER, env={"DATABASE_URL": database_url, "REDIS_URL": "redis://unused"},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()

    after = await log.read_state(connection)
    await connection.close()
    assert process.returncode == 0
    assert b"read anew" in said
    assert after.epoch != before.epoch
    assert after.last_seq == before.last_seq
