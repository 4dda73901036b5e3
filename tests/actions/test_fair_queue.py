"""Who waits for whom when many want the same."""

import asyncio
from collections.abc import Iterable

import pytest

from actions.fair_queue import CROWD, FEW, FairQueue, Turn
from domain.errors import Overloaded
from tests.patience import PATIENCE_SECONDS

LIMIT, MOST = 64, 128


class Shop:
    """Items are words; each wants its first letter, and is known as a crowd's by it."""

    def __init__(self, takers: int = 1) -> None:
        self.queue = FairQueue[str](LIMIT, takers)
        self.turns: list[Turn[str]] = []

    def put(self, words: Iterable[str]) -> None:
        for word in words:
            self.queue.put(word, word[0])

    async def take(self, most: int = MOST) -> list[str]:
        turn = await self.queue.take(most)
        self.turns.append(turn)
        return turn.items

    def done(self) -> None:
        self.queue.done(self.turns.pop(0))


def hot(count: int, first: int = 0) -> list[str]:
    return [f"h{n}" for n in range(first, first + count)]


async def crowded(takers: int = 1) -> Shop:
    """So many on their way that whoever wants the same belongs to a crowd, and nobody else around."""
    shop = Shop(takers)
    shop.put(hot(CROWD))
    assert await shop.take() == hot(CROWD)
    shop.queue._others_at = float("-inf")
    return shop


async def test_all_that_waits_is_taken_in_order_when_nobody_wants_the_same() -> None:
    shop = Shop()
    shop.put("abcdefg")
    assert await shop.take() == list("abcdefg")


async def test_several_takers_share_what_waits_and_what_is_taken() -> None:
    shop = Shop(takers=2)
    shop.put("abcdefgi")
    assert await shop.take() == list("abcd")
    assert await shop.take() == list("efgi")


async def test_a_turn_has_a_limit() -> None:
    shop = Shop()
    shop.put("abcdefg")
    assert await shop.take(most=3) == list("abc")
    assert await shop.take(most=3) == list("def")


async def test_few_of_a_crowd_go_with_others() -> None:
    shop = await crowded()
    shop.put([*hot(20), "a", "b"])
    shop.done()
    assert await shop.take() == ["a", "b", *hot(FEW)]


async def test_more_of_a_crowd_go_with_many_others() -> None:
    shop = await crowded()
    shop.put(hot(20))
    shop.done()
    others = [chr(ord("A") + n) for n in range(2 * FEW * FEW)]
    shop.put(others)
    assert await shop.take() == others + hot(2 * FEW)


async def test_a_crowd_with_nobody_beside_it_goes_as_everybody_does() -> None:
    shop = await crowded()
    shop.put(hot(20))
    shop.done()
    shop.queue._others_at = float("-inf")
    assert await shop.take() == hot(20)


async def test_its_first_are_no_others_to_it() -> None:
    shop = Shop()
    shop.put(hot(20))
    assert await shop.take() == hot(20)


async def test_others_are_around_for_a_while() -> None:
    shop = await crowded()
    shop.put(["a", *hot(20)])
    shop.done()
    await shop.take()
    shop.done()
    assert await shop.take() == hot(FEW, FEW)


async def test_who_wants_the_same_keeps_the_order_of_arrival() -> None:
    shop = Shop()
    shop.put(hot(CROWD + 12))
    taken: list[str] = []
    while len(taken) < CROWD + 12:
        taken += await shop.take()
        shop.done()
    assert taken == hot(CROWD + 12)


async def test_a_crowd_is_over_when_its_wishes_are_done() -> None:
    shop = await crowded()
    shop.done()
    shop.put(["h", "a"])
    assert await shop.take() == ["h", "a"]


async def test_whoever_wants_several_things_waits_with_the_crowd_of_any() -> None:
    queue = FairQueue[str](LIMIT, 1)
    for word in [*["h"] * CROWD, "ah", "a"]:
        queue.put(word, word)
    assert (await queue.take(MOST)).items == ["h"] * CROWD + ["a", "ah"]


async def test_a_crowd_fills_half_of_the_queue_and_leaves_the_rest_to_others() -> None:
    shop = await crowded()
    shop.put(hot(LIMIT // 2))
    with pytest.raises(Overloaded):
        shop.queue.put("h", "h")
    shop.put(chr(ord("A") + n) for n in range(LIMIT // 2))
    with pytest.raises(Overloaded):
        shop.queue.put("z", "z")


async def test_it_is_joined_when_everything_is_done() -> None:
    shop = Shop()
    shop.put("ab")
    await shop.take(most=1)
    joining = asyncio.create_task(shop.queue.join())
    shop.done()
    await asyncio.sleep(0)
    assert not joining.done()
    await shop.take()
    shop.done()
    await asyncio.wait_for(joining, PATIENCE_SECONDS)
    assert not shop.queue._wanted, "what is done is wanted no more"


async def test_a_taker_waits_for_the_first() -> None:
    shop = Shop()
    taking = asyncio.create_task(shop.take())
    await asyncio.sleep(0)
    shop.put("a")
    assert await asyncio.wait_for(taking, PATIENCE_SECONDS) == ["a"]
