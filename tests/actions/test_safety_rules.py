"""Units that an organization keeps back: what is promised, shown, kept for carts and placed is the same number."""

import asyncio
from dataclasses import replace
from random import Random

import pytest

from actions import desk, reference
from actions.backorders import retry_all_backorders
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.inventory import SafetyLine, SetSafetyStock, set_safety_stock
from actions.promising.rules import UpsertSafetyRule, upsert_safety_rule
from actions.reoptimizing.reading import read_free
from actions.safe_units import safe_for
from actions.safety import free_of
from domain.errors import InsufficientStock
from domain.fulfilment import DeclineReason
from domain.orders import FulfilmentMethod
from domain.placing.commands import CartLine, ReserveCart
from domain.promising.supply import SupplyKind
from domain.routing.values import Method
from models import Channel, LineStatus, Order
from models.db import Fetching, rows
from resolvers.availability import availabilities
from tests.actions.test_placing import wanted
from tests.schema.promise_talk import promise
from tests.world import World, furnish, stock
from tests.world.fulfilment import released_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def rule(world: World, code: str = "safe", **values) -> None:
    await upsert_safety_rule(world.act(), UpsertSafetyRule(code=code, **values))


async def mugs(**at: int) -> World:
    world = await furnish(units=0)
    await stock(world, {("MUG", code): units for code, units in at.items()})
    return world


def order(world: World, units: int, **values):
    return wanted(world, ("MUG", units), allow_backorder=False, **values)


def collected(world: World, units: int, code: str):
    placed = order(world, units)
    line = replace(placed.lines[0], method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations[code].id)
    return replace(placed, lines=(line,))


async def units_at(world: World) -> dict[str, int]:
    codes = {location.id: code for code, location in world.locations.items()}
    found: dict[str, int] = {}
    for row in await LineStatus.exclude(location_id=None):
        found[codes[row.location_id]] = found.get(codes[row.location_id], 0) + row.quantity
    return found


async def available(world: World) -> int:
    [found] = await availabilities(await Channel.get(id=world.web.id), [world.variants["MUG"]])
    return found.available


async def most_promised(world: World, most: int, **values) -> int:
    """The most units for which there is an option of shipping all from stock."""
    for units in range(most, 0, -1):
        found = await promise(world, methods=["SHIP"], MUG=units, **values)
        if found["options"]:
            return units
    return 0


async def test_placing_leaves_what_promises_leave(counter):
    world = await mugs(NYC=10, CHI=4)
    await rule(world, percent=25)

    shown, promised = await available(world), await most_promised(world, 14)
    with pytest.raises(InsufficientStock) as refused:
        await counter.place(world.act(), order(world, 11))
    await counter.place(world.act(), order(world, 10))

    assert shown == promised == 7 + 3
    assert refused.value.missing == {"MUG": 1}
    assert await units_at(world) == {"NYC": 7, "CHI": 3}


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_promised_shown_and_placed_agrees_for_rules_at_random(counter, seed):
    luck = Random(seed)
    world = await mugs(NYC=luck.randint(0, 9), CHI=luck.randint(0, 9), LAX=luck.randint(1, 9))
    safety = SafetyLine(
        variant_id=world.variants["MUG"].id, location_id=world.locations["NYC"].id, safety=luck.randint(0, 4)
    )
    await set_safety_stock(world.act(), SetSafetyStock(lines=(safety,)))
    for at in range(luck.randint(1, 4)):
        named = {
            "variant_id": world.variants["MUG"].id, "location_id": world.locations["LAX"].id, "method": Method.SHIP,
            "kind": SupplyKind.ON_HAND,
        }  # fmt: skip
        kept = {"percent": luck.choice([0, 30, 60])} if luck.random() < 0.5 else {"quantity": luck.randint(0, 5)}
        await rule(world, f"r{at}", **kept, **{name: each for name, each in named.items() if luck.random() < 0.4})

    promised = await most_promised(world, 27)
    with pytest.raises(InsufficientStock):
        await counter.place(world.act(), order(world, promised + 1))
    if promised:
        await counter.place(world.act(), order(world, promised))

    assert sum((await units_at(world)).values()) == promised


async def test_a_way_has_a_rule_of_its_own_and_both_are_counted_alike(counter):
    world = await mugs(NYC=6)
    await rule(world, method=Method.SHIP, quantity=4)
    await rule(world, "counter", method=Method.PICKUP, quantity=1)

    with pytest.raises(InsufficientStock):
        await counter.place(world.act(), order(world, 3))
    shown = await available(world)
    await counter.place(world.act(), collected(world, 5, "NYC"))

    assert shown == 5, "one way or another"
    with pytest.raises(InsufficientStock):
        await counter.place(world.act(), collected(world, 1, "NYC"))


async def test_what_a_cart_keeps_it_may_order_and_promise_and_order_count_it_alike(counter):
    world = await mugs(NYC=10)
    await rule(world, percent=25)
    line = CartLine(variant_id=world.variants["MUG"].id, quantity=8)
    cart = ReserveCart(channel_id=world.web.id, cart="cart-1", lines=(line,))

    with pytest.raises(InsufficientStock):
        await counter.reserve(world.act(), cart)
    await counter.reserve(world.act(), replace(cart, lines=(replace(line, quantity=7),)))
    own = await most_promised(world, 10, cart="cart-1")
    with pytest.raises(InsufficientStock):
        await counter.place(world.act(), order(world, 8, cart="cart-1"))
    await rule(world, percent=90)
    await counter.place(world.act(), order(world, 7, cart="cart-1"))

    assert own == 7
    assert await units_at(world) == {"NYC": 7}


async def test_orders_that_race_leave_what_is_kept_back(counter, database_url):
    world = await mugs(NYC=9)
    await rule(world, quantity=4)
    async with desk.opened(database_url) as other:
        desks = [counter, other] * 4

        answers = await asyncio.gather(
            *(each.place(world.act(), order(world, 1)) for each in desks), return_exceptions=True
        )

    assert sum(isinstance(answer, InsufficientStock) for answer in answers) == 3
    assert await units_at(world) == {"NYC": 5}


async def test_units_given_back_and_waiting_ones_go_only_where_rules_leave_them(counter):
    world = await mugs(NYC=3, CHI=3)
    await rule(world, location_id=world.locations["CHI"].id, quantity=2)
    placed = await counter.place(world.act(), order(world, 3))
    fulfilment = await released_of(world, await Order.get(id=placed))

    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.DAMAGED))
    sent = await units_at(world)
    await rule(world, location_id=world.locations["CHI"].id, quantity=1)
    await retry_all_backorders(world.now)

    assert (sent, await units_at(world)) == ({"CHI": 1}, {"CHI": 2})


async def test_routing_together_counts_only_what_may_ship():
    world = await mugs(NYC=5)
    await rule(world, method=Method.SHIP, quantity=2)
    network = await reference.network(Fetching, world.organization_id)

    free = await read_free(network, {world.variants["MUG"].id})

    assert free[world.variants["MUG"].id][world.locations["NYC"].id] == 3


async def test_rules_for_what_is_still_to_come_keep_nothing_on_the_shelf(counter):
    world = await mugs(NYC=3)
    await rule(world, kind=SupplyKind.PURCHASE_ORDER, percent=100)

    await counter.place(world.act(), order(world, 3))

    assert (await reference.network(Fetching, world.organization_id)).safety_rules == []
    assert await units_at(world) == {"NYC": 3}


async def test_a_rule_that_is_switched_off_keeps_nothing_from_then_on(counter):
    world = await mugs(NYC=3)
    await rule(world, quantity=3)
    with pytest.raises(InsufficientStock):
        await counter.place(world.act(), order(world, 1))

    await rule(world, quantity=3, is_active=False)
    await counter.place(world.act(), order(world, 3))

    assert await units_at(world) == {"NYC": 3}


@pytest.mark.parametrize("seed", range(10))
async def test_the_sql_keeps_what_the_rule_keeps(seed):
    luck = Random(seed)
    world = await mugs(NYC=luck.randint(1, 20), CHI=luck.randint(1, 20))
    for at in range(luck.randint(1, 5)):
        named = {
            "variant_id": world.variants["MUG"].id, "location_id": world.locations["NYC"].id,
            "method": luck.choice([Method.SHIP, Method.PICKUP]), "kind": SupplyKind.ON_HAND,
        }  # fmt: skip
        kept = {"percent": luck.randint(0, 100)} if luck.random() < 0.5 else {"quantity": luck.randint(0, 9)}
        await rule(world, f"r{at}", **kept, **{name: each for name, each in named.items() if luck.random() < 0.5})
    rules = (await reference.network(Fetching, world.organization_id)).safety_rules
    ship, pickup, either = (safe_for("f", "$1", "''", method) for method in ("'ship'", "'pickup'", None))

    levels = await rows(f"SELECT f.*, {ship} AS ship, {pickup} AS pickup, {either} AS either FROM stock_levels f "
                        "WHERE on_hand > 0 AND $1::uuid IS NOT NULL", [world.web.id])  # fmt: skip

    assert len(levels) == 2
    for level in levels:
        by_rule = [free_of(rules, level, level["on_hand"], (way,)) for way in (Method.SHIP, Method.PICKUP)]
        assert [level["ship"], level["pickup"], level["either"]] == [*by_rule, max(by_rule)]
