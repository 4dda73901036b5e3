"""Orders and carts come into being."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from tortoise.connection import get_connection

from actions import reservations
from actions.backorders import retry_backorders
from actions.desk import Desk
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.routing_rules import ActivateRoutingRule, DraftRoutingRule, RuleConstraint, activate_rule, draft_rule
from domain.lifecycle import UnitStatus
from domain.orders import ConfirmationPolicy
from domain.placing.commands import Address, CartLine, OrderedLine, PlaceOrder, ReserveCart, Together
from domain.routing.rules.values import ConstraintKind
from models import Order
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World, channel, price, stock
from tests.world.orders import new_order

BOSTON = Address(name="Ann", line1="1 Main St", city="Boston", country="US", latitude=42.36, longitude=-71.06)
CART = "cart-1"

without_story(reservations.extend, "It changes only how long units are kept.")


@asynccontextmanager
async def opened_desk() -> AsyncGenerator[Desk, None]:
    desk = Desk(get_connection("default")._pool)
    try:
        yield desk
    finally:
        await desk.close()


def wanted(world: World, **quantities: int) -> PlaceOrder:
    lines = tuple(
        OrderedLine(variant_id=world.variants[sku].id, quantity=quantity) for sku, quantity in quantities.items()
    )
    return PlaceOrder(channel_id=world.web.id, lines=lines, shipping_address=BOSTON, customer_id=world.customer.id)


def kept(world: World, quantity: int) -> ReserveCart:
    line = CartLine(variant_id=world.variants["MUG"].id, quantity=quantity)
    return ReserveCart(channel_id=world.web.id, cart=CART, lines=(line,))


@scenario(Desk.place)
async def placing_what_is_partly_in_stock(world: World) -> Story:
    async with opened_desk() as desk:
        yield
        await desk.place(world.act(), wanted(world, MUG=35, LAMP=1))


@scenario(Desk.place)
async def placing_for_nothing(world: World) -> Story:
    paid_first = await channel(world, "PAID", confirmation=ConfirmationPolicy.ON_AUTHORIZATION)
    await price(world, "MUG", paid_first, 0)
    async with opened_desk() as desk:
        yield
        await desk.place(world.act(), replace(wanted(world, MUG=1), channel_id=paid_first.id))


@scenario(Desk.place, Desk.reserve)
async def placing_from_a_cart(world: World) -> Story:
    async with opened_desk() as desk:
        yield
        await desk.reserve(world.act(), kept(world, 4))
        await desk.place(world.act(), replace(wanted(world, MUG=3), cart=CART))


@scenario(Desk.place)
async def placing_what_shall_arrive_together(world: World) -> Story:
    await stock(world, {("MUG", "CHI"): 30})
    async with opened_desk() as desk:
        yield
        command = replace(wanted(world, MUG=35, LAMP=1), deliver_together=Together(wait_days=3))
        await desk.place(world.act(), command)


@scenario(draft, place_draft)
async def drafting_and_placing_what_shall_arrive_together(world: World) -> Story:
    yield
    order_id = await draft(world.act(), replace(wanted(world, MUG=3, LAMP=1), deliver_together=Together()))
    await place_draft(world.act(), PlaceDraft(order_id=order_id))


@scenario(place_draft, Desk.place)
async def placing_under_a_rule_that_asks_for_one_delivery(world: World) -> Story:
    asked = RuleConstraint(kind=ConstraintKind.DELIVER_TOGETHER, value=3)
    rule_id = await draft_rule(world.act(), DraftRoutingRule(name="together", constraints=(asked,)))
    await activate_rule(world.act(), ActivateRoutingRule(rule_id=rule_id))
    order_id = await draft(world.act(), wanted(world, MUG=3, LAMP=1))
    async with opened_desk() as desk:
        yield
        await place_draft(world.act(), PlaceDraft(order_id=order_id))
        await desk.place(world.act(), wanted(world, MUG=30, LAMP=1))


@scenario(draft, place_draft)
async def drafting_and_placing(world: World) -> Story:
    yield
    order_id = await draft(world.act(), wanted(world, MUG=35))
    await place_draft(world.act(), PlaceDraft(order_id=order_id))


@scenario(place_draft)
async def placing_a_draft_that_was_there(world: World) -> Story:
    await draft(world.act(), wanted(world, MUG=2))
    order = await Order.get()
    yield
    await place_draft(world.act(), PlaceDraft(order_id=order.id))


@scenario(reservations.release)
async def giving_a_cart_back(world: World) -> Story:
    async with opened_desk() as desk:
        await desk.reserve(world.act(), kept(world, 4))
    yield
    await reservations.release(world.act(), CART)


@scenario(reservations.expire_due)
async def a_cart_expiring(world: World) -> Story:
    async with opened_desk() as desk:
        await desk.reserve(world.act(), kept(world, 4))
    yield
    await reservations.expire_due("job:carts", world.now + timedelta(days=1))


@scenario(retry_backorders)
async def waiting_units_getting_what_arrived(world: World) -> Story:
    await new_order(world, LAMP=12, waiting=UnitStatus.BACKORDERED)
    await stock(world, {("LAMP", "CHI"): 1})
    yield
    await retry_backorders(world.act())
