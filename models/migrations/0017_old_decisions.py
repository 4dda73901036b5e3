"""Old routing decisions are found by when they were made."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0016_reordering")]

    operations: list[Any] = [
        # Rows are added in the order of time, so that a block range index is enough and costs placing nothing.
        ops.RunSQL(
            "CREATE INDEX routing_decisions_made_at ON routing_decisions USING brin (made_at)",
            "DROP INDEX routing_decisions_made_at",
        ),
    ]
