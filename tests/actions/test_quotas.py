"""Units set aside for a group: its own buyers take them first, nobody else ever; what is given back goes back, once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest

from actions import backorders, desk, inventory, reservations
from actions.customers import UpdateCustomer, update_customer
from actions.desk import Desk
from actions.group_commit import open_lanes
from actions.inventory import Adjustment, AdjustStock, MarkDamaged, SafetyLine, SetSafetyStock, StockLine
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.placing import asked, place_batch
from actions.quotas import groups, planning
from actions.quotas.groups import UpsertQuotaGroup
from actions.quotas.planning import SetAside
from actions.transfers import drafting, moving
from domain.errors import InsufficientStock, StockCommitted
from domain.facts import FactKind
from domain.lifecycle import UnitStatus
from domain.placing.commands import CartLine, OrderedLine, PlaceOrder, ReserveCart
from domain.stock import AdjustmentReason
from models import Order, OrderLine, QuotaMovement
from tests.actions.asserting import books_balance, refused, told
from tests.actions.stock_walk.order_steps import ADDRESS
from tests.actions.stock_walk.truth import audited
from tests.world import World, furnish, stock
from tests.world.orders import units
from tests.world.quotas import aside, group, left, line, moved, returned

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database_url: str) -> AsyncGenerator[Desk, None]:
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world(database: Any, database_url: str) -> AsyncGenerator[World, None]:
    """Ten mugs in New York; whatever a test does, the books agree afterwards."""
    made = await furnish(units=0)
    await stock(made, {("MUG", "NYC"): 10})
    yield made
    await books_balance()
    await audited(database_url)


async def order(
    counter: Desk, world: World, quantity: int, *, channel: str = "WEB", customer: bool = False, **values: Any
) -> Order:
    wanted = command(world, quantity, channel=channel, customer=customer, **values)
    return await Order.get(id=await counter.place(world.act(), wanted))


def command(world: World, quantity: int, *, channel: str = "WEB", customer: bool = False, **values: Any) -> PlaceOrder:
    return PlaceOrder(
        channel_id=world.channels[channel].id,
        customer_id=world.customer.id if customer and world.customer else None,
        customer_name="Ann",
        customer_email="ann@example.com",
        lines=(OrderedLine(variant_id=world.variants["MUG"].id, quantity=quantity),),
        shipping_address=ADDRESS,
        **{"allow_backorder": False, **values},
    )


async def reserve(counter: Desk, world: World, quantity: int, *, channel: str = "WEB", customer: bool = False) -> None:
    line = CartLine(variant_id=world.variants["MUG"].id, quantity=quantity)
    command = ReserveCart(
        channel_id=world.channels[channel].id,
        cart="cart-1",
        lines=(line,) if quantity else (),
        customer_id=world.customer.id if customer and world.customer else None,
    )
    await counter.reserve(world.act(), command)


async def cancel_units(world: World, of: Order, quantity: int) -> None:
    [bought] = await OrderLine.filter(order=of)
    line = CancelledLine(line_id=bought.id, quantity=quantity)
    await cancel(world.act(), CancelOrder(order_id=of.id, lines=(line,)))


async def common(world: World) -> int:
    level = await world.level("MUG", "NYC")
    return level.on_hand - level.allocated - level.reserved - level.damaged - level.safety - level.set_aside


async def kinds() -> list[tuple[str, int]]:
    return [(each.kind.value, each.quantity) for each in await QuotaMovement.all().order_by("id")]


async def test_nobody_else_can_have_what_is_set_aside(counter: Desk, world: World) -> None:
    shops = await group(world, "SHOPS", channels=["SHOP"])
    await aside(world, shops, 4)

    with pytest.raises(InsufficientStock) as refusal:
        await order(counter, world, 7)

    assert refusal.value.missing == {"MUG": 1}
    assert await units(await order(counter, world, 6)) == {UnitStatus.SCHEDULED: 6}
    assert (await left(shops), await common(world)) == (4, 0)


async def test_a_group_uses_its_own_units_first_and_then_the_common_ones(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 4)

    await order(counter, world, 3)
    assert (await left(web), await common(world)) == (1, 6)
    await order(counter, world, 5)

    assert (await left(web), await common(world)) == (0, 2)
    assert await kinds() == [("set_aside", 4), ("taken", 3), ("taken", 1)]


async def test_a_segment_uses_its_own_then_its_channels_then_the_common_units(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    gold = await group(world, "GOLD", channels=["WEB"], segment="gold", parent=web)
    await aside(world, web, 3)
    await aside(world, gold, 2)
    assert world.customer
    await update_customer(world.act(), UpdateCustomer(customer_id=world.customer.id, segment="gold"))

    with pytest.raises(InsufficientStock):
        await order(counter, world, 9)
    await order(counter, world, 4, customer=True)
    assert (await left(gold), await left(web), await common(world)) == (0, 1, 5)
    await order(counter, world, 2, customer=True)

    assert (await left(gold), await left(web), await common(world)) == (0, 0, 4)


async def test_only_free_units_can_be_set_aside(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await order(counter, world, 3)

    async with refused(InsufficientStock) as refusal:
        await planning.set_aside(world.act(), SetAside(lines=(line(world, web, 5), line(world, web, 3))))

    assert refusal.value.missing == {"MUG": 1}


async def test_a_cancelled_order_gives_back_what_it_took_and_the_common_units_first(
    counter: Desk, world: World
) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 4)
    bought = await order(counter, world, 6)

    await cancel_units(world, bought, 3)
    assert (await left(web), await common(world)) == (1, 6)
    await cancel_units(world, bought, 3)

    assert (await left(web), await common(world)) == (4, 6)
    assert await kinds() == [("set_aside", 4), ("taken", 4), ("given_back", 1), ("given_back", 3)]


async def test_what_is_given_back_after_its_group_returned_everything_is_the_groups_again(
    counter: Desk, world: World
) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 4)
    bought = await order(counter, world, 3)
    await returned(world, web, 1)

    await cancel_units(world, bought, 3)

    assert (await left(web), await common(world)) == (3, 7)


async def test_what_is_given_back_after_its_group_closed_is_everybodys(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 3)
    bought = await order(counter, world, 3)
    await groups.upsert_group(world.act(), UpsertQuotaGroup(code="ONLINE", is_active=False))

    await cancel_units(world, bought, 3)

    assert (await left(web), await common(world)) == (0, 10)
    assert (await kinds())[-1] == ("lapsed", 3)


async def test_a_cart_keeps_the_groups_units_and_gives_them_back_when_it_ends(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 4)

    await reserve(counter, world, 6)
    assert (await left(web), await common(world)) == (0, 4)
    await reserve(counter, world, 3)
    assert (await left(web), await common(world)) == (1, 6)
    await reservations.expire_due("job", world.now + timedelta(days=1))

    assert (await left(web), await common(world)) == (4, 6)


async def test_an_order_keeps_what_its_cart_took_and_the_rest_goes_back(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 4)
    await reserve(counter, world, 6)

    bought = await order(counter, world, 3, cart="cart-1")
    assert (await left(web), await common(world)) == (1, 6)
    await cancel_units(world, bought, 3)

    assert (await left(web), await common(world)) == (4, 6)
    assert ("converted", 3) in await kinds()


async def test_a_cart_does_not_carry_a_groups_units_to_others(counter: Desk, world: World) -> None:
    shops = await group(world, "SHOPS", channels=["SHOP"])
    await aside(world, shops, 4)
    await order(counter, world, 6)
    await reserve(counter, world, 4, channel="SHOP")

    with pytest.raises(InsufficientStock):
        await order(counter, world, 4, cart="cart-1")
    with pytest.raises(InsufficientStock):
        await reserve(counter, world, 4)
    assert (await left(shops), await common(world)) == (0, 0)
    await order(counter, world, 4, channel="SHOP", cart="cart-1")

    assert (await left(shops), await common(world)) == (0, 0)


async def test_a_cart_that_changes_its_buyer_gives_back_what_the_former_took(counter: Desk, world: World) -> None:
    shops = await group(world, "SHOPS", channels=["SHOP"])
    await aside(world, shops, 4)
    await reserve(counter, world, 3, channel="SHOP")

    await reserve(counter, world, 3)

    assert (await left(shops), await common(world)) == (4, 3)


async def test_what_is_lost_comes_off_the_common_units_and_then_off_the_quotas(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"], priority=2)
    shops = await group(world, "SHOPS", channels=["SHOP"], priority=1)
    await aside(world, web, 3)
    await aside(world, shops, 3)
    place = {"variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id}

    lost = Adjustment(**place, change=-5, reason=AdjustmentReason.LOST)
    await inventory.adjust(world.act(), AdjustStock(lines=(lost,), reference="CLAIM-1"))
    assert (await left(web), await left(shops), await common(world)) == (2, 3, 0)
    await inventory.mark_damaged(world.act(), MarkDamaged(lines=(StockLine(**place, quantity=3),)))
    assert (await left(web), await left(shops), await common(world)) == (0, 2, 0)
    await inventory.set_safety_stock(world.act(), SetSafetyStock(lines=(SafetyLine(**place, safety=9),)))

    assert (await left(web), await left(shops)) == (0, 0)
    [first, *_] = [each for each in await told(FactKind.QUOTA_CHANGED) if "shrunk" in each.payload["moves"]]
    assert (first.payload["group"], first.payload["quantity"], first.payload["moves"]) == ("ONLINE", 2, {"shrunk": 1})


async def test_a_transfer_does_not_take_what_is_set_aside(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 4)
    [origin, destination] = [world.locations[code].id for code in ("NYC", "CHI")]
    lines = (drafting.WantedUnits(variant_id=world.variants["MUG"].id, quantity=7),)
    key = await drafting.create(
        world.act(), drafting.CreateTransfer(origin_id=origin, destination_id=destination, lines=lines)
    )

    await drafting.make_ready(world.act(), drafting.ReadyTransfer(transfer_id=key))

    async with refused(StockCommitted):
        await moving.ship(world.act(), moving.ShipTransfer(transfer_id=key))


async def test_who_waits_is_served_from_the_own_groups_units_only(counter: Desk, world: World) -> None:
    shops = await group(world, "SHOPS", channels=["SHOP"])
    await order(counter, world, 10)
    guest = await order(counter, world, 2, allow_backorder=True)
    shopper = await order(counter, world, 3, channel="SHOP", allow_backorder=True)
    await stock(world, {("MUG", "NYC"): 4})
    await aside(world, shops, 4)

    tried = await backorders.retry_backorders(world.act())

    assert tried == 1
    assert (await units(shopper), await units(guest)) == ({UnitStatus.SCHEDULED: 3}, {UnitStatus.BACKORDERED: 2})
    assert await left(shops) == 1


async def test_two_channels_that_race_for_the_last_units_never_get_the_others(counter: Desk, world: World) -> None:
    web, shops = await group(world, "ONLINE", channels=["WEB"]), await group(world, "SHOPS", channels=["SHOP"])
    await aside(world, web, 5)
    await aside(world, shops, 4)

    answers = await asyncio.gather(
        *(order(counter, world, 1, channel=channel) for _ in range(9) for channel in ("WEB", "SHOP")),
        return_exceptions=True,
    )

    sold = [each for each in answers if isinstance(each, Order)]
    by_channel = [sum(each.channel_id == world.channels[code].id for each in sold) for code in ("WEB", "SHOP")]
    assert (sum(by_channel), min(by_channel) >= 4) == (10, True)
    assert (await left(web), await left(shops), await common(world)) == (0, 0, 0)


async def test_a_planner_who_moves_units_while_customers_buy_oversells_nothing(counter: Desk, world: World) -> None:
    web, shops = await group(world, "ONLINE", channels=["WEB"]), await group(world, "SHOPS", channels=["SHOP"])
    await aside(world, web, 10)

    async def plan() -> int:
        done = 0
        for _ in range(10):
            try:
                await moved(world, 1, web, shops)
            except InsufficientStock:
                break
            done += 1
        return done

    answers = await asyncio.gather(
        plan(),
        *(order(counter, world, 1, channel=channel) for _ in range(10) for channel in ("WEB", "SHOP")),
        return_exceptions=True,
    )

    sold = [each for each in answers if isinstance(each, Order)]
    shopped = sum(each.channel_id == world.channels["SHOP"].id for each in sold)
    assert not [each for each in answers if isinstance(each, BaseException) and not isinstance(each, InsufficientStock)]
    assert isinstance(answers[0], int)
    assert shopped + await left(shops) == answers[0]
    assert len(sold) - shopped + await left(web) == 10 - answers[0]


class Listening:
    """A connection that remembers what was asked of it."""

    def __init__(self, connection: Any) -> None:
        self._connection, self.asked = connection, []

    def __getattr__(self, name: str) -> Any:
        does = getattr(self._connection, name)
        if name not in {"fetch", "fetchval", "execute"}:
            return does

        async def ask(sql: str, *values: Any) -> Any:
            self.asked.append(sql)
            return await does(sql, *values)

        return ask


async def test_a_batch_asks_for_quotas_once_and_only_where_there_are_any(database_url: str, world: World) -> None:
    pool = await open_lanes(database_url, lanes=1)
    found = []
    for _ in range(2):
        commands = [asked(world.act(), command(world, 1)) for _ in range(3)]
        async with pool.acquire() as connection:
            listening = Listening(connection)
            await place_batch(listening, commands)
        found.append(sum("FROM quotas" in sql for sql in listening.asked))
        await aside(world, await group(world, "ONLINE", channels=["WEB"]), 2)
    await pool.close()

    assert found == [0, 1]
