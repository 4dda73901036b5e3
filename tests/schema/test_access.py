"""Holes that access rules must not have."""

import pytest

import models
from domain.permissions import Permission, Role
from resolvers.ids import global_id
from resolvers.lacking import ALLOWS
from tests.resolvers.world import World, furnish, viewer
from tests.schema.asking import ask, codes

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world() -> World:
    return await furnish(orders=0)


def without(permission: Permission):
    return viewer(Role.ADMIN, allowed=frozenset(Permission) - {permission})


async def test_another_types_rows_need_what_that_type_needs_even_for_their_name_alone(world) -> None:
    blind = without(Permission.READ_AVAILABILITY)  # what locations need

    for below in ("__typename", "... on Node { __typename }", "code"):
        answer = await ask(f"{{ channels {{ nodes {{ locations {{ {below} }} }} }} }}", blind)
        assert codes(answer) == ["FORBIDDEN"]
        assert answer["data"] is None


async def test_an_interface_is_no_way_round_a_types_needs(world) -> None:
    blind = without(Permission.READ_CATALOGUE)
    key = global_id("Variant", world.of(models.Variant)[0].id)

    for below in ("id", "__typename", "... on Variant { sku }"):
        answer = await ask(f'{{ node(id: "{key}") {{ {below} }} }}', blind)
        assert codes(answer) == ["FORBIDDEN"]
        assert (answer["data"] or {}).get("node") is None


async def test_everything_missing_is_named_at_once(world) -> None:
    nobody = viewer(Role.ADMIN, allowed=frozenset())

    answer = await ask("{ products { totalCount } locations { totalCount } viewer { principal } }", nobody)

    (error,) = answer["errors"]
    assert (
        error["message"] == "You may not see the catalogue (`products`), nor see what is available where (`locations`)."
    )
    assert error["extensions"] == {"code": "FORBIDDEN", "needs": ["read_catalogue", "read_availability"]}
    assert len(error["locations"]) == 2


def test_every_permission_is_told_in_words() -> None:
    assert set(ALLOWS) == set(Permission)
    assert len(set(ALLOWS.values())) == len(ALLOWS)
    assert not [words for words in ALLOWS.values() if "_" in words]


async def test_what_needs_nothing_is_open_to_everybody(world) -> None:
    nobody = viewer(Role.ANONYMOUS, allowed=frozenset())

    answer = await ask("{ __typename viewer { audience permissions organization { code } } }", nobody)

    assert answer["data"]["viewer"] == {"audience": "ANONYMOUS", "permissions": [], "organization": {"code": "org1"}}


async def test_a_skipped_field_is_refused_all_the_same(world) -> None:
    """What a document needs is known without its variables, so that one answer holds for all of them."""
    answer = await ask("{ products { nodes { code @skip(if: true) } } }", viewer(Role.ADMIN, allowed=frozenset()))

    assert codes(answer) == ["FORBIDDEN"]


@pytest.mark.parametrize(
    "query",
    [
        'query { productByCode(code: "\\u0000") { code } }',
        'query { products(filter: {name: "a\\u0000"}) { totalCount } }',
        'query { variants(filter: {skus: ["a\\u0000"]}) { totalCount } }',
    ],
)
async def test_text_that_no_database_can_hold_is_refused_plainly(world, query) -> None:
    assert codes(await ask(query, world.viewers()[Role.ADMIN])) == ["BAD_TEXT"]
