"""How many units may wait for stock, until when, and from when on a variant is sent at all."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {
    "channels": {"backorder_days": "backorder_cancel_days >= 1"},
    "backorder_terms": {
        "limit": "limit_units >= 0",
        "launch": "launches_at IS NOT NULL OR (ships_by IS NULL AND launched_at IS NULL)",
        "launched": "launched_at >= launches_at",
    },
    "backorders": {"launch": "launches_at IS NOT NULL OR ships_by IS NULL"},
}
JOBS = {
    "backorder_terms_launching": (
        "CREATE INDEX backorder_terms_launching ON backorder_terms (launches_at) WHERE launched_at IS NULL"
    ),
    "backorders_ending": (
        "CREATE INDEX backorders_ending ON backorders (cancels_at) WHERE cancels_at IS NOT NULL AND ended_at IS NULL"
    ),
}


def _key() -> tuple[str, Any]:
    return ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True))


def _link(kind: Any, name: str, model: str, related_name: str, **options: Any) -> tuple[str, Any]:
    field = kind(
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
    dependencies = [("models", "0018_capacity")]

    operations: list[Any] = [
        ops.CreateModel(
            name="BackorderTerms",
            fields=[
                _key(),
                _link(fields.ForeignKeyField, "organization", "Organization", "backorder_terms", db_index=True),
                _link(fields.OneToOneField, "variant", "Variant", "backorder_terms"),
                ("limit_units", fields.IntField(null=True)),
                ("launches_at", fields.DatetimeField(null=True)),
                ("ships_by", fields.DateField(null=True)),
                ("launched_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "backorder_terms", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Backorder",
            fields=[
                _key(),
                _link(fields.OneToOneField, "line", "OrderLine", "backorder"),
                _link(fields.ForeignKeyField, "order", "Order", "backorders", db_index=True),
                ("since", fields.DatetimeField()),
                ("cancels_at", fields.DatetimeField(null=True)),
                ("is_fixed", fields.BooleanField(default=False)),
                ("reason", fields.CharField(default="", max_length=500)),
                ("launches_at", fields.DatetimeField(null=True)),
                ("ships_by", fields.DateField(null=True)),
                ("ended_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "backorders", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField("Channel", "backorder_cancel_days", fields.IntField(null=True)),
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
