"""Vendors, and what was ordered from them."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id
from domain.purchasing import PurchaseStatus

CHECKS = {
    "vendors": {
        "currency": "currency ~ '^[A-Z]{3}$'",
        "numbers": ("lead_time_days >= 0 AND over_percent BETWEEN 0 AND 100 AND short_percent BETWEEN 0 AND 100"),
    },
    "purchase_orders": {
        "currency": "currency ~ '^[A-Z]{3}$'",
        "tolerance": "over_percent BETWEEN 0 AND 100 AND short_percent BETWEEN 0 AND 100",
        "closed": "(status IN ('received', 'cancelled')) = (closed_at IS NOT NULL)",
        "day": "status IN ('draft', 'cancelled') OR (expected_on IS NOT NULL AND ordered_at IS NOT NULL)",
    },
    "purchase_lines": {
        "currency": "currency ~ '^[A-Z]{3}$'",
        "quantity": "quantity > 0 AND received >= 0 AND damaged >= 0 AND damaged <= received",
        "cost": "unit_cost_minor >= 0",
    },
}
NUMBERS = "purchase_numbers"


class Migration(migrations.Migration):
    dependencies = [("models", "0011_reoptimizing")]

    operations: list[Any] = [
        ops.CreateModel(
            name="Vendor",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="vendors",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=32)),
                ("name", fields.CharField(max_length=200)),
                ("currency", fields.CharField(max_length=3)),
                ("lead_time_days", fields.IntField()),
                ("over_percent", fields.IntField()),
                ("short_percent", fields.IntField()),
                ("is_active", fields.BooleanField(default=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "vendors",
                "app": "models",
                "unique_together": (("organization", "code"),),
                "indexes": [Index(fields=["organization_id", "code", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PurchaseOrder",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="purchase_orders",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.CharField(max_length=32)),
                (
                    "vendor",
                    fields.ForeignKeyField(
                        "models.Vendor",
                        source_field="vendor_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="purchase_orders",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "destination",
                    fields.ForeignKeyField(
                        "models.Location",
                        source_field="destination_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="purchase_orders",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(default=PurchaseStatus.DRAFT, enum_type=PurchaseStatus, max_length=32)),
                ("currency", fields.CharField(max_length=3)),
                ("over_percent", fields.IntField()),
                ("short_percent", fields.IntField()),
                ("expected_on", fields.DateField(null=True)),
                ("note", fields.CharField(default="", max_length=200)),
                ("closing_reason", fields.CharField(default="", max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ordered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "purchase_orders",
                "app": "models",
                "unique_together": (("organization", "number"),),
                "indexes": [
                    Index(fields=["organization_id", "created_at", "id"]),
                    Index(fields=["organization_id", "status", "created_at", "id"]),
                    Index(fields=["vendor_id", "created_at", "id"]),
                    Index(fields=["destination_id", "created_at", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PurchaseLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "purchase_order",
                    fields.ForeignKeyField(
                        "models.PurchaseOrder",
                        source_field="purchase_order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="lines",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "models.Variant",
                        source_field="variant_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="purchase_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("position", fields.IntField()),
                ("quantity", fields.IntField()),
                ("received", fields.IntField(default=0)),
                ("damaged", fields.IntField(default=0)),
                ("unit_cost_minor", fields.BigIntField()),
                ("currency", fields.CharField(max_length=3)),
                (
                    "supply",
                    fields.ForeignKeyField(
                        "models.ExpectedSupply",
                        source_field="supply_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="purchase_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "purchase_lines",
                "app": "models",
                "unique_together": (("purchase_order", "variant"),),
                "indexes": [Index(fields=["purchase_order_id", "position"])],
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
        ops.RunSQL(f"CREATE SEQUENCE {NUMBERS} START 100001", f"DROP SEQUENCE {NUMBERS}"),
    ]
