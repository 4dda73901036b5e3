"""Plans of quotas: spread over what is free, filled as units come, taken once, returned when they end."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from actions import desk, inventory, locations, restocking
from actions.desk import Desk
from actions.inventory import Adjustment, AdjustStock
from actions.location_groups import GroupMember, UpsertLocationGroup, upsert_location_group
from actions.locations import DeactivateLocation
from actions.quotas import groups, plans
from actions.quotas.filling import Turn, fill_plans, fill_plans_of
from actions.quotas.groups import UpsertQuotaGroup
from actions.quotas.plans import EndQuotaPlan, PlanQuota
from domain.errors import Conflict, IllegalTransition, InsufficientStock, InvalidInput, NotFound
from domain.facts import FactKind
from domain.stock import AdjustmentReason
from models import LocationGroup, QuotaMovement, QuotaPlan, QuotaShare, StockLevel
from models.quotas import QuotaGroup
from tests.actions.asserting import books_balance, refused, told
from tests.actions.stock_walk.truth import audited
from tests.actions.test_quotas import cancel_units, order, reserve
from tests.world import World, channel, furnish, stock
from tests.world.kits import kit
from tests.world.quotas import aside, filled, group, kept, moved, planned, returned, shares, taken

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database_url: str) -> AsyncGenerator[Desk, None]:
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world(database: Any, database_url: str) -> AsyncGenerator[World, None]:
    """Fifty mugs in New York, thirty in Chicago, twenty in Los Angeles; the books agree afterwards."""
    made = await furnish(units=0)
    await stock(made, {("MUG", "NYC"): 50, ("MUG", "CHI"): 30, ("MUG", "LAX"): 20})
    yield made
    await books_balance()
    await audited(database_url)


async def west(world: World, *codes: str) -> LocationGroup:
    members = tuple(GroupMember(location_id=world.locations[code].id) for code in codes)
    command = UpsertLocationGroup(code="WEST", name="West", members=members)
    return await LocationGroup.get(id=await upsert_location_group(world.act(), command))


async def lose(world: World, units: int, code: str) -> None:
    place = {"variant_id": world.variants["MUG"].id, "location_id": world.locations[code].id}
    lost = Adjustment(**place, change=-units, reason=AdjustmentReason.LOST)
    await inventory.adjust(world.act(), AdjustStock(lines=(lost,)))


async def end(world: World, plan: QuotaPlan, **values: Any) -> None:
    await plans.end_plan(world.act(), EndQuotaPlan(plan_id=plan.id, **values))


async def set_aside(world: World) -> dict[str, int]:
    found = {
        code: await StockLevel.get_or_none(variant=world.variants["MUG"], location=at)
        for code, at in world.locations.items()
    }
    return {code: level.set_aside for code, level in found.items() if level}


async def test_units_are_set_aside_in_proportion_to_what_is_free(world: World) -> None:
    plan = await planned(world, await group(world, "ONLINE", channels=["WEB"]), 30)

    assert await kept(plan) == {"NYC": 15, "CHI": 9, "LAX": 6}
    assert await set_aside(world) == {"NYC": 15, "CHI": 9, "LAX": 6}
    [fact] = await told(FactKind.QUOTA_PLAN_CHANGED)
    assert {name: fact.payload[name] for name in ("group", "sku", "units", "set_aside", "taken", "is_open")} == {
        "group": "ONLINE", "sku": "MUG", "units": 30, "set_aside": 30, "taken": 0, "is_open": True,
    }  # fmt: skip


async def test_what_is_short_is_set_aside_when_it_comes_and_only_once(world: World) -> None:
    plan = await planned(world, await group(world, "ONLINE", channels=["WEB"]), 120)
    assert await kept(plan) == {"NYC": 50, "CHI": 30, "LAX": 20}
    await stock(world, {("MUG", "LAX"): 50})

    assert await fill_plans_of(world.act(), [world.variants["MUG"].id]) == 1
    assert await kept(plan) == {"NYC": 50, "CHI": 30, "LAX": 40}
    assert await fill_plans(world.now, Turn()) == 0
    assert len(await told(FactKind.QUOTA_PLAN_CHANGED)) == 2


async def test_only_locations_of_the_scope_and_of_the_groups_channels_serve(world: World) -> None:
    chicago_only = (world.locations["CHI"].id,)
    await channel(world, "SHOP", location_ids=chicago_only)
    shops, web = await group(world, "SHOPS", channels=["SHOP"]), await group(world, "ONLINE", channels=["WEB"])

    first = await planned(world, shops, 10)
    second = await planned(world, web, 10, within=await west(world, "LAX", "CHI"))

    assert await kept(first) == {"CHI": 10}
    assert await kept(second) == {"CHI": 5, "LAX": 5}


async def test_what_buyers_take_is_used_and_not_filled_up_again(counter: Desk, world: World) -> None:
    plan = await planned(world, await group(world, "ONLINE", channels=["WEB"]), 30)

    await order(counter, world, 10)
    await reserve(counter, world, 4)

    assert await taken(plan) == 14
    assert sum((await filled(world, plan)).values()) == 16
    assert await fill_plans(world.now, Turn()) == 0


async def test_what_is_given_back_is_the_plans_again(counter: Desk, world: World) -> None:
    plan = await planned(world, await group(world, "ONLINE", channels=["WEB"]), 30)
    bought = await order(counter, world, 10)
    await planned(world, await QuotaGroup.get(), 25)

    await cancel_units(world, bought, 6)

    assert await taken(plan) == 4
    assert sum((await kept(plan)).values()) == 21
    assert await fill_plans(world.now, Turn()) == 0


async def test_lost_units_are_replaced_from_where_some_are_free(world: World) -> None:
    plan = await planned(world, await group(world, "ONLINE", channels=["WEB"]), 50)
    await lose(world, 20, "LAX")

    assert sum((await filled(world, plan)).values()) == 50
    assert (await kept(plan)).get("LAX", 0) == 0
    [lost] = await QuotaShare.filter(lost__gt=0)
    assert (lost.lost, lost.units) == (10, 0)


async def test_units_move_to_a_location_that_ran_dry_once_it_has_some(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, web, 100)
    await lose(world, 20, "LAX")
    await planned(world, web, 80)
    assert await kept(plan) == {"NYC": 50, "CHI": 30}
    await stock(world, {("MUG", "LAX"): 80})

    assert await filled(world, plan) == {"NYC": 25, "CHI": 15, "LAX": 40}
    assert await set_aside(world) == {"NYC": 25, "CHI": 15, "LAX": 40}


async def test_a_smaller_plan_gives_units_back_and_a_greater_one_takes_more(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, web, 30)

    again = await planned(world, web, 10)
    assert (again.id, again.version, await kept(plan)) == (plan.id, 2, {"NYC": 5, "CHI": 3, "LAX": 2})
    await planned(world, web, 10)
    assert (await planned(world, web, 20)).version == 3

    assert sum((await kept(plan)).values()) == 20


async def test_an_ended_plan_returns_what_nobody_took_and_what_comes_back_is_the_groups(
    counter: Desk, world: World
) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, web, 30)
    bought = await order(counter, world, 10)

    await end(world, plan)

    assert (await kept(plan), await taken(plan)) == ({}, 10)
    assert sum((await set_aside(world)).values()) == 0
    await cancel_units(world, bought, 10)
    assert (await taken(plan), sum((await set_aside(world)).values())) == (10, 10)
    async with refused(IllegalTransition):
        await end(world, plan)


async def test_a_plan_may_be_made_anew_where_one_has_ended(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    first = await planned(world, web, 30)
    await order(counter, world, 10)
    await end(world, first)

    second = await planned(world, web, 30)

    assert (await taken(first), await taken(second)) == (10, 0)
    assert sum((await kept(second)).values()) == 30


async def test_what_was_set_aside_by_hand_is_neither_counted_nor_moved_by_a_plan(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 20)
    plan = await planned(world, web, 40)
    assert await kept(plan) == {"NYC": 15, "CHI": 15, "LAX": 10}

    await planned(world, web, 1)
    await end(world, plan)

    assert await set_aside(world) == {"NYC": 20, "CHI": 0, "LAX": 0}


async def test_what_a_plan_keeps_is_not_moved_or_returned_by_hand(world: World) -> None:
    web, shops = await group(world, "ONLINE", channels=["WEB"]), await group(world, "SHOPS", channels=["SHOP"])
    await aside(world, web, 3)
    plan = await planned(world, web, 30)
    nyc = (await kept(plan))["NYC"]

    async with refused(InsufficientStock):
        await returned(world, web, 4)
    async with refused(InsufficientStock):
        await moved(world, 4, web, shops)
    await returned(world, web, 1)
    await moved(world, 2, web, shops)

    assert (await kept(plan))["NYC"] == nyc


async def test_buyers_take_what_was_planned_first_and_give_it_back_last(counter: Desk, world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    nearest = await west(world, "NYC")
    await aside(world, web, 5)
    plan = await planned(world, web, 10, within=nearest)
    bought = await order(counter, world, 12)

    assert await shares(plan) == {"NYC": (0, 10)}
    await cancel_units(world, bought, 4)

    assert await shares(plan) == {"NYC": (2, 8)}


async def test_units_set_aside_by_hand_do_not_stand_in_for_what_a_plan_lost(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, web, 50, within=await west(world, "NYC"))
    await lose(world, 10, "NYC")
    await stock(world, {("MUG", "NYC"): 5})

    await aside(world, web, 5)

    assert await kept(plan) == {"NYC": 40}
    await returned(world, web, 5)
    assert await filled(world, plan) == {"NYC": 45}


async def test_a_location_that_leaves_the_scope_gives_its_units_up_and_may_come_back(
    counter: Desk, world: World
) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, web, 20, within=await west(world, "NYC", "LAX"))
    await order(counter, world, 4)
    before = await shares(plan)
    await west(world, "LAX")

    assert await filled(world, plan) == {"LAX": 16}
    assert await fill_plans(world.now, Turn()) == 0
    await west(world, "NYC", "LAX")

    assert sum((await filled(world, plan)).values()) == 16
    assert await taken(plan) == 4 == sum(units for _, units in before.values())
    await locations.deactivate(world.act(), DeactivateLocation(location_id=world.locations["LAX"].id))
    assert list(await filled(world, plan)) == ["NYC"]


async def test_orders_never_know_of_plans_and_nobody_else_gets_the_units(counter: Desk, world: World) -> None:
    await planned(world, await group(world, "SHOPS", channels=["SHOP"]), 90)

    with pytest.raises(InsufficientStock):
        await order(counter, world, 11)
    await order(counter, world, 10)

    assert {each.kind.value for each in await QuotaMovement.all()} == {"set_aside"}


async def test_a_plan_for_nobody_keeps_units_back_over_all_locations(counter: Desk, world: World) -> None:
    nobody, web = await group(world, "BACK", is_for_nobody=True), await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, nobody, 20)
    await planned(world, web, 10)

    with pytest.raises(InsufficientStock):
        await order(counter, world, 81)
    await order(counter, world, 80)

    assert (sum((await filled(world, plan)).values()), await taken(plan)) == (20, 0)
    async with refused(InvalidInput) as refusal:
        await groups.upsert_group(world.act(), UpsertQuotaGroup(code="BACK", is_for_nobody=False))
    assert ("is_for_nobody", "FIXED") in [(each.path, each.code) for each in refusal.value.problems]


async def test_a_group_with_a_plan_is_not_closed(world: World) -> None:
    plan = await planned(world, await group(world, "ONLINE", channels=["WEB"]), 30)
    close = UpsertQuotaGroup(code="ONLINE", is_active=False)

    async with refused(InvalidInput) as refusal:
        await groups.upsert_group(world.act(), close)
    assert [each.code for each in refusal.value.problems] == ["HAS_PLANS"]
    await end(world, plan)

    await groups.upsert_group(world.act(), close)


async def test_a_location_is_in_one_plan_for_the_same_group_and_variant(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    nearest = await west(world, "LAX")
    await planned(world, web, 5, within=nearest)
    command = UpsertLocationGroup(code="ALL", name="All", members=(GroupMember(location_id=world.locations["LAX"].id),))
    other = await LocationGroup.get(id=await upsert_location_group(world.act(), command))

    for scope in (None, other):
        async with refused(InvalidInput) as refusal:
            await planned(world, web, 5, within=scope)
        assert [each.code for each in refusal.value.problems] == ["OVERLAPS"]
    east = UpsertLocationGroup(code="ALL", members=(GroupMember(location_id=world.locations["NYC"].id),))
    await upsert_location_group(world.act(), east)
    second = await planned(world, web, 5, within=other)
    # They overlap later: who is there already stays.
    await west(world, "LAX", "NYC")

    assert await fill_plans(world.now, Turn()) == 0
    assert await kept(second) == {"NYC": 5}


async def test_everything_wrong_with_a_plan_is_told_at_once(world: World) -> None:
    await group(world, "ONLINE", channels=["WEB"])
    await groups.upsert_group(world.act(), UpsertQuotaGroup(code="ONLINE", is_active=False))
    closed = await QuotaGroup.get()
    pair = await kit(world, "PAIR", MUG=1, LAMP=1)
    nobody = world.channels["WEB"].id

    async with refused(InvalidInput) as refusal:
        await plans.plan_quota(
            world.act(), PlanQuota(group_id=closed.id, variant_id=pair.id, units=0, location_group_id=nobody)
        )
    async with refused(InvalidInput) as unknown:
        await plans.plan_quota(world.act(), PlanQuota(group_id=nobody, variant_id=nobody, units=1))

    assert [(each.path, each.code) for each in refusal.value.problems] == [
        ("units", "OUT_OF_RANGE"),
        ("group_id", "CLOSED"),
        ("variant_id", "KIT"),
        ("location_group_id", "UNKNOWN"),
    ]
    assert [(each.path, each.code) for each in unknown.value.problems] == [
        ("group_id", "UNKNOWN"),
        ("variant_id", "UNKNOWN"),
    ]


async def test_who_read_an_older_plan_is_told_and_nothing_is_done_twice_under_a_key(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    wanted = PlanQuota(group_id=web.id, variant_id=world.variants["MUG"].id, units=10)
    first = await plans.plan_quota(world.act("k"), wanted)
    assert await plans.plan_quota(world.act("k"), wanted) == first
    plan = await planned(world, web, 20)

    async with refused(Conflict):
        await end(world, plan, expected_version=1)
    async with refused(NotFound):
        await plans.end_plan(world.act(), EndQuotaPlan(plan_id=web.id))
    await end(world, plan, expected_version=2)

    async with refused(NotFound):
        await plans.plan_quota(
            world.act(), PlanQuota(group_id=web.id, variant_id=world.variants["MUG"].id, units=1, expected_version=3)
        )


async def test_the_job_looks_at_some_plans_at_a_turn_and_at_all_in_the_end(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    made = [await planned(world, web, 5, sku) for sku in ("MUG", "LAMP", "SHIRT")]
    await stock(world, {("LAMP", "NYC"): 9, ("SHIRT", "CHI"): 9})
    turn = Turn()

    done = [await fill_plans(world.now, turn, limit=2) for _ in range(3)]

    assert done == [1, 1, 0]
    assert [sum((await kept(plan)).values()) for plan in made] == [5, 5, 5]


async def test_units_that_a_plan_gives_up_are_announced(world: World) -> None:
    heard: list[Any] = []
    web = await group(world, "ONLINE", channels=["WEB"])
    plan = await planned(world, web, 30)

    def hear(_: Any, variants: frozenset[Any]) -> None:
        heard.extend(variants)

    restocking.listeners.append(hear)
    try:
        await planned(world, web, 40)
        assert not heard
        await end(world, plan)
    finally:
        restocking.listeners.remove(hear)

    assert heard == [world.variants["MUG"].id]
