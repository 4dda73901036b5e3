"""Plans of quotas while others act: orders, two workers, planners, and who closes the group."""

import asyncio

import pytest

from actions.desk import Desk
from actions.quotas import groups
from actions.quotas.filling import Turn, fill_plans, refill
from actions.quotas.groups import UpsertQuotaGroup
from domain.errors import InsufficientStock, InvalidInput
from domain.quotas.pools import QuotaMovementKind
from models import Order, Quota, QuotaMovement, QuotaPlan
from models.quotas import QuotaGroup
from tests.actions.test_quota_plans import counter, end, set_aside, world
from tests.actions.test_quotas import order
from tests.world import World, stock
from tests.world.quotas import aside, group, kept, planned, taken

__all__ = ["counter", "world"]

pytestmark = pytest.mark.usefixtures("database")


async def test_a_plan_that_is_filled_while_orders_take_conserves_every_unit(counter: Desk, world: World) -> None:
    web, shops = await group(world, "ONLINE", channels=["WEB"]), await group(world, "SHOPS", channels=["SHOP"])
    first, second = await planned(world, web, 40), await planned(world, shops, 40)

    async def fill() -> None:
        for turn in range(12):
            await refill(world.act(), (first, second)[turn % 2].id)
            await planned(world, web, 40 + turn % 3)

    answers = await asyncio.gather(
        fill(),
        fill(),
        *(order(counter, world, 2, channel=code) for _ in range(25) for code in ("WEB", "SHOP")),
        return_exceptions=True,
    )

    assert not [each for each in answers if isinstance(each, BaseException) and not isinstance(each, InsufficientStock)]
    sold = [each for each in answers if isinstance(each, Order)]
    assert len(sold) == 50
    assert [await kept(each) for each in (first, second)] == [{}, {}]
    for plan in (first, second):
        put = await QuotaMovement.filter(plan_id=plan.id)
        net = sum(each.quantity if each.kind is QuotaMovementKind.SET_ASIDE else -each.quantity for each in put)
        assert 0 < await taken(plan) == net <= 42


async def test_two_workers_and_a_planner_fill_a_plan_once(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, web, 150)
    await stock(world, {("MUG", "LAX"): 80})

    await asyncio.gather(
        fill_plans(world.now, Turn()),
        fill_plans(world.now, Turn()),
        planned(world, web, 150),
        aside(world, web, 10, location="LAX"),
        return_exceptions=True,
    )

    assert sum((await kept(plan)).values()) == 150
    assert sum(each.quantity for each in await Quota.all()) in {150, 160}
    made = await QuotaMovement.filter(plan_id=plan.id)
    assert {each.kind for each in made} == {QuotaMovementKind.SET_ASIDE}
    assert sum(each.quantity for each in made) == 150


async def test_of_two_who_plan_the_same_one_makes_it_and_one_changes_it(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])

    await asyncio.gather(*(planned(world, web, units) for units in (10, 20, 30)))

    plan = await QuotaPlan.get()
    assert sum((await kept(plan)).values()) == plan.units
    assert plan.version == 3


async def test_planning_and_closing_the_group_at_once_never_both_succeed(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])

    answers = await asyncio.gather(
        planned(world, web, 10),
        groups.upsert_group(world.act(), UpsertQuotaGroup(code="ONLINE", is_active=False)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, InvalidInput) for each in answers) == 1
    assert (await QuotaPlan.all().count()) == int((await QuotaGroup.get()).is_active)


async def test_ending_while_it_is_filled_leaves_nothing_aside(world: World) -> None:
    plan = await planned(world, await group(world, "ONLINE", channels=["WEB"]), 150)
    await stock(world, {("MUG", "LAX"): 30})

    await asyncio.gather(end(world, plan), refill(world.act(), plan.id), refill(world.act(), plan.id))

    assert sum((await set_aside(world)).values()) == 0
