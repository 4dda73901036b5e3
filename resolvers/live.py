"""What subscriptions say: everything as it is first, then each fact with what it changed, read anew.

A subscriber is registered before the snapshot is read, so no fact falls between the two; a fact that the snapshot shows
already may come again and changes nothing. Whose rows are seen is asked anew for every message.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

from domain.facts import FactKind
from domain.permissions import Permission
from domain.viewer import Viewer
from models import LoggedFact, db
from realtime.cursor import Cursor
from realtime.facts import FACT_COLUMNS, RecordedFact
from realtime.feed import Delivered
from realtime.interest import Interest
from resolvers.context import Info

READ_TRIES: Final = 50  # of a read while the database is away
READ_AGAIN_SECONDS: Final = 0.2

Row = TypeVar("Row")
Found = TypeVar("Found")


class MessageKind(StrEnum):
    SNAPSHOT = "snapshot"
    CHANGED = "changed"
    RESYNC = "resync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Generic[Row]):
    """`rows` are all there are, or the one that changed; `gone` are ids of those no longer on the watched list."""

    kind: MessageKind
    cursor: str
    rows: Sequence[Row]
    fact: LoggedFact | None = None
    gone: Sequence[str] = ()
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """What the viewer saw until now, and no more."""

    id: str


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[Row]):
    rows: Sequence[Row]
    has_more: bool = False


class Watched(Protocol[Row]):
    """What one subscription is about."""

    @property
    def conflates(self) -> bool:
        """Whether a slow subscriber wants only the last state of each thing."""

    def interest(self, viewer: Viewer) -> Interest: ...

    async def check(self, viewer: Viewer) -> None:
        """Raises a DomainError when the viewer may not watch this at all."""

    async def snapshot(self, viewer: Viewer) -> Snapshot[Row]:
        """Everything the viewer may see now. Raises DomainErrors."""

    async def changed(self, viewer: Viewer, fact: RecordedFact) -> Row | Gone | None:
        """What the fact is about as the viewer sees it now; None when it is not the viewer's to see, Gone when no more."""

    def gone(self, row: Row) -> str | None:
        """The id of a row that no longer belongs on the list."""


async def messages(info: Info, watched: Watched[Row], after: str | None) -> AsyncGenerator[Message[Row], None]:
    """Raises BadCursor, SlowConsumer and what `watched` raises; ends when the server stops."""
    start = Cursor.parse(after) if after is not None else None
    await watched.check(info.context.viewer)
    interest = watched.interest(info.context.viewer)
    async with info.context.facts.listen(interest, after=start, conflates=watched.conflates) as feed:
        if start is None:
            yield await _everything(info, watched, MessageKind.SNAPSHOT, feed.position)
        async for item in feed:
            if not isinstance(item, Delivered):
                yield await _everything(info, watched, MessageKind.RESYNC, item.cursor)
            elif message := await _change(info, watched, item):
                yield message


async def _everything(info: Info, watched: Watched[Row], kind: MessageKind, cursor: Cursor) -> Message[Row]:
    found = await _patiently(lambda: watched.snapshot(info.context.viewer))
    return Message(kind=kind, cursor=str(cursor), rows=found.rows, has_more=found.has_more)


async def _change(info: Info, watched: Watched[Row], item: Delivered) -> Message[Row] | None:
    viewer = info.context.viewer
    if not _may_hear(viewer, item.fact):
        return None
    row = await _patiently(lambda: watched.changed(viewer, item.fact))
    if row is None:
        return None
    if isinstance(row, Gone):  # the fact is as little theirs to see as what it is about
        return Message(kind=MessageKind.CHANGED, cursor=str(item.cursor), rows=[], gone=[row.id])
    gone = watched.gone(row)
    return Message(
        kind=MessageKind.CHANGED,
        cursor=str(item.cursor),
        rows=[row],
        fact=_logged(item.fact),
        gone=[gone] if gone else [],
    )


def _may_hear(viewer: Viewer, fact: RecordedFact) -> bool:
    """That somebody wrote a private note is as private as the note."""
    is_private = fact.kind == FactKind.NOTE_ADDED and fact.payload.get("visibility") == "private"
    return not is_private or Permission.READ_PRIVATE_NOTES in viewer.permissions


def _logged(fact: RecordedFact) -> LoggedFact:
    return LoggedFact._init_from_db(seq=fact.seq, **{name: getattr(fact, name) for name in FACT_COLUMNS})  # noqa: SLF001


async def _patiently(read: Callable[[], Awaitable[Found]]) -> Found:
    """A database that restarts must not end every subscription there is."""
    for _ in range(READ_TRIES):
        try:
            return await read()
        except Exception as trouble:
            if not db.retryable(trouble):
                raise
        await asyncio.sleep(READ_AGAIN_SECONDS)
    return await read()
