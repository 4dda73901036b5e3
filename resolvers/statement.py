"""SQL text with its values kept apart.

A statement is written once and run many times, each time for another viewer and other arguments. So a parameter is
not a value but a way to get one: `bind` takes a function of the call and returns its placeholder. Text never holds a
value that came from a client.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError
from tortoise.models import Model

from domain.viewer import Viewer


def utc_now() -> datetime:
    return datetime.now(UTC)


Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a statement: who asks, the coerced arguments of each field that has some, and by which clock."""

    viewer: Viewer
    arguments: Sequence[Mapping[str, Any]] = ()
    clock: Clock = utc_now


Getter = Callable[[Call], Any]


@dataclass(slots=True)
class Parameters:
    getters: list[Getter] = field(default_factory=list)
    _of_viewer: dict[str, str] = field(default_factory=dict)

    def bind(self, getter: Getter) -> str:
        self.getters.append(getter)
        return f"${len(self.getters)}"

    def viewer(self, attribute: str) -> str:
        """The placeholder of an attribute of the viewer; its type is named, or a bare `= $1` could not be planned."""
        if attribute not in self._of_viewer:
            kind = VIEWER_IN_SQL[attribute]
            self._of_viewer[attribute] = self.bind(lambda call: getattr(call.viewer, attribute)) + f"::{kind}"
        return self._of_viewer[attribute]

    def now(self) -> str:
        return self.bind(lambda call: call.clock()) + "::timestamptz"

    def values(self, call: Call) -> list[Any]:
        return [storable(getter(call)) for getter in self.getters]


# What a template may say about the viewer, with the SQL type it is bound as.
VIEWER_IN_SQL = {
    "audience": "text",
    "organization_id": "uuid",
    "channel_ids": "uuid[]",
    "location_ids": "uuid[]",
    "customer_id": "uuid",
}


@dataclass(frozen=True, slots=True)
class ViewerInSql:
    """What `{viewer.customer_id}` means inside a template: a placeholder, bound when first named."""

    parameters: Parameters

    def __getattr__(self, attribute: str) -> str:
        return self.parameters.viewer(attribute)


@dataclass(frozen=True, slots=True)
class NowInSql:
    """What `{now}` means inside a template: the process's time, never the database's."""

    parameters: Parameters

    def __str__(self) -> str:
        return self.parameters.now()


def fill(template: str, row: str, parameters: Parameters) -> str:
    """A template over `{row}`, `{viewer.…}` and `{now}` as SQL."""
    return template.format(row=row, viewer=ViewerInSql(parameters), now=NowInSql(parameters))


def storable(value: Any) -> Any:
    """A value as it is, unless it holds a NUL character, which no text in the database can equal."""
    texts = value if isinstance(value, list | tuple) else (value,)
    if any(isinstance(text, str) and "\0" in text for text in texts):
        raise GraphQLError("A text cannot hold a NUL character.", extensions={"code": "BAD_TEXT"})
    return value


def names(model: type[Model], column: str, texts: Sequence[str]) -> list[str]:
    """What of a client's texts can stand in the column at all: one that is too long for it names nothing."""
    longest: Any = model._meta.fields_map[column]  # noqa: SLF001 -- Tortoise has no public way
    return [text for text in storable(list(texts)) if len(text) <= longest.max_length]


def literal(text: str) -> str:
    """A SQL string for a name of ours (an enum label, a response key); never for a client's value."""
    return "'" + text.replace("'", "''") + "'"
