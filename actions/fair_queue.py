"""A queue for batches in which a crowd that wants the same waits for itself, while everybody else goes on.

A batch takes as long as it has members. Were they taken in order of arrival, whoever orders something else during a flash
sale would wait as long as all those who want its one article. So a batch takes the others first, and only a few of a crowd
as long as there are others. Among themselves both keep their order, and every batch takes some of either.
"""

import asyncio
import time
from collections import deque
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from domain.errors import Overloaded

CROWD: Final = 8
"""Whoever wants what so many want already, waiting or taken, belongs to a crowd."""
FEW: Final = 3
"""So many of a crowd go with others in a batch, or one for so many others."""
AROUND_SECONDS: Final = 0.1
"""Others are around until so long after the last of them was taken; not those who came before what they want was a crowd's."""

Item = TypeVar("Item")
Wants = Collection[Hashable]
"""Each once."""


@dataclass(frozen=True, slots=True)
class Turn(Generic[Item]):
    """What was taken together: others first, so many, then of crowds."""

    items: list[Item]
    wants: list[Wants]
    others: int


@dataclass(slots=True, eq=False)
class Side(Generic[Item]):
    waiting: deque[tuple[Item, Wants]]
    taken: int = 0

    def take(self, most: int) -> list[tuple[Item, Wants]]:
        found = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
        self.taken += len(found)
        return found


class FairQueue(Generic[Item]):
    """Items that are put, taken in turns, and done. What an item wants counts until then."""

    def __init__(self, limit: int, takers: int) -> None:
        self._limit, self._takers = limit, takers
        self._others, self._crowd = Side[Item](deque()), Side[Item](deque())
        self._wanted: dict[Hashable, int] = {}
        self._others_at = float("-inf")
        self._filled, self._emptied = asyncio.Event(), asyncio.Event()
        self._emptied.set()

    def put(self, item: Item, wants: Wants) -> None:
        """Raises Overloaded when the queue is full, for a crowd when it fills half of it."""
        is_crowd = self._is_crowd(wants)
        side = self._crowd if is_crowd else self._others
        waiting = len(self._crowd.waiting) + (0 if is_crowd else len(self._others.waiting))
        if waiting >= (self._limit // 2 if is_crowd else self._limit):
            raise Overloaded(waiting)
        for want in wants:
            self._wanted[want] = self._wanted.get(want, 0) + 1
        side.waiting.append((item, wants))
        self._filled.set()
        self._emptied.clear()

    async def take(self, most: int) -> Turn[Item]:
        """A taker's share of what waits, at least one item; waits for that. One may wait at a time."""
        await self._filled.wait()
        if self._has_others():
            others = self._others.take(min(most, self._share(self._others)))
            few = max(FEW, self._others.taken // FEW)
            crowd = self._crowd.take(min(few, self._share(self._crowd), most - len(others)))
        else:
            room = min(most, self._share(self._others, self._crowd))
            others = self._others.take(room)
            crowd = self._crowd.take(room - len(others))
        if not self._others.waiting and not self._crowd.waiting:
            self._filled.clear()
        taken = others + crowd
        return Turn([item for item, _ in taken], [wants for _, wants in taken], len(others))

    def done(self, turn: Turn[Item]) -> None:
        self._others.taken -= turn.others
        self._crowd.taken -= len(turn.items) - turn.others
        for wants in turn.wants:
            for want in wants:
                if self._wanted[want] == 1:
                    del self._wanted[want]
                else:
                    self._wanted[want] -= 1
        if not self._filled.is_set() and not self._others.taken and not self._crowd.taken:
            self._emptied.set()

    async def join(self) -> None:
        """Until everything that was put is done."""
        await self._emptied.wait()

    def _share(self, *sides: Side[Item]) -> int:
        """What one taker takes, so that all have as much."""
        return -(-sum(len(side.waiting) + side.taken for side in sides) // self._takers)

    def _has_others(self) -> bool:
        now = time.monotonic()
        if any(not self._is_crowd(wants) for _, wants in self._others.waiting):
            self._others_at = now
        return now - self._others_at < AROUND_SECONDS

    def _is_crowd(self, wants: Wants) -> bool:
        for want in wants:  # noqa: SIM110 - three times as fast as any(), for every order
            if self._wanted.get(want, 0) >= CROWD:
                return True
        return False
