"""Dates that are promised: supply that will come, carriers' services, rules, and the promise an order was placed with."""

from typing import Any

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id
from domain.promising.offers import Confidence
from domain.promising.supply import SupplyKind, SupplyStatus
from domain.routing.values import Method

TIME = "'^([01][0-9]|2[0-3]):[0-5][0-9]$'"
CHECKS = {
    "expected_supplies": {
        "quantity": "quantity >= 0 AND received >= 0 AND (status <> 'expected' OR quantity > 0)",
        "kind": "kind <> 'on_hand'",
        "closed": "(status = 'expected') = (closed_at IS NULL)",
    },
    "carrier_services": {
        "times": f"cut_off ~ {TIME} AND pickup_time ~ {TIME}",
        "zones": "jsonb_typeof(zones) = 'array'",
        "price": "price_minor >= 0",
    },
    "promise_rules": {
        "times": (
            "lead_time_minutes >= 0 AND pickup_ready_minutes >= 0 AND buffer_days >= 0 AND valid_minutes >= 1 AND "
            "past_due_days >= 0"
        ),
    },
    "safety_rules": {
        "amount": "(quantity IS NULL) <> (percent IS NULL) AND quantity >= 0 AND percent BETWEEN 0 AND 100",
    },
    "promises": {
        "currency": "currency ~ '^[A-Z]{3}$'",
        "days": "earliest_on <= latest_on AND (ship_on IS NULL OR ship_on <= earliest_on)",
        "amounts": "cost_minor >= 0 AND price_minor >= 0",
    },
}
JOBS = {
    "orders_promised": "CREATE INDEX orders_promised ON orders (promise_id) WHERE promise_id IS NOT NULL",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0006_fulfilment_lists")]

    operations: list[Any] = [
        ops.CreateModel(
            name="CarrierService",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="carrier_services",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=32)),
                ("name", fields.CharField(max_length=200)),
                ("carrier", fields.CharField(max_length=32)),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "models.Channel",
                        source_field="channel_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="carrier_services",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("cut_off", fields.CharField(max_length=5)),
                ("pickup_time", fields.CharField(max_length=5)),
                ("pickup_days", ArrayField(default=list, element_type="TEXT")),
                ("non_transit_days", ArrayField(default=list, element_type="TEXT")),
                ("non_delivery_days", ArrayField(default=list, element_type="TEXT")),
                ("observes_holidays", fields.BooleanField(default=True)),
                ("is_same_day", fields.BooleanField(default=False)),
                ("zones", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("price_minor", fields.BigIntField(null=True)),
                ("is_active", fields.BooleanField(default=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "carrier_services",
                "app": "models",
                "unique_together": (("organization", "code"),),
                "indexes": [Index(fields=["organization_id", "code", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ExpectedSupply",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="expected_supplies",
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
                        related_name="expected_supplies",
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
                        related_name="expected_supplies",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharEnumField(enum_type=SupplyKind, max_length=16)),
                ("status", fields.CharEnumField(default=SupplyStatus.EXPECTED, enum_type=SupplyStatus, max_length=16)),
                ("quantity", fields.IntField()),
                ("received", fields.IntField(default=0)),
                ("expected_on", fields.DateField()),
                ("reference", fields.CharField(default="", max_length=128)),
                ("announced_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "expected_supplies",
                "app": "models",
                "indexes": [
                    Index(fields=["organization_id", "expected_on", "id"]),
                    Index(fields=["organization_id", "status", "expected_on", "id"]),
                    Index(fields=["organization_id", "variant_id", "expected_on", "id"]),
                    Index(fields=["organization_id", "location_id", "expected_on", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Promise",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="promises",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "models.Channel",
                        source_field="channel_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="promises",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "models.Customer",
                        source_field="customer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="promises",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("cart", fields.CharField(null=True, max_length=64)),
                ("method", fields.CharEnumField(enum_type=Method, max_length=16)),
                ("carrier", fields.CharField(null=True, max_length=32)),
                ("service", fields.CharField(null=True, max_length=32)),
                (
                    "location",
                    fields.ForeignKeyField(
                        "models.Location",
                        source_field="location_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="promises",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("rule", fields.CharField(max_length=200)),
                ("confidence", fields.CharEnumField(enum_type=Confidence, max_length=16)),
                ("ready_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ship_on", fields.DateField(null=True)),
                ("earliest_on", fields.DateField()),
                ("latest_on", fields.DateField()),
                ("currency", fields.CharField(max_length=3)),
                ("cost_minor", fields.BigIntField()),
                ("price_minor", fields.BigIntField()),
                ("parcels", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("promised_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "promises", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PromiseKey",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.OneToOneField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="promise_key",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("secret", fields.BinaryField()),
            ],
            options={"table": "promise_keys", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PromiseRule",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="promise_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=32)),
                (
                    "location",
                    fields.ForeignKeyField(
                        "models.Location",
                        source_field="location_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="promise_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("lead_time_minutes", fields.IntField()),
                ("pickup_ready_minutes", fields.IntField()),
                ("buffer_days", fields.IntField()),
                ("valid_minutes", fields.IntField()),
                ("past_due_days", fields.IntField()),
                ("is_active", fields.BooleanField(default=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "promise_rules",
                "app": "models",
                "unique_together": (("organization", "code"),),
                "indexes": [Index(fields=["organization_id", "code", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SafetyRule",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="safety_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=32)),
                ("kind", fields.CharEnumField(null=True, enum_type=SupplyKind, max_length=16)),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "models.Variant",
                        source_field="variant_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="safety_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "location",
                    fields.ForeignKeyField(
                        "models.Location",
                        source_field="location_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="safety_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("method", fields.CharEnumField(null=True, enum_type=Method, max_length=16)),
                ("quantity", fields.IntField(null=True)),
                ("percent", fields.IntField(null=True)),
                ("is_active", fields.BooleanField(default=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "safety_rules",
                "app": "models",
                "unique_together": (("organization", "code"),),
                "indexes": [Index(fields=["organization_id", "code", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Order",
            name="promise",
            field=fields.ForeignKeyField(
                "models.Promise",
                source_field="promise_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="orders",
                on_delete=OnDelete.RESTRICT,
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
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in JOBS.items()),
    ]
