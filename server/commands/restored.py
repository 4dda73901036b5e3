"""`oms.py restored`: after restoring a backup, have every subscriber read anew.

Facts since the backup are gone and their numbers are given out again, so cursors from before must not be resumed.
"""

import argparse
import asyncio
import sys

import asyncpg

from models.config import credentials
from realtime.log import begin_epoch
from server.commands.serve import tables_are_ready
from server.embedded import servers_for
from server.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Run it before anything serves from the restored database."


def run(_arguments: argparse.Namespace, settings: Settings) -> int:
    with servers_for(settings) as running:
        if not asyncio.run(tables_are_ready(running)):
            return 1
        asyncio.run(_begin(running.database_url))
    sys.stdout.write("Cursors given out until now are expired: whoever resumes with one is told to read anew.\n")
    return 0


async def _begin(database_url: str) -> None:
    connection = await asyncpg.connect(**credentials(database_url))
    try:
        await begin_epoch(connection)
    finally:
        await connection.close()
