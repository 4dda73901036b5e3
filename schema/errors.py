"""Refusals as types a client can match on: each DomainError once, its data by the names it has in Python."""

import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from domain import errors
from domain.errors import DomainError
from domain.permissions import Permission
from domain.viewer import Viewer
from resolvers.context import Info
from resolvers.ids import global_id
from schema.values import Minor

DESCRIPTIONS: dict[type[DomainError], str] = {
    errors.InvalidInput: "What was sent cannot be used; every problem is listed.",
    errors.NotFound: "There is no such thing, or it belongs to somebody else.",
    errors.Forbidden: "You may not do this to that.",
    errors.Conflict: "The thing changed since you read it: read it again and decide anew.",
    errors.KeyReused: "The idempotency key was used before with other arguments.",
    errors.ExternalIdReused: "The external id was used before in the channel, for an order of other content.",
    errors.Overloaded: "Too much is waiting; try again with the same key.",
    errors.IllegalTransition: "Units in this status cannot be moved so.",
    errors.BlockedByHold: "A hold stops this until it is resolved.",
    errors.InsufficientStock: "Fewer units are free than wanted.",
    errors.BackorderLimitExceeded: "No more units of a variant may wait for stock.",
    errors.StockCommitted: "Units are promised to orders and cannot be taken away.",
    errors.CountChanged: "There are not as many units on hand as you counted on: look again and decide anew.",
    errors.ReservationEnded: "The cart's units are no longer kept for it.",
    errors.PromiseEnded: "What was offered does not stand any more: ask for a new promise.",
    errors.NoVendor: "No vendor that may be asked ships to the customer what the order waits for.",
    errors.NotPaid: "The order's payment does not cover this.",
    errors.PaymentRefused: "The payment provider declined.",
    errors.PaymentUnknown: "The payment provider did not answer; the outcome will be found out.",
    errors.CarrierRefused: "The carrier does not take the parcel, or does not take its label back.",
    errors.CarrierUnknown: "The carrier did not answer; it will be asked again until the outcome is known.",
    errors.AmountExceeded: "More money than there is to move.",
    errors.AlreadyExists: "A name that must be unique is taken.",
}

WORDS = {
    "kind": "What sort of thing it is about.",
    "key": "Which one, as it was named.",
    "problems": "Everything that is wrong, so that all can be mended at once.",
    "path": "The way to the input field, from the outside in; list positions count from 0. Empty for all of it.",
    "left": "How many more units may wait, by SKU, where that is fewer than was ordered.",
    "missing": "How many units are short, by SKU.",
    "waiting": "How many are waiting.",
    "allowed_from": "The statuses in which it would be possible.",
}

OTHERWISE = {
    "address": "CustomerAddress",
    "contact": "CustomerContact",
    "kit": "OrderKit",
    "line": "OrderLine",
    "open quota plan": "Variant",
    "price": "Channel",
    "substitute": "Variant",
    "supply": "ExpectedSupply",
}
"""Kinds of things that are not there, as refusals call them, whose type has another name; prices are named by
their channel, open plans by their variant."""


@strawberry.interface(description="A refusal that the client can act on.")
class Problem:
    code: str = strawberry.field(description="Stable and machine-readable.")
    message: str = strawberry.field(description="One plain sentence.")


@strawberry.type(description="So many units of a SKU.")
class UnitsOfSku:
    sku: str = strawberry.field(description="Which SKU.")
    units: int = strawberry.field(description="How many units.")


def problem_type(error: type[DomainError]) -> Any:
    """The GraphQL type of a refusal, its fields those that its constructor takes."""
    return _type(error, DESCRIPTIONS[error], Problem)


def problem_of(refusal: DomainError) -> Any:
    """The refusal as an object of its GraphQL type."""
    data = {name: _shown(name, kind, getattr(refusal, name)) for name, kind in _hints(type(refusal)).items()}
    if isinstance(refusal, errors.NotFound):
        data["key"] = _key(refusal)
    return problem_type(type(refusal))(code=refusal.code, message=said(refusal), **data)


def said(refusal: DomainError) -> str:
    """With input fields called as clients call them."""
    if not isinstance(refusal, errors.InvalidInput):
        return str(refusal)
    return " ".join(errors.located(".".join(_path(problem.path)), problem.message) for problem in refusal.problems)


def data_of(refusal: DomainError) -> dict[str, str]:
    """What an error says beside its message, where a refusal has no type of its own."""
    if isinstance(refusal, errors.NotFound):
        return {"code": refusal.code, "kind": refusal.kind, "key": _key(refusal)}
    return {"code": refusal.code}


def type_of(kind: str) -> str:
    """The GraphQL type of what a refusal calls so."""
    return OTHERWISE.get(kind) or "".join(word.title() for word in kind.split())


def _key(refusal: errors.NotFound) -> str:
    """As clients name it."""
    return global_id(type_of(refusal.kind), refusal.key) if isinstance(refusal.key, UUID) else str(refusal.key)


def as_told_to(viewer: Viewer, refusal: DomainError) -> DomainError:
    """Who may not read holds is not told by a refusal what the order is held for either."""
    if isinstance(refusal, errors.BlockedByHold) and Permission.READ_ORGANIZATION not in viewer.permissions:
        return errors.BlockedByHold(refusal.action, ())
    return refusal


def _path(path: str) -> list[str]:
    return [to_camel_case(part) for part in path.split(".") if part]


def _handler(error: type[DomainError]) -> strawberry.ExceptionHandler[Any, Any]:
    def handle(self: object, exception: DomainError, *, field: StrawberryField, info: Info) -> Any:
        del self, field
        return problem_of(as_told_to(info.context.viewer, exception)) if type(exception) is error else None

    members = {"exception_type": error, "error_type": problem_type(error), "handle": handle}
    made: strawberry.ExceptionHandler[Any, Any] = type(f"On{error.__name__}", (strawberry.ExceptionHandler,), members)()
    return made


def _hints(kind: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind if is_dataclass(kind) else vars(kind)["__init__"])
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else list(hints)
    return {name: hints[name] for name in names if name != "return" and hints[name] is not NoneType}


def _shown_type(name: str, kind: Any) -> Any:
    origin, inner = typing.get_origin(kind), [each for each in typing.get_args(kind) if each is not NoneType]
    if origin in {typing.Union, UnionType}:
        return _shown_type(name, inner[0]) | None
    if origin is not None:
        return list[UnitsOfSku] if issubclass(origin, Mapping) else list[_shown_type(name, inner[0])]  # type: ignore[misc] # made at run time
    if is_dataclass(kind):
        return _type(kind, "What is wrong with one input field.")
    if name == "path":
        return list[str]
    if name.endswith("_minor"):
        return Minor
    return strawberry.ID if kind is UUID else kind if kind in {int, bool} else str


def _shown(name: str, kind: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        return [UnitsOfSku(sku=sku, units=units) for sku, units in sorted(value.items())]
    if isinstance(value, list | tuple):
        (inner, *_) = typing.get_args(kind)
        return [_shown(name, inner, item) for item in value]
    if is_dataclass(value):
        detail = {each: _shown(each, hint, getattr(value, each)) for each, hint in _hints(type(value)).items()}
        return _shown_type(name, type(value))(**detail)
    if name == "path":
        return _path(str(value))
    if isinstance(value, UUID):
        return global_id("".join(word.title() for word in name.removesuffix("_id").split("_")), value)
    return value if isinstance(value, int | str | None) else str(value)


def _type(source: Any, description: str, *bases: type[Any]) -> Any:
    """One GraphQL type for each class, however often it is asked for."""
    if source not in _types:
        annotations = {name: _shown_type(name, kind) for name, kind in _hints(source).items()}
        members: dict[str, Any] = {name: strawberry.field(description=_word(name)) for name in annotations}
        members |= {"__annotations__": annotations, "__module__": __name__}
        _types[source] = strawberry.type(type(source.__name__, bases, members), description=description)
    return _types[source]


def _word(name: str) -> str:
    return WORDS.get(name, f"The {name.removesuffix('_minor').replace('_', ' ')}.")


_types: dict[Any, Any] = {}
HANDLERS = tuple(_handler(error) for error in DESCRIPTIONS)
