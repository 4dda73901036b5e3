"""`oms.py schema`: print the graph in GraphQL's schema language, as `schema.graphql` keeps it."""

import argparse
import sys
from pathlib import Path

from schema.build import schema
from schema.printing import sdl
from server.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of printing")


def run(arguments: argparse.Namespace, _settings: Settings) -> int:
    text = sdl(schema._schema)  # noqa: SLF001 - Strawberry's own printer leaves out `@idempotent`
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        arguments.output.write_text(text)
    return 0
