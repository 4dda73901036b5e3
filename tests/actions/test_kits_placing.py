"""Kits are placed as lines of their components, priced to the cent, and served whole from one place or not at all."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from actions.desk import Desk
from actions.orders.drafting import PlaceDraft, draft, place_draft
from domain.errors import InsufficientStock, InvalidInput
from domain.lifecycle import UnitStatus
from domain.placing.commands import CartLine, OrderedLine, PlaceOrder, ReserveCart
from models import LineStatus, Order, OrderKit, OrderLine, Reservation, RoutingDecision
from resolvers.routing import replay
from tests.actions.scenarios.placing import opened_desk, wanted
from tests.world import World, furnish, price, stock, variant
from tests.world.kits import compose, kit, kits_at, whole

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus


@pytest.fixture
async def world() -> World:
    """A set is a mug and two lamps for 29.99; alone a mug costs 10.00 and a lamp 5.00."""
    world = await furnish(units=0)
    await price(world, "LAMP", world.web, 500)
    await kit(world, "SET", price_minor=2_999, MUG=1, LAMP=2)
    return world


@pytest.fixture
async def desk() -> AsyncGenerator[Desk, None]:
    async with opened_desk() as opened:
        yield opened


async def lines_of(order_id: Any) -> list[tuple[str, int, int]]:
    """SKU, quantity and total."""
    found = await OrderLine.filter(order_id=order_id).order_by("position")
    return [(line.sku, line.quantity, line.total_minor) for line in found]


async def test_a_kit_becomes_lines_that_cost_what_it_costs(world, desk):
    await stock(world, {("MUG", "NYC"): 5, ("LAMP", "NYC"): 5, ("CHAIR", "NYC"): 1})

    order_id = await desk.place(world.act(), wanted(world, CHAIR=1, SET=2))

    assert await lines_of(order_id) == [("CHAIR", 1, 1_000), ("MUG", 2, 3_000), ("LAMP", 4, 2_998)]
    order, [kept] = await Order.get(id=order_id), await OrderKit.filter(order_id=order_id).prefetch_related("lines")
    assert order.total_minor == 1_000 + 2 * 2_999
    assert (kept.sku, kept.quantity, kept.unit_price_minor, kept.discount_minor) == ("SET", 2, 2_999, 0)
    assert sorted(line.units for line in kept.lines) == [1, 2]
    assert await kits_at(order_id) == {(S.SCHEDULED, "NYC"): 2}


async def test_a_given_price_and_discount_are_the_kits(world, desk):
    command = wanted(world, SET=3)
    line = replace(command.lines[0], unit_price_minor=1_000, discount_minor=250)

    order_id = await desk.place(world.act(), replace(command, lines=(line,)))

    assert sum(total for _, _, total in await lines_of(order_id)) == 2_750
    [kept] = await OrderKit.filter(order_id=order_id)
    assert (kept.unit_price_minor, kept.discount_minor) == (1_000, 250)


async def test_a_component_that_is_not_sold_alone_takes_its_share(world, desk):
    await variant(world, "CORD", price_minor=None)
    await compose(world, "SET", {"MUG": 1, "CORD": 1})

    order_id = await desk.place(world.act(), wanted(world, SET=1))

    assert await lines_of(order_id) == [("MUG", 1, 1_500), ("CORD", 1, 1_499)]


async def test_what_an_order_is_made_of_stays_when_the_kit_changes(world, desk):
    order_id = await desk.place(world.act(), wanted(world, SET=1))

    await compose(world, "SET", {"CHAIR": 1})

    assert [(sku, units) for sku, units, _ in await lines_of(order_id)] == [("MUG", 1), ("LAMP", 2)]


async def test_a_kit_is_never_put_together_from_two_places(world, desk):
    await stock(world, {("MUG", "NYC"): 5, ("LAMP", "CHI"): 5})

    order_id = await desk.place(world.act(), wanted(world, SET=1))

    assert await kits_at(order_id) == {(S.BACKORDERED, None): 1}
    assert (await world.level("MUG", "NYC")).allocated == 0


async def test_kits_of_one_line_may_come_from_several_places_each_whole(world, desk):
    await stock(world, {("MUG", "NYC"): 1, ("LAMP", "NYC"): 9, ("MUG", "CHI"): 9, ("LAMP", "CHI"): 3})

    order_id = await desk.place(world.act(), wanted(world, SET=3))

    assert await kits_at(order_id) == {(S.SCHEDULED, "NYC"): 1, (S.SCHEDULED, "CHI"): 1, (S.BACKORDERED, None): 1}


async def test_a_component_is_not_given_to_a_kit_and_to_a_line_too(world, desk):
    await stock(world, {("MUG", "NYC"): 2, ("LAMP", "NYC"): 2})

    order_id = await desk.place(world.act(), wanted(world, LAMP=1, SET=1))

    assert (await world.level("LAMP", "NYC")).allocated == 1
    assert await kits_at(order_id) == {(S.BACKORDERED, None): 1}


async def test_an_order_that_may_not_wait_names_the_kits_that_miss(world, desk):
    await stock(world, {("MUG", "NYC"): 1, ("LAMP", "NYC"): 2})

    with pytest.raises(InsufficientStock) as refusal:
        await desk.place(world.act(), replace(wanted(world, SET=3), allow_backorder=False))

    assert refusal.value.missing == {"SET": 2}
    assert await Order.all().count() == 0
    assert (await world.level("MUG", "NYC")).allocated == 0


async def test_a_kit_with_something_that_is_not_sold_any_more_is_refused(world, desk):
    await world.variants["LAMP"].filter(id=world.variants["LAMP"].id).update(is_active=False)

    with pytest.raises(InvalidInput) as refusal:
        await desk.place(world.act(), wanted(world, SET=1))

    assert [(each.path, each.code) for each in refusal.value.problems] == [("lines.0.variantId", "NOT_FOR_SALE")]


async def test_two_buyers_of_the_last_component_do_not_both_get_it(world, desk):
    await stock(world, {("MUG", "NYC"): 1, ("LAMP", "NYC"): 2})

    commands = [wanted(world, SET=1), wanted(world, LAMP=1), wanted(world, SET=1)]
    async with opened_desk() as other:
        done = await asyncio.gather(
            *(
                each.place(world.act(), replace(command, allow_backorder=False))
                for each, command in zip((desk, other, other), commands, strict=True)
            ),
            return_exceptions=True,
        )

    kits = [await kits_at(each) for each in done if not isinstance(each, BaseException)]
    lamps = (await world.level("LAMP", "NYC")).allocated
    assert (lamps, await whole()) in {(2, True), (1, True)}
    assert len([each for each in kits if each]) <= 1
    assert sum(isinstance(each, InsufficientStock) for each in done) == 2


async def test_a_cart_keeps_whole_kits_and_placing_uses_them(world, desk):
    await stock(world, {("MUG", "NYC"): 2, ("LAMP", "NYC"): 4})
    line = CartLine(variant_id=world.variants["SET"].id, quantity=2)
    await desk.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart="c", lines=(line,)))
    kept = {(await each.variant).sku: each.quantity for each in await Reservation.all()}

    order_id = await desk.place(world.act(), replace(wanted(world, SET=1), cart="c"))

    assert kept == {"MUG": 2, "LAMP": 4}
    assert await kits_at(order_id) == {(S.SCHEDULED, "NYC"): 1}
    level = await world.level("LAMP", "NYC")
    assert (level.allocated, level.reserved) == (2, 0)


async def test_a_cart_is_not_kept_half_a_kit(world, desk):
    await stock(world, {("MUG", "NYC"): 2, ("LAMP", "NYC"): 1, ("LAMP", "CHI"): 9})
    line = CartLine(variant_id=world.variants["SET"].id, quantity=1)

    with pytest.raises(InsufficientStock) as refusal:
        await desk.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart="c", lines=(line,)))

    assert refusal.value.missing == {"SET": 1}
    assert await Reservation.all().count() == 0


async def test_a_draft_with_kits_keeps_its_price_and_is_placed_whole(world):
    await stock(world, {("MUG", "NYC"): 9, ("LAMP", "NYC"): 3})
    order_id = await draft(world.act(), wanted(world, SET=2))
    await price(world, "SET", world.web, 9_999)

    await place_draft(world.act(), PlaceDraft(order_id=order_id))

    assert sum(total for _, _, total in await lines_of(order_id)) == 2 * 2_999
    assert await kits_at(order_id) == {(S.SCHEDULED, "NYC"): 1, (S.BACKORDERED, None): 1}


async def test_a_decision_with_kits_can_be_made_again(world, desk):
    await stock(world, {("MUG", "NYC"): 9, ("LAMP", "NYC"): 3, ("LAMP", "CHI"): 9, ("MUG", "CHI"): 1})

    order_id = await desk.place(world.act(), wanted(world, LAMP=2, SET=2))

    [decision] = await RoutingDecision.filter(order_id=order_id)
    assert (await replay(decision)).is_identical


async def test_too_many_components_are_refused(world, desk):
    line = OrderedLine(variant_id=world.variants["SET"].id, quantity=50_000)
    command = PlaceOrder(channel_id=world.web.id, lines=(line,), shipping_address=wanted(world, SET=1).shipping_address)

    with pytest.raises(InvalidInput) as refusal:
        await desk.place(world.act(), command)

    assert [(each.path, each.code) for each in refusal.value.problems] == [("lines.0.quantity", "QUANTITY")]
    assert await LineStatus.all().count() == 0
