"""Quotas through the graph: planned, listed, and what each buyer is told there is."""

from typing import Any

import pytest

from actions import desk
from actions.customers import UpdateCustomer, update_customer
from domain.permissions import Role
from domain.placing.commands import OrderedLine, PlaceOrder
from resolvers.ids import global_id
from tests.actions.stock_walk.order_steps import ADDRESS
from tests.schema.asking import ask, codes
from tests.world import World, furnish, stock
from tests.world.quotas import aside, group

pytestmark = pytest.mark.usefixtures("database")

GROUP = """
mutation ($input: UpsertQuotaGroupInput!) { upsertQuotaGroup(input: $input) {
  ... on QuotaGroup { id code channelIds segment priority isActive version parent { code } }
  ... on InvalidInput { problems { path code } }
} }"""
SET_ASIDE = """
mutation ($input: QuotaLinesInput!) { setAsideStock(input: $input) {
  ... on ChangedQuotas { quotas { group { code } variant { sku } location { code } quantity } }
  ... on InsufficientStock { missing { sku units } }
} }"""
MOVE = """
mutation ($input: MoveQuotasInput!) { moveQuotas(input: $input) {
  ... on ChangedQuotas { quotas { group { code } quantity } }
} }"""
RETURN = """
mutation ($input: QuotaLinesInput!) { returnQuotas(input: $input) {
  ... on ChangedQuotas { quotas { group { code } quantity } }
} }"""
LISTED = """
query ($variants: [ID!], $groups: [ID!]) { quotas(first: 5, filter: {variantIds: $variants, groupIds: $groups}) {
  nodes { quantity group { code parts { code } } movements(first: 5, sort: OLDEST) { nodes { kind quantity reference actor } } }
} }"""
STOCK = """
query ($variants: [ID!], $locations: [ID!]) { inventory(first: 1, filter: {variantIds: $variants, locationIds: $locations}) { nodes { onHand setAside available } } }"""
AVAILABILITY = 'query ($channel: ID!) { availability(channelId: $channel, skus: ["MUG"]) { available } }'
PROMISE = """
query ($channel: ID!, $lines: [PromiseLineInput!]!) { promise(channelId: $channel, lines: $lines, methods: [SHIP]) {
  options { id } lines { missing }
} }"""


@pytest.fixture
async def world() -> World:
    made = await furnish(units=0)
    await stock(made, {("MUG", "NYC"): 10})
    return made


def line(world: World, of: Any, units: int) -> dict[str, Any]:
    return {
        "variantId": global_id("Variant", world.variants["MUG"].id),
        "locationId": global_id("Location", world.locations["NYC"].id),
        "groupId": global_id("QuotaGroup", of.id),
        "quantity": units,
    }


async def available(world: World, role: Role, channel: str = "WEB") -> int:
    answer = await ask(AVAILABILITY, world.viewer(role), {"channel": global_id("Channel", world.channels[channel].id)})
    [found] = answer["data"]["availability"]
    return found["available"]


async def test_a_group_comes_back_as_it_is_kept(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    channel = global_id("Channel", world.web.id)
    given = {
        "code": "GOLD",
        "name": "Gold customers",
        "parentId": global_id("QuotaGroup", web.id),
        "channelIds": [channel],
        "segment": "gold",
        "priority": 3,
    }

    answer = await ask(GROUP, world.viewer(), {"input": given})
    again = await ask(GROUP, world.viewer(), {"input": {"code": "GOLD", "channelIds": []}})

    kept = answer["data"]["upsertQuotaGroup"]
    kept.pop("id")
    assert kept == {
        "code": "GOLD",
        "channelIds": [channel],
        "segment": "gold",
        "priority": 3,
        "isActive": True,
        "version": 1,
        "parent": {"code": "ONLINE"},
    }
    [problem] = again["data"]["upsertQuotaGroup"]["problems"]
    assert problem == {"path": ["parentId"], "code": "NOT_WITHIN"}


async def test_units_are_set_aside_moved_returned_and_listed(world: World) -> None:
    web, shops = await group(world, "ONLINE", channels=["WEB"]), await group(world, "SHOPS", channels=["SHOP"])
    viewer = world.viewer()

    planned = {"lines": [line(world, web, 6)], "reference": "PLAN-7"}
    first = await ask(SET_ASIDE, viewer, {"input": planned})
    too_many = await ask(SET_ASIDE, viewer, {"input": {"lines": [line(world, shops, 5)]}})
    step = line(world, web, 2)
    step["fromGroupId"], step["toGroupId"] = step.pop("groupId"), global_id("QuotaGroup", shops.id)
    moved = await ask(MOVE, viewer, {"input": {"lines": [step]}})
    returned = await ask(RETURN, viewer, {"input": {"lines": [line(world, shops, 1)]}})

    assert first["data"]["setAsideStock"]["quotas"] == [
        {"group": {"code": "ONLINE"}, "variant": {"sku": "MUG"}, "location": {"code": "NYC"}, "quantity": 6}
    ]
    assert too_many["data"]["setAsideStock"] == {"missing": [{"sku": "MUG", "units": 1}]}
    assert moved["data"]["moveQuotas"]["quotas"] == [{"group": {"code": "SHOPS"}, "quantity": 2}]
    assert returned["data"]["returnQuotas"]["quotas"] == [{"group": {"code": "SHOPS"}, "quantity": 1}]
    wanted = {"variants": [step["variantId"]], "groups": [global_id("QuotaGroup", web.id)]}
    [listed] = (await ask(LISTED, viewer, wanted))["data"]["quotas"]["nodes"]
    assert listed == {
        "quantity": 4,
        "group": {"code": "ONLINE", "parts": []},
        "movements": {
            "nodes": [
                {"kind": "SET_ASIDE", "quantity": 6, "reference": "PLAN-7", "actor": viewer.principal},
                {"kind": "MOVED_OUT", "quantity": 2, "reference": "", "actor": viewer.principal},
            ]
        },
    }
    levels = (await ask(STOCK, viewer, {**wanted, "locations": [step["locationId"]]}))["data"]["inventory"]["nodes"]
    assert levels == [{"onHand": 10, "setAside": 5, "available": 5}]


async def test_everybody_is_told_what_they_could_order(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    gold = await group(world, "GOLD", channels=["WEB"], segment="gold", parent=web)
    await aside(world, web, 3)
    await aside(world, gold, 2)

    assert await available(world, Role.ANONYMOUS) == 8
    assert await available(world, Role.ANONYMOUS, "SHOP") == 5
    assert await available(world, Role.CUSTOMER) == 8
    assert world.customer
    await update_customer(world.act(), UpdateCustomer(customer_id=world.customer.id, segment="gold"))
    assert await available(world, Role.CUSTOMER) == 10
    assert await available(world, Role.CUSTOMER, "SHOP") == 5


async def test_what_is_for_nobody_is_kept_back_from_everybody(world: World) -> None:
    nobody = await group(world, "BACK", is_for_nobody=True)
    await aside(world, nobody, 4)

    assert [await available(world, role) for role in (Role.ANONYMOUS, Role.CUSTOMER, Role.ADMIN)] == [6, 6, 6]
    answer = await ask("{ quotaGroups(first: 1) { nodes { code channelIds segment isForNobody } } }", world.viewer())
    assert answer["data"]["quotaGroups"]["nodes"] == [
        {"code": "BACK", "channelIds": [], "segment": "", "isForNobody": True}
    ]


@pytest.mark.parametrize(("segment", "units"), [("", 8), ("gold", 10)])
async def test_what_is_promised_is_what_can_be_ordered(
    world: World, database_url: str, segment: str, units: int
) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 3)
    await aside(world, await group(world, "GOLD", channels=["WEB"], segment="gold", parent=web), 2)
    assert world.customer
    if segment:
        await update_customer(world.act(), UpdateCustomer(customer_id=world.customer.id, segment=segment))
    found = []

    for wanted in (units + 1, units):
        lines = [{"variantId": global_id("Variant", world.variants["MUG"].id), "quantity": wanted}]
        named = {"channel": global_id("Channel", world.web.id), "lines": lines}
        answer = (await ask(PROMISE, world.viewer(Role.CUSTOMER), named))["data"]["promise"]
        found.append((bool(answer["options"]), answer["lines"][0]["missing"]))

    assert found == [(False, 1), (True, 0)]
    command = PlaceOrder(
        channel_id=world.web.id,
        customer_id=world.customer.id,
        lines=(OrderedLine(variant_id=world.variants["MUG"].id, quantity=units),),
        shipping_address=ADDRESS,
        allow_backorder=False,
    )
    async with desk.opened(database_url) as counter:
        assert await counter.place(world.act(), command)


async def test_only_planners_change_quotas_and_only_staff_sees_them(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    planned = {"input": {"lines": [line(world, web, 1)]}}

    for role in (Role.AGENT, Role.STORE_ASSOCIATE, Role.PARTNER, Role.CUSTOMER):
        assert codes(await ask(SET_ASIDE, world.viewer(role), planned)) == ["FORBIDDEN"]
    assert codes(await ask(LISTED, world.viewer(Role.CUSTOMER), {})) == ["FORBIDDEN"]
