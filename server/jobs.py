"""The periodic jobs. Each is safe to run twice and to be stopped anywhere; add yours to JOBS."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from tortoise.connection import get_connection

from realtime.log import Connection, prune
from server.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """`work` is told the settings and the moment; what it returns is how much it did, for the log."""

    name: str
    interval_seconds: float
    work: Callable[[Settings, datetime], Awaitable[int]]


async def forget_old_facts(settings: Settings, now: datetime) -> int:
    pool: Any = get_connection("default")
    async with pool.acquire_connection() as connection:
        return await prune(cast("Connection", connection), keep=timedelta(days=settings.facts_kept_days), now=now)


JOBS: Final = (Job("forget old facts", 600, forget_old_facts),)
