"""Placing orders in groups: priced, routed, taken from stock or refused, once per key."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from actions import desk
from actions.orders.drafting import draft
from actions.orders.external import content_of
from domain.errors import ExternalIdReused, InsufficientStock, InvalidInput, KeyReused
from domain.ids import new_id
from domain.lifecycle import OrderStatus
from domain.orders import ConfirmationPolicy, FulfilmentMethod
from domain.placing.commands import Address, CartLine, OrderedLine, PlaceOrder, ReserveCart
from models import (
    ExternalContent,
    IdempotencyKey,
    Order,
    OrderLine,
    OutboxFact,
    Price,
    Reservation,
    StockLevel,
    StockMovement,
)
from models.db import rows
from tests.world import World, channel, furnish, price, stock

BOSTON = Address(
    name="Ann", line1="1 Main St", city="Boston", region="MA", postal_code="02108", country="US", latitude=42.36,
    longitude=-71.06,
)  # fmt: skip


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


def wanted(world: World, *lines: tuple[str, int], **values) -> PlaceOrder:
    given = {"shipping_address": BOSTON, "customer_id": world.customer.id, **values}
    ordered = tuple(OrderedLine(variant_id=world.variants[sku].id, quantity=quantity) for sku, quantity in lines)
    return PlaceOrder(channel_id=world.web.id, lines=ordered, **given)


async def books() -> dict[str, int]:
    [found] = await rows(
        "SELECT (SELECT coalesce(sum(allocated), 0)::int FROM stock_levels) AS allocated,"
        " (SELECT coalesce(sum(reserved), 0)::int FROM stock_levels) AS reserved,"
        " (SELECT coalesce(sum(quantity), 0)::int FROM line_status WHERE status = 'scheduled') AS scheduled,"
        " (SELECT coalesce(sum(quantity), 0)::int FROM reservations WHERE status = 'active') AS kept,"
        " (SELECT coalesce(sum(CASE WHEN kind IN ('allocated', 'converted') THEN quantity ELSE 0 END), 0)::int"
        "  FROM stock_movements) AS moved"
    )
    assert found["allocated"] == found["scheduled"] == found["moved"]
    assert found["reserved"] == found["kept"]
    return found


async def test_an_order_is_priced_routed_to_the_nearest_and_recorded(counter) -> None:
    world = await furnish(units=10, price_minor=1_999)

    order_id = await counter.place(world.act(), wanted(world, ("MUG", 2), ("LAMP", 1)))

    order = await Order.get(id=order_id).prefetch_related("lines__units", "addresses")
    assert (order.status, order.total_minor, order.version) == (OrderStatus.SCHEDULED, 5_997, 1)
    assert order.number.startswith("SO-")
    assert order.customer_name == world.customer.name
    assert order.confirmed_at == world.now
    assert [
        (line.sku, line.quantity, line.total_minor) for line in sorted(order.lines, key=lambda line: line.position)
    ] == [
        ("MUG", 2, 3_998),
        ("LAMP", 1, 1_999),
    ]
    assert {units.location_id for line in order.lines for units in line.units} == {world.locations["NYC"].id}
    assert [address.city for address in order.addresses] == ["Boston"]
    kinds = Counter(fact.kind for fact in await OutboxFact.filter(order_id=order_id))
    assert kinds == {"order_placed": 1}
    assert (await books())["allocated"] == 3


async def test_units_are_split_only_where_nobody_has_them_all(counter) -> None:
    world = await furnish(units=4)

    order_id = await counter.place(world.act(), wanted(world, ("MUG", 6)))

    units = await rows("SELECT location_id, quantity FROM line_status WHERE order_id = $1", [order_id])
    assert sorted(unit["quantity"] for unit in units) == [2, 4]
    assert len({unit["location_id"] for unit in units}) == 2


async def test_what_has_no_stock_becomes_backordered(counter) -> None:
    world = await furnish(units=1)

    order_id = await counter.place(world.act(), wanted(world, ("MUG", 5)))

    order = await Order.get(id=order_id)
    assert order.status is OrderStatus.PARTIALLY_SCHEDULED
    units = await rows(
        "SELECT status, sum(quantity)::int AS n FROM line_status WHERE order_id = $1 GROUP BY 1", [order_id]
    )
    assert {unit["status"]: unit["n"] for unit in units} == {"scheduled": 3, "backordered": 2}


async def test_an_order_that_may_not_wait_is_refused_with_what_is_missing_and_nothing_taken(counter) -> None:
    world = await furnish(units=1)

    with pytest.raises(InsufficientStock) as refusal:
        await counter.place(world.act("key-0001"), wanted(world, ("MUG", 5), ("LAMP", 1), allow_backorder=False))

    assert refusal.value.missing == {"MUG": 2}
    assert (await books())["allocated"] == 0
    assert await Order.all().count() == 0


async def test_two_lines_of_one_variant_share_its_stock(counter) -> None:
    """Medusa #16502: each line was checked against the same undecremented quantity."""
    world = await furnish(units=1)

    with pytest.raises(InsufficientStock) as refusal:
        await counter.place(world.act(), wanted(world, ("MUG", 2), ("MUG", 2), allow_backorder=False))

    assert refusal.value.missing == {"MUG": 1}


async def test_every_problem_is_named_at_once(counter) -> None:
    world = await furnish()
    await Price.filter(variant=world.variants["LAMP"]).delete()
    bad = wanted(world, ("MUG", 0), ("LAMP", 1), shipping_address=replace(BOSTON, city=" ", country="usa"))

    with pytest.raises(InvalidInput) as refusal:
        await counter.place(world.act(), bad)

    assert {(each.path, each.code) for each in refusal.value.problems} == {
        ("lines.0.quantity", "QUANTITY"),
        ("lines.1.variantId", "NO_PRICE"),
        ("shippingAddress.city", "REQUIRED"),
        ("shippingAddress.country", "COUNTRY"),
    }


async def test_a_known_key_answers_what_it_answered(counter) -> None:
    world = await furnish()
    command = wanted(world, ("MUG", 1))

    first, again = [await counter.place(world.act("key-0001"), command) for _ in range(2)]

    assert first == again
    assert await Order.all().count() == 1
    assert await IdempotencyKey.all().count() == 1


async def test_a_stored_refusal_is_told_again(counter) -> None:
    world = await furnish(units=0)
    command = wanted(world, ("MUG", 1), allow_backorder=False)

    for _ in range(2):
        with pytest.raises(InsufficientStock) as refusal:
            await counter.place(world.act("key-0001"), command)

    assert refusal.value.missing == {"MUG": 1}


async def test_a_key_with_other_arguments_is_refused(counter) -> None:
    world = await furnish()
    await counter.place(world.act("key-0001"), wanted(world, ("MUG", 1)))

    with pytest.raises(KeyReused):
        await counter.place(world.act("key-0001"), wanted(world, ("MUG", 2)))

    assert (await books())["allocated"] == 1


async def test_the_same_external_id_in_a_channel_is_the_same_order(counter) -> None:
    world = await furnish()
    command = wanted(world, ("MUG", 1), external_id="A-1")

    orders = await asyncio.gather(*(counter.place(world.act(), command) for _ in range(5)))

    assert len(set(orders)) == 1
    assert (await books())["allocated"] == 1


async def test_an_external_id_with_other_content_is_refused(counter) -> None:
    world = await furnish()
    first = await counter.place(world.act(), wanted(world, ("MUG", 1), external_id="A-1"))

    with pytest.raises(ExternalIdReused, match="another order as 'A-1'"):
        await counter.place(world.act("key-0001"), wanted(world, ("MUG", 2), external_id="A-1"))

    assert await counter.place(world.act(), wanted(world, ("MUG", 1), external_id="A-1")) == first
    assert (await books())["allocated"] == 1


async def test_of_two_contents_of_one_external_id_at_once_one_is_placed(counter) -> None:
    world = await furnish()
    orders = [counter.place(world.act(), wanted(world, ("MUG", 1 + at % 2), external_id="A-1")) for at in range(8)]

    answers = await asyncio.gather(*orders, return_exceptions=True)

    refused = [each for each in answers if isinstance(each, ExternalIdReused)]
    assert len(refused) == 4
    assert len({each for each in answers if each not in refused}) == 1
    assert await Order.all().count() == 1


async def test_an_order_from_before_contents_were_kept_answers_whatever_is_sent(counter) -> None:
    world = await furnish()
    first = await counter.place(world.act(), wanted(world, ("MUG", 1), external_id="A-1"))
    await ExternalContent.all().delete()

    assert await counter.place(world.act(), wanted(world, ("MUG", 2), external_id="A-1")) == first


async def test_a_draft_has_its_external_id_as_an_order_has(counter) -> None:
    world = await furnish()
    first = await draft(world.act(), wanted(world, ("MUG", 1), external_id="A-1"))

    assert await draft(world.act(), wanted(world, ("MUG", 1), external_id="A-1")) == first
    assert await counter.place(world.act(), wanted(world, ("MUG", 1), external_id="A-1")) == first
    with pytest.raises(ExternalIdReused):
        await draft(world.act(), wanted(world, ("MUG", 2), external_id="A-1"))
    assert await Order.all().count() == 1


def test_the_content_of_an_order_is_what_was_said_of_it() -> None:
    command = PlaceOrder(channel_id=new_id(), lines=(OrderedLine(variant_id=new_id(), quantity=1),), external_id="A-1")
    silent = replace(command, lines=(replace(command.lines[0], discount_minor=0),), customer_name="")

    assert content_of(silent) == content_of(command)
    assert content_of(replace(command, customer_name="Ann")) != content_of(command)
    assert content_of(replace(command, lines=command.lines * 2)) != content_of(command)


async def test_two_hundred_buyers_of_fifty_units_buy_fifty(counter) -> None:
    world = await furnish(units=0)
    await stock_up(world, "MUG", 50)
    command = wanted(world, ("MUG", 1), allow_backorder=False)

    async def buy(at: int) -> bool:
        try:
            await counter.place(world.act(f"buyer-{at:04}"), command)
        except InsufficientStock:
            return False
        return True

    bought = await asyncio.gather(*(buy(at) for at in range(200)))

    assert sum(bought) == 50
    assert (await books())["allocated"] == 50


async def test_a_line_for_pickup_comes_from_its_location_only(counter) -> None:
    world = await furnish(units=2)
    line = OrderedLine(
        variant_id=world.variants["MUG"].id, quantity=3, method=FulfilmentMethod.PICKUP,
        pickup_location_id=world.locations["LAX"].id,
    )  # fmt: skip

    order_id = await counter.place(
        world.act(), PlaceOrder(channel_id=world.web.id, lines=(line,), customer_id=world.customer.id)
    )

    units = await rows("SELECT status, location_id, quantity FROM line_status WHERE order_id = $1", [order_id])
    assert {(unit["status"], unit["location_id"], unit["quantity"]) for unit in units} == {
        ("scheduled", world.locations["LAX"].id, 2),
        ("backordered", None, 1),
    }


async def test_a_channel_that_confirms_by_hand_leaves_the_order_unconfirmed(counter) -> None:
    world = await furnish()
    await channel(world, "WEB", confirmation=ConfirmationPolicy.MANUAL)

    order_id = await counter.place(world.act(), wanted(world, ("MUG", 1)))

    assert (await Order.get(id=order_id)).confirmed_at is None


async def test_a_command_that_breaks_something_fails_alone(counter) -> None:
    world = await furnish()
    poison = wanted(world, ("MUG", 1), external_id="x" * 10, customer_name="\udcff")
    good = wanted(world, ("MUG", 1))

    answers = await asyncio.gather(
        counter.place(world.act(), good), counter.place(world.act(), poison), counter.place(world.act(), good),
        return_exceptions=True,
    )  # fmt: skip

    assert [isinstance(answer, Exception) for answer in answers] == [False, True, False]
    assert (await books())["allocated"] == 2


def cart(world: World, *lines: tuple[str, int], name: str = "cart-1") -> ReserveCart:
    kept = tuple(CartLine(variant_id=world.variants[sku].id, quantity=quantity) for sku, quantity in lines)
    return ReserveCart(channel_id=world.web.id, cart=name, lines=kept)


async def stock_up(world: World, sku: str, units: int) -> None:
    await stock(world, {(sku, "NYC"): units})


async def test_a_cart_keeps_what_it_names_and_gives_back_the_rest(counter) -> None:
    world = await furnish(units=5)
    await counter.reserve(world.act(), cart(world, ("MUG", 4), ("LAMP", 2)))

    await counter.reserve(world.act(), cart(world, ("MUG", 1)))

    active = await Reservation.filter(status="active")
    assert [(each.variant_id, each.quantity) for each in active] == [(world.variants["MUG"].id, 1)]
    assert (await books())["reserved"] == 1


async def test_kept_units_are_not_for_others(counter) -> None:
    world = await furnish(units=0)
    await stock_up(world, "MUG", 3)
    await counter.reserve(world.act(), cart(world, ("MUG", 2)))

    with pytest.raises(InsufficientStock) as refusal:
        await counter.place(world.act(), wanted(world, ("MUG", 2), allow_backorder=False))

    assert refusal.value.missing == {"MUG": 1}


async def test_a_cart_becomes_the_order_without_a_moment_in_which_its_units_are_free(counter) -> None:
    world = await furnish(units=0)
    await stock_up(world, "MUG", 3)
    await counter.reserve(world.act(), cart(world, ("MUG", 3)))

    order_id = await counter.place(world.act(), wanted(world, ("MUG", 2), cart="cart-1", allow_backorder=False))

    moved = Counter()
    for movement in await StockMovement.filter(kind__in=["reserved", "converted", "unreserved"]):
        moved[movement.kind.value] += movement.quantity
    assert moved == {"reserved": 3, "converted": 2, "unreserved": 1}
    assert (await OrderLine.get(order_id=order_id)).status is OrderStatus.SCHEDULED
    level = await world.level("MUG", "NYC")
    assert (level.allocated, level.reserved) == (2, 0)
    await books()


async def test_one_cart_asked_for_twice_at_once_keeps_one_answer(counter) -> None:
    world = await furnish(units=10)

    await asyncio.gather(*(counter.reserve(world.act(), cart(world, ("MUG", 1 + at % 3))) for at in range(12)))

    found = await books()
    assert found["reserved"] == 3
    assert await Reservation.filter(status="active").count() == 1


async def test_a_cart_that_asks_too_much_keeps_what_it_kept(counter) -> None:
    world = await furnish(units=1)
    await counter.reserve(world.act(), cart(world, ("MUG", 2)))

    with pytest.raises(InsufficientStock):
        await counter.reserve(world.act(), cart(world, ("MUG", 9)))

    assert (await books())["reserved"] == 2


async def test_counters_never_pass_what_is_there(counter) -> None:
    world = await furnish(units=3)

    async def shop(at: int) -> None:
        try:
            if at % 2:
                await counter.reserve(world.act(), cart(world, ("MUG", 1 + at % 4), name=f"cart-{at}"))
            await counter.place(world.act(), wanted(world, ("MUG", 1), cart=f"cart-{at}", allow_backorder=False))
        except InsufficientStock:
            pass

    await asyncio.gather(*(shop(at) for at in range(40)))

    await books()
    assert all(level.allocated + level.reserved <= level.on_hand for level in await StockLevel.all())


async def test_a_free_order_is_confirmed_where_others_wait_for_their_money(counter) -> None:
    world = await furnish()
    shop = await channel(world, "PAID", confirmation=ConfirmationPolicy.ON_AUTHORIZATION)
    await price(world, "MUG", shop, 0)
    await price(world, "LAMP", shop, 1)

    free, owed = [
        await Order.get(id=await counter.place(world.act(), replace(wanted(world, (sku, 1)), channel_id=shop.id)))
        for sku in ("MUG", "LAMP")
    ]

    assert (free.confirmed_at, owed.confirmed_at) == (world.now, None)
