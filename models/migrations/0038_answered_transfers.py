"""Until when the origin of a transfer that is chained to an order has to answer, and when it said yes."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

CHECKS = {
    "transfers": {
        "accepted": "accepted_at IS NULL OR order_id IS NOT NULL",
        "answer": "answer_by IS NULL OR (order_id IS NOT NULL AND status = 'ready' AND accepted_at IS NULL)",
    },
}
UNSENT = "CREATE UNIQUE INDEX transfers_unsent ON transfers (order_id, origin_id, destination_id) WHERE {rule}"
WAITING = "order_id IS NOT NULL AND status IN ('draft', 'ready')"


class Migration(migrations.Migration):
    dependencies = [("models", "0037_pickup_promises")]

    operations: list[Any] = [
        ops.AddField("Transfer", "answer_by", fields.DatetimeField(null=True)),
        ops.AddField("Transfer", "accepted_at", fields.DatetimeField(null=True)),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
        ops.RunSQL(
            "CREATE INDEX transfers_to_answer ON transfers (answer_by, id) WHERE answer_by IS NOT NULL",
            "DROP INDEX transfers_to_answer",
        ),
        # What was accepted takes in no more: what the order wants next from there is another transfer.
        ops.RunSQL("DROP INDEX transfers_unsent", UNSENT.format(rule=WAITING)),
        ops.RunSQL(UNSENT.format(rule=f"{WAITING} AND accepted_at IS NULL"), "DROP INDEX transfers_unsent"),
    ]
