"""Kill the relay, the hub, the broker and the database under load, and count what subscribers lost, got twice or late.

    .venv/bin/python bench/chaos.py --events 10000 --rate 500 --kills relay,hub,broker,database

Subscribers hold a cursor, reconnect when their hub's process dies, and resume. Prints one line of JSON; `lost`,
`doubled` and `reordered` must be 0. Latency is from the fact's insert to the subscriber, in milliseconds, without the
transactions that were made slow on purpose.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
import uvloop

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from models.config import tortoise_config  # noqa: E402 - the project is an application, found by its folder
from realtime import broker, log  # noqa: E402
from realtime.cursor import Cursor  # noqa: E402
from realtime.feed import Delivered, SlowConsumer  # noqa: E402
from realtime.hub import Hub  # noqa: E402
from realtime.interest import Interest  # noqa: E402
from realtime.relay import Relay  # noqa: E402
from server.engines import Postgres, Valkey, open_the_way, server_account  # noqa: E402
from server.migrating import migrate  # noqa: E402

ORGANIZATION = UUID(int=1)
WRITERS = 16
SLOW_SHARE = 0.05  # of the transactions, so that ids are not committed in the order they were given out
DOWN_SECONDS = (0.1, 0.7)  # what was killed starts again after one of these
RECONNECT_SECONDS = (0.1, 0.5)  # a subscriber tries again after
SETTLE_SECONDS = 60
INSERT = """
INSERT INTO outbox (organization_id, kind, order_id, payload, actor, recorded_at)
VALUES ($1, 'order_changed', $2, $3, 'chaos', now())
"""


@dataclass
class Run:
    arguments: argparse.Namespace
    start: Cursor
    database_url: str
    hub_socket: str
    versions: Counter[UUID] = field(default_factory=Counter)
    received: dict[int, list[int]] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    reconnects: int = 0

    @property
    def orders(self) -> list[UUID]:
        return [UUID(int=1000 + number) for number in range(self.arguments.orders)]

    def order_of(self, subscriber: int) -> UUID:
        return self.orders[subscriber % len(self.orders)]

    def is_complete(self) -> bool:
        return all(len(set(got)) == self.versions[self.order_of(one)] for one, got in self.received.items())


async def serve_hub(database_url: str, redis_url: str, path: str) -> None:
    """One subscription a connection: the client names an order and a cursor, then gets a line for every fact."""
    hub = Hub(database_url, redis_url)
    while True:
        try:
            await hub.start()
            break
        except log.DATABASE_TROUBLE:
            await asyncio.sleep(0.1)

    async def subscribe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = orjson.loads(await reader.readline())
        interest = Interest(organization_id=ORGANIZATION, order_ids=frozenset({UUID(asked["order"])}))
        with contextlib.suppress(OSError, SlowConsumer):
            async with hub.listen(interest, after=Cursor.parse(asked["after"])) as feed:
                async for item in feed:
                    facts = {"payload": item.fact.payload} if isinstance(item, Delivered) else {}
                    writer.write(orjson.dumps({"cursor": str(item.cursor), **facts}) + b"\n")
                    await writer.drain()
        writer.close()

    Path(path).unlink(missing_ok=True)
    async with await asyncio.start_unix_server(subscribe, path) as server:
        await server.serve_forever()


async def subscribe(run: Run, number: int) -> None:
    received = run.received[number] = []
    cursor = str(run.start)
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_unix_connection(run.hub_socket)
            writer.write(orjson.dumps({"order": str(run.order_of(number)), "after": cursor}) + b"\n")
            async for line in reader:
                if not line.endswith(b"\n"):
                    break
                message = orjson.loads(line)
                cursor = message["cursor"]
                received.append(message["payload"]["version"])
                if "at" in message["payload"]:
                    run.latencies.append((time.time() - message["payload"]["at"]) * 1000)
            writer.close()
        run.reconnects += 1
        await asyncio.sleep(random.uniform(*RECONNECT_SECONDS))


async def write(run: Run, pool: asyncpg.Pool, wake: Callable[[], None]) -> None:
    begin, left, dice = time.monotonic(), iter(range(run.arguments.events)), random.Random(7)

    async def one_writer() -> None:
        for number in left:
            await asyncio.sleep(begin + number / run.arguments.rate - time.monotonic())
            order, is_slow = dice.choice(run.orders), dice.random() < SLOW_SHARE
            while not await record(pool, order, is_slow=is_slow):
                await asyncio.sleep(0.05)
            wake()

    await asyncio.gather(*(one_writer() for _ in range(WRITERS)))


async def record(pool: asyncpg.Pool, order: UUID, *, is_slow: bool) -> bool:
    """False when the database went away. Should it have committed all the same, the next try is one version more."""
    try:
        async with pool.acquire(timeout=5) as connection, connection.transaction():
            version = 1 + await connection.fetchval(
                "UPDATE chaos_orders SET version = version + 1 WHERE id = $1 RETURNING version - 1", order
            )
            payload = {"version": version} if is_slow else {"version": version, "at": time.time()}
            await connection.execute(INSERT, ORGANIZATION, order, json.dumps(payload))
            if is_slow:
                await asyncio.sleep(random.uniform(0.005, 0.05))
    except log.DATABASE_TROUBLE:
        return False
    return True


class Victims:
    """What can be killed, and how it comes back."""

    def __init__(self, folder: Path) -> None:
        account = server_account()
        sockets = folder / "run"
        for path in (folder, sockets):
            path.mkdir(exist_ok=True)
            account.give(path)
        open_the_way(folder / "x", account)
        self.database = Postgres(folder, sockets, account)
        self.broker = Valkey(folder, sockets, account)
        self.hub_socket = str(folder / "hub.sock")
        self.processes: dict[str, asyncio.subprocess.Process] = {}

    async def start(self, name: str) -> None:
        if name in {"database", "broker"}:
            await asyncio.to_thread(getattr(self, name).start)
            return
        command = [sys.executable, __file__, "--role", name, self.database.url, self.broker.url, self.hub_socket]
        self.processes[name] = await asyncio.create_subprocess_exec(*command, cwd=PROJECT)

    async def kill(self, name: str) -> None:
        if name in {"database", "broker"}:
            process = getattr(self, name).child.process
            os.kill(process.pid, signal.SIGKILL)
            await asyncio.to_thread(process.wait)
        else:
            self.processes[name].kill()
            await self.processes[name].wait()

    async def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            await process.wait()
        self.broker.stop()
        self.database.stop()


async def kill_in_turn(run: Run, victims: Victims) -> None:
    names = [name for name in run.arguments.kills.split(",") if name]
    for turn in range(run.arguments.times if names else 0):
        await asyncio.sleep(run.arguments.events / run.arguments.rate / (run.arguments.times + 1))
        name = names[turn % len(names)]
        await victims.kill(name)
        await asyncio.sleep(random.choice(DOWN_SECONDS))
        await victims.start(name)
        print(f"killed and started again: {name}", file=sys.stderr)


async def measure(arguments: argparse.Namespace, folder: Path) -> None:
    victims = Victims(folder)
    try:
        for engine in ("database", "broker"):
            await victims.start(engine)
        await migrate(tortoise_config(victims.database.url))
        async with asyncpg.create_pool(victims.database.url, min_size=WRITERS, max_size=WRITERS) as pool:
            state = await log.read_state(pool)
            run = Run(arguments, Cursor(state.epoch, 0), victims.database.url, victims.hub_socket)
            await pool.execute("CREATE TABLE chaos_orders (id uuid PRIMARY KEY, version int NOT NULL DEFAULT 0)")
            await pool.executemany("INSERT INTO chaos_orders (id) VALUES ($1)", [(order,) for order in run.orders])
            for process in ("relay", "hub"):
                await victims.start(process)
            await asyncio.sleep(2)
            subscribers = [asyncio.create_task(subscribe(run, number)) for number in range(arguments.subscribers)]
            await asyncio.sleep(1)
            run.reconnects = 0
            waker = broker.RemoteWaker(broker.connect(victims.broker.url))
            waking = asyncio.create_task(waker.run())
            began = time.monotonic()
            await asyncio.gather(write(run, pool, waker.wake), kill_in_turn(run, victims))
            written = time.monotonic() - began
            await settle(run, pool)
            print(json.dumps(await report(run, pool, written)))
            for task in (waking, *subscribers):
                task.cancel()
    finally:
        await victims.stop()


async def settle(run: Run, pool: asyncpg.Pool) -> None:
    run.versions.update(dict(await pool.fetch("SELECT id, version FROM chaos_orders")))
    deadline = time.monotonic() + SETTLE_SECONDS
    while not run.is_complete() and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)


async def report(run: Run, pool: asyncpg.Pool, written: float) -> dict[str, object]:
    lost = doubled = reordered = 0
    for number, got in run.received.items():
        lost += run.versions[run.order_of(number)] - len(set(got))
        doubled += len(got) - len(set(got))
        reordered += sum(1 for earlier, later in itertools.pairwise(got) if later < earlier)
    latencies = sorted(run.latencies) or [0.0]
    return {
        "events": sum(run.versions.values()),
        "events_per_second": round(sum(run.versions.values()) / written),
        "kills": run.arguments.kills,
        "received": sum(len(got) for got in run.received.values()),
        "lost": lost,
        "doubled": doubled,
        "reordered": reordered,
        "log_gaps": await pool.fetchval("SELECT coalesce(max(seq), 0) - count(*) FROM event_log"),
        "outbox_left": await pool.fetchval("SELECT count(*) FROM outbox"),
        "reconnects": run.reconnects,
        "latency_p50_ms": round(latencies[len(latencies) // 2], 1),
        "latency_p99_ms": round(latencies[len(latencies) * 99 // 100], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=500, help="events a second")
    parser.add_argument("--kills", default="relay,hub,broker,database", help="what is killed in turn; empty: nothing")
    parser.add_argument("--times", type=int, default=9, help="how many kills in all")
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--subscribers", type=int, default=200)
    parser.add_argument("--role", nargs=4, metavar=("ROLE", "DATABASE", "REDIS", "SOCKET"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.role:
        with tempfile.TemporaryDirectory(prefix="ordergraph-chaos-", ignore_cleanup_errors=True) as folder:
            uvloop.run(measure(arguments, Path(folder)))
        return
    role, database_url, redis_url, path = arguments.role
    uvloop.run(Relay(database_url, redis_url).run() if role == "relay" else serve_hub(database_url, redis_url, path))


if __name__ == "__main__":
    main()
