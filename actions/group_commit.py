"""Commands that wait together are decided together, in one transaction.

A free lane takes whatever waits, at most `BATCH_LIMIT`; there is no timer, so one waiting command is a batch of one at
once. `decide` sees the commands in order of arrival and answers each of them. A refusal is an answer like any other and
costs its neighbours nothing. A batch that cannot be committed is tried again, then its commands one by one, so that a
command that breaks something fails alone.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import asyncpg

from actions import outbox
from domain.errors import Overloaded
from models.config import credentials
from models.db import retryable

BATCH_LIMIT: Final = 128
QUEUE_LIMIT: Final = 4_096
ATTEMPTS: Final = 5
RETRY_SECONDS: Final = 0.02
ACQUIRE_SECONDS: Final = 5

Command = TypeVar("Command")
Outcome = TypeVar("Outcome")
Decide = Callable[[Any, Sequence[Command]], Awaitable[list[Outcome]]]

log = logging.getLogger("oms.lane")


async def open_lanes(database_url: str, lanes: int) -> "asyncpg.Pool[Any]":
    """Connections for group commits alone: no RESET between groups, plans made once, and no sequential scans.

    Foreign-key checks keep the plan of their first use; made on an almost empty table it scans, and placing fell to an
    eighth of its speed until the next ANALYZE.
    """
    settings = credentials(
        database_url,
        plan_cache_mode="force_generic_plan",
        enable_seqscan="off",
        application_name="ordergraph lane",
    )
    return await asyncpg.create_pool(**settings, min_size=lanes, max_size=lanes, reset=_keep_session)


async def _keep_session(_: Any) -> None:
    """Nothing to reset: a lane only ever runs this module's transactions."""


class GroupCommit(Generic[Command, Outcome]):
    """`lanes` groups are committed at a time, each on its own connection; nothing is held while nothing waits."""

    def __init__(self, pool: "asyncpg.Pool[Any]", decide: "Decide[Command, Outcome]", *, lanes: int = 1) -> None:
        self._pool, self._decide = pool, decide
        self._waiting: asyncio.Queue[tuple[Command, asyncio.Future[Outcome]]] = asyncio.Queue(QUEUE_LIMIT)
        self._lanes = [asyncio.create_task(self._lane()) for _ in range(lanes)]

    async def submit(self, command: Command) -> Outcome:
        """Decided and committed. A cancelled caller leaves its command in the batch. Raises Overloaded."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        try:
            self._waiting.put_nowait((command, answer))
        except asyncio.QueueFull:
            raise Overloaded(self._waiting.qsize()) from None
        return await answer

    async def close(self) -> None:
        """Finish everything that waits, then stop the lanes; the callers have stopped submitting."""
        await self._waiting.join()
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)

    async def _lane(self) -> None:
        while True:
            group = [await self._waiting.get()]
            while len(group) < BATCH_LIMIT and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            await self._settle(group)
            for _ in group:
                self._waiting.task_done()
            outbox.wake()

    async def _settle(self, group: list[tuple[Command, "asyncio.Future[Outcome]"]]) -> None:
        """Answer every future: the group as one, and each alone when the group cannot be committed."""
        try:
            outcomes = await self._attempt([command for command, _ in group])
        except Exception as error:  # noqa: BLE001 - the lane must live; the error goes to whoever caused it
            if len(group) == 1:
                if not group[0][1].done():
                    group[0][1].set_exception(error)
                return
            log.warning("a group of %d is tried one by one: %r", len(group), error)
            for one in group:
                await self._settle([one])
            return
        for (_, answer), outcome in zip(group, outcomes, strict=True):
            if not answer.done():
                answer.set_result(outcome)

    async def _attempt(self, commands: list[Command]) -> list[Outcome]:
        for attempt in range(ATTEMPTS):
            try:
                async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                    return await self._decide(connection, commands)
            except Exception as error:
                again = retryable(error) or isinstance(error, asyncpg.UniqueViolationError)
                if not again or attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(RETRY_SECONDS * 2**attempt * random.random())  # noqa: S311 - jitter
        raise AssertionError("the last attempt returns or raises")
