"""A sweep over all variants goes on to its end, whatever changes meanwhile, and begins once more after it."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0041_groups_for_nobody")]

    operations: list[Any] = [
        ops.AddField("AvailabilityPosition", "sweeps_again", fields.BooleanField(default=False, db_default=False)),
    ]
