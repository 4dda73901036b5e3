"""Where a field's value comes from. The schema declares these; the loaders and the compiled plans read them."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any

from tortoise.models import Model

from domain.permissions import Permission
from resolvers.scopes import Scope


class Anybody(Enum):
    """Said aloud where a field needs no permission at all."""

    ANYBODY = "anybody"


ANYBODY = Anybody.ANYBODY
Need = Permission | Anybody


@dataclass(frozen=True, slots=True)
class Identity:
    """The row's global id."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row itself. With `of`, its keys are shown as global ids of that GraphQL type."""

    name: str
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Several columns of the row, shown as one object: field of that object -> column."""

    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sql:
    """An expression over `{row}`, `{viewer.…}` and `{now}`."""

    text: str


@dataclass(frozen=True, slots=True)
class One:
    relation: str


@dataclass(frozen=True, slots=True)
class Many:
    relation: str
    order_by: str


@dataclass(frozen=True, slots=True)
class Page:
    """A keyset page over a relation, or over the whole visible table where there is no parent row.

    A member of `sort` names the sort columns, apart by commas, `-` in front for descending; the primary key breaks
    ties.
    """

    relation: str | None
    sort: type[Enum]
    where: type[Any] | None


@dataclass(frozen=True, slots=True)
class Find:
    """One row by unique columns, given as arguments of those names and types; by its global id where none is named."""

    by: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a page is taken from."""


Source = Identity | Column | Columns | Sql | One | Many | Page | Find | Count


@dataclass(frozen=True, eq=False, slots=True)
class Entity:
    """What one GraphQL type says about itself. Two types may show the same table to different people."""

    name: str
    model: type[Model]
    scope: Scope
    needs: Need | None


class Narrowing(StrEnum):
    EQUALS = "equals"
    AMONG = "among"
    AT_LEAST = "at least"
    BELOW = "below"
    STARTS = "starts with"
    IS_SET = "is set"


@dataclass(frozen=True, slots=True)
class Filter:
    """How one field of a filter input narrows rows. With `of`, its values are global ids of that GraphQL type.

    `needs` is what the column's own field needs: who may not read it could find it out by narrowing.
    With `text`, `column` is only its name, and what is compared is that expression, worked out for each row that the other
    conditions leave.
    """

    column: str
    narrowing: Narrowing
    of: str | None = None
    needs: Permission | None = None
    text: str | None = None
