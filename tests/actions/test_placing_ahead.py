"""Orders decided without locks while others are being written: never more sold than there is, never twice for a key."""

import asyncio
import random
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from actions import desk, inventory
from actions.acting import Act
from actions.group_commit import Overtaken, open_lanes
from actions.inventory import Adjustment, AdjustStock
from actions.orders.placing import Ahead, asked, place_ahead
from domain.errors import DomainError
from domain.placing.commands import CartLine, PlaceOrder, ReserveCart
from domain.stock import AdjustmentReason
from models import Order
from tests.actions.asserting import books_balance
from tests.actions.test_placing import books, wanted
from tests.world import World, furnish, stock
from tests.world.quotas import aside, group

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def lanes(database_url: str) -> AsyncGenerator[Any, None]:
    pool = await open_lanes(database_url, lanes=2)
    yield pool
    await pool.close()


async def decided(lanes: Any, *commands: tuple[Act, PlaceOrder], before: Ahead | None = None) -> Ahead | None:
    async with lanes.acquire() as connection:
        return await place_ahead(connection, [asked(act, command) for act, command in commands], before)


async def write(lanes: Any, ahead: Ahead) -> None:
    async with lanes.acquire() as connection, connection.transaction():
        await ahead.write(connection)


async def few(units: int) -> World:
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): units})
    return world


def mugs(world: World, units: int, **values: Any) -> PlaceOrder:
    return wanted(world, ("MUG", units), allow_backorder=False, **values)


async def test_what_is_being_written_counts_as_taken(lanes) -> None:
    world = await few(5)
    first = await decided(lanes, (world.act(), mugs(world, 3)))

    second = await decided(lanes, (world.act(), mugs(world, 2)), (world.act(), mugs(world, 1)), before=first)

    assert ["id" in outcome for outcome in second.outcomes] == [True, False]
    await write(lanes, first)
    await write(lanes, second)
    assert (await books())["allocated"] == 5


async def test_what_was_written_in_the_meantime_is_not_taken_twice(lanes) -> None:
    world = await few(5)
    first = await decided(lanes, (world.act(), mugs(world, 3)))
    await write(lanes, first)

    second = await decided(lanes, (world.act(), mugs(world, 2)), before=first)

    assert "id" in second.outcomes[0]
    await write(lanes, second)


async def test_where_somebody_else_moved_the_stock_too_it_is_not_guessed_what_is_left(lanes) -> None:
    world = await few(5)
    first = await decided(lanes, (world.act(), mugs(world, 3)))
    await write(lanes, first)
    await stock(world, {("MUG", "NYC"): 9})

    assert await decided(lanes, (world.act(), mugs(world, 2)), before=first) is None


async def test_units_gone_before_the_write_leave_nothing_written(lanes) -> None:
    world = await few(2)
    ahead = await decided(lanes, (world.act("key-0001"), mugs(world, 2)))
    await inventory.adjust(world.act(), lost(world, 1))

    with pytest.raises(Overtaken):
        await write(lanes, ahead)

    assert await Order.all().count() == 0
    await books_balance()


async def test_units_set_aside_before_the_write_leave_nothing_written(lanes) -> None:
    world = await few(5)
    ahead = await decided(lanes, (world.act(), mugs(world, 2)))
    await aside(world, await group(world, "SHOPS", channels=["SHOP"]), 1)

    with pytest.raises(Overtaken):
        await write(lanes, ahead)

    assert await Order.all().count() == 0


async def test_where_units_are_set_aside_nothing_is_decided_without_locks(lanes) -> None:
    world = await few(5)
    await aside(world, await group(world, "SHOPS", channels=["SHOP"]), 1)

    assert await decided(lanes, (world.act(), mugs(world, 2))) is None


async def test_units_that_came_before_the_write_change_nothing(lanes) -> None:
    world = await few(2)
    ahead = await decided(lanes, (world.act(), mugs(world, 2)))
    await stock(world, {("MUG", "NYC"): 4})

    await write(lanes, ahead)

    assert (await books())["allocated"] == 2


async def test_a_cart_changed_before_the_write_leaves_nothing_written(lanes, database_url) -> None:
    world = await few(4)
    async with desk.opened(database_url) as counter:
        await counter.reserve(world.act(), cart(world, 3))
        ahead = await decided(lanes, (world.act(), mugs(world, 3, cart="cart-1")))
        await counter.reserve(world.act(), cart(world, 1))

    with pytest.raises(Overtaken):
        await write(lanes, ahead)

    assert await Order.all().count() == 0
    assert (await books())["reserved"] == 1


async def test_a_cart_becomes_the_orders_units(lanes, database_url) -> None:
    world = await few(3)
    async with desk.opened(database_url) as counter:
        await counter.reserve(world.act(), cart(world, 3))
    ahead = await decided(lanes, (world.act(), mugs(world, 3, cart="cart-1")))

    await write(lanes, ahead)

    found = await books()
    assert (found["allocated"], found["reserved"]) == (3, 0)


async def test_a_key_or_an_external_id_in_the_batch_being_written_is_known(lanes) -> None:
    world = await few(9)
    keyed, named = mugs(world, 1), mugs(world, 1, external_id="A-1")
    first = await decided(lanes, (world.act("key-0001"), keyed), (world.act(), named))

    second = await decided(lanes, (world.act("key-0001"), keyed), (world.act(), named), before=first)

    assert second.outcomes == first.outcomes
    await write(lanes, first)
    await write(lanes, second)
    assert await Order.all().count() == 2


async def test_a_crowd_among_whom_stock_comes_and_goes_buys_what_there_is(database_url) -> None:
    world = await few(40)
    luck = random.Random(7)

    async def buy(at: int) -> int:
        units = luck.randint(1, 3)
        try:
            await counter.place(world.act(f"buyer-{at:04}"), mugs(world, units))
        except DomainError:
            return 0
        return units

    async def come_and_go() -> int:
        came = 0
        for _ in range(30):
            change = luck.choice((-1, 2))
            try:
                await inventory.adjust(world.act(), lost(world, -change))
            except DomainError:
                continue
            came += change
        return came

    async with desk.opened(database_url) as counter:
        came, *sold = await asyncio.gather(come_and_go(), *(buy(at) for at in range(120)))
    level = await world.level("MUG", "NYC")
    assert (level.allocated, level.on_hand) == (sum(sold), 40 + came)
    assert level.allocated <= level.on_hand
    await books_balance()


def lost(world: World, units: int) -> AdjustStock:
    """Negative units are found."""
    line = Adjustment(
        variant_id=world.variants["MUG"].id, location_id=world.locations["NYC"].id, change=-units,
        reason=AdjustmentReason.CORRECTION,
    )  # fmt: skip
    return AdjustStock(lines=(line,))


def cart(world: World, units: int) -> ReserveCart:
    line = CartLine(variant_id=world.variants["MUG"].id, quantity=units)
    return ReserveCart(channel_id=world.web.id, cart="cart-1", lines=(line,))
