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
    """The same in every process; it never changes."""
    found = _known.get(organization_id)
    if found is None:
        kept = await rows(READ, [organization_id])
        if not kept:
            await execute(MAKE, [new_id(), organization_id, secrets.token_bytes(KEY_BYTES)])
            kept = await rows(READ, [organization_id])
        found = _known[organization_id] = bytes(kept[0]["secret"])
    return found
