"""Scalars and small objects that many types share."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Generic, NewType, TypeVar

import strawberry
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.scalar import ScalarDefinition

from resolvers.keyset import moment
from resolvers.paging import MAX_COUNTED
from resolvers.sources import Count, Source

T = TypeVar("T")
Minor = NewType("Minor", int)
MAX_MINOR = 10**15


def _parse_minor(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_MINOR:
        raise ValueError(f"An amount is a whole number of at most {MAX_MINOR}, in the currency's smallest unit.")
    return value


def _parse_moment(value: Any) -> datetime:
    parse: Any = DEFAULT_SCALAR_REGISTRY[datetime].parse_value
    given: datetime = parse(value)
    if given.tzinfo is None:
        raise ValueError("A moment says how far from UTC it is: 2026-11-22T09:30:00Z, 2026-11-22T09:30:00-05:00.")
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise ValueError("This moment is before the year 1 or after the year 9999 in UTC.") from None


SCALARS: dict[Any, ScalarDefinition] = {
    Minor: strawberry.scalar(
        name="Minor",
        description="An amount in the smallest unit of its currency: cents of a dollar.",
        serialize=int,
        parse_value=_parse_minor,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, to the microsecond.",
        serialize=moment,
        parse_value=_parse_moment,
    ),
}


@strawberry.type(description="An amount of money.")
class Money:
    minor: Minor = strawberry.field(description="The amount in the smallest unit of the currency.")
    currency: str = strawberry.field(description="The ISO 4217 code of the currency.")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follow after this page.")
    has_previous_page: bool = strawberry.field(description="Whether others come before this page.")
    start_cursor: str | None = strawberry.field(description="The first one's cursor; give it as `before`.")
    end_cursor: str | None = strawberry.field(description="The last one's cursor; give it as `after`.")


@strawberry.type(description="One of a list, with its place.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Its place in the list under this sort; opaque.")
    node: T = strawberry.field(description="The thing itself.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The page, each with its cursor.")
    nodes: list[T] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in its list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(
        description=f"How many the whole list has; null where it has more than {MAX_COUNTED:,}.",
        metadata={Source: Count()},
    )
    async def total_count(self) -> int | None:
        counted = await self.count()
        return counted if counted <= MAX_COUNTED else None
