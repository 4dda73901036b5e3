"""`schema.graphql` is what clients are written against."""

import shutil
import subprocess
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema
from graphql.utilities import find_breaking_changes

from schema.build import schema
from schema.printing import sdl

ROOT = Path(__file__).parents[2]
FILE, CHANGELOG = ROOT / "schema.graphql", ROOT / "CHANGELOG.md"


def test_the_printed_schema_is_current() -> None:
    assert FILE.read_text() == sdl(schema._schema), "run: uv run oms.py schema --output schema.graphql"


def test_what_clients_rely_on_is_not_broken_unannounced() -> None:
    before = committed()

    broken = unannounced(before, build_schema(sdl(schema._schema)), CHANGELOG.read_text())

    assert broken == [], "an intended break stands in CHANGELOG.md in these words"


def test_a_break_is_named_until_it_is_announced() -> None:
    before, after = build_schema("type Query { a: Int b: Int }"), build_schema("type Query { a: Int c: Int }")

    assert unannounced(before, after, "") == ["Field Query.b was removed."]
    assert unannounced(before, after, "## Next\n- Breaking: Field `Query.b` was removed. Ask for c.") == []


def unannounced(before: GraphQLSchema, after: GraphQLSchema, changelog: str) -> list[str]:
    changes = [change.description for change in find_breaking_changes(before, after)]
    return [change for change in changes if change.replace("'", "") not in changelog.replace("`", "").replace("'", "")]


def committed() -> GraphQLSchema:
    """The schema as of the last commit."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here to ask what was committed")
    shown = subprocess.run(
        ["git", "show", "HEAD:schema.graphql"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    if shown.returncode:
        pytest.skip("no schema.graphql was committed yet")
    return build_schema(shown.stdout)
