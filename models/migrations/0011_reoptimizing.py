"""How orders are routed together: an organization's policy, the runs, and what scarce units are worth."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {
    "routing_policies": {"amounts": "reoptimize_every_minutes >= 1 AND least_saving_minor >= 0"},
    "routing_runs": {
        "counts": (
            "orders_considered >= 0 AND orders_moved >= 0 AND orders_skipped >= 0 AND units_served >= 0 AND rounds >= 0"
        ),
        "amounts": "least_saving_minor >= 0 AND cost_before_minor >= 0 AND cost_after_minor >= 0",
        "currency": "currency ~ '^[A-Z]{3}$'",
    },
    "shadow_prices": {"amount": "unit_minor > 0"},
}


def _key() -> tuple[str, Any]:
    return ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True))


def _link(name: str, model: str, related_name: str, **options: Any) -> tuple[str, Any]:
    field = fields.ForeignKeyField(
        f"models.{model}",
        source_field=f"{name}_id",
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **options,
    )
    return (name, field)


class Migration(migrations.Migration):
    dependencies = [("models", "0010_routing")]

    operations: list[Any] = [
        ops.CreateModel(
            name="RoutingPolicy",
            fields=[
                _key(),
                (
                    "organization",
                    fields.OneToOneField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="routing_policy",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reoptimize_every_minutes", fields.IntField(null=True)),
                ("least_saving_minor", fields.BigIntField(default=1)),
                ("is_looking_ahead", fields.BooleanField(default=False)),
                ("priced_at", fields.DatetimeField(null=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={"table": "routing_policies", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RoutingRun",
            fields=[
                _key(),
                _link("organization", "Organization", "routing_runs"),
                _link("channel", "Channel", "routing_runs", null=True),
                ("actor", fields.CharField(max_length=128)),
                ("seed", fields.IntField()),
                ("rounds", fields.IntField()),
                ("least_saving_minor", fields.BigIntField()),
                ("started_at", fields.DatetimeField()),
                ("finished_at", fields.DatetimeField(null=True)),
                ("orders_considered", fields.IntField(default=0)),
                ("orders_moved", fields.IntField(default=0)),
                ("orders_skipped", fields.IntField(default=0)),
                ("units_served", fields.IntField(default=0)),
                ("currency", fields.CharField(max_length=3)),
                ("cost_before_minor", fields.BigIntField(default=0)),
                ("cost_after_minor", fields.BigIntField(default=0)),
            ],
            options={
                "table": "routing_runs",
                "app": "models",
                "indexes": [
                    Index(fields=["organization_id", "started_at", "id"]),
                    Index(fields=["organization_id", "actor", "started_at"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ShadowPrice",
            fields=[
                _key(),
                _link("organization", "Organization", "shadow_prices", db_index=True),
                _link("variant", "Variant", "shadow_prices"),
                _link("location", "Location", "shadow_prices"),
                ("unit_minor", fields.BigIntField()),
            ],
            options={
                "table": "shadow_prices",
                "app": "models",
                "unique_together": (("variant", "location"),),
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
