"""`oms.py import superstore FILE`: bring in the orders of a file, once, however often it is run."""

import argparse
import asyncio
import sys
from pathlib import Path

from server.embedded import servers_for
from server.importers.superstore import import_file
from server.importers.superstore_file import BrokenFile
from server.offline import tables
from server.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=["superstore"], help="what kind of file it is; see docs/importing.md")
    parser.add_argument("file", type=Path, help="the CSV file")
    parser.add_argument("--rejects", type=Path, help="where to write rows that are wrong (default: FILE.rejects.csv)")
    parser.add_argument("--skip-bad", action="store_true", help="import the other orders instead of refusing the file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    with servers_for(settings) as ready:
        return asyncio.run(_import(arguments, ready))


async def _import(arguments: argparse.Namespace, settings: Settings) -> int:
    rejects = arguments.rejects or Path(f"{arguments.file.name}.rejects.csv")
    async with tables(settings) as desk:
        try:
            agreed = await import_file(desk, arguments.file, rejects=rejects, skip_bad=arguments.skip_bad)
        except BrokenFile as broken:
            sys.stderr.write(f"{broken}\n")
            return 1
    return 0 if agreed else 1
