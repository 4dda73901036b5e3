"""The plain executor: every declared relation as one batched query per request, for any number of parent rows."""

from asyncio import Future, shield
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any
from uuid import UUID

from aiodataloader import DataLoader
from tortoise.models import Model

from domain.viewer import Viewer
from models import db
from resolvers.batches import (
    NO_ARGUMENTS,
    Ask,
    Batch,
    argument_value,
    ask_of_find,
    ask_of_relation,
    batch_of,
    batch_of_sql,
)
from resolvers.ids import uuid_of
from resolvers.sources import Entity, Find, Many, One, Page, Sql
from resolvers.statement import Call, Clock, utc_now

MAX_BATCH = 1000


class Related(DataLoader[Any, list[Any]]):
    """What one batch finds, key by key: rows of `model`, or bare values where there is none."""

    def __init__(self, batch: Batch, values: list[Any], model: type[Model] | None) -> None:
        super().__init__(max_batch_size=MAX_BATCH)
        self._batch, self._bound, self._model = batch, values, model

    def load(self, key: Any) -> "Future[list[Any]]":
        """One key, never inside a write transaction: its rows would be shared with readers outside.

        Everybody who wants a key shares one future, so a caller that is cancelled must not cancel it: graphql-core
        cancels the siblings of a field that failed, and others may be waiting for the same row.
        """
        if db.in_transaction():
            raise TypeError("Loaders read outside write transactions: commit first, then read the result.")
        shared = super().load(key)
        return shared if shared.done() else shield(shared)

    async def batch_load_fn(self, keys: list[Any]) -> list[list[Any]]:
        found: defaultdict[int, list[Any]] = defaultdict(list)
        for row in await db.rows(self._batch.sql, [*self._bound, keys]):
            at, _ = row.pop("_at"), row.pop("_n")
            found[at].append(self._model._init_from_db(**row) if self._model else row["value"])  # noqa: SLF001
        return [found[at] for at in range(1, len(keys) + 1)]


class Loaders:
    """Fresh for every request and for every event of a subscription, so nothing read is ever stale."""

    def __init__(self, viewer: Viewer, clock: Clock = utc_now) -> None:
        self._viewer, self._clock = viewer, clock
        self._open: dict[Hashable, Related] = {}

    async def one(self, source: One, entity: Entity, row: Model) -> Model | None:
        rows = await self._related(source, entity, row)
        return rows[0] if rows else None

    async def many(self, source: Many, entity: Entity, row: Model) -> list[Model]:
        return await self._related(source, entity, row)

    async def page(self, source: Page, entity: Entity, row: Model | None, arguments: Mapping[str, Any]) -> list[Model]:
        """One row more than asked for, to know whether there are more; the last one first when reading backwards."""
        return await self._related(source, entity, row, arguments)

    async def count(self, source: Page, entity: Entity, row: Model | None, arguments: Mapping[str, Any]) -> int:
        """How many rows the filter leaves, counted no further than `MAX_COUNTED + 1`."""
        narrowed = {name: value for name, value in arguments.items() if name == "filter"}
        counted = await self._related(source, entity, row, narrowed, is_count=True)
        return int(counted[0]) if counted else 0

    async def find(self, source: Find, entity: Entity, arguments: Mapping[str, Any]) -> Model | None:
        """The row with these values. Raises `BadId`."""
        if source.by:
            name, kind = source.by[0]
            key = argument_value(kind, arguments[name])
        else:
            key = uuid_of(entity.name, arguments["id"])
        ask = ask_of_find(source, entity)
        rows = await self._loader(ask, arguments if len(source.by) > 1 else NO_ARGUMENTS).load(key)
        return rows[0] if rows else None

    async def by_key(self, entity: Entity, keys: Iterable[UUID]) -> dict[UUID, Any]:
        """The rows with these keys that the viewer may see, for resolvers that know keys only from what is stored."""
        wanted = list(dict.fromkeys(keys))
        found = await self._loader(ask_of_find(Find(()), entity), NO_ARGUMENTS).load_many(wanted)
        return {key: rows[0] for key, rows in zip(wanted, found, strict=True) if rows}

    async def computed(self, source: Sql, row: Model) -> Any:
        model = type(row)
        key = (source, model)
        if key not in self._open:
            batch = batch_of_sql(source, model)
            self._open[key] = Related(batch, batch.parameters.values(Call(self._viewer, (), self._clock)), None)
        values = await self._open[key].load(row.pk)
        return values[0]

    async def _related(
        self,
        source: One | Many | Page,
        entity: Entity,
        row: Model | None,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        *,
        is_count: bool = False,
    ) -> list[Any]:
        if row is None or source.relation is None:
            return await self._loader(Ask(source, entity, is_count=is_count), arguments).load(0)
        ask = ask_of_relation(source, entity, type(row), is_count=is_count)
        assert ask.relation is not None, "just asked for"
        key = getattr(row, type(row)._meta.fields_db_projection_reverse[ask.relation.local])  # noqa: SLF001
        return [] if key is None else await self._loader(ask, arguments).load(key)

    def _loader(self, ask: Ask, arguments: Mapping[str, Any]) -> Related:
        key = (ask, repr(sorted(arguments.items())))
        if key not in self._open:
            batch = batch_of(ask, self._viewer.audience, arguments)
            values = batch.parameters.values(Call(self._viewer, [arguments], self._clock))
            self._open[key] = Related(batch, values, None if ask.is_count else ask.entity.model)
        return self._open[key]
