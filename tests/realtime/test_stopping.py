"""Whatever moment it is told to, the relay and the hub stop at once."""

import asyncio

import pytest

from realtime.hub import Hub
from realtime.interest import Interest
from realtime.relay import Relay
from realtime.waiting import run_together, stop
from tests.patience import PATIENCE_SECONDS
from tests.realtime.world import OURS


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144])
async def test_a_relay_stops_at_any_moment_of_its_start(writers, database_url, redis_url, milliseconds):
    relay = asyncio.create_task(Relay(database_url, redis_url).run())
    await asyncio.sleep(milliseconds / 1000)

    relay.cancel()
    await asyncio.wait({relay}, timeout=PATIENCE_SECONDS)

    assert relay.done()


async def test_a_hub_stops_whatever_it_is_doing(writers, database_url, redis_url):
    for pause in (0, 0.001, 0.005, 0.02, 0.1):
        hub = Hub(database_url, redis_url)
        await hub.start()
        async with hub.listen(Interest(organization_id=OURS), after=hub.position) as feed:
            await asyncio.sleep(pause)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await hub.close()
                assert [item async for item in feed] == []


async def test_what_runs_together_stops_together_and_the_failure_is_told():
    stopped = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append("endless")

    async def failing() -> None:
        await asyncio.sleep(0)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await run_together(endless(), failing())

    assert stopped == ["endless"]


async def test_a_task_that_swallows_its_cancellation_is_told_again():
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE_SECONDS):
        await stop(task)

    assert task.cancelled()
