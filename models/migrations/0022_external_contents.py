"""What channels sent under their own numbers for orders."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0021_runs_under_rules")]

    operations: list[Any] = [
        ops.CreateModel(
            name="ExternalContent",
            fields=[
                (
                    "order",
                    fields.OneToOneField(
                        "models.Order",
                        primary_key=True,
                        source_field="order_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="external_content",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("fingerprint", fields.CharField(max_length=64)),
            ],
            options={"table": "external_contents", "app": "models", "pk_attr": "order_id"},
            bases=["Model"],
        ),
    ]
