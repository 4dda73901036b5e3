"""Whether work that a location cannot ship whole may leave it in part."""

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0023_pickup_questions")]

    operations: list[Any] = [
        ops.AddField(
            model_name="Channel", name="may_split_declined", field=fields.BooleanField(default=True, db_default=True)
        ),
    ]
