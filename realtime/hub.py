"""The hub: one per process, hears every fact once and in order, and passes each to the feeds that asked for it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg

from realtime import broker
from realtime.broker import Link, facts_channel
from realtime.cursor import Cursor
from realtime.facts import Batch, RecordedFact, decode_batch
from realtime.feed import Feed
from realtime.interest import Directory, Interest
from realtime.log import COMMAND_SECONDS, DATABASE_TROUBLE, LogReader, State
from realtime.waiting import stop

SILENCE_SECONDS = 0.6  # three heartbeats; a link that says nothing for longer is not trusted
POLL_SECONDS = 0.1  # between two looks at the log while the broker is away
INBOX_MESSAGES = 1_000  # heard but not yet passed on; more are dropped and read from the log
CATCH_UP_FACTS = 1_000
READER_CONNECTIONS = 3
CONNECT_SECONDS = 5.0

log = logging.getLogger(__name__)


class Hub:
    """Trusts the broker only as far as `seq = last + 1`.

    A gap, a heartbeat that is ahead, silence, a subscription confirmed anew or a link that is down all mean the same:
    read the log from the last fact on. So the broker makes it quick and the log makes it right. Opens a small pool of
    its own; holds no lock.
    """

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._database_url = database_url
        self._redis = broker.connect(redis_url)
        self._inbox: asyncio.Queue[bytes | Link] = asyncio.Queue(INBOX_MESSAGES)
        self._feeds: Directory[Feed] = Directory()
        self._stack = contextlib.AsyncExitStack()
        self._link_is_up = False
        self._is_closed = False
        self.catch_ups = 0

    async def start(self) -> None:
        """Facts from here on are heard. Raises what the database raises when it cannot be reached."""
        pool = asyncpg.create_pool(
            self._database_url,
            min_size=1,
            max_size=READER_CONNECTIONS,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings={"application_name": "ordergraph hub"},
        )
        self._reader = LogReader(await self._stack.enter_async_context(pool))
        state = await self._reader.state()
        self._epoch, self._last = state.epoch, state.last_seq
        self._hearing = asyncio.create_task(self._hear(facts_channel(state.epoch)))
        self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Ends every feed's iterator, then the hub's own work."""
        self._is_closed = True
        for feed in self._feeds:
            feed.end()
        await stop(self._following, self._hearing)
        await self._redis.aclose()
        await self._stack.aclose()

    @property
    def position(self) -> Cursor:
        """The newest fact that was passed to the feeds."""
        return Cursor(self._epoch, self._last)

    @property
    def feed_count(self) -> int:
        return len(self._feeds)

    @asynccontextmanager
    async def listen(
        self, interest: Interest, *, after: Cursor | None = None, conflates: bool = False
    ) -> AsyncGenerator[Feed, None]:
        """Registered when the block is entered, so what is read inside it misses nothing after `feed.position`.

        With `after` the feed begins with the facts missed since, or with a Resync when they cannot be had any more.
        """
        feed = Feed(
            interest,
            self.position,
            reader=self._reader,
            head=lambda: self._last,
            after=after,
            conflates=conflates,
        )
        if self._is_closed:
            feed.end()
        self._feeds.add(feed)
        try:
            yield feed
        finally:
            self._feeds.remove(feed)

    async def _hear(self, channel: str) -> None:
        """Only puts messages into the inbox: the broker drops a listener that reads slowly."""
        async with contextlib.aclosing(broker.listen(self._redis, channel)) as messages:
            async for message in messages:
                with contextlib.suppress(asyncio.QueueFull):  # dropped: the next message shows the gap
                    self._inbox.put_nowait(message)

    async def _follow(self) -> None:
        while not self._is_closed:
            try:
                message = await self._next_message()
                if message is None or not self._pass_on(message):
                    await self._catch_up()
            except DATABASE_TROUBLE as trouble:
                log.warning("The hub cannot read the log: %r", trouble)
                await asyncio.sleep(POLL_SECONDS)
            except Exception:
                log.exception("The hub goes on after something unexpected")
                await asyncio.sleep(POLL_SECONDS)

    async def _next_message(self) -> Batch | None:
        """None when facts may have been missed."""
        patience = SILENCE_SECONDS if self._link_is_up else POLL_SECONDS
        try:
            async with asyncio.timeout(patience):
                message = await self._inbox.get()
        except TimeoutError:
            return None
        if isinstance(message, Link):
            self._link_is_up = message is Link.UP
            return None
        return decode_batch(message)

    def _pass_on(self, batch: Batch) -> bool:
        """False when facts are missing before, within or behind the batch."""
        for fact in batch.facts:
            if fact.seq == self._last + 1:
                self._dispatch(fact)
            elif fact.seq > self._last:
                return False
        return batch.head <= self._last

    async def _catch_up(self) -> None:
        self.catch_ups += 1
        while True:
            state = await self._reader.state()
            if state.epoch != self._epoch or state.last_seq < self._last:
                self._begin_anew(state)
                return
            facts = await self._reader.after(self._last, CATCH_UP_FACTS)
            for fact in facts:
                if fact.seq != self._last + 1:
                    break
                self._dispatch(fact)
            if (facts and facts[-1].seq != self._last) or (self._last < state.last_seq and not facts):
                self._begin_anew(state)
                return
            if len(facts) < CATCH_UP_FACTS:
                return

    def _begin_anew(self, state: State) -> None:
        """The facts to continue with do not exist (any more): every feed must start from a fresh read."""
        log.warning("The log begins anew at %s: %d feeds must read again", state, len(self._feeds))
        if state.epoch != self._epoch:
            self._hearing.cancel()
            self._hearing = asyncio.create_task(self._hear(facts_channel(state.epoch)))
        self._epoch, self._last = state.epoch, state.last_seq
        for feed in self._feeds:
            feed.restart(self.position)

    def _dispatch(self, fact: RecordedFact) -> None:
        self._last = fact.seq
        for feed in self._feeds.interested_in(fact):
            feed.offer(fact)
