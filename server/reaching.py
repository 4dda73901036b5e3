"""Whether the database that the settings name can be used: asked once, before a command begins."""

import asyncio
from typing import Final

import asyncpg

from models.config import credentials
from server.settings import SettingError

PATIENCE_SECONDS: Final = 10


def check_database(database_url: str) -> None:
    """Raises SettingError, in words that hold no password."""
    try:
        asyncio.run(_greet(database_url))
    except TimeoutError:
        raise _unusable(f"nobody answered within {PATIENCE_SECONDS} seconds") from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _unusable(str(error)) from None


async def _greet(database_url: str) -> None:
    connection = await asyncpg.connect(**credentials(database_url), timeout=PATIENCE_SECONDS)
    await connection.close()


def _unusable(why: str) -> SettingError:
    return SettingError(
        f"DATABASE_URL: the database cannot be used ({why}). Start it or correct the URL, and try again."
    )
