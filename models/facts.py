"""Facts: written to the outbox by the transaction that made them true, then to the log, numbered without gaps."""

import uuid
from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

RELAY_STATE_ID = 1


class FactColumns(Model):
    """What a fact says, and the columns by which subscribers and time lines find it.

    The ids are plain values, not foreign keys: a fact stays true when the row it speaks of is gone, and both tables
    are written too often for six look-ups a row.
    """

    organization_id = fields.UUIDField()
    kind = fields.CharField(max_length=64)
    order_id: fields.Field[uuid.UUID | None] = fields.UUIDField(null=True)
    fulfilment_id: fields.Field[uuid.UUID | None] = fields.UUIDField(null=True)
    location_id: fields.Field[uuid.UUID | None] = fields.UUIDField(null=True)
    variant_id: fields.Field[uuid.UUID | None] = fields.UUIDField(null=True)
    customer_id: fields.Field[uuid.UUID | None] = fields.UUIDField(null=True)
    channel_id: fields.Field[uuid.UUID | None] = fields.UUIDField(null=True)
    payload: fields.JSONField[dict[str, Any]] = fields.JSONField()
    actor = fields.CharField(max_length=200)
    recorded_at = fields.DatetimeField()

    class Meta:
        abstract = True


class OutboxFact(FactColumns):
    """A fact not yet numbered. Facts of one order are recorded under its lock, so their ids are in order."""

    id = fields.BigIntField(primary_key=True, generated=True)

    class Meta:
        table = "outbox"


class LoggedFact(FactColumns):
    """A fact with its place in the one order that every subscriber sees."""

    seq = fields.BigIntField(primary_key=True, generated=False)

    class Meta:
        table = "event_log"
        indexes = [
            Index(fields=("organization_id", "seq"), name="event_log_organization"),
            Index(fields=("order_id", "seq"), name="event_log_order"),
            Index(fields=("location_id", "seq"), name="event_log_location"),
            Index(fields=("variant_id", "seq"), name="event_log_variant"),
            Index(fields=("customer_id", "seq"), name="event_log_customer"),
        ]


class RelayState(Model):
    """One row (id 1): how far the relay is. The relay makes the row when it is not there.

    `last_seq` is the newest fact in the log, `published_seq` the newest one handed to the broker, `horizon_seq` the
    oldest place a cursor may still resume from. `epoch` names this history: another one means other facts under the
    same numbers.
    """

    id = fields.SmallIntField(primary_key=True, generated=False)
    last_seq = fields.BigIntField(default=0)
    published_seq = fields.BigIntField(default=0)
    horizon_seq = fields.BigIntField(default=0)
    epoch = fields.UUIDField(default=uuid.uuid4)

    class Meta:
        table = "relay_state"
