"""Bring the tables to the newest migration, one migrator at a time.

Tortoise's migrations take no lock: of two started together one crashes half-way. So each first waits for an advisory
lock of the database, which a killed migrator gives back with its connection.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from typing import Any, Final

from asyncpg.exceptions import UndefinedTableError
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.loader import MigrationLoader
from tortoise.migrations.migration import Migration
from tortoise.migrations.operations import AddField, AddIndex, CreateModel, RunSQL
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_generator.state import State

APP = "models"
LOCK_KEY = 7_306_086_987_101  # any number nobody else locks: "orders" in a telephone's letters and a date
LOCK_POLL_SECONDS = 0.2
LOCK_WAIT_SECONDS = 600
UNLIMITED = {"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}


ADDING: Final = (AddField, AddIndex, CreateModel, RunSQL)
"""Operations that never look at the models as they were before."""


class MigrationError(Exception):
    """The tables could not be brought up to date; the message says why."""


class _OnlyGrowing(State):
    """Is its own copy: nobody looks at the models as they were."""

    def clone(self) -> State:
        return self


class _Executor(MigrationExecutor):
    """Tortoise copies all models before every operation, which takes most of the time of a first start."""

    async def _project_state(self, applied: set[MigrationKey], *, upto: MigrationKey | None = None) -> State:
        state = await super()._project_state(applied, upto=upto)
        migrations = [each for each in self.loader.graph.nodes.values() if isinstance(each, Migration)]
        if all(isinstance(operation, ADDING) for each in migrations for operation in each.operations):
            return _OnlyGrowing(models=state.models, apps=state.apps)
        return state


async def migrate(config: Mapping[str, Any]) -> list[str]:
    """Apply what is missing and return the names applied; `config` is what Tortoise.init takes."""
    async with _connected(_patient(config)) as connection, _only_migrator(connection):
        missing = await _missing(connection, config)
        executor = _Executor(connection, config["apps"])
        await executor.migrate([MigrationTarget(app_label=APP, name="__latest__")], direction="forward")
    return missing


async def pending(config: Mapping[str, Any]) -> list[str]:
    """Names of the migrations this code has and the database has not, oldest first."""
    async with _connected(config) as connection:
        return await _missing(connection, config)


def head(config: Mapping[str, Any]) -> str:
    """Name of the newest migration this code has."""
    names = names_on_disk(config)
    return names[-1] if names else ""


async def applied(connection: BaseDBAsyncClient) -> set[str]:
    """Names of the migrations this database has."""
    try:
        rows = await connection.execute_query_dict("SELECT name FROM tortoise_migrations WHERE app = $1", [APP])
    except OperationalError as error:
        if isinstance(error.args[0], UndefinedTableError):
            return set()
        raise
    return {row["name"] for row in rows}


async def _missing(connection: BaseDBAsyncClient, config: Mapping[str, Any]) -> list[str]:
    there = await applied(connection)
    return [name for name in names_on_disk(config) if name not in there]


def names_on_disk(config: Mapping[str, Any]) -> list[str]:
    loader = MigrationLoader(config["apps"], MigrationRecorder(connection=None))
    loader.load_disk()
    return sorted(key.name for key in loader.disk_migrations if key.app_label == APP)


@asynccontextmanager
async def _connected(config: Mapping[str, Any]) -> AsyncGenerator[BaseDBAsyncClient, None]:
    """In a context of its own, so that an application's connections in the same process stay as they are."""
    async with TortoiseContext():
        await Tortoise.init(config=dict(config))
        yield get_connection("default")


def _patient(config: Mapping[str, Any]) -> dict[str, Any]:
    """Changing a big table takes longer than any time limit meant for requests."""
    copy = deepcopy(dict(config))
    credentials = copy["connections"]["default"]["credentials"]
    credentials["server_settings"] = {**credentials.get("server_settings", {}), **UNLIMITED}
    return copy


@asynccontextmanager
async def _only_migrator(connection: BaseDBAsyncClient) -> AsyncGenerator[None, None]:
    async with connection.acquire_connection() as held:
        deadline = time.monotonic() + LOCK_WAIT_SECONDS
        while not await held.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY):
            if time.monotonic() > deadline:
                raise MigrationError(f"Another migrator has held the lock for {LOCK_WAIT_SECONDS} s. Stop it first.")
            await asyncio.sleep(LOCK_POLL_SECONDS)
        try:
            yield
        finally:
            await held.fetchval("SELECT pg_advisory_unlock($1)", LOCK_KEY)
