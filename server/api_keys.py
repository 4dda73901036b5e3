"""API keys: who may use one is read from its row, and read again every few seconds, so that revoking one takes effect."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain import api_keys
from domain.permissions import PERMISSIONS_OF, Role
from domain.viewer import AUDIENCE_OF, Viewer
from models.db import rows
from server.credentials import NotAuthenticated

TRUSTED_SECONDS: Final = 3.0  # a revoked key works this long at most
KEPT_KEYS: Final = 10_000

FIND: Final = """
SELECT k.secret_hash, k.organization_id, k.customer_id, k.staff_id, k.scopes, k.expires_at, r.kind, r.permissions,
       ARRAY(SELECT channel_id FROM api_key_channels WHERE api_key_id = k.id
             UNION SELECT channel_id FROM staff_channels WHERE staff_id = k.staff_id) AS channel_ids,
       ARRAY(SELECT location_id FROM api_key_locations WHERE api_key_id = k.id
             UNION SELECT location_id FROM staff_locations WHERE staff_id = k.staff_id) AS location_ids
FROM api_keys k
JOIN roles r ON r.id = k.role_id
LEFT JOIN staff s ON s.id = k.staff_id
WHERE k.prefix = $1 AND k.revoked_at IS NULL AND s.is_active IS NOT FALSE
"""


@dataclass(frozen=True, slots=True)
class _Read:
    row: Mapping[str, Any] | None
    at_seconds: float


class ApiKeys:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._reads: OrderedDict[str, _Read] = OrderedDict()

    async def viewer(self, text: str) -> Viewer:
        """Raises NotAuthenticated when the key is unknown, revoked or expired."""
        parts = api_keys.split(text)
        row = await self._row(parts[0]) if parts else None
        if parts is None or row is None or not api_keys.fits(parts[1], row["secret_hash"]):
            raise NotAuthenticated("This API key is not known, or was revoked.")
        if row["expires_at"] is not None and row["expires_at"] <= self._now():
            raise NotAuthenticated("This API key has expired.")
        return _viewer(parts[0], row)

    async def _row(self, prefix: str) -> Mapping[str, Any] | None:
        read = self._reads.get(prefix)
        if read is None or time.monotonic() - read.at_seconds > TRUSTED_SECONDS:
            asked_at = time.monotonic()
            found = await rows(FIND, [prefix])
            read = self._reads[prefix] = _Read(found[0] if found else None, asked_at)
            self._reads.move_to_end(prefix)
            if len(self._reads) > KEPT_KEYS:
                self._reads.popitem(last=False)
        return read.row


def _viewer(prefix: str, row: Mapping[str, Any]) -> Viewer:
    role = Role(row["kind"])
    permissions = PERMISSIONS_OF[role]
    for narrower in (row["permissions"], row["scopes"]):
        if narrower:
            permissions = frozenset(permission for permission in permissions if permission in narrower)
    return Viewer(
        audience=AUDIENCE_OF[role],
        principal=_principal(prefix, row),
        organization_id=row["organization_id"],
        permissions=permissions,
        role=role,
        channel_ids=tuple(row["channel_ids"]),
        location_ids=tuple(row["location_ids"]),
        customer_id=row["customer_id"],
        expires_at=row["expires_at"],
    )


def _principal(prefix: str, row: Mapping[str, Any]) -> str:
    if row["staff_id"] is not None:
        return f"staff:{row['staff_id']}"
    if row["customer_id"] is not None:
        return f"customer:{row['customer_id']}"
    return f"key:{prefix}"
