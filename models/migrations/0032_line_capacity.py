"""How many order lines a location can do a day, and which lines it has taken on for which day."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {
    "locations": {"daily_capacity_lines": "daily_capacity_lines >= 0"},
    "location_days": {"lines": "lines >= 0"},
    "line_claims": {"units": "units > 0"},
}


def _related(table: str, column: str, related_name: str) -> Any:
    return fields.ForeignKeyField(
        f"models.{table}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0031_order_kits")]

    operations: list[Any] = [
        ops.AddField("Location", "daily_capacity_lines", fields.IntField(null=True)),
        ops.AddField("LocationDay", "lines", fields.IntField(default=0, db_default=0)),
        ops.CreateModel(
            name="LineClaim",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("line", _related("OrderLine", "line_id", "claims")),
                ("location", _related("Location", "location_id", "line_claims")),
                ("day", fields.DateField()),
                ("units", fields.IntField()),
            ],
            options={
                "table": "line_claims",
                "app": "models",
                "unique_together": (("line", "location", "day"),),
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
