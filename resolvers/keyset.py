"""Pages that neither skip nor repeat rows while rows are being added: the cursor is the last row's sort key and id.

A cursor is base64 of `["SORT","key",…,"id"]`. It grants nothing: the row scope applies to whatever it points at.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from graphql import GraphQLError
from tortoise.fields import BooleanField, DatetimeField
from tortoise.models import Model

from resolvers.relations import column_of, field_of


@dataclass(frozen=True, slots=True)
class Order:
    """One sort of a page. `fields` and `columns` end with the primary key."""

    label: str
    model: type[Model]
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    is_descending: bool

    @classmethod
    def of(cls, model: type[Model], sort: Enum) -> "Order":
        """The sort that a member stands for: `A = "-placed_at"`, `B = "rank, due_at"`, one way for all columns."""
        text = str(sort.value)
        names = tuple(name.strip() for name in text.removeprefix("-").split(","))
        own_key = model._meta.pk_attr  # noqa: SLF001
        fields = names if own_key in names else (*names, own_key)
        columns = tuple(column_of(model, name) for name in fields)
        return cls(sort.name, model, fields, columns, text.startswith("-"))

    def clause(self, row: str, *, reverse: bool = False) -> str:
        way = " DESC" if self.is_descending != reverse else ""
        return ", ".join(f"{row}.{column}{way}" for column in self.columns)

    def past(self, row: str, keys: list[str], *, reverse: bool = False) -> str:
        """The rows after the one with these keys, or before it."""
        columns = ", ".join(f"{row}.{column}" for column in self.columns)
        return f"({columns}) {'<' if self.is_descending != reverse else '>'} ({', '.join(keys)})"


def write_cursor(order: Order, row: Model) -> str:
    parts = [order.label, *(_spell(getattr(row, field)) for field in order.fields)]
    return base64.b64encode(json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()).decode()


def cursor_sql(order: Order, row: str) -> str:
    """`write_cursor` as an expression over `row`."""
    keys = ", ',', ".join(_key_sql(order, at, row) for at in range(len(order.columns)))
    text = f"""concat('["{order.label}",', {keys}, ']')"""
    return f"translate(encode(convert_to({text}, 'UTF8'), 'base64'), E'\\n', '')"


def read_cursor(order: Order, text: str) -> list[Any]:
    """The keys that a cursor of this sort carries."""
    try:
        label, *keys = json.loads(base64.b64decode(text, validate=True))
        kinds = [field_of(order.model, name) for name in order.fields]
        found = [kind.to_python_value(key) for kind, key in zip(kinds, keys, strict=True)]
    except (ValueError, TypeError, ArithmeticError):
        label, found = None, []
    if label != order.label or any(key is None for key in found):
        raise GraphQLError("This cursor does not belong to this list.", extensions={"code": "BAD_CURSOR"})
    return found


def moment(value: datetime) -> str:
    """A moment in UTC, to the microsecond."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_sql(value: str) -> str:
    """`moment` as an expression, quotes included."""
    return f"""to_char({value} AT TIME ZONE 'UTC', '"\\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\\""')"""


def _spell(key: Any) -> str:
    if isinstance(key, datetime):
        return moment(key)
    if isinstance(key, bool):
        return str(key).lower()
    return str(key.value if isinstance(key, Enum) else key)


def _key_sql(order: Order, at: int, row: str) -> str:
    column, kind = f"{row}.{order.columns[at]}", field_of(order.model, order.fields[at])
    if isinstance(kind, DatetimeField):
        return moment_sql(column)
    if isinstance(kind, BooleanField):
        return f"""('"' || {column} || '"')"""
    return f"to_json({column}::text)"
