"""Waves that work is picked in, and after how long a location's silence or a customer's absence counts as a no."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {
    "locations": {
        "timers": "accept_within_minutes > 0 AND collect_within_days > 0",
    },
}
JOBS = {
    "fulfilments_in_wave": "CREATE INDEX fulfilments_in_wave ON fulfilments (pick_wave_id)",
}


def _related(table: str, column: str, related_name: str, **more: Any) -> Any:
    return fields.ForeignKeyField(
        f"models.{table}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0014_availability")]

    operations: list[Any] = [
        ops.CreateModel(
            name="PickWave",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("organization", _related("Organization", "organization_id", "pick_waves")),
                ("location", _related("Location", "location_id", "pick_waves")),
                ("number", fields.CharField(max_length=32)),
                ("due_by", fields.DateField(null=True)),
                ("carrier", fields.CharField(null=True, max_length=32)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "pick_waves",
                "app": "models",
                "unique_together": (("organization", "number"),),
                "indexes": [
                    Index(fields=["organization_id", "created_at", "id"]),
                    Index(fields=["location_id", "created_at", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.AddField(
            "Fulfilment",
            "pick_wave",
            _related("PickWave", "pick_wave_id", "fulfilments", null=True, db_index=True),
        ),
        # A column added later gets no index of its own from Tortoise.
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in JOBS.items()),
        ops.AddField("Fulfilment", "ready_at", fields.DatetimeField(null=True)),
        ops.AddField("Location", "accept_within_minutes", fields.IntField(null=True)),
        ops.AddField("Location", "collect_within_days", fields.IntField(null=True)),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
        ops.RunSQL("CREATE SEQUENCE pick_wave_numbers", "DROP SEQUENCE pick_wave_numbers"),
    ]
