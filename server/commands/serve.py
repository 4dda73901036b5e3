"""`oms.py serve`: answer GraphQL over HTTP and WebSocket, with the worker inside unless OMS_WORKER says no."""

import argparse
import asyncio
import sys
from dataclasses import replace

from models.config import tortoise_config
from server.embedded import servers_for
from server.migrating import migrate, pending
from server.serving import check_address, serve
from server.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="listen on this address instead of OMS_HOST")
    parser.add_argument("--port", type=int, help="listen on this port instead of OMS_PORT; 0 takes any free one")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    settings = replace(
        settings,
        host=arguments.host or settings.host,
        port=settings.port if arguments.port is None else arguments.port,
    )
    check_address(settings)
    with servers_for(settings) as running:
        if not asyncio.run(tables_are_ready(running)):
            return 1
        sys.stderr.write(f"The graph is at http://{running.host}:{running.port}/graphql\n")
        return serve(running)


async def tables_are_ready(settings: Settings) -> bool:
    """In production migrating is a step of its own, taken once; elsewhere it just happens."""
    config = tortoise_config(settings.database_url)
    if not settings.is_production:
        await migrate(config)
        return True
    missing = await pending(config)
    if missing:
        others = f" and {len(missing) - 1} more migrations" if len(missing) > 1 else ""
        sys.stderr.write(f"The tables lack {missing[0]}{others}. Run oms.py migrate first.\n")
    return not missing
