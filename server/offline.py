"""What a command needs that works on the tables without serving: servers, migrations, Tortoise, the desk."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tortoise import Tortoise
from tortoise.context import TortoiseContext

from actions import desk
from actions.desk import Desk
from models.config import tortoise_config
from server.migrating import migrate
from server.settings import Settings


@asynccontextmanager
async def tables(settings: Settings) -> AsyncGenerator[Desk, None]:
    """`settings` hold a database URL; its tables are brought up to date first."""
    config = tortoise_config(settings.database_url, pool_size=settings.database_pool_size)
    await migrate(config)
    async with TortoiseContext():
        await Tortoise.init(config=config, _enable_global_fallback=True)
        async with desk.opened(settings.database_url) as opened:
            yield opened
