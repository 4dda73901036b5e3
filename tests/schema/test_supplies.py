"""Supply to come, carriers' services and rules through the graph: who sees and changes what."""

import pytest

from domain.permissions import Role
from models import ExpectedSupply
from resolvers.ids import global_id
from tests.schema.asking import ask, codes
from tests.world import NOW, World, furnish

pytestmark = pytest.mark.usefixtures("database")

SUPPLY = (
    "... on ExpectedSupply { id variant { sku } location { code } kind status quantity received expectedOn version }"
)
ANNOUNCE = """mutation ($input: AnnounceSuppliesInput!) { announceSupplies(input: $input) {
    __typename
    ... on AnnouncedSupplies { supplies { id quantity expectedOn kind reference } }
    ... on InvalidInput { problems { path code } } ... on Problem { code } } }"""
CHANGE = f"mutation ($input: ChangeSupplyInput!) {{ changeSupply(input: $input) {{ __typename {SUPPLY} ... on Problem {{ code }} }} }}"
RECEIVE = f"mutation ($input: ReceiveSupplyInput!) {{ receiveSupply(input: $input) {{ __typename {SUPPLY} ... on Problem {{ code }} }} }}"
CANCEL = f"mutation ($input: CancelSupplyInput!) {{ cancelSupply(input: $input) {{ __typename {SUPPLY} ... on Problem {{ code }} }} }}"
LIST = """query ($filter: SupplyFilter, $sort: SupplySort! = SOONEST) { expectedSupplies(filter: $filter, sort: $sort) {
    nodes { location { code } expectedOn } } }"""
SERVICE = """mutation ($input: UpsertCarrierServiceInput!) { upsertCarrierService(input: $input) {
    __typename ... on CarrierService { code cutOff pickupDays priceMinor zones version }
    ... on InvalidInput { problems { path code } } ... on Problem { code } } }"""
RULE = """mutation ($input: UpsertPromiseRuleInput!) { upsertPromiseRule(input: $input) {
    __typename ... on PromiseRule { code location { code } leadTimeMinutes validMinutes } ... on Problem { code } } }"""
SAFETY = """mutation ($input: UpsertSafetyRuleInput!) { upsertSafetyRule(input: $input) {
    __typename ... on SafetyRule { code kind variant { sku } method quantity percent } ... on Problem { code } } }"""


@pytest.fixture
async def world() -> World:
    return await furnish(units=1)


def confined(world: World, *places: str):
    return world.viewer(Role.WAREHOUSE, location_ids=tuple(world.locations[code].id for code in places))


def line(world: World, at: str = "NYC", on: str = "2026-11-10", quantity: int = 5) -> dict:
    return {
        "variantId": global_id("Variant", world.variants["MUG"].id),
        "locationId": global_id("Location", world.locations[at].id),
        "quantity": quantity,
        "expectedOn": on,
    }


async def announce(world: World, *lines: dict, viewer=None) -> dict:
    given = {"lines": list(lines), "reference": "PO-7"}
    answer = await ask(ANNOUNCE, viewer or world.viewer(), {"input": given}, clock=lambda: NOW)
    assert "errors" not in answer, answer
    return answer["data"]["announceSupplies"]


async def told(query: str, viewer, **values) -> dict:
    answer = await ask(query, viewer, {"input": values}, clock=lambda: NOW)
    assert "errors" not in answer, answer
    [found] = answer["data"].values()
    return found


async def test_a_supply_is_announced_changed_and_received(world):
    announced = await announce(world, line(world))
    [supply] = announced["supplies"]

    changed = await told(CHANGE, world.viewer(), supplyId=supply["id"], expectedOn="2026-11-12", expectedVersion=1)
    received = await told(RECEIVE, world.viewer(), supplyId=supply["id"], quantity=3, isComplete=True)
    again = await told(CANCEL, world.viewer(), supplyId=supply["id"])

    assert (supply["kind"], supply["reference"]) == ("PURCHASE_ORDER", "PO-7")
    assert (changed["expectedOn"], changed["status"]) == ("2026-11-12", "EXPECTED")
    assert (received["status"], received["received"], received["quantity"]) == ("RECEIVED", 3, 0)
    assert again == {"__typename": "IllegalTransition", "code": "ILLEGAL_TRANSITION"}
    assert (await world.level("MUG", "NYC")).on_hand == 4


async def test_a_day_that_is_over_is_refused_by_its_line(world):
    refused = await announce(world, line(world), line(world, "LAX", on="2026-11-01"))

    assert (refused["code"], await ExpectedSupply.all().count()) == ("INVALID_INPUT", 0)


async def test_a_warehouse_sees_and_changes_what_comes_to_it(world):
    both = await announce(world, line(world), line(world, "CHI"))
    here, elsewhere = (supply["id"] for supply in both["supplies"])
    viewer = confined(world, "NYC")

    listed = await ask(LIST, viewer, {})
    own = await told(RECEIVE, viewer, supplyId=here)
    other = await told(RECEIVE, viewer, supplyId=elsewhere)
    foreign = await announce(world, line(world, "CHI"), viewer=viewer)

    assert [each["location"]["code"] for each in listed["data"]["expectedSupplies"]["nodes"]] == ["NYC"]
    assert own["status"] == "RECEIVED"
    assert other["code"] == "NOT_FOUND"
    assert foreign["code"] == "FORBIDDEN"


async def test_a_partners_key_receives_where_it_may(world):
    [supply] = (await announce(world, line(world, "CHI")))["supplies"]
    viewer = world.viewer(Role.PARTNER, location_ids=(world.locations["NYC"].id,))

    received = await told(RECEIVE, viewer, supplyId=supply["id"])

    assert received["code"] == "FORBIDDEN"
    assert (await ExpectedSupply.get()).received == 0


async def test_supplies_are_listed_by_day_and_narrowed(world):
    await announce(world, line(world, on="2026-12-01"), line(world, "CHI"), line(world, "LAX", on="2026-11-20"))

    soonest = await ask(LIST, world.viewer(), {})
    some = await ask(LIST, world.viewer(), {"filter": {"expectedFrom": "2026-11-15"}, "sort": "LATEST"})

    days = [each["expectedOn"] for each in soonest["data"]["expectedSupplies"]["nodes"]]
    assert days == ["2026-11-10", "2026-11-20", "2026-12-01"]
    assert [each["location"]["code"] for each in some["data"]["expectedSupplies"]["nodes"]] == ["NYC", "LAX"]


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANONYMOUS])
async def test_who_buys_does_not_see_what_will_come(world, role):
    assert codes(await ask(LIST, world.viewer(role), {})) == ["FORBIDDEN"]


async def test_services_and_rules_are_kept_by_those_who_may_change_routing(world):
    zones = [
        {"upToKm": 100, "daysLeast": 1, "daysMost": 1, "baseMinor": 500},
        {"daysLeast": 2, "daysMost": 4, "baseMinor": 900, "perKilogramMinor": 50},
    ]
    given = {"code": "ground", "name": "Ground", "carrier": "ups", "zones": zones, "cutOff": "15:30", "priceMinor": 799}

    kept = await told(SERVICE, world.viewer(), **given)
    cleared = await told(SERVICE, world.viewer(), code="ground", priceMinor=None)
    refused = await ask(SERVICE, world.viewer(Role.AGENT), {"input": given})

    assert (kept["cutOff"], kept["priceMinor"], kept["pickupDays"][0]) == ("15:30", 799, "mon")
    assert [zone["up_to_km"] for zone in kept["zones"]] == [100, None]
    assert (cleared["priceMinor"], cleared["cutOff"], cleared["version"]) == (None, "15:30", 2)
    assert codes(refused) == ["FORBIDDEN"]


async def test_rules_name_what_they_hold_for(world):
    place = global_id("Location", world.locations["NYC"].id)
    mug = global_id("Variant", world.variants["MUG"].id)

    rule = await told(RULE, world.viewer(), code="york", locationId=place, leadTimeMinutes=30)
    safety = await told(
        SAFETY, world.viewer(), code="po", percent=60, kind="PURCHASE_ORDER", variantId=mug, method="PICKUP"
    )

    assert rule == {
        "__typename": "PromiseRule", "code": "york", "location": {"code": "NYC"}, "leadTimeMinutes": 30,
        "validMinutes": 15,
    }  # fmt: skip
    assert (safety["kind"], safety["variant"], safety["method"]) == ("PURCHASE_ORDER", {"sku": "MUG"}, "PICKUP")
    assert (safety["quantity"], safety["percent"]) == (None, 60)
