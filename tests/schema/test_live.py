"""Subscriptions as a client sees them: what comes, what is refused, and with which code."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import models
from domain.permissions import PERMISSIONS_OF, Permission, Role
from domain.viewer import Viewer
from resolvers.context import Context
from resolvers.ids import global_id
from resolvers.scopes import seen
from resolvers.visible import ORDERS
from resolvers.watchable import MOST_NAMED
from schema.build import schema
from tests.patience import PATIENCE_SECONDS
from tests.realtime.fixtures import hub, relay, writers
from tests.resolvers.test_live import touch
from tests.resolvers.world import START, World, as_granted, furnish

__all__ = ["hub", "relay", "writers"]

ONE_ORDER = """
subscription($id: ID!, $after: String) {
  orderChanges(orderId: $id, after: $after) { cursor kind fact { kind orderId } order { id number status } }
}"""
MANY_ORDERS = """
subscription($filter: OrderWatch, $first: Int! = 5, $after: String) {
  orders(filter: $filter, first: $first, after: $after) { kind orders { id status } gone hasMore }
}"""
STOCK = """
subscription($variants: [ID!], $locations: [ID!]) {
  stockChanges(variantIds: $variants, locationIds: $locations) { kind fact { kind variantId } levels { id onHand } }
}"""
QUEUE = """
subscription($location: ID!) { fulfilmentQueue(locationId: $location) { kind fulfilments { id number } gone hasMore } }
"""


@pytest.fixture
async def world(database) -> World:
    return await furnish(orders=24)


async def listen(
    hub, viewer: Viewer, document: str, context: Context | None = None, **variables: Any
) -> AsyncGenerator[dict[str, Any], None]:
    context = context or Context(viewer=viewer, hub=hub)
    found = await schema.subscribe(document, variable_values=variables, context_value=context)
    assert isinstance(found, AsyncGenerator), found
    async for result in found:
        yield {"data": result.data} | (
            {"codes": [e.extensions["code"] for e in result.errors]} if result.errors else {}
        )


async def heard(stream) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await anext(stream)


async def first_answer(hub, viewer: Viewer, document: str, **variables: Any) -> dict[str, Any]:
    async with aclosing(listen(hub, viewer, document, **variables)) as stream:
        return await heard(stream)


async def test_an_order_is_told_first_and_then_with_each_of_its_facts(world, hub, writers):
    order, admin = world.of(models.Order)[0], world.viewers()[Role.ADMIN]
    order_id = global_id("Order", order.id)

    async with aclosing(listen(hub, admin, ONE_ORDER, id=order_id)) as stream:
        first = (await heard(stream))["data"]["orderChanges"]
        await models.Order.filter(id=order.id).update(number="SO-NEW")
        await touch(writers, order)
        second = (await heard(stream))["data"]["orderChanges"]
    again = (await first_answer(hub, admin, ONE_ORDER, id=order_id, after=first["cursor"]))["data"]["orderChanges"]

    shown = {"id": order_id, "number": order.number, "status": order.status.name}
    assert {**first, "cursor": ""} == {"cursor": "", "kind": "SNAPSHOT", "fact": None, "order": shown}
    assert second["kind"] == "CHANGED"
    assert second["fact"] == {"kind": "ORDER_CHANGED", "orderId": order_id}
    assert second["order"] == {**shown, "number": "SO-NEW"}
    assert again == second


async def test_orders_stock_and_queues_are_told_first(world, hub):
    admin, location = world.viewers()[Role.ADMIN], world.of(models.Location)[1]
    level = world.of(models.StockLevel)[0]

    orders = (await first_answer(hub, admin, MANY_ORDERS, first=3))["data"]["orders"]
    stock = (await first_answer(hub, admin, STOCK, variants=[global_id("Variant", level.variant_id)]))["data"]
    queue = (await first_answer(hub, admin, QUEUE, location=global_id("Location", location.id)))["data"]

    assert (orders["kind"], len(orders["orders"]), orders["gone"], orders["hasMore"]) == ("SNAPSHOT", 3, [], True)
    assert {"id": global_id("StockLevel", level.id), "onHand": level.on_hand} in stock["stockChanges"]["levels"]
    assert queue["fulfilmentQueue"]["kind"] == "SNAPSHOT"


async def test_a_filter_says_what_has_left_it(world, hub, writers):
    admin = world.viewers()[Role.ADMIN]
    order = world.of(models.Order)[0]
    channel = global_id("Channel", order.channel_id)
    other = "PLACED" if order.status.name != "PLACED" else "CANCELLED"

    wanted = {"channelIds": [channel], "status": [other]}
    async with aclosing(listen(hub, admin, MANY_ORDERS, filter=wanted)) as stream:
        first = (await heard(stream))["data"]["orders"]
        await touch(writers, order)
        second = (await heard(stream))["data"]["orders"]

    assert {shown["status"] for shown in first["orders"]} <= {other}
    assert second["gone"] == [global_id("Order", order.id)]


async def test_who_acted_and_the_details_are_for_those_inside(world, hub, writers):
    document = ONE_ORDER.replace("orderId }", "orderId at actor details }")
    customer = as_granted(world.viewers()[Role.CUSTOMER])
    own = next(order for order in world.of(models.Order) if order.customer_id == customer.customer_id)
    admin = world.viewers()[Role.ADMIN]
    order_id = global_id("Order", own.id)

    refused = await first_answer(hub, customer, document, id=order_id)
    async with aclosing(listen(hub, admin, document, id=order_id)) as stream:
        await heard(stream)
        await touch(writers, own, payload={"version": 3})
        fact = (await heard(stream))["data"]["orderChanges"]["fact"]

    assert refused == {"data": None, "codes": ["FORBIDDEN"]}
    assert (fact["actor"], fact["details"]) == ("tester", {"version": 3})


async def test_details_tell_of_payments_to_those_who_may_see_payments(world, hub, writers):
    document = ONE_ORDER.replace("orderId }", "details }")
    associate = as_granted(world.viewers()[Role.STORE_ASSOCIATE])
    order = await seen(models.Order, ORDERS, associate).first()
    viewers = (associate, replace(associate, permissions=associate.permissions | {Permission.READ_PAYMENTS}))
    of_order = {"number": order.number, "version": 3, "status": "placed", "lines": {}, "moves": []}
    words = {"authorize_status": "full", "charge_status": "none"}
    paid = {**of_order, **words, "payment": "p", "tender": "card", "currency": "USD", "authorized_minor": 900}

    told = []
    for viewer in viewers:
        async with aclosing(listen(hub, viewer, document, id=global_id("Order", order.id))) as stream:
            await heard(stream)
            await touch(writers, order, kind="payment_changed", payload=paid)
            await touch(writers, order, kind="units_cancelled", payload={**of_order, **words})
            told.append([(await heard(stream))["data"]["orderChanges"]["fact"]["details"] for _ in range(2)])

    assert told == [[of_order, of_order], [paid, {**of_order, **words}]]


@pytest.mark.parametrize("document", [ONE_ORDER, MANY_ORDERS, STOCK, QUEUE])
async def test_strangers_watch_nothing(world, hub, document):
    stranger = as_granted(world.viewers()[Role.ANONYMOUS])
    assert stranger.permissions == PERMISSIONS_OF[Role.ANONYMOUS]

    refused = await first_answer(hub, stranger, document, id="x", location="x")

    assert refused == {"data": None, "codes": ["FORBIDDEN"]}


async def test_what_cannot_be_watched_is_refused_with_a_code(world, hub):
    customer = as_granted(world.viewers()[Role.CUSTOMER])
    admin = world.viewers()[Role.ADMIN]
    other = next(order for order in world.of(models.Order) if order.customer_id != customer.customer_id)
    own = next(order for order in world.of(models.Order) if order.customer_id == customer.customer_id)
    many = [global_id("Variant", UUID(int=number)) for number in range(MOST_NAMED + 1)]

    answers = [
        await first_answer(hub, customer, ONE_ORDER, id=global_id("Order", other.id)),
        await first_answer(hub, customer, ONE_ORDER, id=global_id("Order", own.id), after="nonsense"),
        await first_answer(hub, customer, ONE_ORDER, id=global_id("Customer", own.id)),
        await first_answer(hub, admin, STOCK, variants=many),
        await first_answer(hub, admin, MANY_ORDERS, first=101),
    ]

    assert [answer["codes"] for answer in answers] == [
        ["NOT_FOUND"],
        ["BAD_CURSOR"],
        ["BAD_ID"],
        ["INVALID_INPUT"],
        ["INVALID_INPUT"],
    ]
    assert hub.feed_count == 0


async def test_a_session_that_ends_ends_its_subscriptions(world, hub, writers):
    order = world.of(models.Order)[0]
    admin = replace(world.viewers()[Role.ADMIN], expires_at=START)
    clock = [START - timedelta(seconds=1)]
    context = Context(viewer=admin, hub=hub, clock=lambda: clock[0])

    async with aclosing(listen(hub, admin, ONE_ORDER, context, id=global_id("Order", order.id))) as stream:
        await heard(stream)
        clock[0] = START
        await touch(writers, order)
        ended = await heard(stream)
        with pytest.raises(StopAsyncIteration):
            await heard(stream)

    assert ended["codes"] == ["SESSION_ENDED"]
    assert hub.feed_count == 0


async def test_nothing_read_for_one_message_is_kept_for_the_next(world, hub, writers):
    order = next(order for order in world.of(models.Order) if order.customer_id)
    document = ONE_ORDER.replace("number status", "customer { name }")

    async with aclosing(listen(hub, world.viewers()[Role.ADMIN], document, id=global_id("Order", order.id))) as stream:
        await heard(stream)
        await models.Customer.filter(id=order.customer_id).update(name="Ann New")
        await touch(writers, order)
        second = await heard(stream)

    assert second["data"]["orderChanges"]["order"]["customer"] == {"name": "Ann New"}
