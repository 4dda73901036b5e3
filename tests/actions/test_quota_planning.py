"""Planning quotas: units are set aside, moved and returned as a whole or not at all."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from actions.quotas import groups, planning
from actions.quotas.groups import UpsertQuotaGroup
from actions.quotas.planning import QuotaLine, ReturnQuotas, SetAside
from domain.errors import InsufficientStock, InvalidInput
from tests.actions.asserting import books_balance, refused
from tests.actions.stock_walk.truth import audited
from tests.actions.test_quotas import common
from tests.world import World, furnish, stock
from tests.world.quotas import aside, group, left, line, moved, returned

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def world(database: Any, database_url: str) -> AsyncGenerator[World, None]:
    """Ten mugs in New York; whatever a test does, the books agree afterwards."""
    made = await furnish(units=0)
    await stock(made, {("MUG", "NYC"): 10})
    yield made
    await books_balance()
    await audited(database_url)


async def test_units_move_from_group_to_group_and_back_to_everybody(world: World) -> None:
    web, shops = await group(world, "ONLINE", channels=["WEB"]), await group(world, "SHOPS", channels=["SHOP"])
    await aside(world, web, 5)

    await moved(world, 2, web, shops)
    await returned(world, shops, 1)

    assert (await left(web), await left(shops), await common(world)) == (3, 1, 6)
    async with refused(InsufficientStock):
        await moved(world, 4, web, shops)
    async with refused(InsufficientStock):
        await returned(world, shops, 2)


async def test_a_closed_group_gets_nothing_more(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await groups.upsert_group(world.act(), UpsertQuotaGroup(code="ONLINE", is_active=False))

    async with refused(InvalidInput) as refusal:
        await aside(world, web, 1)

    assert [(each.path, each.code) for each in refusal.value.problems] == [("lines.0.group_id", "CLOSED")]


async def test_a_group_with_units_is_not_closed(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    await aside(world, web, 3)

    async with refused(InvalidInput) as refusal:
        await groups.upsert_group(world.act(), UpsertQuotaGroup(code="ONLINE", is_active=False))

    assert [each.code for each in refusal.value.problems] == ["HAS_UNITS"]


async def test_groups_beside_each_other_are_for_different_buyers(world: World) -> None:
    await group(world, "ONLINE", channels=["WEB"])

    with pytest.raises(InvalidInput) as refusal:
        await group(world, "GOLD", segment="gold")

    assert [each.code for each in refusal.value.problems] == ["OVERLAPS"]


@pytest.mark.parametrize(
    "command", [UpsertQuotaGroup(code="X", name="X"), UpsertQuotaGroup(code="ONLINE", channel_ids=())]
)
async def test_a_group_for_nobody_in_particular_is_refused(world: World, command: UpsertQuotaGroup) -> None:
    await group(world, "ONLINE", channels=["WEB"])

    async with refused(InvalidInput) as refusal:
        await groups.upsert_group(world.act(), command)

    assert ("channel_ids", "REQUIRED") in [(each.path, each.code) for each in refusal.value.problems]


async def test_planning_the_same_under_the_same_key_is_done_once(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    command = SetAside(lines=(line(world, web, 3),))

    first = await planning.set_aside(world.act("k"), command)

    assert await planning.set_aside(world.act("k"), command) == first
    assert await left(web) == 3


async def test_everything_wrong_with_a_plan_is_told_at_once(world: World) -> None:
    web = await group(world, "ONLINE", channels=["WEB"])
    place = {"variant_id": world.channels["WEB"].id, "location_id": world.locations["NYC"].id}
    unknown = QuotaLine(**place, group_id=world.channels["WEB"].id, quantity=0)

    async with refused(InvalidInput) as refusal:
        await planning.return_quotas(world.act(), ReturnQuotas(lines=(unknown, line(world, web, 1))))

    assert [(each.path, each.code) for each in refusal.value.problems] == [
        ("lines.0.quantity", "OUT_OF_RANGE"),
        ("lines.0.variant_id", "UNKNOWN"),
        ("lines.0.group_id", "UNKNOWN"),
    ]
