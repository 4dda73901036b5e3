"""Payments: per way of paying an append-only log of events; the amounts beside it are their sum, kept for reading."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.payments import PaymentEventKind, Tender
from models.columns import key, version
from models.orders import Order
from models.organizations import Organization


class Payment(Model):
    """One tender of one order. Amounts in minor units; `domain/payments.py` says how they follow from the events.

    `gateway` is empty where money needs no provider: cash, an account. While something is pending, `next_lookup_at` says
    when the provider is asked for its outcome again, null once that was given up.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="payments", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="payments", on_delete=fields.RESTRICT
    )
    order_id: UUID
    tender = fields.CharEnumField(Tender, max_length=32)
    gateway = fields.CharField(max_length=32)
    token = fields.CharField(max_length=128, default="")
    sequence = fields.IntField(default=0)
    limit_minor: int | None = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3)
    authorized_minor = fields.BigIntField(default=0)
    charged_minor = fields.BigIntField(default=0)
    refunded_minor = fields.BigIntField(default=0)
    cancelled_minor = fields.BigIntField(default=0)
    authorize_pending_minor = fields.BigIntField(default=0)
    charge_pending_minor = fields.BigIntField(default=0)
    refund_pending_minor = fields.BigIntField(default=0)
    cancel_pending_minor = fields.BigIntField(default=0)
    expires_at: datetime | None = fields.DatetimeField(null=True)
    lookups = fields.IntField(default=0, db_default=0)
    next_lookup_at: datetime | None = fields.DatetimeField(null=True)
    created_at: datetime = fields.DatetimeField()
    version: int = version()

    events: fields.ReverseRelation["PaymentEvent"]

    class Meta:
        table = "payments"
        indexes = (("order_id", "created_at", "id"),)


class PaymentEvent(Model):
    """`reference` groups what belongs to one request to the gateway, and is the idempotency key we sent with it."""

    id: UUID = key()
    payment: fields.ForeignKeyRelation[Payment] = fields.ForeignKeyField(
        "models.Payment", related_name="events", on_delete=fields.RESTRICT
    )
    payment_id: UUID
    kind = fields.CharEnumField(PaymentEventKind, max_length=32)
    amount_minor = fields.BigIntField()
    reference = fields.CharField(max_length=128)
    message = fields.CharField(max_length=500, default="")
    occurred_at: datetime = fields.DatetimeField()
    recorded_at: datetime = fields.DatetimeField()
    actor = fields.CharField(max_length=128)

    class Meta:
        table = "payment_events"
        unique_together = (("payment", "reference", "kind"),)
        indexes = (("payment_id", "recorded_at", "id"),)
