"""JSON Web Tokens: signed with our shared secret (HS256), or with a key that an identity provider publishes (JWKS)."""

import asyncio
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import jwt
import orjson

from server.credentials import NotAuthenticated

HMAC_ALGORITHM: Final = "HS256"
PUBLISHED_KEY_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
CLOCK_SKEW_SECONDS: Final = 30  # allowed for the start of a token's life, never for its end
KEYS_KEPT_SECONDS: Final = 300
KEYS_RETRY_SECONDS: Final = 10  # an unknown key id asks the provider again at most this often
KEYS_TIMEOUT_SECONDS: Final = 5
MOST_KEY_BYTES: Final = 256 * 1024


@dataclass(slots=True)
class PublishedKeys:
    """The signing keys at a JWKS address, read again when old or when a token names one we have not seen."""

    url: str
    _keys: dict[str | None, jwt.PyJWK] = field(default_factory=dict)
    _read_at_seconds: float = float("-inf")
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def key(self, key_id: str | None) -> jwt.PyJWK:
        async with self._reading:
            age = time.monotonic() - self._read_at_seconds
            if age > KEYS_KEPT_SECONDS or (key_id not in self._keys and age > KEYS_RETRY_SECONDS):
                self._read_at_seconds = time.monotonic()
                fetched = await asyncio.to_thread(self._fetch)
                self._keys = self._keys if fetched is None else fetched
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if key_id not in self._keys:
            raise NotAuthenticated("The token is signed with a key the identity provider does not publish.")
        return self._keys[key_id]

    def _fetch(self) -> dict[str | None, jwt.PyJWK] | None:
        """None when the provider cannot be read: the keys we have stay good."""
        try:
            with urllib.request.urlopen(self.url, timeout=KEYS_TIMEOUT_SECONDS) as answer:  # noqa: S310 - a setting
                published = jwt.PyJWKSet.from_dict(orjson.loads(answer.read(MOST_KEY_BYTES)))
        except (OSError, ValueError, TypeError, jwt.PyJWTError):
            return None
        return {key.key_id: key for key in published.keys}


class Tokens:
    """Checks signature, audience, issuer and dates. Each kind of key allows only its own algorithms."""

    def __init__(self, *, secret: str, jwks_url: str, audience: str, issuer: str, now: Callable[[], datetime]) -> None:
        self._secret, self._audience, self._issuer, self._now = secret, audience, issuer, now
        self._published = PublishedKeys(jwks_url) if jwks_url else None

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Raises NotAuthenticated."""
        try:
            header = jwt.get_unverified_header(token)
            key, algorithms = await self._key(header)
            claims = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                audience=self._audience or None,
                issuer=self._issuer or None,
                # Dates are compared with the process's own clock below.
                options={
                    "require": ["exp", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": bool(self._audience),
                },
            )
        except jwt.PyJWTError:
            raise NotAuthenticated("The token is not valid here.") from None
        self._check_dates(claims)
        return claims

    async def _key(self, header: Mapping[str, Any]) -> tuple[Any, list[str]]:
        if header.get("alg") == HMAC_ALGORITHM:
            if self._secret:
                return self._secret, [HMAC_ALGORITHM]
        elif self._published is not None:
            return await self._published.key(header.get("kid")), list(PUBLISHED_KEY_ALGORITHMS)
        raise NotAuthenticated("Tokens of this kind are not accepted here.")

    def _check_dates(self, claims: Mapping[str, Any]) -> None:
        now = self._now().timestamp()
        if _seconds(claims["exp"]) <= now:
            raise NotAuthenticated("The token has expired.")
        if _seconds(claims.get("nbf", 0)) > now + CLOCK_SKEW_SECONDS:
            raise NotAuthenticated("The token is not valid yet.")


def expiry(claims: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromtimestamp(_seconds(claims["exp"]), UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise NotAuthenticated("The token's dates are not numbers.")
