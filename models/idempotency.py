"""What was answered to each idempotency key, written in the transaction that did it."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model


class IdempotencyKey(Model):
    """`id` is `organization/principal/key`: two clients never share a key. `fingerprint` is the SHA-256 of the arguments."""

    id = fields.CharField(primary_key=True, max_length=320)
    fingerprint = fields.CharField(max_length=64)
    result: fields.JSONField[dict[str, Any]] = fields.JSONField()
    created_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "idempotency_keys"
