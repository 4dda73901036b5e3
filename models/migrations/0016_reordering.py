"""When goods are ordered again."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id
from domain.reordering import ReorderPolicy

CHECKS = {
    "reorder_rules": {
        "numbers": (
            "reorder_point >= 0 AND quantity > 0 AND unit_cost_minor >= 0 AND lead_time_days >= 0 AND "
            "(policy <> 'up_to_level' OR quantity > reorder_point)"
        ),
    },
}


class Migration(migrations.Migration):
    dependencies = [("models", "0015_waves_and_timers")]

    operations: list[Any] = [
        ops.CreateModel(
            name="ReorderRule",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reorder_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "models.Variant",
                        source_field="variant_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reorder_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "location",
                    fields.ForeignKeyField(
                        "models.Location",
                        source_field="location_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reorder_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "vendor",
                    fields.ForeignKeyField(
                        "models.Vendor",
                        source_field="vendor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reorder_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("policy", fields.CharEnumField(enum_type=ReorderPolicy, max_length=16)),
                ("reorder_point", fields.IntField()),
                ("quantity", fields.IntField()),
                ("unit_cost_minor", fields.BigIntField()),
                ("lead_time_days", fields.IntField(null=True)),
                ("is_active", fields.BooleanField(default=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "reorder_rules",
                "app": "models",
                "unique_together": (("variant", "location"),),
                "indexes": [
                    Index(fields=["organization_id", "variant_id", "location_id", "id"]),
                    Index(fields=["organization_id", "location_id", "id"]),
                    Index(fields=["organization_id", "vendor_id", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
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
