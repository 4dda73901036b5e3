"""The schema as text: types by name, fields as they are declared, so that a diff shows what changed and nothing else."""

from graphql import GraphQLSchema, is_introspection_type, is_specified_directive, is_specified_scalar_type
from graphql.utilities import print_directive, print_type


def sdl(schema: GraphQLSchema) -> str:
    directives = [each for each in schema.directives if not is_specified_directive(each)]
    types = [
        kind
        for _, kind in sorted(schema.type_map.items())
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
    ]
    return "\n\n".join([*map(print_directive, directives), *map(print_type, types)]) + "\n"
