"""Options as texts that a client can keep and hand back, but not make or change: what they say, and a seal of it."""

import base64
import binascii
import hashlib
import hmac
from typing import Any, Final

import orjson

SEAL_BYTES: Final = 16


class BrokenSeal(ValueError):
    """The text is not one of ours, or not as we gave it out."""


def seal(key: bytes, content: Any) -> str:
    """`content` is plain JSON data."""
    body = orjson.dumps(content, default=str)
    return _text(_seal(key, body) + body)


def unseal(key: bytes, text: str) -> Any:
    """Raises BrokenSeal."""
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BrokenSeal from error
    if _text(sealed) != text:
        raise BrokenSeal
    given, body = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
    if not hmac.compare_digest(given, _seal(key, body)):
        raise BrokenSeal
    return orjson.loads(body)


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _seal(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:SEAL_BYTES]
