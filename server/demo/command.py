"""`oms.py demo`: a retailer with a past and a present, on this machine, in two minutes."""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from actions.desk import Desk
from actions.gateways import Gateways
from server.app import Beside
from server.background import background
from server.demo.business import Business, found, known
from server.demo.history import give_past
from server.demo.simulation import Simulation
from server.demo.welcome import new_tokens, welcome
from server.embedded import servers_for
from server.offline import tables
from server.serving import check_address, serve
from server.settings import PROJECT_FOLDER, Settings

FOLDER: Final = PROJECT_FOLDER / ".ordergraph" / "demo"
MOST: Final = 1_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--orders", type=_count, default=10_000, help="past orders to make (default 10000)")
    parser.add_argument("--products", type=_count, default=2_000, help="products to make (default 2000)")
    parser.add_argument("--customers", type=_count, default=2_000, help="customers to make (default 2000)")
    parser.add_argument("--port", type=int, help="listen on this port instead of OMS_PORT")
    parser.add_argument("--pace", type=float, default=0.5, help="seconds between two things that happen (default 0.5)")
    parser.add_argument("--only-make", action="store_true", help="make the business and its past, then stop")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    own_place = settings.database_url or settings.data_dir != Settings().data_dir
    settings = replace(
        settings,
        data_dir=settings.data_dir if own_place else FOLDER,
        port=settings.port if arguments.port is None else arguments.port,
        organization=settings.organization or "demo",
    )
    if not arguments.only_make:
        check_address(settings)  # first: a second demo would give out new tokens and end those of the first
    with servers_for(settings) as running:
        asyncio.run(_make(arguments, running))
        if arguments.only_make:
            return 0
        return serve(running, beside=_life(running, arguments.pace))


async def _make(arguments: argparse.Namespace, settings: Settings) -> None:
    """Nothing when it was made before; a past that was interrupted is completed by what the simulation goes on with."""
    async with tables(settings) as desk:
        if await known() is not None:
            sys.stderr.write("The demo was made before; it goes on from there.\n")
            return
        began = time.monotonic()
        luck = random.Random(1)  # noqa: S311 - the same demo every time
        await found(products=arguments.products, people=arguments.customers, luck=luck)
        business = await known()
        assert business is not None, "just founded"
        await give_past(desk, business, orders=arguments.orders, luck=luck)
        sys.stderr.write(f"Made in {time.monotonic() - began:.0f} s.\n")


def _life(settings: Settings, pace: float) -> Beside:
    @asynccontextmanager
    async def life(desk: Desk, gateways: Gateways) -> AsyncGenerator[None, None]:
        business = await known()
        assert business is not None, "made before serving"
        await _greet(settings, business)
        luck = random.Random()  # noqa: S311 - a simulation
        simulation = Simulation(desk, gateways, business, settings.clock, luck, pace)
        async with background(asyncio.create_task(simulation.run())):
            yield

    return life


async def _greet(settings: Settings, business: Business) -> None:
    tokens = await new_tokens(business, settings.clock.now())
    sys.stdout.write(welcome(f"http://{settings.host}:{settings.port}", tokens))
    sys.stdout.flush()


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"must be 1 to {MOST}")
    return number
