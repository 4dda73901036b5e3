"""What lists are narrowed by: kinds of locations, and the start of a name in whatever case (`schema/filters.py`)."""

from typing import Any

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SEARCHED = (
    ("products", "name"),
    ("variants", "name"),
    ("variants", "sku"),
    ("customers", "name"),
    ("customers", "email"),
    ("orders", "number"),
)


class Migration(migrations.Migration):
    dependencies = [("models", "0003_payment_jobs")]

    operations: list[Any] = [
        ops.AddIndex("Location", Index(fields=["organization_id", "kind", "id"])),
        *(
            ops.RunSQL(
                f"CREATE INDEX {table}_{column}_prefix ON {table} (organization_id, lower({column}) text_pattern_ops)",
                f"DROP INDEX {table}_{column}_prefix",
            )
            for table, column in SEARCHED
        ),
    ]
