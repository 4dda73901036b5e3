"""Proof, before the first request, that declarations and models agree. A compiled plan trusts what is proven here.

What only a database can say (columns that are NOT NULL, indexes that exist, SQL that can be planned) is listed here too
and compared by a test and by `oms.py check`.
"""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, get_named_type
from tortoise.fields import BigIntField
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model

from domain.permissions import Permission
from resolvers.declared import BACKREF, declared, entities, entity_of, own_entity, source_of
from resolvers.ids import IdOf
from resolvers.keyset import Order
from resolvers.paging import filters_of
from resolvers.relations import column_of, field_of, link, relation_of, table_of
from resolvers.sources import Column, Columns, Entity, Find, Many, One, Page, Source
from schema.indexes import declared_indexes, needs_of_field


def problems(schema: GraphQLSchema) -> list[str]:
    """Every declaration that models do not bear out, as `Type.field: what is wrong`."""
    found = [
        f"{kind.name}.{name}: {problem}"
        for kind, name, field in declared_fields(schema)
        for problem in _of_field(schema, own_entity(kind), source_of(field), field)
    ]
    nodes = [entity for entity in entities(schema).values() if _is_node(schema, entity)]
    twins = {entity.model.__name__ for entity in nodes if sum(each.model is entity.model for each in nodes) > 1}
    return [*found, *(f"{model} has two types that are a Node" for model in sorted(twins))]


def declared_fields(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, str, GraphQLField]]:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and BACKREF in kind.extensions:
            for name, field in kind.fields.items():
                yield kind, name, field


def not_null_columns(schema: GraphQLSchema) -> set[tuple[str, str]]:
    """What the database must hold NOT NULL for plans to be right: compare with pg_attribute."""
    return {
        (table_of(entity.model), column)
        for entity in entities(schema).values()
        for name, column in entity.model._meta.fields_db_projection.items()  # noqa: SLF001
        if not field_of(entity.model, name).null
    }


def _of_field(
    schema: GraphQLSchema, entity: Entity | None, source: Source | None, field: GraphQLField
) -> Iterator[str]:
    target, is_promised = entity_of(field.type), isinstance(field.type, GraphQLNonNull)
    match source:
        case Column(name, of) if entity:
            yield from _of_column(entity.model, name, field, is_promised=is_promised)
            yield from _of_id(schema, of)
        case Columns(names) if entity:
            for _, name in names:
                column = field_of(entity.model, name)
                if column is None or (column.null and is_promised):
                    yield f"{name!r} is missing or may be NULL"
        case One() | Many() | Page() if entity or (isinstance(source, Page) and target):
            yield from _of_rows(schema, entity, source, target, is_promised=is_promised)
        case Find() if target:
            yield from _of_find(schema, target.model, source)


def _of_column(model: type[Model], name: str, field: GraphQLField, *, is_promised: bool) -> Iterator[str]:
    column = field_of(model, name)
    if column is None:
        yield f"{model.__name__} has no column {name!r}"
    elif is_promised and column.null:
        yield "the column may be NULL, the field may not"
    elif isinstance(column, BigIntField) and get_named_type(field.type).name == "Int":
        yield "the column holds more than an Int"


def _of_id(schema: GraphQLSchema, of: str | None) -> Iterator[str]:
    if of is not None and of not in entities(schema):
        yield f"there is no type {of!r}"


def _of_rows(
    schema: GraphQLSchema, entity: Entity | None, source: One | Many | Page, target: Entity | None, *, is_promised: bool
) -> Iterator[str]:
    if entity and (source.relation is None or relation_of(entity.model, source.relation) is None):
        yield f"{entity.model.__name__} has no relation {source.relation!r}"
        return
    owner = link(entity.model, str(source.relation)) if entity else None
    if target is None or (owner and target.model is not owner.model):
        yield f"relation {source.relation!r} leads elsewhere"
        return
    if isinstance(source, One) and is_promised and entity:
        relation = relation_of(entity.model, source.relation)
        if not isinstance(relation, ForeignKeyFieldInstance) or relation.null:
            yield "the row may be missing, the field may not"
    if isinstance(source, Page) and (wrong := [*_of_page(target.model, source)] or [*_hidden(schema, target, source)]):
        yield from wrong
        return
    for need in needs_of_field(source, target.model, owner):
        if not need.is_met(declared_indexes(need.model)):
            yield str(need)


def _of_page(model: type[Model], page: Page) -> Iterator[str]:
    for sort in page.sort:
        names = [name.strip() for name in str(sort.value).removeprefix("-").split(",")]
        missing = [name for name in names if field_of(model, name) is None]
        yield from (f"sort {sort.name}: {model.__name__} has no column {name!r}" for name in missing)
        if not missing and any(field_of(model, name).null for name in Order.of(model, sort).fields):
            yield f"sort {sort.name}: rows without a value would be on no page"
    for name, rule in filters_of(page.where).items():
        if rule.text is None and field_of(model, rule.column) is None:
            yield f"filter {name}: {model.__name__} has no column {rule.column!r}"


def _hidden(schema: GraphQLSchema, target: Entity, page: Page) -> Iterator[str]:
    """Conditions and sorts by what only some may read, which would tell it to others."""
    kind: Any = schema.type_map[target.name]
    needed: dict[str, Any] = {}
    for field in kind.fields.values():
        source, need = source_of(field), declared(field).metadata.get(Permission)
        if isinstance(need, Permission) and need is not target.needs and isinstance(source, Column | One):
            needed[source.name if isinstance(source, Column) else f"{source.relation}_id"] = need
    for name, rule in filters_of(page.where).items():
        if needed.get(rule.column) is not rule.needs:
            yield f"filter {name}: its column needs {needed.get(rule.column)}, it says {rule.needs}"
    for sort in page.sort:
        if any(name in needed for name in Order.of(target.model, sort).fields):
            yield f"sort {sort.name}: not everybody may read what it sorts by"


def _of_find(schema: GraphQLSchema, model: type[Model], source: Find) -> Iterator[str]:
    for _, kind in source.by:
        yield from _of_id(schema, kind.name if isinstance(kind, IdOf) else None)
    wanted = {column_of(model, name) for name, _ in source.by}
    meta: Any = model._meta  # noqa: SLF001
    unique = [{column_of(model, name) for name in names} for names in meta.unique_together]
    unique += [{column} for name, column in meta.fields_db_projection.items() if field_of(model, name).unique]
    if wanted and not any(columns - {"organization_id"} <= wanted for columns in unique):
        yield f"{', '.join(sorted(wanted))} may find several rows"


def _is_node(schema: GraphQLSchema, entity: Entity) -> bool:
    kind = schema.type_map[entity.name]
    return isinstance(kind, GraphQLObjectType) and any(each.name == "Node" for each in kind.interfaces)
