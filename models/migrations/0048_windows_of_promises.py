"""How far ahead a supply is promised, and how long an order that waits counts."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

RULE = "forward_days >= 0 AND past_due_demand_days >= 0"


class Migration(migrations.Migration):
    dependencies = [("models", "0047_safety_trail")]

    operations: list[Any] = [
        ops.AddField("PromiseRule", "past_due_demand_days", fields.IntField(null=True)),
        ops.AddField("PromiseRule", "forward_days", fields.IntField(null=True)),
        ops.RunSQL(
            f"ALTER TABLE promise_rules ADD CONSTRAINT promise_rules_windows CHECK ({RULE})",
            "ALTER TABLE promise_rules DROP CONSTRAINT promise_rules_windows",
        ),
    ]
