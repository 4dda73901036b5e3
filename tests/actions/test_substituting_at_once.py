"""Orders that may not wait and take something else: served whole at once, or refused with nothing done."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from actions import desk
from actions.substituting import at_once
from domain.errors import InsufficientStock
from domain.lifecycle import UnitStatus
from domain.placing.commands import CartLine, ReserveCart
from models import Order, OutboxFact, Reservation, Substitution, SubstitutionConsent
from models.db import rows
from server.auditing import orders as auditing
from tests.actions.asserting import books_balance, refused
from tests.world import World, furnish, stock
from tests.world.kits import kit
from tests.world.orders import units
from tests.world.substitutes import instead
from tests.world.waiting import channel_terms, terms, wanted

S = UnitStatus


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def shop(lamps: int = 5, chairs: int = 5, **values) -> World:
    """One mug, and lamps before chairs in its place."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 1, ("LAMP", "CHI"): lamps, ("CHAIR", "CHI"): chairs})
    await instead(world, "MUG", "LAMP", "CHAIR", **{"is_automatic": True, **values})
    return world


def at_once_or_not(world: World, *, allowing: tuple[str, ...] = ("MUG",), **quantities: int):
    command = wanted(world, **quantities)
    skus = {world.variants[sku].id for sku in allowing}
    lines = tuple(replace(line, allow_substitutes=line.variant_id in skus) for line in command.lines)
    return replace(command, lines=lines, allow_backorder=False)


async def place(counter, world: World, *, key=None, now=None, **quantities: int) -> Order:
    order_id = await at_once.place(world.act(key, now=now), counter, at_once_or_not(world, **quantities))
    return await Order.get(id=order_id)


async def nothing_was_done(world: World) -> None:
    assert await Order.all().count() == await Substitution.all().count() == await SubstitutionConsent.all().count() == 0
    assert await OutboxFact.filter(order_id__isnull=False).count() == 0
    for sku, at in (("MUG", "NYC"), ("LAMP", "CHI"), ("CHAIR", "CHI")):
        assert (await world.level(sku, at)).allocated == 0
    await books_balance()


async def test_the_substitute_serves_what_is_missing(counter):
    world = await shop()

    order = await place(counter, world, MUG=3)

    assert await units(order) == {S.SCHEDULED: 1, S.CANCELLED: 2}
    assert await units(order, "LAMP") == {S.SCHEDULED: 2}
    assert (await Substitution.get()).quantity == 2
    await books_balance()
    assert await rows(auditing.TOTALS) == []


async def test_of_goods_that_are_all_gone_only_the_substitute_is_sent(counter):
    world = await furnish(units=0)
    await stock(world, {("LAMP", "CHI"): 2})
    await instead(world, "MUG", "LAMP", is_automatic=True)

    order = await place(counter, world, MUG=2)

    assert (await units(order), await units(order, "LAMP")) == ({S.CANCELLED: 2}, {S.SCHEDULED: 2})


async def test_several_substitutes_may_serve_it_together(counter):
    world = await shop(lamps=1, chairs=1)

    order = await place(counter, world, MUG=3)

    assert await units(order) == {S.SCHEDULED: 1, S.CANCELLED: 2}
    assert await units(order, "LAMP") == await units(order, "CHAIR") == {S.SCHEDULED: 1}


async def test_where_they_cover_only_some_of_it_nothing_is_done(counter):
    world = await shop(lamps=1, chairs=1)

    async with refused(InsufficientStock) as refusal:
        await place(counter, world, MUG=4)

    assert refusal.value.missing == {"MUG": 3}
    await nothing_was_done(world)


async def test_what_is_there_needs_no_substitute(counter):
    world = await shop()

    order = await place(counter, world, MUG=1)

    assert await units(order) == {S.SCHEDULED: 1}
    assert await Substitution.all().count() == 0


async def test_another_line_that_takes_nothing_else_is_not_left_waiting(counter):
    world = await shop()

    async with refused(InsufficientStock) as refusal:
        await place(counter, world, MUG=2, CHAIR=6)

    assert refusal.value.missing == {"MUG": 1, "CHAIR": 1}
    await nothing_was_done(world)


async def test_what_needs_a_yes_is_not_sent_and_the_order_refused(counter):
    world = await shop(is_automatic=False)

    async with refused(InsufficientStock):
        await place(counter, world, MUG=2)

    await nothing_was_done(world)


async def test_a_kit_is_sent_as_it_was_ordered_or_not_at_all(counter):
    world = await shop()
    await kit(world, "SET", MUG=2, LAMP=1)

    async with refused(InsufficientStock) as refusal:
        await place(counter, world, SET=1, allowing=("SET",))

    assert refusal.value.missing == {"SET": 1}
    await nothing_was_done(world)


async def test_nobody_who_pre_orders_is_sent_something_else(counter):
    world = await shop()
    await terms(world, launches_at=world.now + timedelta(days=3))

    async with refused(InsufficientStock):
        await place(counter, world, MUG=1)

    await nothing_was_done(world)


async def test_units_that_wait_for_a_moment_only_count_for_no_limit(counter):
    world = await shop()
    await terms(world, limit_units=0)
    await channel_terms(world, "WEB", limit_units=0)

    order = await place(counter, world, MUG=3)

    assert await units(order, "LAMP") == {S.SCHEDULED: 2}


async def test_the_same_key_places_once_and_a_refusal_leaves_it_refused(counter):
    world = await shop()

    first = await place(counter, world, key="key-1", MUG=3)
    again = await place(counter, world, key="key-1", MUG=3)
    for _ in range(2):
        with pytest.raises(InsufficientStock):
            await place(counter, world, key="key-2", MUG=99)

    assert first.id == again.id
    assert (await Order.all().count(), await Substitution.all().count()) == (1, 1)


async def test_what_a_cart_kept_is_used_and_kept_on_when_it_is_refused(counter):
    world = await shop(lamps=1, chairs=0)
    lines = (CartLine(variant_id=world.variants["MUG"].id, quantity=1),)
    await counter.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart="c", lines=lines))

    async with refused(InsufficientStock):
        command = replace(at_once_or_not(world, MUG=3), cart="c")
        await at_once.place(world.act(), counter, command)
    kept = await Reservation.filter(ended_at__isnull=True).count()
    await at_once.place(world.act(), counter, replace(at_once_or_not(world, MUG=2), cart="c"))

    assert kept == 1
    assert await Reservation.filter(ended_at__isnull=True).count() == 0
    await books_balance()


async def test_of_many_who_want_the_last_ones_exactly_so_many_are_served_whole(counter):
    """Some want mugs or lamps instead, others lamps or mugs: whoever locks does so in one order."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 5, ("LAMP", "CHI"): 5})
    await instead(world, "MUG", "LAMP", is_automatic=True)
    await instead(world, "LAMP", "MUG", is_automatic=True)

    results = await asyncio.gather(
        *(place(counter, world, allowing=("MUG", "LAMP"), **{["MUG", "LAMP"][at % 2]: 2}) for at in range(12)),
        return_exceptions=True,
    )

    assert Counter(type(each).__name__ for each in results) == {"Order": 5, "InsufficientStock": 7}
    standing = Counter()
    for order in await Order.all():
        for sku in ("MUG", "LAMP"):
            standing += Counter(await units(order, sku) if await order.lines.filter(sku=sku) else {})
    assert standing[S.SCHEDULED] == 10
    assert standing[S.BACKORDERED] == 0
    await books_balance()


async def test_an_order_that_the_channel_sends_twice_at_once_is_one(counter):
    world = await shop()
    command = replace(at_once_or_not(world, MUG=3), external_id="A-1")

    placed = await asyncio.gather(*(at_once.place(world.act(), counter, command) for _ in range(4)))
    again = await at_once.place(world.act(), counter, command)

    assert {*placed, again} == {(await Order.get()).id}
    assert await Substitution.all().count() == 1
    await books_balance()
