"""Transfers between locations."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id
from domain.transfers import Discrepancy, TransferStatus

CHECKS = {
    "transfers": {
        "ends": "origin_id <> destination_id",
        "closed": "(status IN ('received', 'cancelled')) = (closed_at IS NOT NULL)",
    },
    "transfer_lines": {
        "quantity": "quantity > 0 AND shipped >= 0 AND shipped <= quantity",
        "conserved": (
            "received >= 0 AND damaged >= 0 AND damaged <= received AND written_back >= 0 AND written_off >= 0 AND "
            "received + written_back + written_off <= shipped"
        ),
    },
}
NUMBERS = "transfer_numbers"


class Migration(migrations.Migration):
    dependencies = [("models", "0008_labels_and_cartons")]

    operations: list[Any] = [
        ops.CreateModel(
            name="Transfer",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="transfers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.CharField(max_length=32)),
                (
                    "origin",
                    fields.ForeignKeyField(
                        "models.Location",
                        source_field="origin_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="transfers_out",
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
                        related_name="transfers_in",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharEnumField(default=TransferStatus.DRAFT, enum_type=TransferStatus, max_length=32)),
                ("expected_on", fields.DateField(null=True)),
                ("note", fields.CharField(default="", max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("shipped_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "transfers",
                "app": "models",
                "unique_together": (("organization", "number"),),
                "indexes": [
                    Index(fields=["organization_id", "created_at", "id"]),
                    Index(fields=["organization_id", "status", "created_at", "id"]),
                    Index(fields=["origin_id", "created_at", "id"]),
                    Index(fields=["destination_id", "created_at", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TransferLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "transfer",
                    fields.ForeignKeyField(
                        "models.Transfer",
                        source_field="transfer_id",
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
                        related_name="transfer_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("position", fields.IntField()),
                ("quantity", fields.IntField()),
                ("shipped", fields.IntField(default=0)),
                ("received", fields.IntField(default=0)),
                ("damaged", fields.IntField(default=0)),
                ("written_back", fields.IntField(default=0)),
                ("written_off", fields.IntField(default=0)),
                ("discrepancy", fields.CharEnumField(null=True, enum_type=Discrepancy, max_length=16)),
                (
                    "supply",
                    fields.ForeignKeyField(
                        "models.ExpectedSupply",
                        source_field="supply_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="transfer_lines",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "transfer_lines",
                "app": "models",
                "unique_together": (("transfer", "variant"),),
                "indexes": [Index(fields=["transfer_id", "position"])],
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
