"""A rule is for carts and promises of whom and where it is for, as it is for their orders."""

from dataclasses import replace

import pytest

from actions import desk
from actions.routing_rules import DraftRoutingRule, RuleStep
from domain.permissions import Role
from domain.placing.commands import CartLine, ReserveCart
from models import LineStatus, Reservation
from tests.actions.test_placing import BOSTON, wanted
from tests.actions.test_routing_rules import activated
from tests.schema.promise_talk import first_option, hold
from tests.world import World, customer, furnish


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def ruled(**what) -> World:
    """New York is nearest; the rule sends to Los Angeles what it is for."""
    world = await furnish()
    step = RuleStep(location_ids=(world.locations["LAX"].id,))
    await activated(world, DraftRoutingRule(name="West", steps=(step,), **what))
    return world


def cart(world: World, **values) -> ReserveCart:
    line = CartLine(variant_id=world.variants["MUG"].id, quantity=1)
    position = {"latitude": BOSTON.latitude, "longitude": BOSTON.longitude}
    return ReserveCart(channel_id=world.web.id, cart="c-1", lines=(line,), **position, **values)


async def code_of(world: World, location_id) -> str:
    return next(code for code, each in world.locations.items() if each.id == location_id)


@pytest.mark.parametrize(("region", "kept_at"), [("MA", "LAX"), ("NY", "NYC")])
async def test_a_cart_is_kept_by_the_rule_of_its_region(counter, region, kept_at) -> None:
    world = await ruled(country="US", region="MA")

    await counter.reserve(world.act(), cart(world, country="US", region=region))

    assert await code_of(world, (await Reservation.get()).location_id) == kept_at


async def test_a_cart_is_kept_by_the_rule_of_its_customers_segment_and_so_is_the_order(counter) -> None:
    world = await ruled(segment="gold")
    for email, segment in (("gold@example.com", "gold"), ("other@example.com", "")):
        key = (await customer(world, email=email, segment=segment)).id
        named = replace(cart(world, customer_id=key), cart=email)
        await counter.reserve(world.act(), named)
        await counter.place(world.act(), wanted(world, ("MUG", 1), customer_id=key, cart=email))

    kept = [await code_of(world, each.location_id) for each in await Reservation.all().order_by("id")]
    ordered = [await code_of(world, each.location_id) for each in await LineStatus.all().order_by("id")]

    assert kept == ordered == ["LAX", "NYC"]


async def test_a_promise_that_a_rule_routed_can_be_held(counter) -> None:
    world = await ruled(country="US", region="MA")
    option = await first_option(world, world.viewer(Role.CUSTOMER), methods=["SHIP"])

    held = await hold(counter, world.viewer(Role.CUSTOMER), option["id"])

    assert held["__typename"] == "DeliveryPromise"
    assert await code_of(world, (await Reservation.get()).location_id) == "LAX"
