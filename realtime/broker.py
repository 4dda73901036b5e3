"""The broker (Redis or Valkey) as a way to be quick: it may lose anything at any time, and the log makes up for it."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from enum import Enum
from typing import Final
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from realtime.waiting import is_cancelled

WAKE_CHANNEL: Final = "ordergraph:wake"
BROKER_TROUBLE = (RedisError, OSError, TimeoutError)
CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 1.0
RETRIES = 3  # of one command; with the waits below an unreachable broker is given up after about half a second
SHORTEST_RETRY_SECONDS = 0.02
LONGEST_RETRY_SECONDS = 0.2
RECONNECT_SECONDS = 0.2
LISTEN_SECONDS = 1.0  # how long one wait for a message lasts before the next begins

log = logging.getLogger(__name__)


class Link(Enum):
    """What a listener is told besides messages. After UP, as after DOWN, messages may have been missed."""

    UP = "up"
    DOWN = "down"


def facts_channel(epoch: UUID) -> str:
    """Named after the history, so that installations which share a broker do not hear each other."""
    return f"ordergraph:facts:{epoch}"


def connect(url: str) -> "Redis":
    """`from_url` alone never retries, not even a connection the broker closed while it was idle."""
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(ExponentialWithJitterBackoff(cap=LONGEST_RETRY_SECONDS, base=SHORTEST_RETRY_SECONDS), RETRIES),
    )


async def listen(redis: "Redis", channel: str) -> AsyncGenerator[bytes | Link, None]:
    """For ever: messages, UP whenever the subscription is (again) in force, DOWN whenever it is not.

    The client library reconnects by itself and then says so only by another confirmation, hence UP may follow UP.
    """
    while not is_cancelled():
        try:
            async with redis.pubsub() as pubsub:
                await pubsub.subscribe(channel)
                while True:
                    message = await pubsub.get_message(timeout=LISTEN_SECONDS)
                    if message is None:
                        continue
                    if message["type"] == "subscribe":
                        yield Link.UP
                    elif message["type"] == "message":
                        yield message["data"]
        except BROKER_TROUBLE as trouble:
            log.warning("The broker cannot be heard on %s: %r", channel, trouble)
            yield Link.DOWN
            await asyncio.sleep(RECONNECT_SECONDS)


class RemoteWaker:
    """Tells a relay in another process that facts were committed. Losing a call costs one poll interval, no fact."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._called = asyncio.Event()

    def wake(self) -> None:
        self._called.set()

    async def run(self) -> None:
        """Until cancelled. Calls that arrive while one is under way become one."""
        while not is_cancelled():
            await self._called.wait()
            self._called.clear()
            try:
                await self._redis.publish(WAKE_CHANNEL, b"")
            except BROKER_TROUBLE as trouble:
                log.warning("The relay could not be woken through the broker: %r", trouble)
