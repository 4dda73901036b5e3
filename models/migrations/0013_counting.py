"""Cycle counts."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.counting import CountLineStatus, CountStatus
from domain.ids import new_id

CHECKS = {
    "stock_counts": {
        "tolerance": "tolerance_units >= 0 AND tolerance_percent BETWEEN 0 AND 100",
        "closed": "(status IN ('posted', 'cancelled')) = (closed_at IS NOT NULL)",
    },
    "count_lines": {
        "counted": (
            "counted >= 0 AND (counted IS NULL) = (expected IS NULL) AND (counted IS NULL) = (counted_at IS NULL) AND "
            "(counted IS NULL) = (counted_by IS NULL)"
        ),
        "open": "status NOT IN ('counted', 'waiting', 'posted') OR counted IS NOT NULL",
    },
}
JOBS = {
    "count_lines_unsettled": (
        "CREATE UNIQUE INDEX count_lines_unsettled ON count_lines (stock_level_id) "
        "WHERE status IN ('open', 'counted', 'waiting')"
    ),
}
NUMBERS = "count_numbers"


class Migration(migrations.Migration):
    dependencies = [("models", "0012_purchasing")]

    operations: list[Any] = [
        ops.CreateModel(
            name="StockCount",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="stock_counts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.CharField(max_length=32)),
                (
                    "location",
                    fields.ForeignKeyField(
                        "models.Location",
                        source_field="location_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="stock_counts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(default=CountStatus.COUNTING, enum_type=CountStatus, max_length=16)),
                ("tolerance_units", fields.IntField()),
                ("tolerance_percent", fields.IntField()),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("submitted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "stock_counts",
                "app": "models",
                "unique_together": (("organization", "number"),),
                "indexes": [
                    Index(fields=["organization_id", "started_at", "id"]),
                    Index(fields=["organization_id", "status", "started_at", "id"]),
                    Index(fields=["organization_id", "location_id", "started_at", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CountLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "count",
                    fields.ForeignKeyField(
                        "models.StockCount",
                        source_field="count_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "stock_level",
                    fields.ForeignKeyField(
                        "models.StockLevel",
                        source_field="stock_level_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="count_lines",
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
                        related_name="count_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("position", fields.IntField()),
                (
                    "status",
                    fields.CharEnumField(default=CountLineStatus.OPEN, enum_type=CountLineStatus, max_length=16),
                ),
                ("expected_at_start", fields.IntField()),
                ("expected", fields.IntField(null=True)),
                ("counted", fields.IntField(null=True)),
                ("counted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("counted_by", fields.CharField(null=True, max_length=128)),
            ],
            options={
                "table": "count_lines",
                "app": "models",
                "unique_together": (("count", "variant"),),
                "indexes": [Index(fields=["count_id", "position", "id"])],
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
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in JOBS.items()),
        ops.RunSQL(f"CREATE SEQUENCE {NUMBERS} START 100001", f"DROP SEQUENCE {NUMBERS}"),
    ]
