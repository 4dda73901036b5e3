"""Substitutes through the graph: who proposes, who answers, and what a customer who watches the order is told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from actions import desk, outbox
from domain.lifecycle import UnitStatus
from domain.permissions import Role
from models import Order, OrderKit, Substitution
from resolvers.context import Context
from resolvers.ids import global_id
from schema.build import schema
from tests.actions.scenarios import placing
from tests.patience import PATIENCE_SECONDS
from tests.realtime.fixtures import hub, relay, writers
from tests.schema.asking import ask, codes
from tests.schema.promise_talk import BOSTON, lines
from tests.world import NOW, World, customer, furnish, stock
from tests.world.kits import kit
from tests.world.orders import line, new_order
from tests.world.substitutes import instead, proposed

__all__ = ["hub", "relay", "writers"]

PROPOSE = """mutation ($input: ProposeSubstituteInput!) { proposeSubstitute(input: $input) {
    __typename ... on Order { substitutions { status sku quantity unitPriceMinor } }
    ... on InsufficientStock { missing { sku units } } ... on Problem { code } } }"""
ANSWER = """mutation ($input: AnswerSubstitutionInput!) { answerSubstitution(input: $input) {
    __typename
    ... on Order { total { minor } cancelledValue { minor } lines {
        sku status totalMinor allowsSubstitutes substitutions { status newLineId } substitutedFor { lineId sku priceRule } } }
    ... on InsufficientStock { missing { sku units } } ... on Problem { code } } }"""
PLACE = """mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) @idempotent(key: "order-0001") {
    ... on Order { lines { sku status allowsSubstitutes substitutedFor { status } } } } }"""
TERMS = """mutation ($input: SetSubstituteTermsInput!) { setSubstituteTerms(input: $input) {
    __typename ... on Variant { substitutes { priceRule isAutomatic variant { sku } } } ... on Problem { code } } }"""
WATCH = """subscription ($id: ID!) { orderChanges(orderId: $id) { fact { kind } order { substitutions { status sku } } } }"""


async def waiting(world: World, **values) -> Order:
    await instead(world, "MUG", "LAMP")
    return await new_order(world, MUG=2, waiting=UnitStatus.BACKORDERED, customer=world.customer, **values)


async def lamps(units: int = 5) -> World:
    world = await furnish(units=0)
    await stock(world, {("LAMP", "CHI"): units})
    return world


async def wanted(world: World, order: Order) -> dict:
    return {
        "orderId": global_id("Order", order.id),
        "lineId": global_id("OrderLine", (await line(order)).id),
        "variantId": global_id("Variant", world.variants["LAMP"].id),
    }


async def yes(viewer, proposal: Substitution) -> dict:
    given = {"substitutionId": global_id("Substitution", proposal.id), "accept": True}
    return await ask(ANSWER, viewer, {"input": given}, clock=lambda: NOW)


async def test_an_agent_proposes_and_the_customer_says_yes(database):
    world = await lamps()
    order = await waiting(world)

    answer = await ask(PROPOSE, world.viewer(Role.AGENT), {"input": await wanted(world, order)}, clock=lambda: NOW)
    taken = await yes(world.viewer(Role.CUSTOMER), await Substitution.get())

    assert answer["data"]["proposeSubstitute"]["substitutions"] == [
        {"status": "PROPOSED", "sku": "LAMP", "quantity": 2, "unitPriceMinor": 1_000}
    ]
    old, new = taken["data"]["answerSubstitution"]["lines"]
    new_line = global_id("OrderLine", (await line(order, "LAMP")).id)
    assert (old["status"], old["substitutions"]) == ("CANCELLED", [{"status": "ACCEPTED", "newLineId": new_line}])
    assert (new["sku"], new["status"], new["totalMinor"]) == ("LAMP", "SCHEDULED", 2_000)
    assert new["substitutedFor"] == {
        "lineId": global_id("OrderLine", (await line(order)).id), "sku": "LAMP", "priceRule": "ORIGINAL_PRICE",
    }  # fmt: skip
    totals = taken["data"]["answerSubstitution"]
    assert totals["total"]["minor"] - totals["cancelledValue"]["minor"] == 2_000


async def test_a_yes_that_comes_too_late_for_the_stock_is_refused_with_what_is_missing(database):
    world = await lamps(2)
    order = await waiting(world)
    proposal = await proposed(world, order)
    await new_order(world, LAMP=2, at="CHI")

    answer = await yes(world.viewer(Role.CUSTOMER), proposal)

    assert answer["data"]["answerSubstitution"] == {
        "__typename": "InsufficientStock", "code": "INSUFFICIENT_STOCK", "missing": [{"sku": "LAMP", "units": 2}],
    }  # fmt: skip


async def test_customers_answer_for_themselves_and_propose_nothing(database):
    world = await lamps()
    order = await waiting(world)
    proposal = await proposed(world, order)
    bob = await customer(world, name="Bob", email="bob@example.com")

    others = await yes(world.viewer(Role.CUSTOMER, customer_id=bob.id), proposal)
    own = await ask(PROPOSE, world.viewer(Role.CUSTOMER), {"input": await wanted(world, order)})
    shop = await yes(world.viewer(Role.WAREHOUSE), proposal)

    assert others["data"]["answerSubstitution"]["code"] == "NOT_FOUND"
    assert codes(own) == codes(shop) == ["FORBIDDEN"]


async def test_who_allows_substitutes_when_ordering_gets_them_at_once(database, database_url):
    world = await lamps()
    await instead(world, "MUG", "LAMP", is_automatic=True)
    given = {
        "channelId": global_id("Channel", world.web.id),
        "lines": [{**each, "allowSubstitutes": True} for each in lines(world, MUG=2)],
        "shippingAddress": BOSTON,
    }
    async with desk.opened(database_url) as counter:
        answer = await ask(PLACE, world.viewer(Role.CUSTOMER), {"input": given}, counter=counter)

    assert answer["data"]["placeOrder"]["lines"] == [
        {"sku": "MUG", "status": "CANCELLED", "allowsSubstitutes": True, "substitutedFor": None},
        {"sku": "LAMP", "status": "SCHEDULED", "allowsSubstitutes": False, "substitutedFor": {"status": "ACCEPTED"}},
    ]


async def test_terms_belong_to_one_substitute_and_outlive_a_new_ranking(database):
    world = await furnish()
    await instead(world, "MUG", "LAMP", "CHAIR")
    mug, lamp, chair = (global_id("Variant", world.variants[sku].id) for sku in ("MUG", "LAMP", "CHAIR"))
    given = {"variantId": mug, "substituteId": lamp, "priceRule": "SUBSTITUTE_PRICE", "isAutomatic": True}

    await ask(TERMS, world.viewer(), {"input": given})
    ranked = """mutation ($input: SetSubstitutesInput!) { setSubstitutes(input: $input) {
        ... on Variant { substitutes { rank priceRule isAutomatic variant { sku } } } } }"""
    answer = await ask(ranked, world.viewer(), {"input": {"variantId": mug, "substituteIds": [chair, lamp]}})
    stranger = await ask(TERMS, world.viewer(), {"input": {**given, "substituteId": mug}})

    assert answer["data"]["setSubstitutes"]["substitutes"] == [
        {"rank": 0, "priceRule": "ORIGINAL_PRICE", "isAutomatic": False, "variant": {"sku": "CHAIR"}},
        {"rank": 1, "priceRule": "SUBSTITUTE_PRICE", "isAutomatic": True, "variant": {"sku": "LAMP"}},
    ]
    assert stranger["data"]["setSubstituteTerms"]["code"] == "NOT_FOUND"
    assert codes(await ask(TERMS, world.viewer(Role.AGENT), {"input": given})) == ["FORBIDDEN"]


@pytest.fixture
def woken(relay):
    outbox.wakers.append(relay.wake)
    yield
    outbox.wakers.remove(relay.wake)


async def test_a_customer_who_watches_the_order_sees_the_proposal_and_the_result(hub, woken):
    world = await lamps()
    order = await waiting(world)
    seen = []
    async with aclosing(watching(hub, world.viewer(Role.CUSTOMER), order)) as stream:
        await heard(stream)
        proposal = await proposed(world, order)
        await yes(world.viewer(Role.CUSTOMER), proposal)
        while not seen or seen[-1][0] != "UNITS_SCHEDULED":
            message = await heard(stream)
            seen.append((message["fact"]["kind"], [each["status"] for each in message["order"]["substitutions"]]))

    assert [kind for kind, _ in seen if kind != "ORDER_PLACED"] == [
        "SUBSTITUTION_PROPOSED",
        "UNITS_SUBSTITUTED",
        "UNITS_SCHEDULED",
    ]
    assert seen[-1][1] == ["ACCEPTED"]


async def watching(hub, viewer, order: Order) -> AsyncGenerator[dict, None]:
    variables = {"id": global_id("Order", order.id)}
    found = await schema.subscribe(WATCH, variable_values=variables, context_value=Context(viewer=viewer, hub=hub))
    async for result in found:
        assert not result.errors, result.errors
        yield result.data["orderChanges"]


async def heard(stream) -> dict:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await anext(stream)


KITS = """query ($id: ID!) { order(id: $id) { kits { id sku units { status quantity } }
    substitutions { kitId newKitId quantity status } } }"""


async def test_an_agent_proposes_kits_for_kits_and_the_customer_says_yes(database):
    world = await lamps()
    await stock(world, {("SHIRT", "CHI"): 5})
    await kit(world, "SET", MUG=1, LAMP=2)
    await kit(world, "PAIR", LAMP=1, SHIRT=1)
    await instead(world, "SET", "PAIR")
    async with placing.opened_desk() as counter:
        order_id = await counter.place(world.act(), placing.wanted(world, SET=2))
    kits = await OrderKit.get(order_id=order_id)
    given = {
        "orderId": global_id("Order", order_id),
        "kitId": global_id("OrderKit", kits.id),
        "variantId": global_id("Variant", world.variants["PAIR"].id),
    }

    await ask(PROPOSE, world.viewer(Role.AGENT), {"input": given}, clock=lambda: NOW)
    await yes(world.viewer(Role.CUSTOMER), await Substitution.get())
    found = (await ask(KITS, world.viewer(Role.CUSTOMER), {"id": global_id("Order", order_id)}))["data"]["order"]

    old, new = found["kits"]
    assert (old["sku"], old["units"]) == ("SET", [{"status": "CANCELLED", "quantity": 2}])
    assert (new["sku"], new["units"]) == ("PAIR", [{"status": "SCHEDULED", "quantity": 2}])
    assert found["substitutions"] == [{"kitId": old["id"], "newKitId": new["id"], "quantity": 2, "status": "ACCEPTED"}]
