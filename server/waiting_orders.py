"""Orders that wait for stock get it at once when it comes to this process, then plans of quotas; periodic jobs are the net."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from actions import backorders, restocking
from actions.acting import Act
from actions.backorders import RETRY_ACTOR
from actions.quotas.filling import FILL_ACTOR, fill_plans_of
from server.background import background
from server.clock import Clock

log = logging.getLogger("oms.worker")


@asynccontextmanager
async def serving_waiting_orders(clock: Clock) -> AsyncGenerator[None, None]:
    """While the block runs. What arrives while orders are being routed is taken together in the next round."""
    freed: defaultdict[UUID, set[UUID]] = defaultdict(set)
    arrived = asyncio.Event()

    def hear(act: Act, variant_ids: frozenset[UUID]) -> None:
        freed[act.organization_id] |= variant_ids
        arrived.set()

    async def route() -> None:
        while True:
            await arrived.wait()
            arrived.clear()
            for organization_id in list(freed):
                act = Act(organization_id=organization_id, actor=RETRY_ACTOR, now=clock.now())
                arrivals = freed.pop(organization_id)
                try:
                    await backorders.retry_backorders(act, arrivals)
                    await fill_plans_of(replace(act, actor=FILL_ACTOR), arrivals)
                except Exception:
                    log.exception("Not all that came was given to those who wait; the periodic jobs try again")

    restocking.listeners.append(hear)
    try:
        async with background(asyncio.create_task(route())):
            yield
    finally:
        restocking.listeners.remove(hear)
