"""JSON text out of SQL values.

`concat` is a third cheaper than `json_build_object` but drops NULLs, so every part must be text that cannot be NULL.
"""

from typing import Any

from graphql import GraphQLEnumType, GraphQLScalarType

from resolvers.keyset import moment_sql
from resolvers.plan.selection import Unsupported
from resolvers.statement import literal

MAX_CONCAT = 90  # PostgreSQL takes 100 arguments a call
QUOTED = frozenset({"ID", "UUID", "Decimal", "Date"})
BARE = frozenset({"Int", "Minor", "Boolean", "JSON"})
ENCODED = frozenset({"String", "Float"})
NULL = "'null'"


def leaf(kind: GraphQLEnumType | GraphQLScalarType, value: str) -> str:
    """JSON text of a leaf, NULL for NULL, and for a stored code that the schema has no word for."""
    if isinstance(kind, GraphQLEnumType):
        labels = [(literal(_stored(member.value)), literal(f'"{label}"')) for label, member in kind.values.items()]
        return f"CASE {value} {' '.join(f'WHEN {kept} THEN {shown}' for kept, shown in labels)} END"
    if kind.name in QUOTED:
        return quoted(value)
    if kind.name in BARE:
        return f"({value})::text"
    if kind.name in ENCODED:
        return f"to_json({value})::text"
    if kind.name == "DateTime":
        return moment_sql(value)
    raise Unsupported(kind.name)


def quoted(value: str) -> str:
    """For text that needs no escaping."""
    return f"('\"' || {value} || '\"')"


def record(parts: list[tuple[str, str]]) -> str:
    """`{"key":value,…}`; keys are GraphQL names, which need no escaping."""
    out = []
    opening = "{"
    for key, text in parts:
        out += [literal(f'{opening}"{key}":'), text]
        opening = ","
    return concat([*out, "'}'"] if out else ["'{}'"])


def concat(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    calls = [f"concat({', '.join(parts[at : at + MAX_CONCAT])})" for at in range(0, len(parts), MAX_CONCAT)]
    return calls[0] if len(calls) == 1 else concat(calls)


def _stored(value: Any) -> str:
    return str(getattr(value, "value", value))
