"""The words of a list's filter: each field narrows rows by one column, and all given ones must hold.

@strawberry.input(description="Which orders.")
class OrderFilter:
    status: list[OrderStatus] | None = among("status")
    channel_ids: list[strawberry.ID] | None = among("channel_id", of="Channel")
    placed_from: datetime | None = at_least("placed_at")
    placed_before: datetime | None = below("placed_at")
    number: str | None = matches("number")
    is_shipped: bool | None = is_set("shipped_at")

What narrows by a column whose field has a need of its own says the same `needs`.
"""

from typing import Any

import strawberry

from domain.permissions import Permission
from resolvers.sources import Filter, Narrowing


def equals(column: str, *, of: str | None = None) -> Any:
    return _filter(Filter(column, Narrowing.EQUALS, of), "Only those with this {column}.")


def among(column: str, *, of: str | None = None, needs: Permission | None = None) -> Any:
    return _filter(Filter(column, Narrowing.AMONG, of, needs), "Only those whose {column} is one of these.")


def among_computed(name: str, text: str) -> Any:
    """By an expression over `{row}`. No index serves it: only for what is few, or cheap enough to work out for every row."""
    return _filter(
        Filter(name, Narrowing.AMONG, text=text),
        "Only those whose {column} is one of these; it narrows what the others leave.",
    )


def at_least(column: str) -> Any:
    return _filter(Filter(column, Narrowing.AT_LEAST), _in_time(column, "this {time} or later"))


def below(column: str) -> Any:
    return _filter(Filter(column, Narrowing.BELOW), _in_time(column, "a {time} before this"))


def matches(column: str, *, needs: Permission | None = None) -> Any:
    """Whatever the case of letters. Needs an index on `lower(column) text_pattern_ops`."""
    return _filter(
        Filter(column, Narrowing.STARTS, needs=needs), "Only those whose {column} starts with this, in any case."
    )


def is_set(column: str) -> Any:
    return _filter(Filter(column, Narrowing.IS_SET), "Only those that have a {column}, or, if false, have none.")


def _in_time(column: str, when: str) -> str:
    if column.endswith("_at"):
        return "Only those {column} at " + when.format(time="moment") + "."
    if column.endswith("_on"):
        return "Only those {column} " + when.format(time="day") + "."
    return "Only those of " + when.format(time=column) + "."


def _filter(rule: Filter, description: str) -> Any:
    word = rule.column.removesuffix("_id").removesuffix("_at").replace("_", " ")
    return strawberry.field(
        default=strawberry.UNSET, description=description.format(column=word), metadata={Filter: rule}
    )
