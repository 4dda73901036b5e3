"""The relay: one process at a time numbers committed facts into the log and hands them to the broker.

Readers of the outbox could not do this alone: ids are given out before commit, so a reader of `id > last` never sees a
fact whose transaction commits after a younger one. The relay numbers what has committed, in one order for everybody.
"""

import asyncio
import logging
from uuid import UUID

import asyncpg

from realtime import broker
from realtime import log as event_log
from realtime.broker import WAKE_CHANNEL
from realtime.log import COMMAND_SECONDS, DATABASE_TROUBLE, Connection, HistoryChanged, Pool
from realtime.publisher import BATCH_FACTS, Publisher
from realtime.waiting import is_cancelled, run_together, set_within

RELAY_LOCK = 0x6F67_7265_6C61_79  # session advisory lock: whoever holds it is the relay
POLL_SECONDS = 0.05
STANDBY_SECONDS = 0.2  # between two tries to become the relay
RESTART_SECONDS = 0.2
CONNECT_SECONDS = 5.0

log = logging.getLogger(__name__)


class Relay:
    """Opens its own connections: the leader's, which holds RELAY_LOCK while it lives, and one to read the log.

    The lock only keeps a second relay idle. Should two run all the same (a connection cut but not yet noticed), the
    row lock in `log.move` keeps numbers gapless and hubs drop what they get twice. The database address must lead to
    PostgreSQL itself or to a pooler in session mode.
    """

    def __init__(self, database_url: str, redis_url: str, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._database_url, self._poll_seconds = database_url, poll_seconds
        self._redis = broker.connect(redis_url)
        self._called = asyncio.Event()
        self.is_leading = False

    def wake(self) -> None:
        """Facts were committed. From this process; others call through `broker.RemoteWaker`."""
        self._called.set()

    async def run(self) -> None:
        """Until cancelled; outlives restarts of the database and of the broker."""
        try:
            await run_together(self._hear_calls(), self._lead_for_ever())
        finally:
            await self._redis.aclose()

    async def _hear_calls(self) -> None:
        async for message in broker.listen(self._redis, WAKE_CHANNEL):
            if message is not broker.Link.DOWN:
                self.wake()

    async def _lead_for_ever(self) -> None:
        while not is_cancelled():
            try:
                await self._lead()
            except (*DATABASE_TROUBLE, HistoryChanged) as trouble:
                log.warning("The relay starts over: %r", trouble)
            except Exception:
                log.exception("The relay starts over after something unexpected")
            self.is_leading = False
            await asyncio.sleep(RESTART_SECONDS)

    async def _lead(self) -> None:
        connection = await asyncpg.connect(
            self._database_url,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings={"application_name": "ordergraph relay"},
        )
        try:
            await self._wait_for_the_lock(connection)
            async with _readers(self._database_url) as pool:
                state = await event_log.read_state(connection)
                publisher = Publisher(self._redis, pool, state)
                await run_together(publisher.run(), self._move(connection, state.epoch, publisher))
        finally:
            connection.terminate()  # at once: the lock is free for another relay as soon as the server notices

    async def _wait_for_the_lock(self, connection: Connection) -> None:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", RELAY_LOCK):  # noqa: ASYNC110 - no event
            await asyncio.sleep(STANDBY_SECONDS)
        self.is_leading = True
        log.info("This process is the relay now")

    async def _move(self, connection: Connection, epoch: UUID, publisher: Publisher) -> None:
        while True:
            self._called.clear()
            rows = []
            if await event_log.has_waiting(connection, epoch):
                rows = await event_log.move(connection, epoch, BATCH_FACTS)
            if rows:
                publisher.offer(rows)
            if len(rows) < BATCH_FACTS:
                await set_within(self._called, self._poll_seconds)


def _readers(database_url: str) -> Pool:
    return asyncpg.create_pool(
        database_url,
        min_size=0,
        max_size=1,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        server_settings={"application_name": "ordergraph relay reader"},
    )
