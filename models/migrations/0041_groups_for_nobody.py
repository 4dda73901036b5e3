"""Groups for nobody: what is set aside for them is kept back from every buyer."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SOMEBODY = "cardinality(channel_ids) > 0 OR segment <> ''"
REPLACED = {
    ("quota_groups", "whom"): (
        f"CASE WHEN is_for_nobody THEN parent_id IS NULL AND NOT ({SOMEBODY}) ELSE {SOMEBODY} END",
        SOMEBODY,
    ),
}


def _replaced(table: str, name: str, rule: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}, ADD CONSTRAINT {table}_{name} CHECK ({rule})"


class Migration(migrations.Migration):
    dependencies = [("models", "0040_undecided_merges")]

    operations: list[Any] = [
        ops.AddField("QuotaGroup", "is_for_nobody", fields.BooleanField(default=False, db_default=False)),
        *(
            ops.RunSQL(_replaced(table, name, rule), _replaced(table, name, before))
            for (table, name), (rule, before) in REPLACED.items()
        ),
    ]
