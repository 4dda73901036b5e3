"""Channels say whether what is not owed any more is given back without being asked for."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0024_declining")]

    operations: list[Any] = [
        ops.AddField("Channel", "refunds_by_itself", fields.BooleanField(default=True, db_default=True)),
        ops.RunSQL(
            "CREATE INDEX orders_overcharged ON orders (id) WHERE charge_status = 'overcharged'",
            "DROP INDEX orders_overcharged",
        ),
    ]
