"""Waiting and stopping in loops that run for as long as the process."""

import asyncio
from collections.abc import Coroutine
from typing import Any


def is_cancelled() -> bool:
    """Whether this task was told to stop.

    Such loops ask each round, because the telling can get lost on its way up: closing a connection that is dead already
    raises an error of its own in place of CancelledError.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """False when the time is up first. (`asyncio.wait_for` of Python 3.11 may swallow a cancellation.)"""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def run_together(*endless: Coroutine[Any, Any, None]) -> None:
    """Until one of them fails or this is cancelled; then all are stopped, and the failure is raised as it is.

    (`asyncio.TaskGroup` of Python 3.11 leaves its parent looking cancelled after a child failed.)
    """
    tasks = [asyncio.create_task(one) for one in endless]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
