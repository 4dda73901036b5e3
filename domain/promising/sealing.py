"""Options as texts that a client can keep and hand back, but neither read nor change nor make (AES-GCM)."""

import base64
import binascii
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


class BrokenSeal(ValueError):
    """The text is not one of ours, or not as we gave it out."""


def seal(key: bytes, nonce: bytes, content: Any) -> str:
    """`content` is plain JSON data; a nonce of NONCE_BYTES is used once only."""
    return _text(nonce + AESGCM(key).encrypt(nonce, orjson.dumps(content, default=str), None))


def unseal(key: bytes, text: str) -> Any:
    """Raises BrokenSeal."""
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BrokenSeal from error
    if len(sealed) <= NONCE_BYTES + TAG_BYTES or _text(sealed) != text:
        raise BrokenSeal
    try:
        return orjson.loads(AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
    except InvalidTag as error:
        raise BrokenSeal from error


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")
