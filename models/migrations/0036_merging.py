"""Orders whose goods are brought together before they leave."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {"order_merges": {"ended": "(ended_at IS NULL) = (ended_by IS NULL)"}}


def _of(field: Any, model: str, column: str, related_name: str) -> Any:
    return field(
        f"models.{model}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0035_channel_launches")]

    operations: list[Any] = [
        ops.CreateModel(
            name="OrderMerge",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    _of(fields.ForeignKeyField, "Organization", "organization_id", "order_merges"),
                ),
                ("order", _of(fields.OneToOneField, "Order", "order_id", "merge")),
                ("location", _of(fields.ForeignKeyField, "Location", "location_id", "order_merges")),
                ("waits_until", fields.DatetimeField()),
                ("asked_by", fields.CharField(max_length=128)),
                ("asked_at", fields.DatetimeField()),
                ("ended_by", fields.CharField(null=True, max_length=128)),
                ("ended_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "order_merges", "app": "models", "pk_attr": "id"},
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
