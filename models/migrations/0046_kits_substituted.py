"""Something else is sent for whole kits, and kits are sent for something else."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

CHECKS = {"substitutions": {"new_kit": "new_kit_id IS NULL OR new_line_id IS NOT NULL"}}
OF_KITS: Any = {
    "db_constraint": True,
    "to_field": "id",
    "null": True,
    "on_delete": OnDelete.RESTRICT,
}


class Migration(migrations.Migration):
    dependencies = [("models", "0045_pickup_codes")]

    operations: list[Any] = [
        ops.AddField(
            model_name="Substitution",
            name="kit",
            field=fields.ForeignKeyField(
                "models.OrderKit", source_field="kit_id", related_name="substitutions", **OF_KITS
            ),
        ),
        ops.AddField(
            model_name="Substitution",
            name="new_kit",
            field=fields.OneToOneField(
                "models.OrderKit", source_field="new_kit_id", related_name="substituted_for", **OF_KITS
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
