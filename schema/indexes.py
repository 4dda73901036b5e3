"""Which indexes the lists of the graph need, so that no page is found by reading a whole table.

A page of all rows is found by organization, then by the sort's columns and the id; a page of a relation by the relation
first. A filter of all rows needs its column after the organization, or first; within a relation rows are few already.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLSchema
from tortoise.indexes import Index, PartialIndex
from tortoise.models import Model

import models
from resolvers.declared import entity_of, own_entity, source_of
from resolvers.keyset import Order
from resolvers.paging import filters_of
from resolvers.relations import Link, column_of, field_of, link, table_of
from resolvers.sources import Many, Narrowing, One, Page, Source

TENANT = "organization_id"
Columns = tuple[str, ...]
ONLY_IN_SQL: dict[type[Model], list[Columns]] = {
    models.LineStatus: [("line_id", "status", "location_id", "fulfilment_id")],
}
"""Indexes of whole tables that Tortoise cannot say, made by migrations."""


@dataclass(frozen=True, slots=True)
class IndexNeed:
    """`what` needs an index on `table` that begins with one of `choices`. `model` is None for a join table."""

    what: str
    model: type[Model] | None
    table: str
    choices: tuple[Columns, ...]
    is_of_prefix: bool = False

    def is_met(self, indexes: Iterable[Columns] | None) -> bool:
        """`indexes` None: the model does not say, only the database does."""
        if indexes is None or self.is_of_prefix:
            return True
        return any(index[: len(choice)] == choice for index in indexes for choice in self.choices)

    def __str__(self) -> str:
        return f"{self.what} needs an index on {self.table} ({' or '.join(', '.join(each) for each in self.choices)})"


def index_needs(schema: GraphQLSchema) -> Iterator[IndexNeed]:
    """Every need of the schema: compare with pg_index."""
    for kind in schema.type_map.values():
        for field in getattr(kind, "fields", {}).values():
            entity, target = (own_entity(kind), entity_of(field.type)) if hasattr(field, "args") else (None, None)
            source = source_of(field) if target else None
            if target and isinstance(source, One | Many | Page):
                owner = link(entity.model, str(source.relation)) if entity and source.relation else None
                yield from needs_of_field(source, target.model, owner)


def needs_of_field(source: Source, model: type[Model], owner: Link | None) -> Iterator[IndexNeed]:
    """`owner` is the way from the parent row, None for all rows."""
    if owner and owner.through:
        yield IndexNeed("the relation", None, owner.through, ((owner.remote,),))
        return
    lead = (owner.remote,) if owner else (TENANT,) if field_of(model, TENANT) else ()
    if isinstance(source, Page):
        for sort in source.sort:
            yield _need(f"sort {sort.name}", model, (*lead, *Order.of(model, sort).columns))
        if owner is None:
            yield from _of_filters(source, model, lead)
    elif owner:
        yield _need("the relation", model, lead)


def declared_indexes(model: type[Model] | None) -> list[Columns] | None:
    """What the model says: keys, unique columns and its Meta. Partial indexes serve no list."""
    if model is None:
        return None
    meta: Any = model._meta  # noqa: SLF001
    found = [
        (column,)
        for name, column in meta.fields_db_projection.items()
        if (field := field_of(model, name)).pk or field.unique or field.index
    ]
    listed = [*meta.unique_together, *(index for index in meta.indexes if not isinstance(index, PartialIndex))]
    names = [index.fields if isinstance(index, Index) else index for index in listed]
    known = [tuple(column_of(model, name) for name in each) for each in names]
    return [*found, *known, *ONLY_IN_SQL.get(model, ())]


def _of_filters(page: Page, model: type[Model], lead: Columns) -> Iterator[IndexNeed]:
    stored = {name: rule for name, rule in filters_of(page.where).items() if rule.text is None}
    for name, rule in stored.items():
        column = column_of(model, rule.column)
        if rule.narrowing is Narrowing.STARTS:
            prefix = (*lead, f"lower({column}::text) text_pattern_ops")
            yield IndexNeed(f"filter {name}", model, table_of(model), (prefix,), is_of_prefix=True)
        else:
            yield _need(f"filter {name}", model, (*lead, column), (column,))


def _need(what: str, model: type[Model], *choices: Columns) -> IndexNeed:
    return IndexNeed(what, model, table_of(model), choices)
