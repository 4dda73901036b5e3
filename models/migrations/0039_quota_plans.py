"""Quotas over many locations: plans, and what each has of which quota."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {
    "quota_plans": {
        "units": "units > 0",
        "ended": "(ended_at IS NULL) = (ended_by IS NULL)",
    },
    "quota_shares": {"units": "units >= 0 AND lost >= 0"},
    "quotas": {"taken": "taken >= 0"},
    "quota_movements": {"plan": "plan_id IS NULL OR kind IN ('set_aside', 'returned')"},
}
INDEXES = {
    "quota_plans_one": (
        "CREATE UNIQUE INDEX quota_plans_one ON quota_plans (group_id, variant_id, location_group_id) NULLS NOT DISTINCT "
        "WHERE ended_at IS NULL"
    ),
    "quota_plans_open": "CREATE INDEX quota_plans_open ON quota_plans (id) WHERE ended_at IS NULL",
    "quota_shares_one": "CREATE UNIQUE INDEX quota_shares_one ON quota_shares (quota_id) WHERE is_open",
    "quota_movements_of_plans": (
        "CREATE INDEX quota_movements_of_plans ON quota_movements (plan_id, quota_id) WHERE plan_id IS NOT NULL"
    ),
}
COUNT_TAKEN = """
UPDATE quotas q SET taken = made.units FROM (
    SELECT quota_id, sum(CASE kind WHEN 'taken' THEN quantity ELSE -quantity END) AS units FROM quota_movements
    WHERE kind IN ('taken', 'given_back', 'lapsed') GROUP BY 1) AS made
WHERE made.quota_id = q.id"""


def _link(name: str, model: str, related_name: str, *, null: bool = False) -> tuple[str, Any]:
    options: dict[str, Any] = {"null": True} if null else {}
    field = fields.ForeignKeyField(
        f"models.{model}",
        source_field=f"{name}_id",
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **options,
    )
    return name, field


def _key() -> tuple[str, Any]:
    return "id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)


class Migration(migrations.Migration):
    dependencies = [("models", "0038_answered_transfers")]

    operations: list[Any] = [
        ops.AddField("Quota", "taken", fields.IntField(default=0, db_default=0)),
        ops.RunSQL(COUNT_TAKEN, "SELECT 1"),
        ops.CreateModel(
            name="QuotaPlan",
            fields=[
                _key(),
                _link("organization", "Organization", "quota_plans"),
                _link("group", "QuotaGroup", "plans"),
                _link("variant", "Variant", "quota_plans"),
                _link("location_group", "LocationGroup", "quota_plans", null=True),
                ("units", fields.IntField()),
                ("reference", fields.CharField(default="", max_length=128)),
                ("planned_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("planned_by", fields.CharField(max_length=128)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_by", fields.CharField(null=True, max_length=128)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "quota_plans",
                "app": "models",
                "indexes": [
                    Index(fields=["organization_id", "planned_at", "id"]),
                    Index(fields=["organization_id", "variant_id", "id"]),
                    Index(fields=["organization_id", "group_id", "id"]),
                    Index(fields=["organization_id", "ended_at", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="QuotaShare",
            fields=[
                _key(),
                _link("plan", "QuotaPlan", "shares"),
                _link("quota", "Quota", "shares"),
                _link("location", "Location", "quota_shares"),
                ("units", fields.IntField()),
                ("lost", fields.IntField(default=0)),
                ("taken_before", fields.IntField()),
                ("is_open", fields.BooleanField(default=True)),
            ],
            options={
                "table": "quota_shares",
                "app": "models",
                "unique_together": (("plan", "quota"),),
                "indexes": [Index(fields=["plan_id", "location_id", "id"]), Index(fields=["quota_id", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.AddField("QuotaMovement", *_link("plan", "QuotaPlan", "movements", null=True)),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name} CHECK ({rule})",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}",
            )
            for table, rules in CHECKS.items()
            for name, rule in rules.items()
        ),
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in INDEXES.items()),
    ]
