"""What is held, in lists: the oldest that still stand come first."""

from typing import Any

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

LISTS = (("applied_at", "id"), ("status", "applied_at", "id"), ("kind", "status", "applied_at", "id"))


class Migration(migrations.Migration):
    dependencies = [("models", "0042_sweeps_again")]

    operations: list[Any] = [ops.AddIndex("Hold", Index(fields=list(columns))) for columns in LISTS]
