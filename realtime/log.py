"""The event log in the database: numbering facts, reading them back, forgetting old ones."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from models.facts import RELAY_STATE_ID
from realtime.cursor import Cursor
from realtime.facts import FACT_COLUMNS, RecordedFact, from_row
from realtime.interest import Interest

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Source: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.Pool[asyncpg.Record]"

# What a database that restarts, fails over or is full may throw; all of it is worth another try.
DATABASE_TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)
COMMAND_SECONDS = 10.0  # a statement of ours that takes longer will not come back
PRUNED_AT_ONCE = 5_000  # facts looked at in one transaction, so that the relay never waits long for its row

_COLUMNS = ", ".join(FACT_COLUMNS)
_SQL_STATE = "SELECT epoch, last_seq, published_seq, horizon_seq FROM relay_state WHERE id = $1"
_SQL_MOVE = f"""
WITH taken AS (
    DELETE FROM outbox WHERE id = ANY (ARRAY (SELECT id FROM outbox ORDER BY id LIMIT $2)) RETURNING id, {_COLUMNS}
), logged AS (
    INSERT INTO event_log (seq, {_COLUMNS})
    SELECT $1 + row_number() OVER (ORDER BY id), {_COLUMNS} FROM taken
    RETURNING seq, {_COLUMNS}
), counted AS (
    UPDATE relay_state SET last_seq = newest.seq FROM (SELECT max(seq) AS seq FROM logged) AS newest
    WHERE id = $3 AND newest.seq IS NOT NULL
)
SELECT * FROM logged ORDER BY seq
"""


class HistoryChanged(Exception):
    """The database was emptied, restored or given a new epoch: the numbers in hand belong to another history."""


@dataclass(frozen=True, slots=True)
class State:
    """`horizon_seq`: facts up to here may be forgotten, so a cursor before it cannot be resumed from."""

    epoch: UUID
    last_seq: int
    published_seq: int
    horizon_seq: int

    def can_resume(self, after: Cursor) -> bool:
        return after.epoch == self.epoch and self.horizon_seq <= after.seq <= self.last_seq


async def read_state(connection: Source) -> State:
    """Makes the state, with a new epoch, when the database has none yet."""
    row = await connection.fetchrow(_SQL_STATE, RELAY_STATE_ID)
    while row is None:
        await connection.execute(
            "INSERT INTO relay_state (id, last_seq, published_seq, horizon_seq, epoch) "
            "SELECT $1, seq, seq, seq, $2 FROM (SELECT coalesce(max(seq), 0) AS seq FROM event_log) AS log "
            "ON CONFLICT DO NOTHING",
            RELAY_STATE_ID,
            uuid.uuid4(),
        )
        row = await connection.fetchrow(_SQL_STATE, RELAY_STATE_ID)
    return State(*row)


async def has_waiting(connection: Connection, epoch: UUID) -> bool:
    """Whether the outbox holds facts. Raises HistoryChanged when the database is no longer at `epoch`."""
    row = await connection.fetchrow(
        "SELECT (SELECT epoch FROM relay_state WHERE id = $1) AS epoch, EXISTS (SELECT FROM outbox) AS waits",
        RELAY_STATE_ID,
    )
    if row is None or row["epoch"] != epoch:
        raise HistoryChanged
    return bool(row["waits"])


async def move(connection: Connection, epoch: UUID, limit: int) -> list[asyncpg.Record]:
    """Moves up to `limit` facts from the outbox to the log and numbers them; returns them in order.

    Raises HistoryChanged when the database is no longer at `epoch`.
    Locks the relay's row first: whoever else moves facts waits there, so numbers have no gaps and commit in order.
    Commits with the server's ordinary durability: a number that was published must never be given out again.
    """
    async with connection.transaction():
        state = await connection.fetchrow(f"{_SQL_STATE} FOR UPDATE", RELAY_STATE_ID)
        if state is None or state["epoch"] != epoch:
            raise HistoryChanged
        return await connection.fetch(_SQL_MOVE, state["last_seq"], limit, RELAY_STATE_ID)


async def fetch_after(connection: Source, seq: int, limit: int) -> list[asyncpg.Record]:
    return await connection.fetch(
        f"SELECT seq, {_COLUMNS} FROM event_log WHERE seq > $1 ORDER BY seq LIMIT $2", seq, limit
    )


async def note_published(connection: Source, seq: int) -> None:
    await connection.execute(
        "UPDATE relay_state SET published_seq = $2 WHERE id = $1 AND published_seq < $2", RELAY_STATE_ID, seq
    )


class LogReader:
    """Reads on a few connections of its own, so that a storm of resuming subscribers cannot starve the writers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def state(self) -> State:
        return await read_state(self._pool)

    async def after(self, seq: int, limit: int) -> list[RecordedFact]:
        return [from_row(row) for row in await fetch_after(self._pool, seq, limit)]

    async def matching(self, interest: Interest, *, after: int, upto: int, limit: int) -> list[RecordedFact]:
        values: list[Any] = [after, upto, limit]
        conditions = ["seq > $1", "seq <= $2"]
        if interest.is_of_order:
            conditions.append("order_id IS NOT NULL")
        for column, wanted in interest.restrictions():
            values.append(wanted)
            conditions.append(f"{column} = ANY (${len(values)})")
        rows: Sequence[asyncpg.Record] = await self._pool.fetch(
            f"SELECT seq, {_COLUMNS} FROM event_log WHERE {' AND '.join(conditions)} ORDER BY seq LIMIT $3", *values
        )
        return [from_row(row) for row in rows]


async def prune(connection: Connection, *, keep: timedelta, now: datetime) -> int:
    """Forgets facts of no order that are older than `keep`; returns how many.

    Facts of orders stay: they are the orders' time lines. The horizon moves over everything older than `keep` all the
    same, so that whether a cursor can still be resumed from depends on its age alone.
    """
    forgotten = 0
    while True:
        horizon = (await read_state(connection)).horizon_seq
        rows = await connection.fetch(
            "SELECT seq, recorded_at FROM event_log WHERE seq > $1 ORDER BY seq LIMIT $2", horizon, PRUNED_AT_ONCE
        )
        old = _leading_older_than(now - keep, rows)
        if not old:
            return forgotten
        forgotten += await _forget(connection, horizon, old[-1])


def _leading_older_than(moment: datetime, rows: Sequence[asyncpg.Record]) -> list[int]:
    old: list[int] = []
    for seq, recorded_at in rows:
        if recorded_at >= moment:
            break
        old.append(seq)
    return old


async def _forget(connection: Connection, horizon: int, upto: int) -> int:
    """The horizon moves in the transaction that deletes: a reader sees a fact gone only together with the reason."""
    async with connection.transaction():
        await connection.execute(
            "UPDATE relay_state SET horizon_seq = greatest(horizon_seq, $2) WHERE id = $1", RELAY_STATE_ID, upto
        )
        done = await connection.execute(
            "DELETE FROM event_log WHERE seq > $1 AND seq <= $2 AND order_id IS NULL", horizon, upto
        )
    return int(done.rpartition(" ")[2])


async def begin_epoch(connection: Connection) -> UUID:
    """After restoring a backup: facts since then are lost and their numbers will be given out again.

    Every cursor handed out before is expired by this.
    """
    await read_state(connection)
    epoch = uuid.uuid4()
    await connection.execute("UPDATE relay_state SET epoch = $2 WHERE id = $1", RELAY_STATE_ID, epoch)
    return epoch
