"""What routing counts with: the rates of a carrier service, and credits for units that had better go."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {"markdown_credits": {"unit": "unit_minor > 0"}}


def _link(column: str, table: str, related_name: str, **more: Any) -> Any:
    return fields.ForeignKeyField(
        f"models.{table}",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0028_quotas")]

    operations: list[Any] = [
        ops.AddField(
            "RoutingPolicy",
            "carrier_service",
            _link("carrier_service_id", "CarrierService", "routing_policies", null=True),
        ),
        ops.CreateModel(
            name="MarkdownCredit",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("organization", _link("organization_id", "Organization", "markdown_credits", db_index=True)),
                ("variant", _link("variant_id", "Variant", "markdown_credits")),
                ("location", _link("location_id", "Location", "markdown_credits")),
                ("unit_minor", fields.BigIntField()),
            ],
            options={
                "table": "markdown_credits",
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
