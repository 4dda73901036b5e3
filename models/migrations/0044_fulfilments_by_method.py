"""Fulfilments listed by the way in which they reach the customer."""

from typing import Any

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0043_holds_listed")]

    operations: list[Any] = [
        ops.AddIndex("Fulfilment", Index(fields=["organization_id", "method", "status", "released_at", "id"])),
    ]
