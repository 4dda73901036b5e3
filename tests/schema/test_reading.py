"""Reading through the graph: pages, filters, and the number of statements."""

import pytest

from domain.permissions import Permission, Role
from models import Product, Variant
from resolvers.ids import global_id
from tests.resolvers.world import World, as_granted, furnish, viewer
from tests.schema.asking import ask, codes, messages, sent_from_now

pytestmark = pytest.mark.usefixtures("database")

PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String, $sort: VariantSort!, $filter: VariantFilter) {
  variants(first: $first, after: $after, last: $last, before: $before, sort: $sort, filter: $filter) {
    totalCount
    edges { cursor node { id sku name product { name } prices { amount { minor } channel { code } } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


@pytest.fixture
async def world() -> World:
    return await furnish()


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that reach the database."""
    return sent_from_now(monkeypatch)


async def test_a_page_costs_one_query_a_relation_however_many_rows(world, queries) -> None:
    answer = await ask(PAGE, world.viewers()[Role.ADMIN], {"first": 50, "sort": "SKU"})

    assert "errors" not in answer
    assert len(queries) == 5  # variants, their number, products, prices, channels


@pytest.mark.parametrize("sort", ["SKU", "NAME"])
@pytest.mark.parametrize("size", ["first", "last"])
@pytest.mark.parametrize("role", [Role.ADMIN, Role.ANONYMOUS])
async def test_paging_either_way_visits_every_visible_variant_once(world, sort, size, role) -> None:
    forwards = size == "first"
    start, end, more = (
        ("after", "endCursor", "hasNextPage") if forwards else ("before", "startCursor", "hasPreviousPage")
    )
    whole = (await ask(PAGE, world.viewers()[role], {"first": 100, "sort": sort}))["data"]["variants"]

    pages, cursor = [], None
    while True:
        page = (await ask(PAGE, world.viewers()[role], {size: 3, start: cursor, "sort": sort}))["data"]["variants"]
        pages.append(page["edges"])
        assert page["totalCount"] == whole["totalCount"] == len(whole["edges"])
        cursor = page["pageInfo"][end]
        if not page["pageInfo"][more]:
            break

    assert [edge for page in (pages if forwards else reversed(pages)) for edge in page] == whole["edges"]
    assert len(whole["edges"]) == (16 if role is Role.ADMIN else 12)


async def test_a_page_says_whether_others_lie_on_either_side(world) -> None:
    async def sides(**arguments):
        page = await ask(PAGE, world.viewers()[Role.ADMIN], {"sort": "SKU", **arguments})
        return page["data"]["variants"]["pageInfo"]

    first = await sides(first=5)
    middle = await sides(first=5, after=first["endCursor"])
    back = await sides(last=5, before=middle["startCursor"])

    assert (first["hasPreviousPage"], first["hasNextPage"]) == (False, True)
    assert (middle["hasPreviousPage"], middle["hasNextPage"]) == (True, True)
    assert (back["hasPreviousPage"], back["hasNextPage"]) == (False, True)
    assert back == first


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"skus": ["P1-0", "nope", "' OR true --"]}, {"P1-0"}),
        ({"name": "lamp_"}, {"P0-0", "P0-1", "P2-0", "P2-1", "P4-0", "P4-1", "P6-0", "P6-1"}),
        ({"name": "LAMP%"}, set()),
        ({"name": "lamp ", "skus": ["P1-0", "P2-0"]}, {"P1-0"}),
        ({"skus": []}, set()),
    ],
)
async def test_filters_take_what_is_sent_literally(world, chosen, found) -> None:
    answer = await ask(PAGE, world.viewers()[Role.ADMIN], {"first": 100, "sort": "SKU", "filter": chosen})

    assert {edge["node"]["sku"] for edge in answer["data"]["variants"]["edges"]} == found


@pytest.mark.parametrize("after", ["x", "W10=", "WyJOQU1FIiwieCIsIngiXQ==", "WyJTS1UiLCJ4IiwibnVsbCJd"])
async def test_a_cursor_of_another_list_is_refused_plainly(world, after) -> None:
    answer = await ask(PAGE, world.viewers()[Role.ADMIN], {"first": 2, "after": after, "sort": "SKU"})

    assert messages(answer) == ["This cursor does not belong to this list."]
    assert codes(answer) == ["BAD_CURSOR"]


@pytest.mark.parametrize("size", [{"first": 0}, {"first": 101}, {"last": -1}, {"first": 1, "last": 1}])
async def test_a_page_has_a_size_within_bounds(world, size) -> None:
    answer = await ask(PAGE, world.viewers()[Role.ADMIN], {"sort": "SKU", **size})

    assert codes(answer) == ["PAGE_SIZE"]


async def test_a_thing_is_found_by_its_id_and_as_a_node(world) -> None:
    variant = world.of(Variant)[0]
    key = global_id("Variant", variant.id)

    answer = await ask(
        "query ($id: ID!) { variant(id: $id) { id sku } node(id: $id) { __typename id ... on Variant { sku } } }",
        world.viewers()[Role.CUSTOMER],
        {"id": key},
    )

    assert answer == {
        "data": {
            "variant": {"id": key, "sku": variant.sku},
            "node": {"__typename": "Variant", "id": key, "sku": variant.sku},
        }
    }


@pytest.mark.parametrize("id", ["", "x", "VmFyaWFudDp4", global_id("Nothing", "0" * 32), "é"])
async def test_what_is_no_id_is_refused_plainly(world, id) -> None:
    answer = await ask("query ($id: ID!) { node(id: $id) { id } }", world.viewers()[Role.ADMIN], {"id": id})

    assert codes(answer) == ["BAD_ID"]


async def test_the_id_of_another_type_is_refused_plainly(world) -> None:
    product = world.of(Product)[0]

    answer = await ask(
        "query ($id: ID!) { variant(id: $id) { sku } }",
        world.viewers()[Role.ADMIN],
        {"id": global_id("Product", product.id)},
    )

    assert codes(answer) == ["BAD_ID"]
    assert "is not the id of a Variant" in messages(answer)[0]


async def test_a_node_that_the_viewer_may_not_see_is_null(world) -> None:
    hidden = next(variant for variant in world.of(Variant) if not variant.is_active)
    theirs = world.rows[Variant][-1]
    query = "query ($id: ID!) { node(id: $id) { id } }"

    for row, role in ((hidden, Role.ANONYMOUS), (theirs, Role.ADMIN)):
        answer = await ask(query, world.viewers()[role], {"id": global_id("Variant", row.id)})
        assert answer == {"data": {"node": None}}


async def test_a_node_needs_what_its_type_needs(world) -> None:
    blind = viewer(Role.ADMIN, allowed=frozenset(Permission) - {Permission.READ_CATALOGUE})
    query = "query ($id: ID!) { node(id: $id) { id } }"

    answer = await ask(query, blind, {"id": global_id("Variant", world.of(Variant)[0].id)})

    assert codes(answer) == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("{ channels { nodes { confirmation } } }", "see what is internal to the business (`confirmation`)"),
        ("{ ...f } fragment f on Query { channels { nodes { code c: locations { code } } } }", None),
    ],
)
async def test_a_missing_permission_refuses_the_whole_request(world, query, missing) -> None:
    customer = as_granted(world.viewers()[Role.CUSTOMER])

    refused = [await ask(query, customer) for _ in range(2)]  # again, from warm caches

    assert [answer["data"] for answer in refused] == [None, None]
    assert codes(refused[0]) == codes(refused[1]) == ["FORBIDDEN"]
    assert missing is None or messages(refused[0]) == [f"You may not {missing}."]


async def test_a_caller_learns_who_it_is(world) -> None:
    agent = world.viewers()[Role.AGENT]

    answer = await ask("{ viewer { audience role organization { code } channels { code } locations { code } } }", agent)

    assert answer == {
        "data": {
            "viewer": {
                "audience": "AGENT",
                "role": "AGENT",
                "organization": {"code": "org1"},
                "channels": [{"code": "store"}, {"code": "web"}],
                "locations": [],
            }
        }
    }


async def test_codes_in_an_array_are_shown_as_the_graphs_words(world) -> None:
    answer = await ask('{ locationByCode(code: "l2") { capabilities } }', world.viewers()[Role.ADMIN])

    assert answer == {"data": {"locationByCode": {"capabilities": ["SHIP", "PICKUP"]}}}
