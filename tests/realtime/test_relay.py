"""The relay numbers every committed fact once, in an order that keeps each order's own."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from realtime import broker, log
from realtime.cursor import Cursor
from realtime.facts import decode_batch
from realtime.relay import Relay
from realtime.waiting import stop
from tests.patience import PATIENCE_SECONDS
from tests.realtime.fixtures import running
from tests.realtime.world import A_DAY, CUP, LONG_AGO, MUG, NORTH, ORDERS, SOUTH, Writers, subscribed

PROJECT = Path(__file__).resolve().parents[2]
RELAY_PROCESS = "import asyncio, sys; from realtime.relay import Relay; asyncio.run(Relay(*sys.argv[1:]).run())"


async def assert_nothing_lost(writers: Writers) -> None:
    logged = await writers.logged()
    assert [row["seq"] for row in logged] == list(range(1, sum(writers.versions.values()) + 1))
    versions: Counter = Counter()
    for row in logged:
        versions[row["order_id"]] += 1
        assert f'"version": {versions[row["order_id"]]}}}' in row["payload"]
    assert versions == writers.versions


async def test_numbers_have_no_gaps_and_every_order_keeps_its_sequence_under_slow_writers(writers, relay):
    await writers.storm(800)

    await writers.settled()
    await assert_nothing_lost(writers)


async def test_relays_that_both_believe_they_lead_neither_double_nor_reorder(writers, relay, database_url):
    async def move_too(limit: int) -> None:
        connection = await asyncpg.connect(database_url)
        epoch = (await log.read_state(connection)).epoch
        try:
            while True:
                await log.move(connection, epoch, limit)
        finally:
            connection.terminate()

    movers = [asyncio.create_task(move_too(limit)) for limit in (3, 7, 500)]
    await writers.storm(600)
    await writers.settled()
    assert not any(mover.done() for mover in movers)
    await stop(*movers)

    await assert_nothing_lost(writers)


async def test_only_one_relay_leads_and_another_takes_over(writers, database_url, redis_url):
    async with running(Relay(database_url, redis_url)) as second:
        async with running(Relay(database_url, redis_url)) as first:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not (first.is_leading or second.is_leading):
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.5)  # long enough for the other one to try
            assert [first.is_leading, second.is_leading].count(True) == 1
        await writers.storm(50)
        await writers.settled()

    await assert_nothing_lost(writers)


@asynccontextmanager
async def relay_process(database_url: str, redis_url: str) -> AsyncGenerator[None, None]:
    """A process that relays and has no time to tidy up when the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RELAY_PROCESS, database_url, redis_url, cwd=PROJECT
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def test_relays_killed_in_the_middle_lose_nothing(writers, database_url, redis_url):
    async with writers.storming(rest=0.03):
        for _ in range(3):
            async with relay_process(database_url, redis_url):
                await writers.logs_more()

    async with running(Relay(database_url, redis_url)):
        await writers.settled()

    await assert_nothing_lost(writers)


async def test_a_relay_outlives_its_database_connections(writers, relay):
    storm = asyncio.create_task(writers.storm(600, rest=0.01))
    for _ in range(3):
        await asyncio.sleep(0.2)
        await writers.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'ordergraph relay%'"
        )

    await storm
    await writers.settled()
    await assert_nothing_lost(writers)


async def test_a_call_is_heard_at_once_in_process_and_through_the_broker(writers, database_url, redis_url, redis):
    async with running(Relay(database_url, redis_url, poll_seconds=A_DAY)) as relay:
        waker = broker.RemoteWaker(redis)
        calling = asyncio.create_task(waker.run())
        await subscribed(redis, broker.WAKE_CHANNEL)

        for wake in (relay.wake, waker.wake):
            await writers.order_fact(ORDERS[0])
            wake()
            await writers.settled()

        await stop(calling)


async def test_a_tail_that_was_not_published_is_published_from_the_log(writers, database_url, redis_url, redis):
    connection = await asyncpg.connect(database_url)
    state = await log.read_state(connection)
    for _ in range(12):
        await writers.order_fact(ORDERS[0])
    await log.move(connection, state.epoch, 12)  # a relay that died between commit and publication
    await connection.close()

    async with redis.pubsub(ignore_subscribe_messages=True) as listener:
        await listener.subscribe(broker.facts_channel(state.epoch))
        async with running(Relay(database_url, redis_url)):
            seqs: list[int] = []
            deadline = time.monotonic() + 5
            while len(seqs) < 12 and time.monotonic() < deadline:
                message = await listener.get_message(timeout=1)
                seqs += [fact.seq for fact in decode_batch(message["data"]).facts] if message else []

    assert seqs == list(range(1, 13))


async def test_pruning_forgets_old_stock_facts_and_keeps_the_orders_time_lines(writers, relay):
    await writers.stock_fact(MUG, NORTH, 1, LONG_AGO)
    await writers.other_fact(order_id=ORDERS[0], recorded_at=LONG_AGO)
    await writers.stock_fact(CUP, SOUTH, 2, LONG_AGO)
    await writers.stock_fact(MUG, NORTH, 3)
    await writers.settled()

    async with writers.pool.acquire() as connection:
        forgotten = await log.prune(connection, keep=timedelta(days=7), now=datetime.now(UTC))
        state = await log.read_state(connection)

    assert forgotten == 2
    assert [row["seq"] for row in await writers.logged()] == [2, 4]
    assert state.horizon_seq == 3
    assert [seq for seq in range(6) if state.can_resume(Cursor(state.epoch, seq))] == [3, 4]
