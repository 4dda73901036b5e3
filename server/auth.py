"""Who is calling: turns credentials into a Viewer. What is not plainly allowed is refused."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Final, TypeVar
from uuid import UUID

from domain import api_keys
from domain.permissions import PERMISSIONS_OF, Permission, Role
from domain.viewer import AUDIENCE_OF, Viewer
from models.db import rows
from server.api_keys import ApiKeys
from server.credentials import NotAuthenticated
from server.settings import Settings
from server.tokens import Tokens, expiry

REMEMBERED_SECONDS: Final = 30.0  # what codes stand for changes rarely
MOST_REMEMBERED: Final = 10_000
MOST_SCOPED_THINGS: Final = 1_000  # channels or locations one token may name

Found = TypeVar("Found")


class Authenticator:
    def __init__(self, settings: Settings) -> None:
        now = settings.clock.now
        self._organization = settings.organization
        self._api_keys = ApiKeys(now)
        self._tokens = Tokens(
            secret=settings.jwt_secret,
            jwks_url=settings.jwks_url,
            audience=settings.jwt_audience,
            issuer=settings.jwt_issuer,
            now=now,
        )
        self._remembered: OrderedDict[tuple[object, ...], tuple[float, Any]] = OrderedDict()

    async def viewer(self, credential: str | None) -> Viewer:
        """Without a credential, a stranger. Raises NotAuthenticated when there is one that cannot be used."""
        if credential is None:
            return await self._stranger()
        if api_keys.split(credential) is not None:
            return await self._api_keys.viewer(credential)
        return await self._bearer_of(await self._tokens.claims(credential))

    async def _stranger(self) -> Viewer:
        return Viewer(
            audience=AUDIENCE_OF[Role.ANONYMOUS],
            principal="anonymous",
            organization_id=await self._remember(("stranger",), self._home),
            permissions=PERMISSIONS_OF[Role.ANONYMOUS],
            role=Role.ANONYMOUS,
        )

    async def _home(self) -> UUID:
        """The organization that strangers visit: the one in the settings, or the only one."""
        found = await rows(
            "SELECT id FROM organizations WHERE $1 = '' OR code = $1 OR id::text = $1 LIMIT 2", [self._organization]
        )
        if len(found) != 1:
            raise NotAuthenticated("Say who you are: send an API key or a token.")
        return UUID(str(found[0]["id"]))

    async def _bearer_of(self, claims: Mapping[str, Any]) -> Viewer:
        role = _role(claims)
        code = claims.get("org") or self._organization
        organization_id = (
            await self._remember(("organization", str(code)), lambda: self._organization_id(str(code)))
            if code
            else await self._remember(("stranger",), self._home)
        )
        customer_id = _uuid(claims.get("customer_id"))
        if role is Role.CUSTOMER and customer_id is None:
            raise NotAuthenticated("A customer's token must hold customer_id.")
        return Viewer(
            audience=AUDIENCE_OF[role],
            principal=str(claims["sub"]),
            organization_id=organization_id,
            permissions=_permissions(role, claims.get("scopes")),
            role=role,
            channel_ids=await self._ids("channels", organization_id, claims.get("channels")),
            location_ids=await self._ids("locations", organization_id, claims.get("locations")),
            customer_id=customer_id,
            expires_at=expiry(claims),
        )

    async def _organization_id(self, code_or_id: str) -> UUID:
        found = await rows("SELECT id FROM organizations WHERE code = $1 OR id::text = $1", [code_or_id])
        if not found:
            raise NotAuthenticated("The token's organization is not known here.")
        return UUID(str(found[0]["id"]))

    async def _ids(self, table: str, organization_id: UUID, named: object) -> tuple[UUID, ...]:
        """Tokens name channels and locations by code or by id; those of other organizations do not count."""
        names = tuple(_words(named))
        if not names:
            return ()

        async def find() -> tuple[UUID, ...]:
            found = await rows(
                f"SELECT id FROM {table} WHERE organization_id = $1 AND (code = ANY($2) OR id::text = ANY($2))",
                [organization_id, list(names)],
            )
            return tuple(UUID(str(row["id"])) for row in found)

        return await self._remember((table, organization_id, names), find)

    async def _remember(self, what: tuple[object, ...], find: Callable[[], Awaitable[Found]]) -> Found:
        known = self._remembered.get(what)
        if known is not None and monotonic() - known[0] < REMEMBERED_SECONDS:
            found: Found = known[1]
            return found
        found = await find()
        self._remembered[what] = (monotonic(), found)
        self._remembered.move_to_end(what)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
        return found


def _role(claims: Mapping[str, Any]) -> Role:
    try:
        return Role(claims["role"])
    except (KeyError, ValueError):
        raise NotAuthenticated(f"The token's role must be one of {', '.join(Role)}.") from None


def _permissions(role: Role, scopes: object) -> frozenset[Permission]:
    """Scopes can only narrow what the role allows."""
    if scopes is None:
        return PERMISSIONS_OF[role]
    named = set(_words(scopes))
    return frozenset(permission for permission in PERMISSIONS_OF[role] if permission in named)


def _words(value: object) -> Sequence[str]:
    """A list of texts, or one text with spaces between (RFC 8693, section 4.2)."""
    words = value.split() if isinstance(value, str) else value
    if words is None:
        return ()
    if not isinstance(words, list) or len(words) > MOST_SCOPED_THINGS:
        raise NotAuthenticated("The token's scopes, channels and locations must be lists of texts.")
    return [str(word) for word in words]


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value)) if value is not None else None
    except ValueError:
        raise NotAuthenticated("The token's customer_id is not an id.") from None
