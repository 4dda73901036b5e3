"""Orders a second: group commit, against pgbench with the same statements and against natural Tortoise code.

    uv run python -m bench.place_order [--seconds 5] [--rounds 3] [--clients 1,16,64]

They take turns in one run on one database, each round on young tables (just emptied). Ratios are of medians. pgbench is
measured twice: deciding under locks, as one transaction an order has to, and `unlocked`, with what our pipeline reads.
`py us` and `pg us` are the processor time that one of our orders takes here (with its buyer) and in PostgreSQL.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import uvloop
from tortoise import Tortoise
from tortoise.context import TortoiseContext

from bench.placing import natural, ours, pgbench, world
from bench.placing.processor import Processor, processor
from models.config import tortoise_config
from server.embedded import embedded_servers
from server.migrating import migrate
from server.serving import long_lived_objects_set_aside


async def measure(database_url: str, arguments: argparse.Namespace) -> None:
    config = tortoise_config(database_url, pool_size=32)
    await migrate(config)
    async with TortoiseContext():
        await Tortoise.init(config=config, _enable_global_fallback=True)
        await world.furnish()
        print(
            f"{'':16}{'ours':>8}{'p50 ms':>8}{'p99 ms':>8}{'py us':>7}{'pg us':>7}{'pgbench':>9}{'unlocked':>9}{'natural':>9}"
            f"{'/pgbench':>10}{'/unlocked':>10}{'/natural':>10}"
        )
        for clients in arguments.clients:
            for hot in (False, True):
                await compare(database_url, arguments, clients, hot)


async def compare(database_url: str, arguments: argparse.Namespace, clients: int, hot: bool) -> None:
    load = {"clients": clients, "seconds": arguments.seconds, "hot": hot}
    rates: dict[str, list[float]] = {"ours": [], "pgbench": [], "unlocked": [], "natural": []}
    latencies: list[float] = []
    spent: list[Processor] = []
    for _ in range(arguments.rounds):
        await world.empty()
        before = await processor()
        rate, took = await ours.place(database_url, **load)
        spent.append((await processor()).microseconds_since(before, len(took)))
        rates["ours"].append(rate)
        latencies += took
        for name, lock in (("pgbench", True), ("unlocked", False)):
            await world.empty()
            rates[name].append(await pgbench.place(database_url, **load, lock=lock))
        await world.empty()
        rates["natural"].append(await natural.place(**load))
    median = {name: statistics.median(found) for name, found in rates.items()}
    latencies.sort()
    p50, p99 = (1_000 * latencies[int(len(latencies) * part)] for part in (0.5, 0.99))
    python, postgres = (statistics.median(part) for part in zip(*spent, strict=True))
    others = ("pgbench", "unlocked", "natural")
    print(
        f"{clients:3} {'hot SKU' if hot else 'spread':12}{median['ours']:8,.0f}{p50:8.1f}{p99:8.1f}",
        f"{python:7.0f}{postgres:7.0f}",
        "".join(f"{median[name]:9,.0f}" for name in others),
        "".join(f"{median['ours'] / median[name]:10.1f}" for name in others),
        sep="",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=lambda text: [int(each) for each in text.split(",")], default=[1, 16, 64])
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_servers(Path(folder)) as (database_url, _),
        long_lived_objects_set_aside(),  # as in the process that serves; natural Tortoise gains by it too
    ):
        uvloop.run(measure(database_url, arguments))


if __name__ == "__main__":
    main()
