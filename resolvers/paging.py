"""What the arguments of a list mean: how long the page is, where it starts, and which rows count."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import GraphQLError
from strawberry import UNSET
from tortoise.models import Model

from domain.permissions import Permission
from resolvers.ids import uuid_of
from resolvers.keyset import Order, read_cursor
from resolvers.relations import column_of
from resolvers.sources import Filter, Narrowing, Page
from resolvers.statement import Call, Getter, Parameters, fill

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_COUNTED = 10_000
LAST_CHARACTER = "U&'\\+10FFFF'"  # what starts with a text sorts from that text to that text and this

COMPARED = {Narrowing.EQUALS: "=", Narrowing.AT_LEAST: ">=", Narrowing.BELOW: "<"}


@dataclass(frozen=True, slots=True)
class Slice:
    """`first` rows after a cursor, or, going backwards, the `last` ones before one."""

    size: int
    is_backward: bool
    has_after: bool
    has_before: bool

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "Slice":
        first, last = (arguments.get(name) if is_given(arguments.get(name)) else None for name in ("first", "last"))
        if first is not None and last is not None:
            raise _bad_size("Give `first` or `last`, not both.")
        size = DEFAULT_PAGE if first is None and last is None else first if last is None else last
        if size is None or not 1 <= size <= MAX_PAGE:
            raise _bad_size(f"`{'first' if last is None else 'last'}` must be between 1 and {MAX_PAGE}.")
        ends = (is_given(arguments.get(name)) for name in ("after", "before"))
        return cls(size, last is not None, *ends)

    def more(self, *, found: bool) -> tuple[bool, bool]:
        """(hasNextPage, hasPreviousPage): sure the way we read, on the other side as sure as the given cursor."""
        return (self.has_before, found) if self.is_backward else (found, self.has_after)


def is_given(value: Any) -> bool:
    return value is not None and value is not UNSET


def shape(page: Page, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of the arguments is part of the statement's text; the rest is bound."""
    asked = Slice.of(arguments)
    given = [
        (name, value if rule.narrowing is Narrowing.IS_SET else None)
        for name, rule in filters_of(page.where).items()
        if is_given(value := getattr(arguments.get("filter"), name, None))
    ]
    return (arguments["sort"], asked.is_backward, asked.has_after, asked.has_before, *given)


def narrow(
    page: Page, model: type[Model], row: str, arguments: Mapping[str, Any], at: int, parameters: Parameters
) -> list[str]:
    """The conditions that `filter` adds. Which are there is part of the plan; their values are bound."""

    def compared(rule: Filter) -> str:
        return fill(rule.text, row, parameters) if rule.text else f"{row}.{column_of(model, rule.column)}"

    return [
        _condition(compared(rule), rule, getattr(arguments["filter"], name), get, parameters)
        for name, rule in filters_of(page.where).items()
        if is_given(getattr(arguments.get("filter"), name, None))
        for get in (_of_filter(at, name, rule.of),)
    ]


def start(order: Order, row: str, arguments: Mapping[str, Any], at: int, parameters: Parameters) -> list[str]:
    """The conditions that `after` and `before` add."""
    return [
        order.past(row, [parameters.bind(_of_cursor(at, order, name, key)) for key in range(len(order.columns))], **way)
        for name, way in (("after", {}), ("before", {"reverse": True}))
        if is_given(arguments.get(name))
    ]


def needs_of_filter(page: Page, arguments: Mapping[str, Any]) -> dict[Permission, str]:
    """What the given conditions need, each with the name of one that needs it."""
    return {
        rule.needs: name
        for name, rule in filters_of(page.where).items()
        if rule.needs is not None and is_given(getattr(arguments.get("filter"), name, None))
    }


def filters_of(where: type[Any] | None) -> dict[str, Filter]:
    if where is None:
        return {}
    return {field.python_name: field.metadata[Filter] for field in where.__strawberry_definition__.fields}


def _condition(column: str, rule: Filter, value: Any, get: Getter, parameters: Parameters) -> str:
    match rule.narrowing:
        case Narrowing.AMONG:
            return f"{column} = ANY({parameters.bind(get)})"
        case Narrowing.IS_SET:
            return f"{column} IS {'NOT ' if value else ''}NULL"
        case Narrowing.STARTS:
            # Not LIKE: nothing to escape, and an index on `lower(column) text_pattern_ops` serves a generic plan.
            start = f"lower({parameters.bind(get)}::text)"
            return f"(lower({column}) ~>=~ {start} AND lower({column}) ~<~ ({start} || {LAST_CHARACTER}))"
    return f"{column} {COMPARED[rule.narrowing]} {parameters.bind(get)}"


def _of_filter(at: int, name: str, of: str | None) -> Getter:
    def plain(value: Any) -> Any:
        return uuid_of(of, value) if of else value.value if isinstance(value, Enum) else value

    def get(call: Call) -> Any:
        value = getattr(call.arguments[at]["filter"], name)
        return [plain(item) for item in value] if isinstance(value, list) else plain(value)

    return get


def _of_cursor(at: int, order: Order, name: str, key: int) -> Getter:
    return lambda call: read_cursor(order, call.arguments[at][name])[key]


def _bad_size(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "PAGE_SIZE"})
