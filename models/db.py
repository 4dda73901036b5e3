"""Transactions and plain SQL on Tortoise's connection.

Tortoise's own `in_transaction` leaks a pooled connection when it is cancelled while BEGIN is on its way, and poisons a
long-lived task when the connection dies while it is given back; nothing here uses it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg
from tortoise import Tortoise
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connections
from tortoise.exceptions import DBConnectionError, OperationalError, TransactionManagementError

log = logging.getLogger("oms.db")

CONNECTION: Final = "default"
ACQUIRE_SECONDS: Final = 5
"""A command that gets no connection within this fails; waiting longer would only hide an overload."""
CLOSE_SECONDS: Final = 5

RETRYABLE_STATES: Final = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
UNAVAILABLE_STATES: Final = frozenset({"25006", "25P03", "57014"})
"""Of a standby that took over's predecessor, of a transaction that was left waiting, and of a statement that took too long."""
UNAVAILABLE_CLASSES: Final = ("08", "53", "57P", "58")
"""Connection, resources such as connections and memory, shutdown, and the system below."""
UNIQUE_VIOLATION: Final = "23505"


@asynccontextmanager
async def tx() -> AsyncGenerator[TransactionalDBClient, None]:
    """One transaction for everything this task does with Tortoise inside; inside another one, a savepoint.

    Never leaves a connection behind, and never turns a commit into an error because giving the connection back failed.
    """
    client = _client()
    if isinstance(client, TransactionalDBClient):
        async with client._in_transaction() as nested:  # noqa: SLF001
            yield nested
        return
    context: Any = client._in_transaction()  # noqa: SLF001
    await context.ensure_connection()
    wrapper = context.client
    pool = wrapper._parent._pool  # noqa: SLF001
    connection = wrapper._connection = await pool.acquire(timeout=ACQUIRE_SECONDS)  # noqa: SLF001
    token = get_connections().set(CONNECTION, wrapper)
    try:
        await wrapper.begin()
        try:
            yield wrapper
        except BaseException:
            if not wrapper._finalized:  # noqa: SLF001
                with suppress(Exception):
                    await wrapper.rollback()
            raise
        if not wrapper._finalized:  # noqa: SLF001
            await wrapper.commit()
    finally:
        get_connections().reset(token)
        await _give_back(pool, connection)


async def _give_back(pool: Any, connection: Any) -> None:
    try:
        await asyncio.shield(pool.release(connection))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.warning("a connection could not be given back: %r", error)


async def close_surely(pool: Any) -> None:
    """Closed in any case, and quietly: a connection that died cannot say goodbye."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.warning("connections are dropped, for they could not be closed: %r", error)
        pool.terminate()


def in_transaction() -> bool:
    return isinstance(_client(), TransactionalDBClient)


def retryable(error: BaseException) -> bool:
    """Whether the same work may succeed when done again from its start: it lost a race, or the connection went away."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state in RETRYABLE_STATES or state.startswith("08")
    if isinstance(error, OperationalError | DBConnectionError) and error.args and isinstance(error.args[0], Exception):
        return retryable(error.args[0])
    return _is_lost(error) or isinstance(error, ConnectionError)


def unavailable(error: BaseException | None) -> bool:
    """Whether the database is to blame and not the work: nothing is wrong with asking again in a while."""
    if isinstance(error, OperationalError | DBConnectionError | TransactionManagementError):
        inner = error.args[0] if error.args else None
        return unavailable(inner) if isinstance(inner, Exception) else isinstance(error, DBConnectionError)
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return retryable(error) or state in UNAVAILABLE_STATES or state.startswith(UNAVAILABLE_CLASSES)
    return error is not None and (_is_lost(error) or isinstance(error, OSError))


def _is_lost(error: BaseException) -> bool:
    """A ValueError among them is a value that no connection would take."""
    return isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError) and not isinstance(error, ValueError)


def violated(error: BaseException) -> str | None:
    """The name of the unique constraint that an IntegrityError of Tortoise or an error of asyncpg is about."""
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    if getattr(inner, "sqlstate", None) == UNIQUE_VIOLATION:
        name: str = getattr(inner, "constraint_name", "") or ""
        return name
    return None


async def rows(sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Also for INSERT and UPDATE with RETURNING, which Tortoise's `execute_query` loses."""
    found: list[dict[str, Any]] = await _client().execute_query_dict(sql, list(values))
    return found


async def execute(sql: str, values: Sequence[Any] = ()) -> None:
    await _client().execute_query(sql, list(values))


class Fetching:
    """This task's connection with asyncpg's `fetch`, for readers that serve group commits too."""

    @staticmethod
    async def fetch(sql: str, *values: Any) -> list[dict[str, Any]]:
        return await rows(sql, values)


def connection() -> Any:
    """This transaction's connection as asyncpg's own, for what group commits do on theirs."""
    client = _client()
    assert isinstance(client, TransactionalDBClient), "only within a transaction"
    return client._connection  # noqa: SLF001 - Tortoise's wrapper of it


def _client() -> Any:
    return Tortoise.get_connection(CONNECTION)
