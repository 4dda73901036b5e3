"""What in the schema says nothing to its readers."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
    is_specified_scalar_type,
)


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Types, fields, arguments and input fields without a description. The members of an enum speak for themselves."""
    return [
        name
        for kind in schema.type_map.values()
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
        for name in _of_type(kind)
    ]


def _of_type(kind: Any) -> Iterator[str]:
    if not kind.description:
        yield kind.name
    if isinstance(kind, GraphQLEnumType) or not isinstance(
        kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
    ):
        return
    for name, field in kind.fields.items():
        if not field.description:
            yield f"{kind.name}.{name}"
        for argument, told in getattr(field, "args", {}).items():
            if not told.description:
                yield f"{kind.name}.{name}({argument})"
