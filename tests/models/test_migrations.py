"""Migrations change tables that have rows, beside processes of the release before."""

from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from tortoise.migrations.operations import AddField

import models.migrations

MIGRATIONS = sorted(path.stem for path in Path(models.migrations.__file__).parent.glob("0*.py"))


@pytest.mark.parametrize("name", MIGRATIONS)
def test_a_column_is_added_with_a_value_for_the_rows_there_are(name) -> None:
    operations = import_module(f"models.migrations.{name}").Migration.operations
    bare = [
        f"{each.model_name}.{each.name}"
        for each in operations
        if isinstance(each, AddField) and not each.field.null and not each.field.has_db_default()
    ]
    assert not bare, "rows there are, and those that older processes add, have no value for them: give a db_default"


def test_each_migration_follows_the_one_before() -> None:
    for before, name in pairwise(MIGRATIONS):
        assert import_module(f"models.migrations.{name}").Migration.dependencies == [("models", before)]
