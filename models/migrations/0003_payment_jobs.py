"""When a payment's outcome is asked for again, and what the periodic jobs of payments find their work by."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

# A charge-back after a refund leaves less than nothing charged: a loss, shown as one.
AMOUNTS = (
    "authorized_minor >= 0 AND refunded_minor >= 0 AND cancelled_minor >= 0 AND limit_minor >= 0 AND "
    "authorize_pending_minor >= 0 AND charge_pending_minor >= 0 AND refund_pending_minor >= 0 AND "
    "cancel_pending_minor >= 0"
)
AMOUNTS_BEFORE = (
    "authorized_minor >= 0 AND charged_minor >= 0 AND refunded_minor >= 0 AND cancelled_minor >= 0 AND limit_minor >= 0"
)
JOBS = {
    "payments_lookup_due": (
        "CREATE INDEX payments_lookup_due ON payments (next_lookup_at) WHERE next_lookup_at IS NOT NULL"
    ),
    "payments_authorized": "CREATE INDEX payments_authorized ON payments (order_id) WHERE authorized_minor > 0",
    "payments_expiring": (
        "CREATE INDEX payments_expiring ON payments (expires_at) WHERE authorized_minor > 0 AND expires_at IS NOT NULL"
    ),
    "payment_events_reference": "CREATE INDEX payment_events_reference ON payment_events (reference)",
}


def _amounts(rule: str) -> str:
    return f"ALTER TABLE payments DROP CONSTRAINT payments_amounts, ADD CONSTRAINT payments_amounts CHECK ({rule})"


class Migration(migrations.Migration):
    dependencies = [("models", "0002_promises")]

    operations: list[Any] = [
        ops.AddField("Payment", "lookups", fields.IntField(default=0, db_default=0)),
        ops.AddField("Payment", "next_lookup_at", fields.DatetimeField(null=True)),
        ops.RunSQL(_amounts(AMOUNTS), _amounts(AMOUNTS_BEFORE)),
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in JOBS.items()),
    ]
