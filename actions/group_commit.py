"""Commands that wait together are decided together, in one transaction.

A free lane takes what waits, at most `BATCH_LIMIT`, and of those who all want the same only a few beside others
(`fair_queue`); there is no timer, so one waiting command is a batch of one at once.
`decide` sees the commands in order of arrival and answers each of them. A refusal is an answer like any other and costs
its neighbours nothing. A batch that cannot be committed is tried again, then its commands one by one, so that a command
that breaks something fails alone.

With `decide_ahead`, a batch is decided without locks while the one before it is still being written, as if that were done,
and is written while that one is being committed. Its write checks, under locks, all that the decision rests on. Where that
has changed, or the batch before was not committed as it was decided, the decision is thrown away and `decide` makes it
again under locks.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

import asyncpg

from actions import outbox
from actions.fair_queue import FairQueue, Turn, Wants
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
"""Decides under locks and commits."""


class Decision(Protocol[Outcome]):
    """A batch decided ahead, to be written as it is or not at all."""

    outcomes: list[Outcome]

    async def write(self, connection: Any) -> None:
        """Within the caller's transaction, and its last; raises Overtaken where what the decision rests on has changed."""


DecideAhead = Callable[[Any, Sequence[Command], Any], Awaitable[Decision[Outcome] | None]]
"""Given what it made of the batch that is being written meanwhile. None: these commands have to be decided under locks."""


class Overtaken(Exception):
    """What a batch was decided on has changed before it was written."""


@dataclass(slots=True, eq=False)
class Batch(Generic[Command, Outcome]):
    """One on its way. What comes after it waits for `written`, then for `ended`: it needs no more locks, it holds none.

    It `stands` when it was committed as it was decided ahead; otherwise it still has to be decided until `settled`.
    """

    turn: Turn[tuple[Command, "asyncio.Future[Outcome]"]]
    decision: Decision[Outcome] | None = None
    stands: bool = False
    written: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def members(self) -> list[tuple[Command, "asyncio.Future[Outcome]"]]:
        return self.turn.items

    def end(self, *, stands: bool) -> None:
        self.stands = stands
        self.written.set()
        self.ended.set()

    def check(self) -> None:
        """Raises Overtaken where nothing may rest on it any more."""
        if self.ended.is_set() and not self.stands:
            raise Overtaken


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
    """One batch at a time, on its own connection; with `decide_ahead` one more is decided meanwhile, on another.

    `wants` says what a command wants: a crowd that wants the same waits for itself.
    """

    def __init__(
        self,
        pool: "asyncpg.Pool[Any]",
        decide: "Decide[Command, Outcome]",
        decide_ahead: "DecideAhead[Command, Outcome] | None" = None,
        *,
        wants: "Callable[[Command], Wants]",
    ) -> None:
        self._pool, self._decide, self._decide_ahead, self._wants = pool, decide, decide_ahead, wants
        lanes = 2 if decide_ahead else 1
        self._waiting = FairQueue[tuple[Command, asyncio.Future[Outcome]]](QUEUE_LIMIT, lanes)
        self._deciding = asyncio.Lock()
        self._last: Batch[Command, Outcome] | None = None
        self._lanes = [asyncio.create_task(self._lane()) for _ in range(lanes)]

    async def submit(self, command: Command) -> Outcome:
        """Decided and committed. A cancelled caller leaves its command in the batch. Raises Overloaded."""
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.put((command, answer), self._wants(command))
        return await answer

    async def close(self) -> None:
        """Finish everything that waits, then stop the lanes; the callers have stopped submitting."""
        await self._waiting.join()
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)

    async def _lane(self) -> None:
        while True:
            async with self._deciding:
                batch = Batch(await self._waiting.take(BATCH_LIMIT))
                before, self._last = self._last, batch
                if before is not None and before.decision is None:
                    await before.settled.wait()
                    before = None
                await self._foresee(batch, before)
            await self._settle(batch, before)
            self._waiting.done(batch.turn)
            outbox.wake()

    async def _foresee(self, batch: Batch[Command, Outcome], before: Batch[Command, Outcome] | None) -> None:
        """Decide without locks where that can be done; whatever goes wrong here goes wrong again under locks, and counts."""
        if self._decide_ahead is None:
            return
        try:
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                commands = [command for command, _ in batch.members]
                batch.decision = await self._decide_ahead(connection, commands, before.decision if before else None)
        except Exception as error:  # noqa: BLE001 - the lane must live
            log.info("a batch of %d could not be decided ahead: %r", len(batch.members), error)

    async def _settle(self, batch: Batch[Command, Outcome], before: Batch[Command, Outcome] | None) -> None:
        """Answer every member, by what was decided ahead or else under locks."""
        try:
            batch.end(stands=await self._write(batch, before))
            if batch.stands and batch.decision is not None:
                _tell(batch.members, batch.decision.outcomes)
            else:
                if before is not None:
                    await before.settled.wait()
                await self._answer(batch.members)
        finally:
            batch.settled.set()
            if self._last is batch:
                self._last = None

    async def _write(self, batch: Batch[Command, Outcome], before: Batch[Command, Outcome] | None) -> bool:
        """Commit what was decided ahead, after `before`; whether that could be done."""
        if batch.decision is None:
            return False
        try:
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection, connection.transaction():
                if before is not None:
                    await before.written.wait()
                    before.check()
                await batch.decision.write(connection)
                batch.written.set()
                if before is not None:
                    await before.ended.wait()
                    before.check()
        except Exception as error:  # noqa: BLE001 - decided again under locks, where every error finds its cause
            log.info("a batch of %d is decided again: %r", len(batch.members), error)
            return False
        return True

    async def _answer(self, members: list[tuple[Command, "asyncio.Future[Outcome]"]]) -> None:
        """Decide under locks, all as one, and each alone when they cannot be committed together."""
        try:
            outcomes = await self._attempt([command for command, _ in members])
        except Exception as error:  # noqa: BLE001 - the lane must live; the error goes to whoever caused it
            if len(members) == 1:
                if not members[0][1].done():
                    members[0][1].set_exception(error)
                return
            log.warning("a batch of %d is tried one by one: %r", len(members), error)
            for one in members:
                await self._answer([one])
            return
        _tell(members, outcomes)

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


def _tell(members: "Sequence[tuple[Command, asyncio.Future[Outcome]]]", outcomes: Sequence[Outcome]) -> None:
    for (_, answer), outcome in zip(members, outcomes, strict=True):
        if not answer.done():
            answer.set_result(outcome)
