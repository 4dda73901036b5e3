"""Customers are asked about whole kits that they wanted to collect."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

CHECKS = {"pickup_questions": {"kit": "(new_kit_id IS NULL) = (kit_id IS NULL OR new_line_id IS NULL)"}}


def _kit(column: str, related_name: str) -> Any:
    return fields.ForeignKeyField(
        "models.OrderKit",
        source_field=column,
        db_constraint=True,
        to_field="id",
        null=True,
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0033_forwarding")]

    operations: list[Any] = [
        ops.AddField(model_name="PickupQuestion", name="kit", field=_kit("kit_id", "pickup_questions")),
        ops.AddField(model_name="PickupQuestion", name="new_kit", field=_kit("new_kit_id", "pickup_answers")),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
    ]
