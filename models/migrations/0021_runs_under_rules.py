"""Which orders a routing run left alone, and why."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0020_location_groups")]

    operations: list[Any] = [
        ops.AddField("RoutingRun", "orders_promised", fields.IntField(default=0, db_default=0)),
        ops.AddField("RoutingRun", "orders_ruled", fields.IntField(default=0, db_default=0)),
        ops.AddField("RoutingRun", "orders_apart", fields.IntField(default=0, db_default=0)),
    ]
