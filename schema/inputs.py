"""From an input object to a command: ids read, bounds kept, every problem named at once.

    @strawberry.input(description="What to cancel.")
    class CancelOrderInput:
        order_id: strawberry.ID = ref("The order.", "Order")
        reason: str = given("Why, for the time line.", at_most=200)

The command is a frozen dataclass with fields of the same names, where an id is a UUID and a list a tuple. What is not
given takes the command's default, and so does null, unless the command takes both KEEP and None there.
"""

import typing
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from strawberry import UNSET
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField

from domain.errors import InputProblem, InvalidInput
from domain.validation import Keep
from resolvers.ids import BadId, uuid_of

C = TypeVar("C")
MAX_TEXT_CHARACTERS = 200
MAX_ITEMS = 500


class BadInput(StrEnum):
    """Codes of input problems that every mutation shares."""

    BAD_ID = "BAD_ID"
    BAD_TEXT = "BAD_TEXT"
    REQUIRED = "REQUIRED"
    TOO_SMALL = "TOO_SMALL"
    TOO_LARGE = "TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Ref:
    """An id of a thing of type `name`; `is_checked`: the viewer must see that thing."""

    name: str
    is_checked: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a number its value, of a text its characters, of a list its items."""

    at_least: int | None
    at_most: int | None


@dataclass(frozen=True, slots=True)
class Size:
    """A number itself, or how many characters or items there are; `most` where a field says nothing."""

    number: int
    of: str = ""
    most: int | None = None

    def told(self, how: str, bound: str, limit: int) -> str:
        if not self.of:
            return f"{self.number} is {how} than {limit}."
        return f"It has {self.number} {self.of}; give {bound} {limit}."


@dataclass(slots=True)
class Reading:
    """One input being read."""

    problems: list[InputProblem] = field(default_factory=list)
    named: list[tuple[str, UUID, str]] = field(default_factory=list)
    """(type, key, path) of each thing the viewer must be able to see."""


def given(description: str, *, default: Any = MISSING, at_least: int | None = None, at_most: int | None = None) -> Any:
    """A plain field. Texts are at most 200 characters and lists at most 500 items unless told."""
    metadata = {Bounds: Bounds(at_least, at_most)}
    if default is MISSING:
        return strawberry.field(description=description, metadata=metadata)
    return strawberry.field(description=description, metadata=metadata, default=default)


def ref(description: str, name: str, *, default: Any = MISSING, is_checked: bool = True) -> Any:
    """The id of a `name`, or a list of them. The viewer must see it, or the change is refused as `NotFound`.

    `is_checked=False` where the action itself decides who may name what.
    """
    metadata = {Ref: Ref(name, is_checked)}
    if default is MISSING:
        return strawberry.field(description=description, metadata=metadata)
    return strawberry.field(description=description, metadata=metadata, default=default)


def command_of(kind: type[C], taken: object) -> tuple[C, list[tuple[str, UUID, str]]]:
    """The command, and the things it names that the viewer must see. Raises InvalidInput."""
    reading = Reading()
    values = _values(kind, taken, "", reading)
    if reading.problems:
        raise InvalidInput(reading.problems)
    return kind(**values), reading.named


def mismatches(kind: type[Any], taken: type[Any], at: str = "") -> Iterator[str]:
    """How an input type fails to fill its command; empty for a good pair."""
    known = {each.name: each for each in fields(kind)}
    hints = typing.get_type_hints(kind)
    offered = {each.python_name: each for each in _fields(taken)}
    yield from (f"{at}{name} is not a field of {kind.__name__}" for name in offered if name not in known)
    for name, each in known.items():
        if name not in offered and each.default is MISSING and each.default_factory is MISSING:
            yield f"{at}{name} is needed by {kind.__name__}"
        inner = _plain(hints[name])
        if name in offered and isinstance(inner, type) and is_dataclass(inner):
            below: Any = offered[name].type
            while hasattr(below, "of_type"):
                below = below.of_type
            yield from mismatches(inner, below, f"{at}{name}.")


def _values(kind: type[Any], taken: object, at: str, reading: Reading) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    needed = {each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING}
    found: dict[str, Any] = {}
    for each in _fields(type(taken)):
        name = each.python_name
        path, value = f"{at}{name}", getattr(taken, name)
        if value is UNSET and name in needed:
            reading.problems.append(InputProblem(path, BadInput.REQUIRED, "Give it; null is an answer too."))
        elif value is not UNSET and (value is not None or name in needed or _can_be_cleared(hints[name])):
            found[name] = _value(hints[name], value, each, path, reading)
    return found


def _can_be_cleared(hint: Any) -> bool:
    """Whether null means "have none" and only silence means "keep": `str | Keep | None`."""
    return {Keep, NoneType} <= set(typing.get_args(hint))


def _value(hint: Any, value: Any, source: StrawberryField, path: str, reading: Reading) -> Any:
    rule = source.metadata.get(Ref) or source.metadata.get(Bounds)
    if not isinstance(value, list):
        return _item(hint, value, rule, path, reading)
    _keep(rule, Size(len(value), "items", MAX_ITEMS), path, reading)
    rule = rule if isinstance(rule, Ref) else None
    return tuple(_item(hint, item, rule, f"{path}.{at}", reading) for at, item in enumerate(value[:MAX_ITEMS]))


def _item(hint: Any, value: Any, rule: Ref | Bounds | None, path: str, reading: Reading) -> Any:
    if value is None:
        return None
    if get_object_definition(value) is not None:
        values = _values(_plain(hint), value, f"{path}.", reading)
        return None if reading.problems else _plain(hint)(**values)
    if isinstance(rule, Ref):
        return _key(rule, value, path, reading)
    if isinstance(value, str) and not isinstance(value, Enum):
        if "\0" in value:
            reading.problems.append(InputProblem(path, BadInput.BAD_TEXT, "A text cannot hold a NUL character."))
        _keep(rule, Size(len(value), "characters", MAX_TEXT_CHARACTERS), path, reading)
    elif isinstance(value, int) and not isinstance(value, bool):
        _keep(rule, Size(value), path, reading)
    return value


def _key(wanted: Ref, value: str, path: str, reading: Reading) -> UUID | None:
    try:
        key = uuid_of(wanted.name, value)
    except BadId as error:
        reading.problems.append(InputProblem(path, BadInput.BAD_ID, error.message))
        return None
    if wanted.is_checked:
        reading.named.append((wanted.name, key, path))
    return key


def _keep(rule: Ref | Bounds | None, size: Size, path: str, reading: Reading) -> None:
    bounds = rule if isinstance(rule, Bounds) else Bounds(None, None)
    most = size.most if bounds.at_most is None else bounds.at_most
    if bounds.at_least is not None and size.number < bounds.at_least:
        told = size.told("less", "at least", bounds.at_least)
        reading.problems.append(InputProblem(path, BadInput.TOO_SMALL, told))
    if most is not None and size.number > most:
        reading.problems.append(InputProblem(path, BadInput.TOO_LARGE, size.told("more", "at most", most)))


def _plain(hint: Any) -> Any:
    """`tuple[X, ...]`, `X | None`, `X | Keep` -> X."""
    inner = [each for each in typing.get_args(hint) if each not in {NoneType, Ellipsis, Keep}]
    is_wrapped = typing.get_origin(hint) in {tuple, list, typing.Union, UnionType}
    return _plain(inner[0]) if is_wrapped and len(inner) == 1 else hint


def _fields(taken: type[Any]) -> list[StrawberryField]:
    definition = get_object_definition(taken, strict=True)
    return definition.fields
