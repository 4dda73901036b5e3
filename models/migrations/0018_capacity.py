"""What locations can do and have taken on a day, and what rules ask about it."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {
    "locations": {
        "daily_capacity_orders": "daily_capacity_orders >= 0",
        "cut_off": "cut_off ~ '^(([01][0-9]|2[0-3]):[0-5][0-9])?$'",
    },
    "location_days": {"counts": "units >= 0 AND orders >= 0"},
    "capacity_claims": {"units": "units > 0"},
    "routing_rules": {"backlog": "delay_minor >= 0 AND backlog_minor >= 0 AND backlog_free_days >= 0"},
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
    dependencies = [("models", "0017_old_decisions")]

    operations: list[Any] = [
        ops.AddField("Location", "daily_capacity_orders", fields.IntField(null=True)),
        ops.AddField("Location", "cut_off", fields.CharField(default="", db_default="", max_length=5)),
        ops.AddField("RoutingRule", "delay_minor", fields.BigIntField(default=0, db_default=0)),
        ops.AddField("RoutingRule", "backlog_minor", fields.BigIntField(default=0, db_default=0)),
        ops.AddField("RoutingRule", "backlog_free_days", fields.IntField(default=0, db_default=0)),
        ops.CreateModel(
            name="LocationDay",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("organization", _related("Organization", "organization_id", "location_days")),
                ("location", _related("Location", "location_id", "days")),
                ("day", fields.DateField()),
                ("units", fields.IntField(default=0)),
                ("orders", fields.IntField(default=0)),
            ],
            options={
                "table": "location_days",
                "app": "models",
                "unique_together": (("location", "day"),),
                "indexes": [Index(fields=["organization_id", "day", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CapacityClaim",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("order", _related("Order", "order_id", "capacity_claims")),
                ("location", _related("Location", "location_id", "capacity_claims")),
                ("day", fields.DateField()),
                ("units", fields.IntField()),
            ],
            options={
                "table": "capacity_claims",
                "app": "models",
                "unique_together": (("order", "location", "day"),),
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
