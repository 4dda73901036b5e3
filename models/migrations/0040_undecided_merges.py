"""Where an order comes together may still be to be found."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_generator.state import State

CHECKS = {"order_merges": {"wait_days": "wait_days BETWEEN 1 AND 60"}}


LOCATION: Any = fields.ForeignKeyField(
    "models.Location",
    source_field="location_id",
    db_constraint=True,
    to_field="id",
    related_name="order_merges",
    null=True,
    on_delete=OnDelete.RESTRICT,
)


class Loosened(ops.RunSQL):
    """The column may be null. Tortoise's own operation does the same, but needs a copy of all models as they were before."""

    def state_forward(self, app_label: str, state: State) -> None:
        ops.AlterField("OrderMerge", "location", LOCATION).state_forward(app_label, state)


class Migration(migrations.Migration):
    dependencies = [("models", "0039_quota_plans")]

    operations: list[Any] = [
        Loosened(
            "ALTER TABLE order_merges ALTER COLUMN location_id DROP NOT NULL",
            "ALTER TABLE order_merges ALTER COLUMN location_id SET NOT NULL",
        ),
        ops.AddField("OrderMerge", "wait_days", fields.IntField(default=7, db_default=7)),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
    ]
