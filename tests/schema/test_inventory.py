"""Stock through the graph: who sees what, who may change what, and what comes back."""

from datetime import timedelta

import pytest

from actions import catalogue, inventory
from actions.locations import DeactivateLocation, deactivate
from domain.permissions import Role
from models import AvailabilityThreshold, Reservation, StockLevel, StockMovement
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import NOW, channel, furnish
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

RECEIVE = """
mutation ($input: StockLinesInput!) { receiveStock(input: $input) {
  __typename
  ... on ChangedStock { levels { variant { sku } location { code } onHand available version } }
  ... on Problem { code message }
  ... on InvalidInput { problems { path code } }
} }
"""
ADJUST = """
mutation ($input: AdjustStockInput!) { adjustStock(input: $input) {
  __typename
  ... on ChangedStock { levels { onHand movements(first: 1) { nodes { kind quantity reason reference actor } } } }
  ... on CountChanged { sku expectedOnHand actualOnHand }
  ... on InsufficientStock { missing { sku units } }
} }
"""
AVAILABILITY = """
query ($channel: ID!, $skus: [String!], $ids: [ID!]) {
  availability(channelId: $channel, skus: $skus, variantIds: $ids) { variant { sku } channel { code } available }
}
"""
INVENTORY = """
query ($filter: StockFilter, $sort: StockSort! = VARIANT) {
  inventory(first: 100, filter: $filter, sort: $sort) { totalCount nodes { variant { sku } location { code } available } }
}
"""


@pytest.fixture
async def world():
    return await furnish(units=10)


def line(world, sku="MUG", at="NYC", **values):
    return {
        "variantId": global_id("Variant", world.variants[sku].id),
        "locationId": global_id("Location", world.locations[at].id),
        **values,
    }


def confined(world, *codes):
    return world.viewer(Role.WAREHOUSE, location_ids=tuple(world.locations[code].id for code in codes))


async def available(world, viewer, *skus, channel="WEB"):
    variables = {"channel": global_id("Channel", world.channels[channel].id), "skus": list(skus)}
    answer = await ask(AVAILABILITY, viewer, variables)
    return {each["variant"]["sku"]: each["available"] for each in answer["data"]["availability"]}


async def test_received_stock_comes_back_as_it_is_now(world):
    lines = [line(world, quantity=5), line(world, "LAMP", "CHI", quantity=1), line(world, quantity=2)]

    answer = await ask(RECEIVE, world.viewer(), {"input": {"lines": lines, "reference": "DN-7"}})

    assert answer["data"]["receiveStock"] == {
        "__typename": "ChangedStock",
        "levels": [
            {"variant": {"sku": "MUG"}, "location": {"code": "NYC"}, "onHand": 17, "available": 17, "version": 3},
            {"variant": {"sku": "LAMP"}, "location": {"code": "CHI"}, "onHand": 11, "available": 11, "version": 3},
        ],
    }


async def test_a_warehouse_changes_stock_at_its_own_locations_only(world):
    viewer = confined(world, "NYC")

    own = await ask(RECEIVE, viewer, {"input": {"lines": [line(world, quantity=1)]}})
    both = await ask(
        RECEIVE, viewer, {"input": {"lines": [line(world, quantity=1), line(world, at="CHI", quantity=1)]}}
    )

    assert own["data"]["receiveStock"]["__typename"] == "ChangedStock"
    assert both["data"]["receiveStock"]["code"] == "FORBIDDEN"
    assert (await world.level("MUG", "NYC")).on_hand == 11
    assert (await world.level("MUG", "CHI")).on_hand == 10


@pytest.mark.parametrize("role", [Role.AGENT, Role.CUSTOMER, Role.ANONYMOUS])
async def test_who_does_not_work_with_stock_cannot_change_it(world, role):
    answer = await ask(RECEIVE, world.viewer(role), {"input": {"lines": [line(world, quantity=1)]}})

    assert codes(answer) == ["FORBIDDEN"]
    assert await StockMovement.all().count() == 12


async def test_what_another_organization_has_cannot_be_named(world):
    other = await furnish(units=0)
    before = await StockMovement.all().count()

    answer = await ask(RECEIVE, world.viewer(), {"input": {"lines": [line(other, quantity=1)]}})

    assert answer["data"]["receiveStock"]["code"] == "NOT_FOUND"
    assert await StockMovement.all().count() == before


async def test_problems_name_their_path(world):
    lines = [line(world, quantity=0), {**line(world, quantity=1), "variantId": "nonsense"}]

    answer = await ask(RECEIVE, world.viewer(), {"input": {"lines": lines}})

    assert answer["data"]["receiveStock"]["problems"] == [
        {"path": ["lines", "0", "quantity"], "code": "TOO_SMALL"},
        {"path": ["lines", "1", "variantId"], "code": "BAD_ID"},
    ]


async def test_an_adjustment_tells_its_movement(world):
    lines = [line(world, change=-2, reason="STOLEN", expectedOnHand=10)]

    answer = await ask(ADJUST, world.viewer(), {"input": {"lines": lines, "reference": "count 5"}})

    [level] = answer["data"]["adjustStock"]["levels"]
    assert level == {
        "onHand": 8,
        "movements": {
            "nodes": [
                {"kind": "ADJUSTED", "quantity": -2, "reason": "STOLEN", "reference": "count 5", "actor": "admin:test"}
            ]
        },
    }


LEDGER = """
query ($filter: StockFilter, $of: MovementFilter) { inventory(filter: $filter) { nodes {
  movements(filter: $of, sort: OLDEST) { nodes { kind quantity orderLine { sku order { number } } } } } } }
"""


async def test_a_movement_names_the_order_it_was_for(world):
    order = await new_order(world, at="NYC", MUG=2)
    chosen = {"variantIds": [line(world)["variantId"]], "locationIds": [line(world)["locationId"]]}

    answer = await ask(LEDGER, world.viewer(), {"filter": chosen})
    store = await ask(LEDGER, confined(world, "NYC"), {"filter": chosen})

    [level] = answer["data"]["inventory"]["nodes"]
    assert level["movements"]["nodes"] == [
        {"kind": "RECEIVED", "quantity": 10, "orderLine": None},
        {"kind": "ALLOCATED", "quantity": 2, "orderLine": {"sku": "MUG", "order": {"number": order.number}}},
    ]
    assert store["data"] == answer["data"]


async def test_movements_of_a_time_can_be_listed_alone(world):
    later = (world.now + timedelta(hours=1)).isoformat()
    chosen = {"variantIds": [line(world)["variantId"]], "locationIds": [line(world)["locationId"]]}

    before = await ask(LEDGER, world.viewer(), {"filter": chosen, "of": {"movedBefore": later}})
    after = await ask(LEDGER, world.viewer(), {"filter": chosen, "of": {"movedFrom": later}})

    [level] = before["data"]["inventory"]["nodes"]
    assert [each["kind"] for each in level["movements"]["nodes"]] == ["RECEIVED"]
    assert after["data"]["inventory"]["nodes"] == [{"movements": {"nodes": []}}]


async def test_refused_adjustments_say_why(world):
    miscounted = [line(world, change=1, reason="FOUND", expectedOnHand=9)]
    too_many = [line(world, change=-11, reason="LOST")]

    first = await ask(ADJUST, world.viewer(), {"input": {"lines": miscounted}})
    second = await ask(ADJUST, world.viewer(), {"input": {"lines": too_many}})

    assert first["data"]["adjustStock"] == {
        "__typename": "CountChanged", "sku": "MUG", "expectedOnHand": 9, "actualOnHand": 10,
    }  # fmt: skip
    assert second["data"]["adjustStock"]["missing"] == [{"sku": "MUG", "units": 1}]


@pytest.mark.parametrize(
    ("field", "takes", "line_values", "counter", "expected"),
    [
        ("transferStockIn", "StockLinesInput", {"quantity": 3}, "on_hand", 13),
        ("markStockDamaged", "StockLinesInput", {"quantity": 3}, "damaged", 3),
        ("quarantineStock", "StockLinesInput", {"quantity": 3}, "quality_control", 3),
        ("setSafetyStock", "SetSafetyStockInput", {"safety": 3}, "safety", 3),
    ],
)
async def test_each_change_has_its_mutation(world, field, takes, line_values, counter, expected):
    query = f"mutation ($input: {takes}!) {{ {field}(input: $input) {{ __typename }} }}"

    answer = await ask(query, world.viewer(), {"input": {"lines": [line(world, **line_values)]}})

    assert answer["data"][field]["__typename"] == "ChangedStock"
    assert getattr(await world.level("MUG", "NYC"), counter) == expected


@pytest.mark.parametrize("field", ["markStockRepaired", "clearStock", "condemnStock", "discardStock"])
async def test_what_was_not_set_aside_cannot_come_back(world, field):
    query = f"mutation ($input: StockLinesInput!) {{ {field}(input: $input) {{ __typename }} }}"

    answer = await ask(query, world.viewer(), {"input": {"lines": [line(world, quantity=1)]}})

    assert answer["data"][field]["__typename"] == "InsufficientStock"


async def test_levels_are_listed_by_variant_and_location(world):
    ids = [line(world)["locationId"], line(world, at="LAX")["locationId"]]
    chosen = {"filter": {"locationIds": ids, "variantIds": [line(world)["variantId"]]}}

    everything = await ask(INVENTORY, world.viewer())
    some = await ask(INVENTORY, world.viewer(), chosen)
    own = await ask(INVENTORY, confined(world, "CHI"), {"sort": "LOCATION"})

    assert everything["data"]["inventory"]["totalCount"] == 12
    assert {each["location"]["code"] for each in some["data"]["inventory"]["nodes"]} == {"NYC", "LAX"}
    assert {each["location"]["code"] for each in own["data"]["inventory"]["nodes"]} == {"CHI"}
    assert own["data"]["inventory"]["totalCount"] == 4


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANONYMOUS])
async def test_counters_are_hidden_from_those_who_buy(world, role):
    assert codes(await ask(INVENTORY, world.viewer(role))) == ["FORBIDDEN"]


@pytest.mark.parametrize("role", list(Role))
async def test_everybody_sees_what_can_be_bought(world, role):
    assert await available(world, world.viewer(role), "MUG", "LAMP", "NOPE") == {"MUG": 30, "LAMP": 30}


async def test_availability_counts_active_locations_of_the_channel_and_never_below_nothing(world):
    await channel(world, "NY", location_ids=(world.locations["NYC"].id, world.locations["CHI"].id))
    where = {"variant_id": world.variants["MUG"].id}
    lines = (
        inventory.SafetyLine(**where, location_id=world.locations["NYC"].id, safety=15),
        inventory.SafetyLine(**where, location_id=world.locations["CHI"].id, safety=4),
    )
    await inventory.set_safety_stock(world.act(), inventory.SetSafetyStock(lines=lines))
    viewer = world.viewer(Role.ANONYMOUS)

    before = (await available(world, viewer, "MUG"), await available(world, viewer, "MUG", channel="NY"))
    await deactivate(world.act(), DeactivateLocation(location_id=world.locations["CHI"].id))

    assert before == ({"MUG": 16}, {"MUG": 6})
    assert await available(world, viewer, "MUG", channel="NY") == {"MUG": 0}


async def test_what_is_not_sold_is_not_there_for_buyers(world):
    await catalogue.deactivate_variant(world.act(), catalogue.DeactivateVariant(variant_id=world.variants["MUG"].id))

    assert await available(world, world.viewer(Role.CUSTOMER), "MUG", "LAMP") == {"LAMP": 30}
    assert await available(world, world.viewer(), "MUG", "LAMP") == {"MUG": 0, "LAMP": 30}


async def test_availability_is_asked_for_by_id_or_sku_each_once(world):
    answer = await ask(
        AVAILABILITY,
        world.viewer(Role.ANONYMOUS),
        {
            "channel": global_id("Channel", world.web.id),
            "ids": [line(world)["variantId"]],
            "skus": ["MUG", "SHIRT"],
        },
    )

    assert [each["variant"]["sku"] for each in answer["data"]["availability"]] == ["MUG", "SHIRT"]


async def test_too_many_at_once_are_refused(world):
    answer = await ask(
        AVAILABILITY, world.viewer(), {"channel": global_id("Channel", world.web.id), "skus": ["x"] * 201}
    )

    assert codes(answer) == ["TOO_MANY"]


async def test_the_same_request_again_receives_once(world):
    query = RECEIVE.replace(
        "receiveStock(input: $input) {", 'receiveStock(input: $input) @idempotent(key: "delivery-77") {'
    )
    variables = {"input": {"lines": [line(world, quantity=5)]}}

    first = await ask(query, world.viewer(), variables)
    again = await ask(query, world.viewer(), variables)

    assert first == again
    assert (await StockLevel.get(variant=world.variants["MUG"], location=world.locations["NYC"])).on_hand == 15


async def test_a_partner_is_confined_where_its_key_names_locations(world):
    variables = {"input": {"lines": [line(world, at="CHI", quantity=1)]}}

    free = await ask(RECEIVE, world.viewer(Role.PARTNER, location_ids=()), variables)
    bound = await ask(RECEIVE, world.viewer(Role.PARTNER, location_ids=(world.locations["NYC"].id,)), variables)
    head = await ask(RECEIVE, world.viewer(Role.ADMIN, location_ids=(world.locations["NYC"].id,)), variables)

    told = [answer["data"]["receiveStock"]["__typename"] for answer in (free, bound, head)]
    assert told == ["ChangedStock", "Forbidden", "ChangedStock"]


async def test_what_is_kept_for_a_cart_is_seen_by_its_owner_and_those_who_serve_it(world):
    level = await world.level("MUG", "NYC")
    for cart, owner in (("cart-1", world.customer), ("cart-2", None)):
        await Reservation.create(
            organization_id=world.organization_id, channel=world.web, customer=owner, cart=cart, stock_level=level,
            variant_id=level.variant_id, location_id=level.location_id, quantity=2, created_at=world.now,
            expires_at=world.now,
        )  # fmt: skip
    query = "query ($f: ReservationFilter) { reservations(filter: $f) { nodes { cart quantity variant { sku } location { code } channel { code } } } }"

    async def carts(viewer, **variables):
        answer = await ask(query, viewer, variables)
        return [each["cart"] for each in answer["data"]["reservations"]["nodes"]]

    assert await carts(world.viewer()) == ["cart-1", "cart-2"]
    assert await carts(world.viewer(), f={"cart": "cart-2"}) == ["cart-2"]
    assert await carts(world.viewer(Role.CUSTOMER)) == ["cart-1"]
    assert await carts(world.viewer(Role.AGENT, channel_ids=(world.channels["SHOP"].id,))) == []
    assert await carts(world.viewer(Role.STORE_ASSOCIATE, location_ids=(world.locations["CHI"].id,))) == []
    assert codes(await ask(query, world.viewer(Role.ANONYMOUS))) == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("asked", "found"), [(["NONE"], {"CHI"}), (["LOW", "HIGH"], {"NYC", "LAX"}), (["MEDIUM"], set()), ([], set())]
)
async def test_levels_are_listed_by_how_plentiful_they_are(world, asked, found):
    await AvailabilityThreshold.create(
        organization_id=world.organization_id,
        location_id=world.locations["NYC"].id,
        medium_from=11,
        high_from=12,
        changed_at=NOW,
    )
    await StockLevel.filter(location=world.locations["CHI"]).update(on_hand=0)
    await StockLevel.filter(location=world.locations["LAX"]).update(on_hand=999)
    only = {"level": asked, "variantIds": [global_id("Variant", world.variants["MUG"].id)]}

    answer = await ask(INVENTORY, world.viewer(), {"filter": only})

    assert {level["location"]["code"] for level in answer["data"]["inventory"]["nodes"]} == found
    assert answer["data"]["inventory"]["totalCount"] == len(found)
