"""API keys: shown once when they are made, known by a hash afterwards."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.staff import check_allowed, check_confined
from actions.upserting import plain
from domain import api_keys
from domain.errors import NotFound
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.permissions import Permission, Role
from domain.validation import Checks
from models.db import execute, rows

PREFIX_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without the letters that are mistaken for one another."""

ROLE_OF_KEY: Final = """
SELECT r.id, r.kind FROM roles r WHERE r.organization_id = $1 AND CASE
    WHEN $3::uuid IS NOT NULL
        THEN r.id = (SELECT role_id FROM staff s WHERE s.id = $3 AND s.organization_id = $1)
    WHEN $4::uuid IS NOT NULL
        THEN r.kind = 'customer' AND EXISTS (SELECT 1 FROM customers c WHERE c.id = $4 AND c.organization_id = $1)
    ELSE r.id = $2::uuid AND r.kind NOT IN ('customer', 'anonymous')
END ORDER BY r.code LIMIT 1"""
INSERT: Final = "INSERT INTO api_keys SELECT * FROM jsonb_populate_recordset(NULL::api_keys, $1::jsonb)"
REVOKE: Final = """
UPDATE api_keys SET revoked_at = coalesce(revoked_at, $3) WHERE id = $1 AND organization_id = $2
RETURNING prefix, name, revoked_at = $3 AS is_changed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKey:
    """For one of the staff, who lend it their role, for a customer, or for a program with a role of its own.

    `scopes` take away from what the role allows; none takes nothing away.
    """

    name: str
    role_id: UUID | None = None
    staff_id: UUID | None = None
    customer_id: UUID | None = None
    scopes: tuple[Permission, ...] = ()
    channel_ids: tuple[UUID, ...] = ()
    location_ids: tuple[UUID, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKey:
    api_key_id: UUID


class MadeKey(NamedTuple):
    """`text` is None when the same command was answered before: it was shown then, and is known to nobody now."""

    id: UUID
    text: str | None


async def create_api_key(act: Act, command: CreateApiKey) -> MadeKey:
    """Raises InvalidInput."""
    fresh = _Fresh()
    made = await _create(act, command, fresh)
    return MadeKey(made, fresh.text if fresh.used_for == made else None)


@action
async def revoke_api_key(act: Act, command: RevokeApiKey) -> UUID:
    """It stops working within seconds, for good; revoking it again changes nothing. Raises NotFound."""
    found = await rows(REVOKE, [command.api_key_id, act.organization_id, act.now])
    if not found:
        raise NotFound("API key", command.api_key_id)
    if found[0]["is_changed"]:
        await _record(act, command.api_key_id, found[0], is_revoked=True)
    return command.api_key_id


class _Fresh:
    """A secret for one call. As text it is always the same, so that it is no part of what an idempotency key covers."""

    def __init__(self) -> None:
        self.prefix = "".join(secrets.choice(PREFIX_LETTERS) for _ in range(api_keys.PREFIX_CHARACTERS))
        self._secret = secrets.token_urlsafe(api_keys.SECRET_BYTES)
        self.used_for: UUID | None = None

    def __str__(self) -> str:
        return "a fresh secret"

    @property
    def text(self) -> str:
        return api_keys.api_key(self.prefix, self._secret)

    def use(self, key_id: UUID) -> str:
        """The hash that is kept."""
        self.used_for = key_id
        return api_keys.hashed(self._secret)


@action
async def _create(act: Act, command: CreateApiKey, fresh: _Fresh) -> UUID:
    role = await _check(act, command)
    made = new_id()
    row = {
        "id": made,
        "organization_id": act.organization_id,
        "role_id": role,
        "staff_id": command.staff_id,
        "customer_id": command.customer_id,
        "name": command.name,
        "prefix": fresh.prefix,
        "secret_hash": fresh.use(made),
        "scopes": sorted(set(command.scopes)),
        "created_at": act.now,
        "expires_at": command.expires_at,
        "revoked_at": None,
    }
    await execute(INSERT, [plain([row])])
    for kind, wanted in (("channel", command.channel_ids), ("location", command.location_ids)):
        sql = f"INSERT INTO api_key_{kind}s (api_key_id, {kind}_id) SELECT $1, unnest($2::uuid[])"
        await execute(sql, [made, sorted(set(wanted))])
    await _record(act, made, row, is_revoked=False)
    return made


async def _check(act: Act, command: CreateApiKey) -> UUID:
    """The role the key gets. Raises InvalidInput."""
    checks = Checks()
    checks.text("name", command.name, longest=200)
    owners = [command.role_id, command.staff_id, command.customer_id]
    if sum(owner is not None for owner in owners) != 1:
        checks.note("role_id", "REQUIRED", "Give one of role, staff and customer.")
    found = await rows(ROLE_OF_KEY, [act.organization_id, *owners])
    if not found:
        checks.note("role_id", "UNKNOWN", "There is no such role, staff or customer, or it cannot hold a key.")
    else:
        check_allowed(checks, "scopes", command.scopes, Role(found[0]["kind"]))
    await check_confined(act, checks, "channel_ids", "channels", command.channel_ids)
    await check_confined(act, checks, "location_ids", "locations", command.location_ids)
    if command.expires_at is not None and command.expires_at <= act.now:
        checks.note("expires_at", "OUT_OF_RANGE", "Must be in the future.")
    checks.refuse()
    role_id: UUID = found[0]["id"]
    return role_id


async def _record(act: Act, key_id: UUID, row: dict[str, Any], *, is_revoked: bool) -> None:
    payload = {"id": str(key_id), "prefix": row["prefix"], "name": row["name"], "is_revoked": is_revoked}
    fact = Fact(kind=FactKind.API_KEY_CHANGED, payload={"api_key": payload})
    await outbox.record(act.organization_id, act.actor, act.now, [fact])
