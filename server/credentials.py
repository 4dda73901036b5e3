"""Credentials as they arrive: in the Authorization header, or in the first message of a socket."""

from collections.abc import Mapping


class NotAuthenticated(Exception):
    """The credentials cannot be used; the message says why and may be shown."""


def bearer(header: str | None) -> str | None:
    """The token of an `Authorization: Bearer …` header; None without one. Raises NotAuthenticated for other schemes."""
    if header is None:
        return None
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("The Authorization header must read: Bearer, a space, then a token or an API key.")
    return token.strip()


def bearer_of_payload(payload: Mapping[str, object]) -> str | None:
    """From connection_init: `Authorization` or `authorization` with a header's text, or `token` with the bare token."""
    for name in ("Authorization", "authorization"):
        if (header := payload.get(name)) is not None:
            return bearer(_text(header))
    return _text(payload["token"]).strip() or None if payload.get("token") is not None else None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise NotAuthenticated("Credentials must be text.")
    return value
