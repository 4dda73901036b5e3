"""Every statement that the plain executor can send, so that a database can be asked whether it would plan them."""

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLSchema

from domain.viewer import Audience
from resolvers.batches import Ask, ask_of_find, ask_of_relation, batch_of, batch_of_sql
from resolvers.declared import entity_of, own_entity, source_of
from resolvers.paging import filters_of
from resolvers.sources import Entity, Find, Many, One, Page, Source, Sql
from schema.check import declared_fields


def statements(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """(where, SQL) for each field, audience, sort and way, with every filter given."""
    for kind, name, field in declared_fields(schema):
        entity, target, source = own_entity(kind), entity_of(field.type), source_of(field)
        if isinstance(source, Sql) and entity:
            yield f"{kind.name}.{name}", batch_of_sql(source, entity.model).sql
        elif target and isinstance(source, One | Many | Page | Find):
            for audience in Audience:
                for ask, arguments in _asks(source, target, entity):
                    yield f"{kind.name}.{name} for {audience}", batch_of(ask, audience, arguments).sql


def _asks(source: Source, target: Entity, entity: Entity | None) -> Iterator[tuple[Ask, Mapping[str, Any]]]:
    match source:
        case Find():
            yield ask_of_find(source, target), {}
        case Page():
            for is_count in (True, False):
                ask = _ask(source, target, entity, is_count=is_count)
                yield from ((ask, arguments) for arguments in _arguments(source))
        case One() | Many():
            yield _ask(source, target, entity), {}


def _ask(source: One | Many | Page, target: Entity, entity: Entity | None, *, is_count: bool = False) -> Ask:
    if entity is None:
        return Ask(source, target, is_count=is_count)
    return ask_of_relation(source, target, entity.model, is_count=is_count)


def _arguments(page: Page) -> Iterator[dict[str, Any]]:
    everything = SimpleNamespace(**dict.fromkeys(filters_of(page.where), "given"))
    for sort in page.sort:
        yield {"first": 1, "sort": sort}
        yield {"last": 1, "sort": sort, "after": "given", "before": "given", "filter": everything}
