"""Nothing runs before the whole document is allowed, and nothing is in the schema that says nothing about access."""

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.extensions import SchemaExtension

from resolvers.declared import BACKREF, is_bare, own_entity
from resolvers.needs import KnownNeeds, refuse

_known: WeakKeyDictionary[GraphQLSchema, KnownNeeds] = WeakKeyDictionary()


class EnforceNeeds(SchemaExtension):
    """Raises, because errors that one extension merely sets another may overwrite (ValidationCache does)."""

    def on_execute(self) -> Iterator[None]:
        context: Any = self.execution_context
        schema: GraphQLSchema = context.schema._schema  # noqa: SLF001
        known = _known.setdefault(schema, KnownNeeds(schema))
        refuse(known.of(context.query, context.graphql_document), context.context.viewer)
        yield


def bare_fields(schema: GraphQLSchema) -> list[str]:
    """Fields that say nothing about who may read them. Refusals, pages and plain values are as readable as their field."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return [
        f"{kind.name}.{name}"
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and BACKREF in kind.extensions
        for name, field in kind.fields.items()
        if (kind in roots or own_entity(kind)) and is_bare(kind, field)
    ]
