"""The command line: finds the command's module, reads the settings, and turns what goes wrong into one sentence.

A command is a module with `configure(parser: argparse.ArgumentParser) -> None` and
`run(arguments: argparse.Namespace, settings: Settings) -> int` (the exit code). Only the module of the command that
was asked for is imported, so `oms.py --help` and `oms.py check` need no database driver.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from server.embedded import EmbeddedServersError
from server.hash_seed import ensure_hash_seed
from server.logs import start_logging
from server.settings import SettingError, Settings, settings_from


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    module: str
    summary: str
    reads_much: bool = False
    """Its statements shall be the same in every process, see `server/hash_seed.py`."""
    needs_tables: bool = True
    """A database that the settings name has to be there."""


COMMANDS = (
    Command("serve", "server.commands.serve", "answer GraphQL over HTTP and WebSocket", reads_much=True),
    Command("worker", "server.commands.worker", "move facts to subscribers and run the periodic jobs", reads_much=True),
    Command("migrate", "server.commands.migrate", "bring the tables up to date"),
    Command("organization", "server.commands.organization", "make an organization, and a key for its administrator"),
    Command("restored", "server.commands.restored", "have every subscriber read anew, after restoring a backup"),
    Command("schema", "server.commands.schema", "print the graph in GraphQL's schema language", needs_tables=False),
    Command(
        "lifecycle",
        "server.commands.lifecycle",
        "print what units go through, as docs/lifecycle.md keeps it",
        needs_tables=False,
    ),
    Command(
        "check", "server.commands.check", "run every check and test, as continuous integration does", needs_tables=False
    ),
    Command("demo", "server.demo.command", "fill a database with a living business and serve it", reads_much=True),
    Command("import", "server.importers.command", "bring in orders from a file"),
    Command("audit", "server.audit", "prove that ledger, counters and orders agree"),
)


class CommandModule(Protocol):
    def configure(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, arguments: argparse.Namespace, settings: Settings) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    chosen = next((command for command in COMMANDS if words[:1] == [command.name]), None)
    if chosen is None:
        return _explain(words)
    try:
        settings = settings_from(os.environ)
        start_logging(settings.log_level, as_json=settings.is_production)
        if chosen.reads_much:
            ensure_hash_seed(settings)  # before the imports, which would otherwise be done twice
        module = cast("CommandModule", import_module(chosen.module))
        parser = argparse.ArgumentParser(prog=f"oms.py {chosen.name}", description=f"{chosen.summary.capitalize()}.")
        module.configure(parser)
        arguments = parser.parse_args(words[1:])
        if chosen.needs_tables and settings.database_url:
            import_module("server.reaching").check_database(settings.database_url)
        return module.run(arguments, settings)
    except (SettingError, EmbeddedServersError) as error:
        sys.stderr.write(f"oms.py {chosen.name}: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130  # what shells expect after Ctrl-C


def _explain(words: list[str]) -> int:
    width = max(len(command.name) for command in COMMANDS)
    listed = "\n".join(f"  {command.name:{width}}  {command.summary}" for command in COMMANDS)
    text = f"usage: oms.py COMMAND [--help]\n\ncommands:\n{listed}\n\nSettings: docs/operations.md\n"
    if words[:1] in (["-h"], ["--help"]):
        sys.stdout.write(text)
        return 0
    sys.stderr.write(f"oms.py: there is no command {words[0]!r}\n\n{text}" if words else text)
    return 2
