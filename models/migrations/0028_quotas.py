"""Stock that is set aside for groups of buyers."""

from typing import Any

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id
from domain.quotas.groups import MAX_DEPTH
from domain.quotas.pools import QuotaMovementKind

CHECKS = {
    "quota_groups": {
        "whom": "cardinality(channel_ids) > 0 OR segment <> ''",
        "depth": f"depth BETWEEN 0 AND {MAX_DEPTH - 1} AND (depth = 0) = (parent_id IS NULL)",
    },
    "quotas": {"quantity": "quantity >= 0"},
    "quota_movements": {
        "quantity": "quantity > 0",
        "taker": (
            "CASE WHEN kind IN ('taken', 'given_back', 'lapsed', 'spent') THEN (line_id IS NULL) <> (reservation_id IS NULL) "
            "WHEN kind = 'converted' THEN line_id IS NOT NULL AND reservation_id IS NOT NULL "
            "ELSE line_id IS NULL AND reservation_id IS NULL END"
        ),
    },
    "stock_levels": {
        "set_aside": (
            "set_aside = 0 OR has_quotas AND set_aside > 0 AND "
            "set_aside <= on_hand - allocated - reserved - damaged - quality_control - safety"
        ),
    },
}
ONE = "CREATE UNIQUE INDEX availability_levels_one ON availability_levels "
UNIQUE = {"availability_levels_one": f"{ONE}(variant_id, channel_id, location_id, segment) NULLS NOT DISTINCT"}


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
    dependencies = [("models", "0027_substitutions")]

    operations: list[Any] = [
        ops.AddField("StockLevel", "set_aside", fields.IntField(default=0, db_default=0)),
        ops.AddField("StockLevel", "has_quotas", fields.BooleanField(default=False, db_default=False)),
        ops.AddField("AnnouncedLevel", "segment", fields.CharField(max_length=64, default="", db_default="")),
        ops.CreateModel(
            name="QuotaGroup",
            fields=[
                _key(),
                _link("organization", "Organization", "quota_groups"),
                ("code", fields.CharField(max_length=32)),
                ("name", fields.CharField(max_length=200)),
                _link("parent", "QuotaGroup", "parts", null=True),
                ("depth", fields.IntField(default=0)),
                ("channel_ids", ArrayField(default=list, element_type="uuid")),
                ("segment", fields.CharField(default="", max_length=64)),
                ("priority", fields.IntField(default=0)),
                ("is_active", fields.BooleanField(default=True)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "quota_groups",
                "app": "models",
                "unique_together": (("organization", "code"),),
                "indexes": [Index(fields=["organization_id", "code", "id"]), Index(fields=["parent_id", "code", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Quota",
            fields=[
                _key(),
                _link("organization", "Organization", "quotas"),
                _link("group", "QuotaGroup", "quotas"),
                _link("stock_level", "StockLevel", "quotas"),
                _link("variant", "Variant", "quotas"),
                _link("location", "Location", "quotas"),
                ("quantity", fields.IntField(default=0)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "quotas",
                "app": "models",
                "unique_together": (("stock_level", "group"),),
                "indexes": [
                    Index(fields=["organization_id", "variant_id", "location_id", "id"]),
                    Index(fields=["organization_id", "location_id", "variant_id", "id"]),
                    Index(fields=["organization_id", "group_id", "id"]),
                    Index(fields=["group_id", "variant_id", "location_id", "id"]),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="QuotaMovement",
            fields=[
                _key(),
                _link("quota", "Quota", "movements"),
                ("kind", fields.CharEnumField(enum_type=QuotaMovementKind, max_length=16)),
                ("quantity", fields.IntField()),
                _link("line", "OrderLine", "quota_movements", null=True),
                _link("reservation", "Reservation", "quota_movements", null=True),
                ("reference", fields.CharField(default="", max_length=128)),
                ("actor", fields.CharField(max_length=128)),
                ("moved_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "quota_movements",
                "app": "models",
                "indexes": [
                    Index(fields=["quota_id", "moved_at", "id"]),
                    Index(fields=["line_id", "id"]),
                    Index(fields=["reservation_id", "id"]),
                ],
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
        ops.RunSQL(
            "DROP INDEX availability_levels_one", f"{ONE}(variant_id, channel_id, location_id) NULLS NOT DISTINCT"
        ),
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in UNIQUE.items()),
    ]
