"""A task that runs as long as a block does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def background(task: asyncio.Task[None]) -> AsyncGenerator[None, None]:
    """The task runs while the block runs."""
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
