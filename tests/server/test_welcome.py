"""What the demo prints can be pasted as it stands."""

import pytest
from graphql import parse, validate

from domain.permissions import PERMISSIONS_OF
from resolvers.needs import needs_in
from schema.build import schema
from server.demo.welcome import NAME_OF, WORTH_PASTING, Token, welcome


@pytest.mark.parametrize("worth", WORTH_PASTING, ids=lambda worth: worth.title)
def test_everything_worth_pasting_is_answered_with_the_token_it_names(worth):
    document = parse(worth.document)

    assert validate(schema._schema, document) == []
    assert set(needs_in(schema._schema, document)) <= PERMISSIONS_OF[worth.role]


def test_the_welcome_shows_every_token_and_every_document():
    said = welcome("http://localhost:8000", [Token(name, f"ogk_{at}") for at, name in enumerate(NAME_OF.values())])

    assert all(worth.document in said for worth in WORTH_PASTING)
    assert all(f"  ogk_{at}\n" in said for at in range(len(NAME_OF)))
