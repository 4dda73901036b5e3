"""`oms.py worker`: the relay and the periodic jobs, in a process of their own."""

import argparse
import asyncio
import signal

import uvloop
from tortoise import Tortoise
from tortoise.context import TortoiseContext

from models.config import tortoise_config
from server.carriers import carriers_of
from server.commands.serve import tables_are_ready
from server.embedded import servers_for
from server.gateways import providers
from server.jobs import jobs
from server.settings import Settings
from server.worker import working


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Run as many as you like: one works, the others stand by."


def run(_arguments: argparse.Namespace, settings: Settings) -> int:
    with servers_for(settings) as running:
        return uvloop.run(_work(running))


async def _work(settings: Settings) -> int:
    if not await tables_are_ready(settings):
        return 1
    told_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    async with TortoiseContext():
        await Tortoise.init(config=tortoise_config(settings.database_url), _enable_global_fallback=True)
        async with working(settings, jobs(providers(settings), carriers_of(settings))):
            await told_to_stop.wait()
    return 0
