"""A flash sale: many more buyers than units of one SKU, and what others who order something else feel of it.

    uv run python -m bench.sell_out [--attempts 2000] [--units 512] [--clients 64] [--rate 200 | --others 16] [--rounds 5]

Every round runs the others alone, then beside a crowd of the same size that buys one unit of anything, then beside the sale,
each on young tables. Exactly the units there are must be sold. The slowdown is the others' median beside the sale over
their median alone, and over their median beside the crowd, which shows what it costs that all want the same.

The others come at random, so many a second on average, as customers do, whatever happens to those before them. With
`--others` so many order one thing after the other without a pause instead: they alone keep the machine busy, so anything
beside them slows them.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from tortoise import Tortoise
from tortoise.context import TortoiseContext

from actions import desk
from actions.desk import Desk
from bench.placing import ours, world
from bench.placing.world import CHANNEL, LOCATIONS, VARIANT, bench_id
from domain.errors import InsufficientStock
from domain.placing.commands import OrderedLine, PlaceOrder
from models.config import tortoise_config
from models.db import execute, rows
from server.embedded import embedded_servers
from server.migrating import migrate

ON_SALE = 0
"""The variant that spread baskets never hold."""
SET_UNITS = """
UPDATE stock_levels l SET on_hand = $1::int / $2::int + CASE WHEN n <= $1::int % $2::int THEN 1 ELSE 0 END
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM stock_levels WHERE variant_id = $3) AS shelf WHERE shelf.id = l.id
"""
SOLD = "SELECT coalesce(sum(allocated), 0)::int AS units FROM stock_levels WHERE variant_id = $1"


@dataclass
class Measured:
    sold: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    crowded: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)


async def sale(opened: Desk, arguments: argparse.Namespace, measured: Measured) -> None:
    left, answers = iter(range(arguments.attempts)), {True: 0, False: 0}
    wanted = one_of(ON_SALE)

    async def buy() -> None:
        for _ in left:
            began = time.perf_counter()
            try:
                await opened.place(ours.act(), wanted)
                answers[True] += 1
            except InsufficientStock:
                answers[False] += 1
            measured.attempts.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(buy() for _ in range(arguments.clients)))
    measured.seconds.append(time.perf_counter() - began)
    [found] = await rows(SOLD, [bench_id(VARIANT, ON_SALE)])
    assert found["units"] == answers[True] == arguments.units, (found, answers)
    measured.sold.append(answers[True])
    measured.refused.append(answers[False])


def one_of(variant: int) -> PlaceOrder:
    line = OrderedLine(variant_id=bench_id(VARIANT, variant), quantity=1)
    return PlaceOrder(channel_id=bench_id(CHANNEL, 0), shipping_address=ours.HOME, lines=(line,), allow_backorder=False)


async def crowd(opened: Desk, arguments: argparse.Namespace) -> None:
    """As many attempts by as many buyers, each for a unit of anything else."""
    luck, left = random.Random(arguments.clients), iter(range(arguments.attempts))

    async def buy() -> None:
        for _ in left:
            await opened.place(ours.act(), one_of(luck.randrange(ON_SALE + 1, world.VARIANTS)))

    await asyncio.gather(*(buy() for _ in range(arguments.clients)))


async def others(opened: Desk, arguments: argparse.Namespace, until: asyncio.Event, took: list[float]) -> None:
    """Baskets of three other SKUs."""
    luck = random.Random(arguments.others)

    async def order() -> None:
        began = time.perf_counter()
        await opened.place(ours.act(), ours.command(world.basket(luck, hot=False)))
        took.append(time.perf_counter() - began)

    async def one_after_the_other() -> None:
        while not until.is_set():
            await order()

    async with asyncio.TaskGroup() as shoppers:
        for _ in range(arguments.others):
            shoppers.create_task(one_after_the_other())
        while not arguments.others and not until.is_set():
            shoppers.create_task(order())
            await asyncio.sleep(luck.expovariate(arguments.rate))


async def one_round(database_url: str, arguments: argparse.Namespace, measured: Measured) -> None:
    lasting = statistics.median(measured.seconds) if measured.seconds else 1.0
    for took in (measured.alone, measured.crowded, measured.beside):
        await world.empty()
        await execute(SET_UNITS, [arguments.units, LOCATIONS, bench_id(VARIANT, ON_SALE)])
        async with desk.opened(database_url) as opened:
            over = asyncio.Event()
            shopping = asyncio.create_task(others(opened, arguments, over, took))
            if took is measured.alone:
                await asyncio.sleep(lasting)
            elif took is measured.crowded:
                await crowd(opened, arguments)
            else:
                await sale(opened, arguments, measured)
            over.set()
            await shopping


def told(arguments: argparse.Namespace, measured: Measured) -> Iterator[str]:
    rate = arguments.attempts / statistics.median(measured.seconds)
    yield f"sold {measured.sold} and refused {measured.refused} of {arguments.attempts} attempts each, {rate:,.0f} a second"
    for name, took in (
        ("attempt", measured.attempts),
        ("others alone", measured.alone),
        ("beside crowd", measured.crowded),
        ("beside sale", measured.beside),
    ):
        took.sort()
        p50, p99 = (1_000 * took[int(len(took) * part)] for part in (0.5, 0.99))
        yield f"{name:13} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   ({len(took):,})"
    beside = statistics.median(measured.beside)
    for name, took in (("alone", measured.alone), ("beside the crowd", measured.crowded)):
        yield f"others beside the sale take {beside / statistics.median(took):.2f} of what they take {name}"


async def measure(database_url: str, arguments: argparse.Namespace) -> None:
    config = tortoise_config(database_url)
    await migrate(config)
    async with TortoiseContext():
        await Tortoise.init(config=config, _enable_global_fallback=True)
        await world.furnish()
        measured = Measured()
        for _ in range(arguments.rounds):
            await one_round(database_url, arguments, measured)
        print("\n".join(told(arguments, measured)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (
        ("attempts", 2_000),
        ("units", 512),
        ("clients", 64),
        ("rate", 200),
        ("others", 0),
        ("rounds", 5),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_servers(Path(folder)) as (database_url, _):
        uvloop.run(measure(database_url, arguments))


if __name__ == "__main__":
    main()
