"""Groups of locations that routing rules name as one."""

from typing import Any

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {"location_groups": {"members": "jsonb_typeof(members) = 'array'"}}


class Migration(migrations.Migration):
    dependencies = [("models", "0019_backorders")]

    operations: list[Any] = [
        ops.CreateModel(
            name="LocationGroup",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="location_groups",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("code", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=200)),
                ("members", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("version", fields.IntField(default=1)),
            ],
            options={
                "table": "location_groups",
                "app": "models",
                "unique_together": (("organization", "code"),),
                "indexes": [Index(fields=["organization_id", "code", "id"])],
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
