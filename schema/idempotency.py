"""The operation directive `@idempotent(key:)`, read by `resolvers/acting.py`.

It is put into the schema by hand: Strawberry's own directives make every field of every query asynchronous.
"""

from graphql import GraphQLSchema

from resolvers.acting import IDEMPOTENT


def with_idempotency(schema: GraphQLSchema) -> None:
    schema.directives = (*schema.directives, IDEMPOTENT)
