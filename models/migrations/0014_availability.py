"""How plentiful variants are: boundaries, levels announced, and how far facts were followed."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.availability import AvailabilityLevel
from domain.ids import new_id

CHECKS = {
    "availability_thresholds": {
        "of_one": "variant_id IS NULL OR location_id IS NULL",
        "numbers": "(medium_from IS NULL) = (high_from IS NULL)",
        "bounds": "medium_from >= 1 AND high_from >= medium_from",
    },
    "availability_levels": {"of_one": "(channel_id IS NULL) <> (location_id IS NULL)"},
    "availability_position": {"one": "id = 1"},
}
UNIQUE = {
    "availability_thresholds_one": (
        "CREATE UNIQUE INDEX availability_thresholds_one ON availability_thresholds "
        "(organization_id, variant_id, location_id) NULLS NOT DISTINCT"
    ),
    "availability_levels_one": (
        "CREATE UNIQUE INDEX availability_levels_one ON availability_levels "
        "(variant_id, channel_id, location_id) NULLS NOT DISTINCT"
    ),
}


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
    return (name, field)


class Migration(migrations.Migration):
    dependencies = [("models", "0013_counting")]

    operations: list[Any] = [
        ops.CreateModel(
            name="AvailabilityThreshold",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                _link("organization", "Organization", "availability_thresholds"),
                _link("variant", "Variant", "availability_thresholds", null=True),
                _link("location", "Location", "availability_thresholds", null=True),
                ("medium_from", fields.IntField(null=True)),
                ("high_from", fields.IntField(null=True)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "availability_thresholds",
                "app": "models",
                "indexes": [Index(fields=["organization_id", "changed_at", "id"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AnnouncedLevel",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                _link("organization", "Organization", "availability_levels"),
                _link("variant", "Variant", "availability_levels"),
                _link("channel", "Channel", "availability_levels", null=True),
                _link("location", "Location", "availability_levels", null=True),
                ("level", fields.CharEnumField(enum_type=AvailabilityLevel, max_length=16)),
                ("crossed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "availability_levels", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="AvailabilityPosition",
            fields=[
                ("id", fields.SmallIntField(primary_key=True, unique=True, db_index=True)),
                ("seq", fields.BigIntField()),
                ("epoch", fields.UUIDField()),
                ("sweeping_after", fields.UUIDField(null=True)),
            ],
            options={"table": "availability_position", "app": "models", "pk_attr": "id"},
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
