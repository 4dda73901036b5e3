"""Kits in orders: what was ordered as one, and the lines it became."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {
    "order_kits": {
        "numbers": (
            "quantity > 0 AND unit_price_minor >= 0 AND discount_minor >= 0 AND "
            "discount_minor <= quantity * unit_price_minor"
        ),
        "parted": "(parted_at IS NULL) = (parted_by IS NULL)",
    },
    "kit_lines": {"units": "units > 0"},
}


def _related(table: str, column: str, related_name: str, **more: Any) -> Any:
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
    dependencies = [("models", "0030_kits")]

    operations: list[Any] = [
        ops.CreateModel(
            name="OrderKit",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("order", _related("Order", "order_id", "kits")),
                ("position", fields.IntField()),
                ("variant", _related("Variant", "variant_id", "order_kits", db_index=True)),
                ("sku", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=300)),
                ("quantity", fields.IntField()),
                ("unit_price_minor", fields.BigIntField()),
                ("discount_minor", fields.BigIntField()),
                ("parted_at", fields.DatetimeField(null=True)),
                ("parted_by", fields.CharField(null=True, max_length=128)),
                ("parting_reason", fields.CharField(default="", max_length=500)),
            ],
            options={
                "table": "order_kits",
                "app": "models",
                "unique_together": (("order", "position"),),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="KitLine",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("kit", _related("OrderKit", "kit_id", "lines", db_index=True)),
                (
                    "line",
                    fields.OneToOneField(
                        "models.OrderLine",
                        source_field="line_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="kit_line",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("units", fields.IntField()),
            ],
            options={"table": "kit_lines", "app": "models", "pk_attr": "id"},
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
