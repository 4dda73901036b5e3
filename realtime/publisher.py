"""Hands numbered facts to the broker, one message a batch, and says every so often how far the log is."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

import asyncpg
from redis.asyncio import Redis

from realtime import log as event_log
from realtime.broker import BROKER_TROUBLE, facts_channel
from realtime.facts import encode_batch
from realtime.waiting import is_cancelled, set_within

HEARTBEAT_SECONDS = 0.2
BATCH_FACTS = 500  # facts in one message, and moved in one transaction
READY_BATCHES = 32  # kept in memory while the broker is slow; older ones are read from the log again
LONGEST_TAIL = 20_000  # facts; a broker that missed more is told only where the log ends, and the hubs read it
TROUBLE_SECONDS = 0.2

log = logging.getLogger(__name__)


class Publisher:
    """Runs beside the mover of the same relay, so that a broker that hangs never keeps facts out of the log.

    What was published is noted now and then, not each time: after a crash the last batches are published again, and
    hubs drop what they have seen.
    """

    def __init__(self, redis: "Redis", pool: event_log.Pool, state: event_log.State) -> None:
        self._redis, self._pool = redis, pool
        self._channel = facts_channel(state.epoch)
        self._published = self._noted = state.published_seq
        self._last = state.last_seq
        self._ready: deque[Sequence[asyncpg.Record]] = deque(maxlen=READY_BATCHES)
        self._news = asyncio.Event()
        self._next_heartbeat = 0.0

    def offer(self, rows: Sequence[asyncpg.Record]) -> None:
        """`rows` follow those of the last call without a gap, and are committed."""
        self._ready.append(rows)
        self._last = rows[-1]["seq"]
        self._news.set()

    async def run(self) -> None:
        """Until cancelled, or until the database fails; whoever runs the relay starts over then."""
        while not is_cancelled():
            try:
                while self._published < self._last:
                    await self._publish_next()
                await self._beat_when_due()
            except BROKER_TROUBLE as trouble:
                log.warning("%d facts wait for the broker: %r", self._last - self._published, trouble)
                await asyncio.sleep(TROUBLE_SECONDS)
                continue
            await self._wait_for_news()

    async def _publish_next(self) -> None:
        if self._last - self._published > LONGEST_TAIL:
            log.warning(
                "%d facts are not published any more; hubs read them from the log", self._last - self._published
            )
            self._published = self._last
            return
        rows = self._next_ready() or await event_log.fetch_after(self._pool, self._published, BATCH_FACTS)
        if not rows:  # all of them forgotten meanwhile
            self._published = self._last
            return
        await self._redis.publish(self._channel, encode_batch(rows[-1]["seq"], rows))
        self._published = rows[-1]["seq"]

    def _next_ready(self) -> Sequence[asyncpg.Record] | None:
        while self._ready and self._ready[0][0]["seq"] <= self._published:
            self._ready.popleft()
        if self._ready and self._ready[0][0]["seq"] == self._published + 1:
            return self._ready[0]
        return None

    async def _beat_when_due(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._next_heartbeat:
            return
        self._next_heartbeat = now + HEARTBEAT_SECONDS
        await self._redis.publish(self._channel, encode_batch(self._last, ()))
        if self._noted < self._published:
            await event_log.note_published(self._pool, self._published)
            self._noted = self._published

    async def _wait_for_news(self) -> None:
        await set_within(self._news, self._next_heartbeat - asyncio.get_running_loop().time())
        self._news.clear()
