"""What is done by itself: nothing without a policy, runs every so often, prices that keep scarce goods for those who need them."""

from datetime import timedelta

import pytest

from actions import reference
from actions.backorders import retry_backorders
from actions.reoptimizing.policies import SetRoutingPolicy, set_policy
from actions.reoptimizing.pricing import PRICES_HOLD, price_due
from actions.reoptimizing.running import JOB_ACTOR, reoptimize_due
from domain.lifecycle import UnitStatus
from models import OrderAddress, RoutingDecision, RoutingPolicy, RoutingRun, ShadowPrice
from models.db import Fetching
from tests.actions.test_reoptimizing import bad_turn, order_from, where
from tests.world import World, furnish, stock

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus


async def allow(world: World, **command) -> None:
    await set_policy(world.act(), SetRoutingPolicy(**command))


async def scarce_in_new_york() -> World:
    """New York's last mugs; Chicago's orders, which come first, could as well have them from Los Angeles."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 3, ("MUG", "LAX"): 9})
    for city in ("CHI", "CHI", "CHI", "NYC", "NYC", "NYC"):
        await order_from(world, city, at="NYC", waiting=S.UNSCHEDULED)
    return world


async def taken_by(city: str) -> list[dict[str | None, int]]:
    addresses = await OrderAddress.filter(city=city).prefetch_related("order").order_by("order_id")
    return [await where(address.order) for address in addresses]


async def worth(world: World) -> dict[str, int]:
    found = await ShadowPrice.all().prefetch_related("location", "variant")
    assert {price.variant.sku for price in found} <= {"MUG"}
    return {price.location.code: price.unit_minor for price in found}


async def test_without_a_policy_the_jobs_do_nothing():
    world, west, east = await bad_turn()

    assert (await reoptimize_due(world.now), await price_due(world.now)) == (0, 0)

    assert (await where(west), await where(east)) == ({"NYC": 1}, {"LAX": 1})
    assert await RoutingRun.all().count() == await ShadowPrice.all().count() == 0


async def test_switched_off_the_jobs_do_nothing():
    world, *_ = await bad_turn()
    await allow(world, reoptimize_every_minutes=10, is_looking_ahead=True)
    await allow(world, reoptimize_every_minutes=None, is_looking_ahead=False)

    assert (await reoptimize_due(world.now), await price_due(world.now)) == (0, 0)


async def test_orders_are_routed_together_as_often_as_the_policy_says():
    world, west, east = await bad_turn()
    await allow(world, reoptimize_every_minutes=10)
    soon, later = world.now + timedelta(minutes=9), world.now + timedelta(minutes=10)

    assert [await reoptimize_due(now) for now in (world.now, soon, later)] == [1, 0, 1]

    assert (await where(west), await where(east)) == ({"LAX": 1}, {"NYC": 1})
    runs = await RoutingRun.all().order_by("started_at")
    assert [(run.actor, run.seed, run.orders_moved) for run in runs] == [(JOB_ACTOR, 1, 2), (JOB_ACTOR, 2, 0)]


async def test_a_policy_is_for_its_own_organization():
    world, *_ = await bad_turn()
    other, west, east = await bad_turn()
    await allow(world, reoptimize_every_minutes=10)

    assert await reoptimize_due(world.now) == 1

    assert (await where(west), await where(east)) == ({"NYC": 1}, {"LAX": 1})
    assert await RoutingRun.filter(organization_id=other.organization_id).count() == 0


async def test_what_is_scarce_gets_a_price_and_what_is_plenty_none():
    world = await scarce_in_new_york()
    await allow(world, is_looking_ahead=True)

    assert await price_due(world.now) == 1

    found = await worth(world)
    assert list(found) == ["NYC"]
    assert found["NYC"] > 0
    assert (await RoutingPolicy.get()).priced_at == world.now


async def test_prices_hold_for_a_while():
    world = await scarce_in_new_york()
    await allow(world, is_looking_ahead=True)
    await price_due(world.now)

    assert await price_due(world.now + PRICES_HOLD - timedelta(seconds=1)) == 0
    assert await price_due(world.now + PRICES_HOLD) == 1


async def test_looking_ahead_an_order_leaves_scarce_units_to_those_who_need_them():
    world = await scarce_in_new_york()
    await allow(world, is_looking_ahead=True)
    await price_due(world.now)

    await retry_backorders(world.act())

    assert (await taken_by("CHI"), await taken_by("NYC")) == ([{"LAX": 1}] * 3, [{"NYC": 1}] * 3)
    assert await RoutingDecision.filter(request__contains='"u":').count() == 6


async def test_without_looking_ahead_requests_are_what_they_were():
    world = await scarce_in_new_york()
    await allow(world, is_looking_ahead=True)
    await price_due(world.now)
    await allow(world, is_looking_ahead=False)

    network = await reference.network(Fetching, world.organization_id)
    await retry_backorders(world.act())

    assert (network.worth, await ShadowPrice.all().count()) == ({}, 0)
    assert (await taken_by("CHI"), await taken_by("NYC")) == ([{"NYC": 1}] * 3, [{"LAX": 1}] * 3)
    assert await RoutingDecision.filter(request__contains='"u":').count() == 0
    assert (await RoutingPolicy.get()).priced_at is None
