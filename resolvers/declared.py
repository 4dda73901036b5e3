"""From a GraphQL type or field back to what the schema declared about it."""

from functools import cache
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from domain.permissions import Permission
from resolvers.sources import Column, Entity, Source

BACKREF = GraphQLCoreConverter.DEFINITION_BACKREF


def own_entity(kind: Any) -> Entity | None:
    found: Entity | None = getattr(getattr(kind.extensions.get(BACKREF), "origin", None), "__graph__", None)
    return found


def entity_of(kind: Any) -> Entity | None:
    """The rows behind a type; a connection counts as what it pages over."""
    named: Any = get_named_type(kind)
    if BACKREF not in named.extensions:
        return None
    fields = getattr(named, "fields", {})
    return own_entity(named) or (entity_of(fields["nodes"].type) if "nodes" in fields else None)


@cache
def entities(schema: GraphQLSchema) -> dict[str, Entity]:
    """Every declared type by its name."""
    found = {name: own_entity(kind) for name, kind in schema.type_map.items() if isinstance(kind, GraphQLObjectType)}
    return {name: entity for name, entity in found.items() if entity}


def declared(field: GraphQLField) -> StrawberryField:
    found: StrawberryField = field.extensions[BACKREF]
    return found


def source_of(field: GraphQLField) -> Source | None:
    """None for a field that only Python can answer."""
    found = declared(field)
    if Source in found.metadata:
        source: Source = found.metadata[Source]
        return source
    return Column(found.python_name) if found.is_basic_field else None


def needs_of(kind: Any, field: GraphQLField) -> frozenset[Permission]:
    """The field's own need, or else its type's; to reach another type's rows, what that type needs as well."""
    own, target = own_entity(kind), entity_of(field.type)
    named = declared(field).metadata.get(Permission) or (own.needs if own else None)
    return frozenset(need for need in (named, target.needs if target else None) if isinstance(need, Permission))


def is_bare(kind: Any, field: GraphQLField) -> bool:
    """Whether nothing says who may read the field."""
    own = own_entity(kind)
    return not needs_of(kind, field) and declared(field).metadata.get(Permission) is None and not (own and own.needs)
