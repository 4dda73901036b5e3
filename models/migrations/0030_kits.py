"""Kits: variants that are made of others, one level deep."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id

CHECKS = {"kit_components": {"quantity": "quantity > 0", "one_level": "of_kit AND NOT of_component"}}

# A variant is a kit or it is not, a row's kit is one and its component is none: so depth is 1, whoever writes at once.
ONE_LEVEL = """
ALTER TABLE variants ADD CONSTRAINT variants_id_is_kit UNIQUE (id, is_kit);
ALTER TABLE kit_components
    ADD CONSTRAINT kit_components_of_a_kit FOREIGN KEY (kit_variant_id, of_kit) REFERENCES variants (id, is_kit),
    ADD CONSTRAINT kit_components_of_no_kit
        FOREIGN KEY (component_variant_id, of_component) REFERENCES variants (id, is_kit)"""
ANY_LEVEL = """
ALTER TABLE kit_components DROP CONSTRAINT kit_components_of_a_kit, DROP CONSTRAINT kit_components_of_no_kit;
ALTER TABLE variants DROP CONSTRAINT variants_id_is_kit"""


def _variant(column: str, related_name: str, on_delete: OnDelete, **more: Any) -> Any:
    return fields.ForeignKeyField(
        "models.Variant",
        source_field=column,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=on_delete,
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0029_routing_prices")]

    operations: list[Any] = [
        ops.AddField("Variant", "is_kit", fields.BooleanField(default=False, db_default=False)),
        ops.CreateModel(
            name="KitComponent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("kit_variant", _variant("kit_variant_id", "kit_components", OnDelete.CASCADE)),
                (
                    "component_variant",
                    _variant("component_variant_id", "component_of", OnDelete.RESTRICT, db_index=True),
                ),
                ("quantity", fields.IntField()),
                ("of_kit", fields.BooleanField(default=True, db_default=True)),
                ("of_component", fields.BooleanField(default=False, db_default=False)),
            ],
            options={
                "table": "kit_components",
                "app": "models",
                "unique_together": (("kit_variant", "component_variant"),),
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
        ops.RunSQL(ONE_LEVEL, ANY_LEVEL),
    ]
