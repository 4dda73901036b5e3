"""docs/lifecycle.md says what the tables say."""

from pathlib import Path

from server.commands.lifecycle import page

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_the_page_about_the_lifecycle_is_up_to_date():
    assert PAGE.read_text() == page(), "run: python oms.py lifecycle --output docs/lifecycle.md"
