"""Labels bought from carriers, the cartons that parcels are packed in, and each parcel's container code."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.carriers import LabelStatus
from domain.ids import new_id

CHECKS = {
    "organizations": {
        "gs1_company_prefix": "gs1_company_prefix ~ '^[0-9]{4,12}$'",
    },
    "labels": {
        "amounts": "weight_grams >= 0 AND cost_minor >= 0",
        "currency": "currency ~ '^[A-Z]{3}$'",
        "bought": "status NOT IN ('bought', 'voiding', 'voided') OR (tracking_number IS NOT NULL AND cost_minor IS NOT NULL)",
        "waiting": "(status IN ('requested', 'voiding')) = (next_try_at IS NOT NULL)",
    },
    "carton_types": {
        "measures": "length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND tare_grams >= 0 AND max_weight_grams > 0",
    },
    "parcels": {
        "container_code": "container_code ~ '^[0-9]{18}$'",
    },
}
JOBS = {
    "labels_live": (
        "CREATE UNIQUE INDEX labels_live ON labels (parcel_id) WHERE status IN ('requested', 'bought', 'voiding')"
    ),
    "labels_waiting": "CREATE INDEX labels_waiting ON labels (next_try_at) WHERE next_try_at IS NOT NULL",
    "labels_unneeded": "CREATE INDEX labels_unneeded ON labels (id) WHERE status = 'bought' AND parcel_id IS NULL",
    "parcels_on_the_way": (
        "CREATE INDEX parcels_on_the_way ON parcels (next_poll_at) "
        "WHERE shipped_at IS NOT NULL AND delivered_at IS NULL AND tracking_number IS NOT NULL"
    ),
    "parcels_container": "CREATE UNIQUE INDEX parcels_container ON parcels (organization_id, container_code) "
    "WHERE container_code IS NOT NULL",
}


def _owner(related_name: str) -> tuple[str, Any]:
    field: Any = fields.ForeignKeyField(
        "models.Organization",
        source_field="organization_id",
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )
    return ("organization", field)


def _key() -> tuple[str, Any]:
    return ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True))


class Migration(migrations.Migration):
    dependencies = [("models", "0007_promises_of_dates")]

    operations: list[Any] = [
        ops.CreateModel(
            name="CartonType",
            fields=[
                _key(),
                _owner("carton_types"),
                ("code", fields.CharField(max_length=32)),
                ("name", fields.CharField(max_length=200)),
                ("length_mm", fields.IntField()),
                ("width_mm", fields.IntField()),
                ("height_mm", fields.IntField()),
                ("tare_grams", fields.IntField(default=0)),
                ("max_weight_grams", fields.IntField()),
                ("is_active", fields.BooleanField(default=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "carton_types",
                "app": "models",
                "unique_together": (("organization", "code"),),
                "indexes": [Index(fields=["organization_id", "code", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Label",
            fields=[
                _key(),
                _owner("labels"),
                (
                    "parcel",
                    fields.ForeignKeyField(
                        "models.Parcel",
                        source_field="parcel_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="labels",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("carrier", fields.CharField(max_length=32)),
                ("service", fields.CharField(max_length=32)),
                (
                    "status",
                    fields.CharEnumField(default=LabelStatus.REQUESTED, enum_type=LabelStatus, max_length=16),
                ),
                ("weight_grams", fields.IntField()),
                ("tracking_number", fields.CharField(null=True, max_length=64)),
                ("cost_minor", fields.BigIntField(null=True)),
                ("currency", fields.CharField(max_length=3)),
                ("reason", fields.CharField(default="", max_length=500)),
                ("requested_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("bought_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("voided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("tries", fields.IntField(default=0)),
                ("next_try_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "labels",
                "app": "models",
                "unique_together": (("organization", "carrier", "tracking_number"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.AddField(
            "Parcel",
            "carton_type",
            fields.ForeignKeyField(
                "models.CartonType",
                source_field="carton_type_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="parcels",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField("Parcel", "container_code", fields.CharField(max_length=18, null=True)),
        ops.AddField("Parcel", "next_poll_at", fields.DatetimeField(null=True)),
        ops.AddField("TrackingEvent", "signed_by", fields.CharField(max_length=200, default="", db_default="")),
        ops.AddField("Organization", "gs1_company_prefix", fields.CharField(max_length=12, null=True)),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in JOBS.items()),
    ]
