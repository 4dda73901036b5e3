"""Column kinds that every table uses alike."""

from typing import Any

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from domain.ids import new_id


def key() -> Any:
    """The primary key: a UUIDv7 made by us."""
    return fields.UUIDField(primary_key=True, default=new_id)


def words(**options: Any) -> Any:
    """A short list of codes, `text[]`."""
    return ArrayField(element_type="text", default=list, **options)


def version() -> Any:
    """Counts the changes of a row; clients send the version they read, see `Conflict`."""
    return fields.IntField(default=1)
