"""Writers that record facts the way actions do: inside a transaction, under the lock of what they are about."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from redis.asyncio import Redis

from realtime.feed import Delivered, Feed
from tests.patience import PATIENCE_SECONDS

OURS = UUID(int=1)
THEIRS = UUID(int=2)
ORDERS = [UUID(int=1000 + number) for number in range(20)]
NORTH, SOUTH = UUID(int=31), UUID(int=32)
MUG, CUP = UUID(int=41), UUID(int=42)
ANN = UUID(int=51)
WEB = UUID(int=61)
A_DAY = 86_400
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

IDS = ("order_id", "fulfilment_id", "location_id", "variant_id", "customer_id", "channel_id")
INSERT = """
INSERT INTO outbox (organization_id, kind, order_id, fulfilment_id, location_id, variant_id, customer_id, channel_id,
payload, actor, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'tester', $10)
"""


class Writers:
    """`versions` counts the facts of each order; the number is in the fact, so order and loss can be seen."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.versions: Counter[UUID] = Counter()

    async def order_fact(self, order: UUID, *, pause: float = 0.0) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", order.int % 2**31)
            self.versions[order] += 1
            await self._insert(connection, "order_changed", order_id=order, payload={"version": self.versions[order]})
            if pause:
                await asyncio.sleep(pause)

    async def stock_fact(
        self, variant: UUID, location: UUID, on_hand: int, recorded_at: datetime | None = None
    ) -> None:
        await self.stock_fact_in(self.pool, variant, location, on_hand, recorded_at)

    async def stock_fact_in(self, where, variant, location, on_hand, recorded_at=None) -> None:
        ids = {"variant_id": variant, "location_id": location}
        await self._insert(where, "stock_changed", payload={"on_hand": on_hand}, recorded_at=recorded_at, **ids)

    async def storm(self, facts: int, *, writers: int = 16, orders: list[UUID] = ORDERS, rest: float = 0.0) -> None:
        """One transaction in twenty is slow, so that ids are not committed in the order they were given out."""
        await self._write(iter(range(facts)), writers=writers, orders=orders, rest=rest)

    @asynccontextmanager
    async def storming(self, *, rest: float) -> AsyncGenerator[None, None]:
        """Something is under way as long as the block lasts."""
        is_over = asyncio.Event()
        storm = asyncio.create_task(self._write(iter(is_over.is_set, True), writers=16, orders=ORDERS, rest=rest))
        try:
            yield
        finally:
            is_over.set()
            await storm

    async def _write(self, left: Iterator[object], *, writers: int, orders: list[UUID], rest: float) -> None:
        async def write(seed: int) -> None:
            dice = random.Random(seed)
            for _ in left:
                slow = dice.random() < 0.05
                await self.order_fact(dice.choice(orders), pause=dice.uniform(0.005, 0.05) if slow else 0)
                await asyncio.sleep(rest)

        await asyncio.gather(*(write(seed) for seed in range(writers)))

    async def order_facts(self, order: UUID, count: int) -> None:
        """All in one transaction."""
        async with self.pool.acquire() as connection, connection.transaction():
            for _ in range(count):
                self.versions[order] += 1
                payload = {"version": self.versions[order]}
                await self._insert(connection, "order_changed", order_id=order, payload=payload)

    async def logs_more(self) -> None:
        """Than now."""
        count = await self._log_length()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._log_length() == count:
                await asyncio.sleep(0.02)

    async def _log_length(self) -> int:
        return await self.pool.fetchval("SELECT count(*) FROM event_log")

    async def logged(self) -> list[asyncpg.Record]:
        return await self.pool.fetch("SELECT * FROM event_log ORDER BY seq")

    async def settled(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Until every fact is in the log."""
        async with asyncio.timeout(seconds):
            while await self.pool.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
                await asyncio.sleep(0.01)

    @staticmethod
    async def _insert(where, kind, *, organization=OURS, payload, recorded_at=None, **ids) -> None:
        columns = [ids.get(name) for name in IDS]
        moment = recorded_at or datetime.now(UTC)
        await where.execute(INSERT, organization, kind, *columns, json.dumps(payload), moment)

    async def other_fact(self, *, kind: str = "order_changed", **columns: Any) -> None:
        await self._insert(self.pool, kind, payload={}, **columns)


async def subscribed(redis: Redis, channel: str) -> None:
    """Until somebody hears it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await redis.pubsub_numsub(channel) == [(channel.encode(), 0)]:
            await asyncio.sleep(0.01)


async def take(feed: Feed, count: int, seconds: float = PATIENCE_SECONDS) -> list[Delivered]:
    taken: list[Delivered] = []
    async with asyncio.timeout(seconds):
        while len(taken) < count:
            item = await anext(feed)
            assert isinstance(item, Delivered), item
            taken.append(item)
    return taken


async def is_silent(feed: Feed, seconds: float = 0.3) -> bool:
    try:
        await asyncio.wait_for(anext(feed), seconds)
    except TimeoutError:
        return True
    return False


def versions_by_order(delivered: list[Delivered]) -> dict[UUID, list[int]]:
    versions: dict[UUID, list[int]] = {}
    for item in delivered:
        assert item.fact.order_id is not None
        versions.setdefault(item.fact.order_id, []).append(item.fact.payload["version"])
    return versions


def complete(versions: Counter[UUID]) -> dict[UUID, list[int]]:
    return {order: list(range(1, count + 1)) for order, count in versions.items()}
