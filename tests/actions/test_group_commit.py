"""Batches that overlap: the next is decided while the last is being written, and decided again where that was wrong."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from actions.fair_queue import CROWD, FEW
from actions.group_commit import GroupCommit, Overtaken, open_lanes
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.usefixtures("database")


@dataclass
class Written:
    """Commands are words; the answer to each is the word, with a mark for how it was decided."""

    outcomes: list[str]
    clerk: "Clerk"

    async def write(self, connection: Any) -> None:
        words = self.outcomes
        await self.clerk.may_write.wait()
        if any(word.startswith("overtaken") for word in words):
            raise Overtaken
        self.clerk.log.append(("written", words))


@dataclass
class Clerk:
    """Decides words, and writes down in which order things happened."""

    may_write: asyncio.Event = field(default_factory=asyncio.Event)
    log: list[tuple[str, Any]] = field(default_factory=list)

    async def decide(self, _: Any, words: Sequence[str]) -> list[str]:
        if any(word == "poison" for word in words):
            raise ValueError(words)
        self.log.append(("under locks", list(words)))
        return [f"{word}, locked" for word in words]

    async def decide_ahead(self, _connection: Any, words: Sequence[str], _before: Written | None) -> Written | None:
        self.log.append(("seen", list(words)))
        if any(word == "poison" for word in words):
            raise ValueError(words)
        if any(word == "needs locks" for word in words):
            return None
        self.log.append(("ahead", list(words)))
        return Written(list(words), self)


@pytest.fixture
async def clerk() -> Clerk:
    return Clerk()


@pytest.fixture
async def lanes(clerk: Clerk, database_url: str) -> AsyncGenerator[GroupCommit[str, str], None]:
    pool = await open_lanes(database_url, lanes=2)
    opened = GroupCommit(pool, clerk.decide, clerk.decide_ahead, wants=lambda word: [word])
    yield opened
    clerk.may_write.set()
    await opened.close()
    await pool.close()


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.001)


async def submitted(lanes: GroupCommit[str, str], clerk: Clerk, *words: str) -> list["asyncio.Task[str]"]:
    """One batch each, but for what comes late: the first two are decided while nothing can be written yet."""
    tasks = []
    for word in words:
        tasks.append(asyncio.create_task(lanes.submit(word)))
        await until(lambda word=word: ("seen", [word]) in clerk.log or word.startswith("late"))
    return tasks


async def test_the_next_batch_is_decided_while_the_last_is_written(lanes, clerk) -> None:
    tasks = await submitted(lanes, clerk, "one", "two")
    assert clerk.log[1::2] == [("ahead", ["one"]), ("ahead", ["two"])]

    clerk.may_write.set()

    assert await asyncio.gather(*tasks) == ["one", "two"]
    assert clerk.log[4:] == [("written", ["one"]), ("written", ["two"])]


async def test_what_was_overtaken_is_decided_again_under_locks_and_so_is_what_rested_on_it(lanes, clerk) -> None:
    tasks = await submitted(lanes, clerk, "overtaken", "resting on it")

    clerk.may_write.set()

    assert await asyncio.gather(*tasks) == ["overtaken, locked", "resting on it, locked"]
    assert ("written", ["resting on it"]) not in clerk.log


async def test_what_cannot_be_decided_ahead_waits_for_its_turn_under_locks(lanes, clerk) -> None:
    tasks = await submitted(lanes, clerk, "one", "needs locks")
    await asyncio.sleep(0.01)
    assert ("under locks", ["needs locks"]) not in clerk.log

    clerk.may_write.set()

    assert await asyncio.gather(*tasks) == ["one", "needs locks, locked"]


async def test_nothing_is_decided_ahead_of_what_nobody_knows_yet(lanes, clerk) -> None:
    first, unknown, after = await submitted(lanes, clerk, "one", "needs locks", "late")
    await asyncio.sleep(0.01)
    assert ("seen", ["late"]) not in clerk.log

    clerk.may_write.set()

    assert await asyncio.gather(first, unknown, after) == ["one", "needs locks, locked", "late"]
    assert clerk.log.index(("under locks", ["needs locks"])) < clerk.log.index(("ahead", ["late"]))


async def test_a_command_that_breaks_something_fails_alone(lanes, clerk) -> None:
    first, poison, *others = await submitted(lanes, clerk, "one", "poison", "late", "late too")

    clerk.may_write.set()

    assert await first == "one"
    with pytest.raises(ValueError, match="poison"):
        await poison
    assert all(answer.startswith("late") for answer in await asyncio.gather(*others))


async def test_a_crowd_lets_others_go_first(lanes, clerk) -> None:
    crowd = await submitted(lanes, clerk, *["wanted"] * 2)
    crowd += [asyncio.create_task(lanes.submit("wanted")) for _ in range(4 * CROWD)]
    apart = asyncio.create_task(lanes.submit("apart"))
    await asyncio.sleep(0)

    clerk.may_write.set()

    assert await apart == "apart"
    [batch] = [words for how, words in clerk.log if how == "ahead" and "apart" in words]
    assert batch.count("wanted") <= CROWD + FEW, "no more than came before it was a crowd, and few"
    assert await asyncio.gather(*crowd) == ["wanted"] * len(crowd)
