"""The text of an API key: `ogk_<prefix>_<secret>`. The prefix finds it, and of the secret only a hash is kept."""

import hashlib
import hmac
from typing import Final

MARK: Final = "ogk"
PREFIX_CHARACTERS: Final = 12
SECRET_BYTES: Final = 32  # of randomness; so a plain hash is enough, nobody can try them all


def api_key(prefix: str, secret: str) -> str:
    """What its owner is shown, once. `prefix` is letters and digits, `secret` whatever fits a header."""
    return f"{MARK}_{prefix}_{secret}"


def split(text: str) -> tuple[str, str] | None:
    """(prefix, secret), or None when this is no API key."""
    mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    return (prefix, secret) if mark == MARK and prefix.isascii() and prefix.isalnum() and secret else None


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def fits(secret: str, secret_hash: str) -> bool:
    """Takes the same time wherever they differ."""
    return hmac.compare_digest(hashed(secret), secret_hash)
