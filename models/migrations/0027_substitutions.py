"""Substitutes have a price rule; who allows them, what was proposed, and what came of it."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from domain.ids import new_id
from domain.substitution import SubstitutePrice, SubstitutionStatus

CHECKS = {
    "channels": {"substitute_hours": "substitute_offer_hours >= 1"},
    "substitutions": {
        "numbers": "quantity > 0 AND unit_price_minor >= 0",
        "open": "(status = 'proposed') = (answered_at IS NULL)",
        "accepted": "(status = 'accepted') = (new_line_id IS NOT NULL)",
    },
}
UNIQUE = {
    "substitutions_one_open": (
        "CREATE UNIQUE INDEX substitutions_one_open ON substitutions (line_id) WHERE status = 'proposed'"
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
    dependencies = [("models", "0026_drop_ship")]

    operations: list[Any] = [
        ops.CreateModel(
            name="SubstitutionConsent",
            fields=[
                _key(),
                _link(fields.OneToOneField, "line", "OrderLine", "substitution_consent"),
                _link(fields.ForeignKeyField, "order", "Order", "substitution_consents", db_index=True),
                ("tried_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "substitution_consents", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Substitution",
            fields=[
                _key(),
                _link(fields.ForeignKeyField, "order", "Order", "substitutions", db_index=True),
                _link(fields.ForeignKeyField, "line", "OrderLine", "substitutions", db_index=True),
                _link(fields.ForeignKeyField, "variant", "Variant", "substitutions"),
                ("sku", fields.CharField(max_length=64)),
                ("quantity", fields.IntField()),
                ("price_rule", fields.CharEnumField(enum_type=SubstitutePrice, max_length=32)),
                ("unit_price_minor", fields.BigIntField()),
                (
                    "status",
                    fields.CharEnumField(
                        default=SubstitutionStatus.PROPOSED, enum_type=SubstitutionStatus, max_length=16
                    ),
                ),
                ("reason", fields.CharField(default="", max_length=500)),
                ("proposed_by", fields.CharField(max_length=128)),
                ("proposed_at", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField(null=True)),
                ("answered_by", fields.CharField(null=True, max_length=128)),
                ("answered_at", fields.DatetimeField(null=True)),
                _link(fields.OneToOneField, "new_line", "OrderLine", "substituted_for", null=True),
            ],
            options={"table": "substitutions", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField("Channel", "substitute_offer_hours", fields.IntField(null=True)),
        ops.AddField(
            "Substitute",
            "price_rule",
            fields.CharEnumField(
                enum_type=SubstitutePrice,
                max_length=32,
                default=SubstitutePrice.LOWER_OF_BOTH,
                db_default=SubstitutePrice.LOWER_OF_BOTH.value,
            ),
        ),
        ops.AddField("Substitute", "is_automatic", fields.BooleanField(default=False, db_default=False)),
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
