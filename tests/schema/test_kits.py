"""Kits as clients see them: what they are made of, and how many can be put together where."""

import pytest

from actions.promising.rules import UpsertSafetyRule, upsert_safety_rule
from domain.permissions import Role
from domain.routing.values import Method
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import World, channel, furnish, stock, variant
from tests.world.kits import kit

pytestmark = pytest.mark.usefixtures("database")

SET = """
mutation($input: SetKitComponentsInput!) {
  setKitComponents(input: $input) {
    __typename
    ... on Variant { sku isKit kitComponents { quantity variant { sku } } }
    ... on InvalidInput { problems { path code } }
  }
}"""
BUILDABLE = """
query($variant: ID!, $channel: ID!) {
  buildableKits(variantId: $variant, channelId: $channel) { kits location { code } }
  availability(channelId: $channel, variantIds: [$variant]) { available level }
}"""


@pytest.fixture
async def world() -> World:
    return await furnish(units=0)


def made_of(world: World, sku: str, **components: int) -> dict:
    parts = [
        {"variantId": global_id("Variant", world.variants[each].id), "quantity": units}
        for each, units in components.items()
    ]
    return {"variantId": global_id("Variant", world.variants[sku].id), "components": parts}


async def test_a_kit_is_composed_and_read(world):
    await variant(world, "SET")

    answer = await ask(SET, world.viewer(), {"input": made_of(world, "SET", MUG=1, LAMP=2)})

    assert answer["data"]["setKitComponents"] == {
        "__typename": "Variant",
        "sku": "SET",
        "isKit": True,
        "kitComponents": [
            {"quantity": 1, "variant": {"sku": "MUG"}},
            {"quantity": 2, "variant": {"sku": "LAMP"}},
        ],
    }


async def test_a_kit_of_a_kit_is_refused_with_the_path(world):
    await kit(world, "SET", MUG=1)
    await variant(world, "BIG")

    answer = await ask(SET, world.viewer(), {"input": made_of(world, "BIG", LAMP=1, SET=1)})

    assert answer["data"]["setKitComponents"] == {
        "__typename": "InvalidInput",
        "problems": [{"path": ["components", "1", "variantId"], "code": "KIT"}],
    }


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANONYMOUS])
async def test_customers_do_not_count_kits_by_location(world, role):
    made = await kit(world)
    named = {"variant": global_id("Variant", made.id), "channel": global_id("Channel", world.web.id)}

    assert codes(await ask(BUILDABLE, world.viewer(role), named)) != []


async def test_kits_are_counted_where_the_channel_sells_from(world):
    made = await kit(world, "SET", MUG=1, LAMP=2)
    await channel(world, "WEB", location_ids=(world.locations["NYC"].id, world.locations["CHI"].id))
    await stock(world, {(sku, place): 6 for sku in ("MUG", "LAMP") for place in ("NYC", "LAX")} | {("MUG", "CHI"): 9})

    named = {"variant": global_id("Variant", made.id), "channel": global_id("Channel", world.web.id)}
    answer = await ask(BUILDABLE, world.viewer(), named)

    assert answer["data"] == {
        "buildableKits": [{"kits": 3, "location": {"code": "NYC"}}],
        "availability": [{"available": 3, "level": "LOW"}],
    }


async def test_a_kit_is_had_in_one_way_so_all_of_it_is_counted_for_the_same(world):
    made = await kit(world, "SET", MUG=1, LAMP=1)
    await stock(world, {("MUG", "NYC"): 9, ("LAMP", "NYC"): 9})
    for sku, method in (("MUG", Method.SHIP), ("LAMP", Method.PICKUP)):
        rule = UpsertSafetyRule(code=sku, quantity=6, variant_id=world.variants[sku].id, method=method)
        await upsert_safety_rule(world.act(), rule)

    named = {"variant": global_id("Variant", made.id), "channel": global_id("Channel", world.web.id)}
    answer = await ask(BUILDABLE, world.viewer(), named)

    # Nine mugs may be collected and nine lamps shipped, but three kits either way.
    assert answer["data"] == {
        "buildableKits": [{"kits": 3, "location": {"code": "NYC"}}],
        "availability": [{"available": 3, "level": "LOW"}],
    }
