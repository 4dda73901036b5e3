"""Who kept how many units back, and when, stands in the ledger; customers are found by their phone number."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

REPLACED = {
    ("stock_movements", "quantity"): (
        "quantity > 0 OR (kind IN ('adjusted', 'safety_changed') AND quantity < 0)",
        "quantity > 0 OR (kind = 'adjusted' AND quantity < 0)",
    ),
}
# Nobody knows any more who kept back what is kept back already.
BEGIN = """
INSERT INTO stock_movements (id, stock_level_id, kind, quantity, reference, actor, moved_at)
SELECT gen_random_uuid(), id, 'safety_changed', safety, '', 'migration', now() FROM stock_levels WHERE safety > 0"""
FORGET = "DELETE FROM stock_movements WHERE kind = 'safety_changed'"
PHONES = "CREATE INDEX customers_phone_prefix ON customers (organization_id, lower(phone) text_pattern_ops)"


def _replaced(table: str, name: str, rule: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}, ADD CONSTRAINT {table}_{name} CHECK ({rule})"


class Migration(migrations.Migration):
    dependencies = [("models", "0046_kits_substituted")]

    operations: list[Any] = [
        *(
            ops.RunSQL(_replaced(table, name, rule), _replaced(table, name, before))
            for (table, name), (rule, before) in REPLACED.items()
        ),
        ops.RunSQL(BEGIN, FORGET),
        ops.RunSQL(PHONES, "DROP INDEX customers_phone_prefix"),
    ]
