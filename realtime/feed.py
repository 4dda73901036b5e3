"""One subscriber's view of the log: what it missed, then what happens, each fact once and in order."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Self

from realtime.cursor import Cursor
from realtime.facts import RecordedFact
from realtime.interest import Interest
from realtime.log import DATABASE_TROUBLE, LogReader

QUEUE_FACTS = 1_000  # facts a subscriber may be behind before it counts as slow
CONFLATED_KEYS = 20_000  # (variant, location) pairs a slow stock feed may still have news of
PAGE_FACTS = 500  # read from the log at once for a subscriber that resumes
TROUBLE_SECONDS = 0.2

log = logging.getLogger(__name__)


class SlowConsumer(Exception):
    """The subscriber reads slower than facts arrive and was let go. It may resume from its last cursor."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """`cursor` says: everything of this interest up to `fact` was delivered."""

    cursor: Cursor
    fact: RecordedFact


@dataclass(frozen=True, slots=True)
class Resync:
    """Facts were missed that the log no longer has. Read the present state; what follows `cursor` follows here."""

    cursor: Cursor


class Feed:
    """Made and fed by the hub; iterated by one subscriber, who may cancel a wait and iterate again.

    A feed that resumes reads pages from the log up to where the hub was when the page was asked for, and queues what
    the hub offers from there on. A full page means there is more in the log: what was queued is dropped, for the next
    page brings it. The first page that is not full ends the catching up, and the queue continues right behind it.
    """

    def __init__(
        self,
        interest: Interest,
        start: Cursor,
        *,
        reader: LogReader,
        head: Callable[[], int],
        after: Cursor | None = None,
        conflates: bool = False,
    ) -> None:
        """`head` tells the newest fact the hub has offered to everybody; `start` is that fact now."""
        self.interest, self.position = interest, start
        self._reader, self._head = reader, head
        self._resume_from = after
        self._is_queueing = after is None
        self._queued_from = start.seq
        self._conflates, self._is_conflated = conflates, False
        self._page: deque[RecordedFact] = deque()
        self._queue: dict[Hashable, RecordedFact] = {}
        self._resync: Resync | None = None
        self._end: Exception | None = None
        self._news = asyncio.Event()

    def offer(self, fact: RecordedFact) -> None:
        """The next fact of this interest; never waits."""
        if not self._is_queueing or fact.seq <= self._queued_from or self._end:
            return
        self._enqueue(fact)
        if len(self._queue) > (CONFLATED_KEYS if self._is_conflated else QUEUE_FACTS):
            self._relieve()
        self._news.set()

    def restart(self, at: Cursor) -> None:
        """What lies between the last fact and `at` is lost to this feed."""
        self._page.clear()
        self._queue_from(at.seq)
        self._resume_from = None
        self.position, self._resync = at, Resync(at)
        self._news.set()

    def end(self, reason: Exception | None = None) -> None:
        """The iterator raises `reason`, or just ends, the next time it is asked."""
        self._end = self._end or reason or StopAsyncIteration()
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Delivered | Resync:
        while True:
            if self._end:
                raise self._end
            if self._resync:
                resync, self._resync = self._resync, None
                return resync
            if self._page:
                return self._deliver(self._page.popleft())
            if self._resume_from:
                await self._turn_page(self._resume_from)
            elif self._queue:
                return self._deliver(self._dequeue())
            else:
                self._news.clear()
                await self._news.wait()

    def _deliver(self, fact: RecordedFact) -> Delivered:
        return Delivered(Cursor(self.position.epoch, fact.seq), fact)

    async def _turn_page(self, after: Cursor) -> None:
        upto = max(self._head(), after.seq)  # the cursor may come from a server that was ahead of this one
        self._queue_from(upto)
        try:
            facts = await self._reader.matching(self.interest, after=after.seq, upto=upto, limit=PAGE_FACTS)
            state = await self._reader.state()  # read last: what is still there now was there for the page, too
        except DATABASE_TROUBLE as trouble:
            log.warning("A feed cannot read the log: %r", trouble)
            await asyncio.sleep(TROUBLE_SECONDS)
            return
        if self._resync or self._end:
            return
        if not state.can_resume(after):
            self.restart(Cursor(self.position.epoch, self._head()))
            return
        self._page.extend(facts)
        if len(facts) == PAGE_FACTS:
            self._resume_from = Cursor(after.epoch, facts[-1].seq)
            self._stop_queueing()
        elif self._is_queueing:
            self._resume_from = None
        else:
            self._resume_from = Cursor(after.epoch, upto)

    def _queue_from(self, seq: int) -> None:
        self._queue.clear()
        self._is_conflated = False
        self._is_queueing, self._queued_from = True, seq

    def _stop_queueing(self) -> None:
        self._queue.clear()
        self._is_queueing = False

    def _enqueue(self, fact: RecordedFact) -> None:
        key = _place(fact) if self._is_conflated else fact.seq
        self._queue.pop(key, None)  # the newest of its place goes to the end, so the queue stays in order of seq
        self._queue[key] = fact

    def _dequeue(self) -> RecordedFact:
        fact = self._queue.pop(next(iter(self._queue)))
        self._is_conflated = self._is_conflated and bool(self._queue)
        return fact

    def _relieve(self) -> None:
        """The queue is full: go back to the log while catching up, keep the last of each place, or let go."""
        if self._page or self._resume_from:
            self._resume_from = Cursor(self.position.epoch, self._queued_from)
            self._stop_queueing()
        elif self._conflates and not self._is_conflated:
            waiting, self._queue = self._queue, {}
            self._is_conflated = True
            for fact in waiting.values():
                self._enqueue(fact)
        else:
            self._stop_queueing()
            self.end(SlowConsumer(f"more than {QUEUE_FACTS} facts behind"))


def _place(fact: RecordedFact) -> Hashable:
    return (fact.variant_id, fact.location_id) if fact.variant_id and fact.location_id else fact.seq
