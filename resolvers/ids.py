"""Global ids: opaque to clients, base64 of `Type:uuid`. They grant nothing: the row scope applies to what they name."""

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID

from graphql import GraphQLError

from actions.swift_ids import swift
from resolvers.statement import literal

BASE64_LINE_BYTES = 57  # PostgreSQL's encode() breaks lines after so many


class BadId(GraphQLError):
    """`name` and `id` as sent; raised where an id is an argument, collected where it is part of an input."""

    def __init__(self, wanted: str, text: str) -> None:
        article = "an" if wanted.startswith(tuple("AEIO")) else "a"
        message = f"{text[:64]!r} is not the id of {article} {wanted}."
        super().__init__(message, extensions={"code": "BAD_ID", "wanted": wanted})


@dataclass(frozen=True, slots=True)
class IdOf:
    """Marks an argument that takes the id of the named GraphQL type: `find(channel_id=IdOf("Channel"), …)`."""

    name: str


def global_id(name: str, key: object) -> str:
    return base64.b64encode(f"{name}:{key}".encode()).decode()


def global_id_sql(name: str, key: str) -> str:
    """`global_id` as an expression."""
    text = f"encode(convert_to({literal(name + ':')} || {key}, 'UTF8'), 'base64')"
    is_one_line = len(name) + len(":") + len(str(UUID(int=0))) <= BASE64_LINE_BYTES
    return text if is_one_line else f"translate({text}, E'\\n', '')"


def parse_id(text: str) -> tuple[str, UUID]:
    """The type's name and the key. Raises `BadId`."""
    try:
        name, _, key = base64.b64decode(text, validate=True).decode().partition(":")
        return name, swift(UUID(key))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadId("thing", text) from None


def uuid_of(wanted: str, text: str) -> UUID:
    """The key that a global id of the type `wanted` carries. Raises `BadId`."""
    try:
        name, key = parse_id(text)
    except BadId:
        raise BadId(wanted, text) from None
    if name != wanted:
        raise BadId(wanted, text)
    return key
