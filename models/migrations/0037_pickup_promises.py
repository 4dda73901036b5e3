"""By which option goods ship that could not be collected."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

CHECKS = {"pickup_questions": {"promise": "promise_id IS NULL OR choice = 'ship'"}}


class Migration(migrations.Migration):
    dependencies = [("models", "0036_merging")]

    operations: list[Any] = [
        ops.AddField(
            "PickupQuestion",
            "promise",
            fields.ForeignKeyField(
                "models.Promise",
                source_field="promise_id",
                db_constraint=True,
                to_field="id",
                related_name="pickup_answers",
                null=True,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
    ]
