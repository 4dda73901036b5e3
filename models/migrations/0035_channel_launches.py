"""A variant's own launch and limit in a channel."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id

TABLE = "channel_backorder_terms"
CHECKS = {
    TABLE: {
        "limit": "limit_units >= 0",
        "launch": "launches_at IS NOT NULL OR (ships_by IS NULL AND launched_at IS NULL)",
        "launched": "launched_at >= launches_at",
    }
}
JOBS = {
    f"{TABLE}_launching": f"CREATE INDEX {TABLE}_launching ON {TABLE} (launches_at) WHERE launched_at IS NULL",
}


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
    dependencies = [("models", "0034_kit_questions")]

    operations: list[Any] = [
        ops.CreateModel(
            name="ChannelBackorderTerms",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                _link("organization", "Organization", TABLE, db_index=True),
                _link("variant", "Variant", TABLE),
                _link("channel", "Channel", "backorder_terms"),
                ("limit_units", fields.IntField(null=True)),
                ("launches_at", fields.DatetimeField(null=True)),
                ("ships_by", fields.DateField(null=True)),
                ("launched_at", fields.DatetimeField(null=True)),
            ],
            options={"table": TABLE, "app": "models", "unique_together": (("variant", "channel"),), "pk_attr": "id"},
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
        *(ops.RunSQL(sql, f"DROP INDEX {name}") for name, sql in JOBS.items()),
    ]
