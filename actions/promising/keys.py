"""With what offers are sealed: one secret an organization, made when it is needed first."""

import secrets
from typing import Final
from uuid import UUID

from domain.ids import new_id
from domain.promising.sealing import KEY_BYTES
from models.db import execute, rows

MAKE: Final = """
INSERT INTO promise_keys (id, organization_id, secret) VALUES ($1, $2, $3) ON CONFLICT (organization_id) DO NOTHING"""
READ: Final = "SELECT secret FROM promise_keys WHERE organization_id = $1"

_known: dict[UUID, bytes] = {}


async def key_of(organization_id: UUID) -> bytes:
    """The same in every process; it never changes. Not within a transaction, which might undo what is remembered here."""
    found = await known_key(organization_id)
    if found is None:
        await execute(MAKE, [new_id(), organization_id, secrets.token_bytes(KEY_BYTES)])
        found = await known_key(organization_id)
        assert found is not None, "made just now"
    return found


async def known_key(organization_id: UUID) -> bytes | None:
    """None where nothing was ever offered."""
    if organization_id not in _known:
        kept = await rows(READ, [organization_id])
        if not kept:
            return None
        _known[organization_id] = bytes(kept[0]["secret"])
    return _known[organization_id]
