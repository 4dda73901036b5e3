"""From a commit to the frame on a subscriber's socket: the whole server and its subscribers in one process.

    uv run python -m bench.commit_to_frame [--rate 200] [--seconds 20] [--subscribers 100]

Each subscriber watches one order over a WebSocket of its own. Facts are committed at a steady rate, each with the order's
new version, so every frame says which commit it is about. Every commit must arrive, once.
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import jwt
import orjson
import uvicorn
import uvloop
from tortoise import Tortoise
from tortoise.context import TortoiseContext
from websockets.asyncio.client import ClientConnection, connect

from actions import desk, outbox
from bench.placing import ours, world
from bench.placing.world import CHANNEL, ORGANIZATION, bench_id
from models.config import credentials, tortoise_config
from models.db import execute
from resolvers.ids import global_id
from server.embedded import embedded_servers
from server.migrating import migrate
from server.serving import long_lived_objects_set_aside, server_config
from server.settings import Settings

SECRET = "only this benchmark signs with it, here"
WRITERS = 8
SETTLE_SECONDS = 10  # until the first turn of the jobs, and what the database does after loading, are over
WATCH = """subscription($id: ID!) { orderChanges(orderId: $id) {
    kind fact { kind details } order { id number status version total { minor currency } } } }"""
CHANGE = """
WITH changed AS (UPDATE orders SET version = version + 1 WHERE id = $1 RETURNING version)
INSERT INTO outbox (organization_id, kind, order_id, channel_id, payload, actor, recorded_at)
SELECT $2, 'order_changed', $1, $3, jsonb_build_object('version', version), 'bench', now() FROM changed
RETURNING (payload ->> 'version')::int
"""


@dataclass
class Run:
    orders: list[UUID]
    committed: dict[tuple[str, int], float] = field(default_factory=dict)
    arrived: dict[tuple[str, int], float] = field(default_factory=dict)
    repeated: int = 0
    ready: int = 0

    def latencies(self) -> list[float]:
        """In milliseconds."""
        return sorted(1_000 * (self.arrived[key] - at) for key, at in self.committed.items() if key in self.arrived)


async def watch(run: Run, socket: ClientConnection, order: UUID) -> None:
    variables = {"id": global_id("Order", order)}
    await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token()}"}}))
    await socket.recv()
    asked = {"id": "1", "type": "subscribe", "payload": {"query": WATCH, "variables": variables}}
    await socket.send(json.dumps(asked))
    async for text in socket:
        at = time.perf_counter()
        message = orjson.loads(text)["payload"]["data"]["orderChanges"]
        if message["fact"] is None:
            run.ready += 1
            continue
        key = (message["order"]["id"], message["fact"]["details"]["version"])
        run.repeated += key in run.arrived
        run.arrived[key] = at


def token() -> str:
    expires = datetime.now(UTC) + timedelta(hours=1)
    claims = {"sub": "bench", "role": "admin", "org": str(bench_id(ORGANIZATION, 0)), "exp": expires.timestamp()}
    return jwt.encode(claims, SECRET)


async def write(run: Run, pool: "asyncpg.Pool", rate: float, seconds: float) -> None:
    began, left, dice = time.perf_counter(), iter(range(int(rate * seconds))), random.Random(7)

    async def one_writer() -> None:
        for number in left:
            await asyncio.sleep(began + number / rate - time.perf_counter())
            order = dice.choice(run.orders)
            version = await pool.fetchval(CHANGE, order, bench_id(ORGANIZATION, 0), bench_id(CHANNEL, 0))
            run.committed[global_id("Order", order), version] = time.perf_counter()
            outbox.wake()

    await asyncio.gather(*(one_writer() for _ in range(WRITERS)))


async def furnish(database_url: str, orders: int) -> list[UUID]:
    config = tortoise_config(database_url)
    await migrate(config)
    async with TortoiseContext():
        await Tortoise.init(config=config, _enable_global_fallback=True)
        await world.furnish()
        await execute("UPDATE channels SET confirmation = 'manual'")  # so that the worker leaves these orders alone
        luck = random.Random(1)
        async with desk.opened(database_url) as opened:
            return [await opened.place(ours.act(), ours.command(world.basket(luck, hot=False))) for _ in range(orders)]


async def measure(database_url: str, redis_url: str, arguments: argparse.Namespace) -> None:
    run = Run(await furnish(database_url, arguments.subscribers))
    with long_lived_objects_set_aside():  # as `serve` does it
        busy = await serve_and_watch(run, database_url, redis_url, arguments)
    report(run, arguments, busy)


async def serve_and_watch(run: Run, database_url: str, redis_url: str, arguments: argparse.Namespace) -> float:
    """Seconds of CPU while facts were written."""
    server = uvicorn.Server(
        server_config(Settings(database_url=database_url, redis_url=redis_url, port=0, jwt_secret=SECRET))
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            asyncpg.create_pool(**credentials(database_url), min_size=WRITERS, max_size=WRITERS)
        )
        watching = []
        for order in run.orders:
            address = f"ws://127.0.0.1:{port}/graphql"
            opening = connect(address, subprotocols=["graphql-transport-ws"], compression=None)
            socket = await stack.enter_async_context(opening)
            watching.append(asyncio.create_task(watch(run, socket, order)))
        while run.ready < len(run.orders):
            await asyncio.sleep(0.05)
        await asyncio.sleep(SETTLE_SECONDS)
        busy = time.process_time()
        await write(run, pool, arguments.rate, arguments.seconds)
        await asyncio.sleep(1)
        busy = time.process_time() - busy
        for task in watching:
            task.cancel()
    server.should_exit = True
    await serving
    return busy


def report(run: Run, arguments: argparse.Namespace, busy: float) -> None:
    took = run.latencies()
    p50, p90, p99 = (took[int(len(took) * part)] for part in (0.5, 0.9, 0.99))
    print(
        f"{len(run.committed):,} commits at {arguments.rate:g}/s to {len(run.orders)} subscribers: "
        f"lost {len(run.committed) - len(took)}, repeated {run.repeated}\n"
        f"commit -> frame  p50 {p50:.1f} ms  p90 {p90:.1f} ms  p99 {p99:.1f} ms  most {took[-1]:.1f} ms\n"
        f"CPU of the process, clients and writers included: {100 * busy / (arguments.seconds + 1):.0f} %"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=200, help="commits a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--subscribers", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_servers(Path(folder)) as urls:
        uvloop.run(measure(*urls, arguments))


if __name__ == "__main__":
    main()
