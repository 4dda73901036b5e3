"""The work behind the requests: the relay, and the periodic jobs, in the one process that holds the relay's lock."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from actions import outbox
from models.db import unavailable
from realtime.relay import Relay
from server.jobs import Job
from server.settings import Settings
from server.waiting_orders import serving_waiting_orders

log = logging.getLogger("oms.worker")


@asynccontextmanager
async def working(settings: Settings, jobs: Sequence[Job]) -> AsyncGenerator[Relay, None]:
    """Relay and jobs run while the block runs. Tortoise must be initialised.

    Any number of processes may do this: the others stand by, and take over within a second of the first one's death.
    """
    relay = Relay(settings.database_url, settings.redis_url, poll_seconds=settings.relay_interval_seconds)
    outbox.wakers.append(relay.wake)
    tasks = [asyncio.create_task(relay.run()), *(asyncio.create_task(_repeat(job, settings, relay)) for job in jobs)]
    try:
        async with serving_waiting_orders(settings.clock):
            yield relay
    finally:
        outbox.wakers.remove(relay.wake)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(job: Job, settings: Settings, relay: Relay) -> None:
    while True:
        await asyncio.sleep(job.interval_seconds)
        if relay.is_leading:
            await _run(job, settings, settings.clock.now())


async def _run(job: Job, settings: Settings, now: datetime) -> None:
    try:
        done = await job.work(settings, now)
    except Exception as error:
        # Of a database that is away the relay says enough; a trace is for mistakes of ours.
        is_ours = not unavailable(error)
        log.exception("A job failed; it is tried again at its next turn", exc_info=is_ours, extra={"job": job.name})
    else:
        if done:
            log.info("A job did its work", extra={"job": job.name, "done": done})
