"""Routing rules in their revisions, and the decisions that gave units of orders a location."""

from typing import Any

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id
from domain.orders import FulfilmentMethod
from domain.routing.rules.values import DEFAULT_STEP_MINOR, DecisionKind, RuleStatus

CHECKS = {
    "routing_rules": {
        "revision": "revision >= 1",
        "amounts": "step_minor >= 0 AND split_minor >= 0",
        "times": "effective_from < effective_until",
        "country": "country = '' OR country ~ '^[A-Z]{2}$'",
        "lists": (
            "jsonb_typeof(steps) = 'array' AND jsonb_typeof(handling) = 'array' AND jsonb_typeof(constraints) = 'array'"
        ),
        "activated": "status <> 'active' OR activated_at IS NOT NULL",
        "archived": "(status = 'archived') = (archived_at IS NOT NULL)",
    },
    "routing_decisions": {"cost": "cost_minor >= 0"},
}
UNIQUE = {
    "routing_rules_one_active": (
        "CREATE UNIQUE INDEX routing_rules_one_active ON routing_rules (organization_id, name) WHERE status = 'active'"
    ),
    "routing_rules_one_draft": (
        "CREATE UNIQUE INDEX routing_rules_one_draft ON routing_rules (organization_id, name) WHERE status = 'draft'"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("models", "0009_transfers")]

    operations: list[Any] = [
        ops.CreateModel(
            name="RoutingRule",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="routing_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=64)),
                ("revision", fields.IntField()),
                ("status", fields.CharEnumField(enum_type=RuleStatus, max_length=16)),
                ("priority", fields.IntField(default=0)),
                ("effective_from", fields.DatetimeField(null=True)),
                ("effective_until", fields.DatetimeField(null=True)),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "models.Channel",
                        source_field="channel_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="routing_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("segment", fields.CharField(default="", max_length=64)),
                (
                    "variant",
                    fields.ForeignKeyField(
                        "models.Variant",
                        source_field="variant_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="routing_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("category", fields.CharField(default="", max_length=100)),
                ("country", fields.CharField(default="", max_length=2)),
                ("region", fields.CharField(default="", max_length=100)),
                ("method", fields.CharEnumField(null=True, enum_type=FulfilmentMethod, max_length=16)),
                ("steps", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("step_minor", fields.BigIntField(default=DEFAULT_STEP_MINOR)),
                ("split_minor", fields.BigIntField(null=True)),
                ("handling", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("constraints", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("drafted_at", fields.DatetimeField()),
                ("activated_at", fields.DatetimeField(null=True)),
                ("archived_at", fields.DatetimeField(null=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "routing_rules",
                "app": "models",
                "unique_together": (("organization", "name", "revision"),),
                "indexes": [
                    Index(fields=["organization_id", "name", "revision", "id"]),
                    Index(fields=["organization_id", "drafted_at", "id"]),
                    Index(fields=["organization_id", "status", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RoutingDecision",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "order",
                    fields.ForeignKeyField(
                        "models.Order",
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="routing_decisions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharEnumField(enum_type=DecisionKind, max_length=16)),
                ("made_at", fields.DatetimeField()),
                (
                    "rule",
                    fields.ForeignKeyField(
                        "models.RoutingRule",
                        source_field="rule_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="decisions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("request", fields.TextField()),
                ("plan", fields.TextField()),
                ("cost_minor", fields.BigIntField()),
            ],
            options={
                "table": "routing_decisions",
                "app": "models",
                "indexes": [Index(fields=["order_id", "made_at", "id"])],
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
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in UNIQUE.items()),
    ]
