"""A subscription tells everything first, then every change, and never more than its viewer may see."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

import models
from domain.errors import InvalidInput, NotFound
from domain.fulfilment import FulfilmentStatus
from domain.ids import new_id
from domain.lifecycle import OrderStatus
from domain.permissions import Role
from domain.viewer import Viewer
from realtime import log
from realtime.cursor import BadCursor
from resolvers.context import Context
from resolvers.ids import global_id
from resolvers.live import Message, MessageKind, Watched, messages
from resolvers.scopes import seen
from resolvers.visible import FULFILMENTS, ORDERS, STOCK
from resolvers.watchable import MOST_NAMED, OneOrder, Orders, Queue, Stock
from tests.patience import PATIENCE_SECONDS
from tests.realtime.fixtures import hub, relay, writers
from tests.realtime.world import LONG_AGO
from tests.resolvers.world import THEM, US, World, as_granted, furnish

__all__ = ["hub", "relay", "writers"]


@pytest.fixture
async def world(database) -> World:
    return await furnish(orders=24)


def follow(hub, viewer: Viewer, watched: Watched[Any], after: str | None = None) -> AsyncGenerator[Message[Any], None]:
    return aclosing(messages(SimpleNamespace(context=Context(viewer=viewer, hub=hub)), watched, after))  # type: ignore[return-value, arg-type] # only an info's context is used


async def told(stream, count: int = 1) -> list[Message[Any]]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [await anext(stream) for _ in range(count)]


async def touch(writers, order: models.Order, *, kind: str = "order_changed", payload: Any = None, **ids: Any) -> None:
    """Tell a fact of the order as its actions do."""
    named = {"order_id": order.id, "customer_id": order.customer_id, "channel_id": order.channel_id} | ids
    organization = order.organization_id
    await writers._insert(writers.pool, kind, organization=organization, payload=payload or {"version": 1}, **named)


async def test_the_first_message_is_the_order_and_then_every_fact_brings_it_anew(world, hub, writers):
    order, admin = world.of(models.Order)[0], world.viewers()[Role.ADMIN]

    async with follow(hub, admin, OneOrder(order.id)) as stream:
        [first] = await told(stream)
        await models.Order.filter(id=order.id).update(status=OrderStatus.CANCELLED, version=7)
        await touch(writers, order, payload={"version": 7})
        [second] = await told(stream)

    assert (first.kind, [row.id for row in first.rows], first.fact) == (MessageKind.SNAPSHOT, [order.id], None)
    assert (second.kind, second.rows[0].version, second.rows[0].status) == (
        MessageKind.CHANGED,
        7,
        OrderStatus.CANCELLED,
    )
    assert (second.fact.kind, second.fact.order_id, second.fact.payload) == ("order_changed", order.id, {"version": 7})


async def test_a_resumed_subscription_begins_with_the_missed_facts(world, hub, writers):
    order, admin = world.of(models.Order)[0], world.viewers()[Role.ADMIN]
    async with follow(hub, admin, OneOrder(order.id)) as stream:
        [first] = await told(stream)
    for version in (1, 2, 3):
        await touch(writers, order, payload={"version": version})
    await writers.settled()

    async with follow(hub, admin, OneOrder(order.id), first.cursor) as stream:
        missed = await told(stream, 3)
        await touch(writers, order, payload={"version": 4})
        missed += await told(stream)
    async with follow(hub, admin, OneOrder(order.id), missed[1].cursor) as stream:
        again = await told(stream, 2)

    assert [message.fact.payload["version"] for message in missed] == [1, 2, 3, 4]
    assert [message.fact.payload["version"] for message in again] == [3, 4]
    assert {message.kind for message in missed} == {MessageKind.CHANGED}


async def test_an_expired_cursor_brings_one_resync_with_everything_and_a_cursor_to_go_on_from(world, hub, writers):
    order, admin = world.of(models.Order)[0], world.viewers()[Role.ADMIN]
    async with follow(hub, admin, OneOrder(order.id)) as stream:
        [first] = await told(stream)
    await touch(writers, order, recorded_at=LONG_AGO)
    await writers.settled()
    async with writers.pool.acquire() as connection:
        await log.prune(connection, keep=timedelta(days=1), now=datetime.now(UTC))

    async with follow(hub, admin, OneOrder(order.id), first.cursor) as stream:
        [resync] = await told(stream)
        await touch(writers, order, payload={"version": 2})
        [then] = await told(stream)
    async with follow(hub, admin, OneOrder(order.id), resync.cursor) as stream:
        [resumed] = await told(stream)

    assert (resync.kind, [row.id for row in resync.rows]) == (MessageKind.RESYNC, [order.id])
    assert then.fact.payload == resumed.fact.payload == {"version": 2}


async def test_a_text_that_is_no_cursor_is_refused(world, hub):
    with pytest.raises(BadCursor):
        async with follow(hub, world.viewers()[Role.ADMIN], Orders(), "yesterday") as stream:
            await told(stream)


async def test_an_order_can_be_watched_by_exactly_those_who_see_it(world, hub):
    for viewer in world.viewers().values():
        visible = set(await seen(models.Order, ORDERS, viewer).values_list("id", flat=True))
        for order in world.of(models.Order) + world.of(models.Order, THEM):
            for after in (None, str(hub.position)):
                async with follow(hub, viewer, OneOrder(order.id), after) as stream:
                    if order.id not in visible:
                        with pytest.raises(NotFound):
                            await told(stream)
                    elif after is None:
                        assert (await told(stream))[0].rows[0].id == order.id


async def test_each_viewer_hears_of_exactly_the_orders_it_sees(world, hub, writers):
    orders = world.of(models.Order) + world.of(models.Order, THEM)
    start = str(hub.position)
    for order in orders:
        await touch(writers, order)
    await writers.settled()

    for name, viewer in world.viewers().items():
        visible = set(await seen(models.Order, ORDERS, viewer).values_list("id", flat=True))
        async with follow(hub, viewer, Orders(), start) as stream:
            heard = [message.rows[0].id for message in await told(stream, len(visible))]
            if await hears_more(stream):
                raise AssertionError(name)

        assert set(heard) == visible, name
        assert len(heard) == len(visible)
        async with follow(hub, viewer, Orders()) as stream:
            [first] = await told(stream)
        assert {row.id for row in first.rows} == visible


async def test_a_customer_never_hears_of_another_and_never_of_a_private_note(world, hub, writers):
    customer = as_granted(world.viewers()[Role.CUSTOMER])
    own = next(order for order in world.of(models.Order) if order.customer_id == customer.customer_id)
    other = next(order for order in world.of(models.Order) if order.customer_id not in {None, customer.customer_id})

    async with follow(hub, customer, Orders()) as stream:
        await told(stream)
        await touch(writers, other)
        await touch(writers, other, customer_id=customer.customer_id)  # even if a fact named the wrong customer
        await touch(writers, own, kind="note_added", customer_id=None, payload={"visibility": "private"})
        await touch(writers, own, kind="note_added", payload={"visibility": "private"})
        await touch(writers, own, kind="note_added", payload={"visibility": "public"})
        [heard] = await told(stream)

    assert (heard.rows[0].id, heard.fact.payload) == (own.id, {"visibility": "public"})


async def test_whoever_loses_an_order_hears_no_more_of_it(world, hub, writers):
    agent = world.viewers()[Role.AGENT]
    lost = next(order for order in world.of(models.Order) if order.channel_id == agent.channel_ids[0])
    kept = next(order for order in world.of(models.Order) if order.channel_id == agent.channel_ids[1])
    context = Context(viewer=agent, hub=hub)
    info: Any = SimpleNamespace(context=context)

    async with (
        aclosing(messages(info, OneOrder(lost.id), None)) as one,
        aclosing(messages(info, Orders(), None)) as many,
    ):
        await told(one)
        await told(many)
        context.viewer = replace(agent, channel_ids=agent.channel_ids[1:])
        await touch(writers, lost)
        await touch(writers, kept)
        [heard] = await told(many)
        with pytest.raises(NotFound):
            await told(one)

    assert heard.rows[0].id == kept.id


async def test_a_list_of_orders_is_narrowed_and_says_what_left_it(world, hub, writers):
    admin, customer = world.viewers()[Role.ADMIN], world.of(models.Customer)[0]
    fitting = [order for order in world.of(models.Order) if order.customer_id == customer.id]
    wanted = Orders(customer_id=customer.id, statuses=frozenset({order.status for order in fitting}), first=2)
    order = fitting[0]

    async with follow(hub, admin, wanted) as stream:
        [first] = await told(stream)
        await touch(writers, next(each for each in world.of(models.Order) if each.customer_id != customer.id))
        await touch(writers, order)
        await told(stream)
        gone = next(status for status in OrderStatus if status not in {each.status for each in fitting})
        await models.Order.filter(id=order.id).update(status=gone)
        await touch(writers, order)
        [left] = await told(stream)

    newest = sorted(fitting, key=lambda each: (each.placed_at, each.id), reverse=True)
    assert [row.id for row in first.rows] == [each.id for each in newest[:2]]
    assert first.has_more == (len(fitting) > 2)
    assert (left.rows[0].status, left.gone) == (gone, [global_id("Order", order.id)])


async def test_stock_is_told_to_exactly_those_who_see_the_level(world, hub, writers):
    levels = world.of(models.StockLevel) + world.of(models.StockLevel, THEM)
    start = str(hub.position)
    for level in levels:
        await writers._insert(
            writers.pool, "stock_changed", organization=level.organization_id, payload={},
            variant_id=level.variant_id, location_id=level.location_id,
        )  # fmt: skip
    await writers.settled()

    for name, viewer in world.viewers().items():
        visible = set(await seen(models.StockLevel, STOCK, viewer).values_list("id", flat=True))
        async with follow(hub, viewer, Stock(), start) as stream:
            heard = [message.rows[0].id for message in await told(stream, len(visible))]
            assert not await hears_more(stream), name
        async with follow(hub, viewer, Stock()) as stream:
            [first] = await told(stream)
        assert sorted(heard) == sorted(row.id for row in first.rows) == sorted(visible), name


async def test_a_location_hears_of_an_order_from_when_it_comes_there(world, hub, writers):
    associate = world.viewers()[Role.STORE_ASSOCIATE]
    [here, *_], visible = (
        associate.location_ids,
        await seen(models.Order, ORDERS, associate).values_list("id", flat=True),
    )
    order = next(each for each in world.of(models.Order) if each.id not in set(visible))
    units = next(each for each in world.of(models.LineStatus) if each.order_id == order.id)
    move = {"line": str(units.line_id), "from_location": None, "to_location": str(here)}

    async with follow(hub, associate, Orders()) as stream:
        await told(stream)
        await touch(writers, order, kind="order_placed", payload={"moves": [{**move, "to_location": str(new_id())}]})
        await touch(writers, order, kind="note_added")
        await models.LineStatus.filter(id=units.id).update(location_id=here, status="scheduled")
        await touch(writers, order, kind="units_scheduled", payload={"moves": [move]})
        await touch(writers, order, kind="note_added")
        messages = await told(stream, 2)

    assert [message.fact.kind for message in messages] == ["units_scheduled", "note_added"]
    assert [message.rows[0].id for message in messages] == [order.id, order.id]


async def test_a_location_is_told_that_an_order_has_left_it_and_nothing_of_where_to(world, hub, writers):
    associate = world.viewers()[Role.STORE_ASSOCIATE]
    here, elsewhere = associate.location_ids[0], new_id()
    visible = set(await seen(models.Order, ORDERS, associate).values_list("id", flat=True))
    order, other = [each for each in world.of(models.Order) if each.id not in visible][:2]
    units = next(each for each in world.of(models.LineStatus) if each.order_id == order.id)
    await models.LineStatus.filter(id=units.id).update(location_id=here, status="scheduled")
    move = {"line": str(units.line_id), "from_location": str(here), "to_location": str(elsewhere)}

    async with follow(hub, associate, Orders()) as stream:
        [first] = await told(stream)
        await models.LineStatus.filter(id=units.id).update(location_id=units.location_id, status=units.status)
        await touch(writers, other, kind="units_scheduled", payload={"moves": [{**move, "from_location": None}]})
        await touch(writers, order, kind="units_scheduled", payload={"moves": [move]})
        await touch(writers, order, kind="note_added")
        await touch(writers, await models.Order.get(id=min(visible)), kind="note_added")
        left, after = await told(stream, 2)

    assert order.id in {row.id for row in first.rows}
    assert (left.gone, list(left.rows), left.fact) == ([global_id("Order", order.id)], [], None)
    assert [row.id for row in after.rows] == [min(visible)]


async def test_watched_stock_is_narrowed_to_variants_and_locations(world, hub, writers):
    level = world.of(models.StockLevel)[0]
    wanted = Stock(variant_ids=frozenset({level.variant_id}), location_ids=frozenset({level.location_id}))

    async with follow(hub, world.viewers()[Role.ADMIN], wanted) as stream:
        [first] = await told(stream)
        await writers.other_fact(
            kind="stock_changed", organization=US, variant_id=level.variant_id, location_id=new_id()
        )
        await writers.other_fact(
            kind="supply_changed", organization=US, variant_id=level.variant_id, location_id=level.location_id
        )
        await models.StockLevel.filter(id=level.id).update(on_hand=77)
        await writers.other_fact(
            kind="stock_changed", organization=US, variant_id=level.variant_id, location_id=level.location_id
        )
        [changed] = await told(stream)

    assert [row.id for row in first.rows] == [level.id]
    assert (changed.rows[0].id, changed.rows[0].on_hand) == (level.id, 77)


async def test_a_queue_shows_what_is_still_to_do_and_says_what_is_done(world, hub, writers):
    associate = world.viewers()[Role.STORE_ASSOCIATE]
    location_id = associate.location_ids[0]
    visible = await seen(models.Fulfilment, FULFILMENTS, associate).filter(location_id=location_id)
    waiting = await _open_one(visible[0])

    async with follow(hub, associate, Queue(location_id)) as stream:
        [first] = await told(stream)
        await _tell(writers, waiting)
        [accepted] = await told(stream)
        await models.Fulfilment.filter(id=waiting.id).update(status=FulfilmentStatus.COMPLETED)
        await _tell(writers, waiting)
        [done] = await told(stream)

    assert waiting.id in [row.id for row in first.rows]
    assert {row.status for row in first.rows} <= {"open", "accepted", "in_progress", "ready_for_pickup"}
    assert {row.location_id for row in first.rows} == {location_id}
    assert (accepted.rows[0].id, accepted.gone) == (waiting.id, [])
    assert (done.rows[0].status, done.gone) == (FulfilmentStatus.COMPLETED, [global_id("Fulfilment", waiting.id)])


async def test_the_queue_of_a_location_one_does_not_work_at_is_refused(world, hub):
    associate = world.viewers()[Role.STORE_ASSOCIATE]
    elsewhere = next(each.id for each in world.of(models.Location) if each.id not in associate.location_ids)
    abroad = world.of(models.Location, THEM)[0].id

    for location_id in (elsewhere, abroad, new_id()):
        for after in (None, str(hub.position)):
            with pytest.raises(NotFound):
                async with follow(hub, associate, Queue(location_id), after) as stream:
                    await told(stream)


def test_a_subscription_names_no_more_than_the_limit():
    many = frozenset(UUID(int=number) for number in range(MOST_NAMED + 1))

    for make in (
        lambda: Stock(variant_ids=many),
        lambda: Stock(location_ids=many),
        lambda: Orders(channel_ids=many),
        lambda: Orders(first=101),
        lambda: Orders(first=0),
    ):
        with pytest.raises(InvalidInput):
            make()


async def hears_more(stream, seconds: float = 0.3) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await anext(stream)
    except TimeoutError:
        return False
    return True


async def _open_one(fulfilment: models.Fulfilment) -> models.Fulfilment:
    fulfilment.status = FulfilmentStatus.OPEN
    await fulfilment.save(update_fields=["status"])
    return fulfilment


async def _tell(writers, fulfilment: models.Fulfilment) -> None:
    await writers._insert(
        writers.pool, "fulfilment_accepted", organization=US, payload={}, order_id=fulfilment.order_id,
        fulfilment_id=fulfilment.id, location_id=fulfilment.location_id,
    )  # fmt: skip
