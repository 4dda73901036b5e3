"""Waiting and stopping in loops that run for as long as the process."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

CANCEL_AGAIN_SECONDS = 0.2


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
        await stop(*tasks)


async def stop(*tasks: asyncio.Task[None]) -> None:
    """Cancel and wait. Again and again, for `asyncio.wait_for` of Python 3.11, which libraries use, may swallow it."""
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):  # being cancelled meanwhile must not leave them running
            await asyncio.wait(running, timeout=CANCEL_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)  # so that none complains that nobody looked at its failure
