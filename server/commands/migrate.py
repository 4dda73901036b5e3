"""`oms.py migrate`: bring the tables up to date; safe to run from several places at once."""

import argparse
import asyncio
import sys

from models.config import tortoise_config
from server.embedded import servers_for
from server.migrating import MigrationError, migrate, pending
from server.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="only say what is missing; exit code 1 if anything is")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    with servers_for(settings) as running:
        config = tortoise_config(running.database_url)
        if arguments.check:
            missing = asyncio.run(pending(config))
            sys.stdout.write(f"Missing: {', '.join(missing)}\n" if missing else "The tables are up to date.\n")
            return 1 if missing else 0
        try:
            done = asyncio.run(migrate(config))
        except MigrationError as error:
            sys.stderr.write(f"oms.py migrate: {error}\n")
            return 1
    sys.stdout.write(f"Applied: {', '.join(done)}\n" if done else "The tables were up to date.\n")
    return 0
