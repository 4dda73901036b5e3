"""A feed fed by hand, at the moments a hub rarely hits."""

import asyncio

from realtime import log
from realtime.cursor import Cursor
from realtime.feed import PAGE_FACTS, QUEUE_FACTS, Feed
from realtime.interest import Interest
from realtime.log import LogReader
from tests.realtime.world import ORDERS, OURS, take

EVERYTHING = Interest(organization_id=OURS)


async def numbered(writers, count: int) -> Cursor:
    """That many facts in the log; the cursor before the first."""
    async with writers.pool.acquire() as connection:
        state = await log.read_state(connection)
        await writers.order_facts(ORDERS[0], count)
        await log.move(connection, state.epoch, count)
    return Cursor(state.epoch, state.last_seq)


async def test_a_queue_that_overflows_while_a_page_is_read_is_read_from_the_log_instead(writers):
    count = QUEUE_FACTS + 50
    start = await numbered(writers, count)
    reader, head = LogReader(writers.pool), [10]
    facts = await reader.after(0, count)
    feed = Feed(EVERYTHING, start, reader=reader, head=lambda: head[0], after=start)

    first = asyncio.create_task(anext(feed))
    await asyncio.sleep(0)  # now it waits for the page
    for fact in facts[10:]:
        head[0] = fact.seq
        feed.offer(fact)
    received = [await first, *await take(feed, count - 1)]

    assert [item.fact.seq for item in received] == list(range(1, count + 1))


async def test_facts_offered_while_full_pages_are_read_come_once_and_in_order(writers):
    count = 3 * PAGE_FACTS
    start = await numbered(writers, count)
    reader, head = LogReader(writers.pool), [2 * PAGE_FACTS]
    facts = await reader.after(0, count)
    feed = Feed(EVERYTHING, start, reader=reader, head=lambda: head[0], after=start)

    received = []
    for fact in facts[head[0] :]:
        received += await take(feed, 2)
        head[0] = fact.seq
        feed.offer(fact)
    received += await take(feed, count - len(received))

    assert [item.fact.seq for item in received] == list(range(1, count + 1))
