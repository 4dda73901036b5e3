"""A variant's own launch and limit in one channel: they hold there alone, wherever orders are routed, promised or served."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from actions import desk
from actions.backordering.launching import follow_launches, launch_due
from actions.backordering.terms import SetChannelBackorderTerms, set_channel_terms
from actions.backorders import retry_all_backorders
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.orders.parting import PartKit, part
from actions.reoptimizing.reading import ReoptimizeOrders, read_standing
from domain.errors import BackorderLimitExceeded, Conflict, InsufficientStock, InvalidInput
from domain.facts import FactKind
from domain.lifecycle import UnitStatus
from models import BackorderTerms, ChannelBackorderTerms, Order, OrderKit, RoutingDecision, Variant
from resolvers.availability import availabilities
from tests.actions.asserting import books_balance, refused, told
from tests.world import World, furnish, stock
from tests.world.kits import kit
from tests.world.orders import units
from tests.world.waiting import channel_terms, place, terms, wait_of, wanted

S = UnitStatus
DAY = timedelta(days=1)


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def earlier_on_the_web(units: int = 5, **of_all) -> World:
    """Mugs lie everywhere; everybody can have them in ten days, buyers on the web in eight."""
    world = await furnish(units=units)
    await terms(world, **{"launches_at": world.now + 10 * DAY, **of_all})
    await channel_terms(world, "WEB", launches_at=world.now + 8 * DAY)
    return world


async def to_be_had(world: World, sku: str = "MUG") -> dict[str, int]:
    return {
        code: (await availabilities(channel, [world.variants[sku]]))[0].available
        for code, channel in world.channels.items()
    }


async def test_each_channel_waits_for_its_own_launch(counter):
    world = await earlier_on_the_web()

    web = await Order.get(id=await place(counter, world, MUG=2))
    shop = await Order.get(id=await place(counter, world, channel="SHOP", MUG=2))

    assert (await wait_of(web)).launches_at == world.now + 8 * DAY
    assert (await wait_of(shop)).launches_at == world.now + 10 * DAY
    assert "not_launched" in (await RoutingDecision.get(order_id=web.id)).request


async def test_at_the_launch_of_a_channel_only_its_orders_are_served(counter):
    world = await earlier_on_the_web()
    shop = await Order.get(id=await place(counter, world, channel="SHOP", MUG=2))
    web = await Order.get(id=await place(counter, world, MUG=2))
    day = world.now + 8 * DAY

    assert await launch_due(day) == 1
    later = await Order.get(id=await place(counter, world, now=day, MUG=1))

    assert (await units(web), await units(shop), await units(later)) == (
        {S.SCHEDULED: 2},
        {S.BACKORDERED: 2},
        {S.SCHEDULED: 1},
    )
    assert (await ChannelBackorderTerms.get()).launched_at == day
    assert (await BackorderTerms.get()).launched_at is None
    assert await launch_due(day) == 0
    assert await launch_due(world.now + 10 * DAY) == 1
    assert await units(shop) == {S.SCHEDULED: 2}
    await books_balance()


async def test_a_channel_may_launch_later_than_the_others(counter):
    world = await furnish(units=5)
    await channel_terms(world, "SHOP", launches_at=world.now + 2 * DAY)

    web = await Order.get(id=await place(counter, world, MUG=1))
    shop = await Order.get(id=await place(counter, world, channel="SHOP", MUG=1))

    assert (await units(web), await units(shop)) == ({S.SCHEDULED: 1}, {S.BACKORDERED: 1})
    assert await retry_all_backorders(world.now + DAY) == 0
    await launch_due(world.now + 2 * DAY)
    assert await units(shop) == {S.SCHEDULED: 1}


async def test_until_the_job_has_served_who_waits_whoever_orders_waits_behind_them(counter):
    world = await earlier_on_the_web()

    late = await Order.get(id=await place(counter, world, now=world.now + 9 * DAY, MUG=1))

    assert await units(late) == {S.BACKORDERED: 1}


async def test_who_does_not_want_to_wait_is_refused_where_it_is_not_launched(counter):
    world = await earlier_on_the_web()
    day = world.now + 8 * DAY
    await launch_due(day)

    await counter.place(world.act(now=day), replace(wanted(world, MUG=1), allow_backorder=False))
    async with refused(InsufficientStock):
        there = wanted(world, channel="SHOP", MUG=1)
        await counter.place(world.act(now=day), replace(there, allow_backorder=False))


async def test_what_can_be_had_differs_by_channel(counter):
    world = await earlier_on_the_web()

    before = await to_be_had(world)
    await launch_due(world.now + 8 * DAY)

    assert before == {"WEB": 0, "SHOP": 0}
    assert await to_be_had(world) == {"WEB": 15, "SHOP": 0}


async def test_a_kit_waits_for_the_launch_of_its_component_in_the_channel(counter):
    world = await furnish(units=5)
    await kit(world, "SET", MUG=1, LAMP=1)
    await channel_terms(world, "SHOP", launches_at=world.now + 2 * DAY)

    web = await Order.get(id=await place(counter, world, SET=1))
    shop = await Order.get(id=await place(counter, world, channel="SHOP", SET=1))

    assert (await units(web, "LAMP"), await units(shop, "LAMP")) == ({S.SCHEDULED: 1}, {S.BACKORDERED: 1})
    assert (await to_be_had(world, "SET"))["SHOP"] == 0
    await part(world.act(), PartKit(kit_id=(await OrderKit.get(order_id=shop.id)).id, reason="The lamp is wanted now."))
    assert (await units(shop, "LAMP"), await units(shop)) == ({S.SCHEDULED: 1}, {S.BACKORDERED: 1})


async def test_routing_together_gives_nothing_away_before_the_launch_of_the_channel(counter):
    world = await earlier_on_the_web()
    web = await Order.get(id=await place(counter, world, MUG=2, LAMP=1))
    shop = await Order.get(id=await place(counter, world, channel="SHOP", MUG=2, LAMP=1))

    before = await read_standing(world.act(), ReoptimizeOrders())
    after = await read_standing(world.act(now=world.now + 9 * DAY), ReoptimizeOrders())

    assert (len(before.units[web.id]), len(before.units[shop.id])) == (1, 1)
    assert (len(after.units[web.id]), len(after.units[shop.id])) == (2, 1)


async def test_a_launch_that_is_moved_or_called_off_in_the_channel_is_followed_by_its_orders_alone(counter):
    world = await earlier_on_the_web()
    web = await Order.get(id=await place(counter, world, MUG=2))
    shop = await Order.get(id=await place(counter, world, channel="SHOP", MUG=2))

    await channel_terms(world, "WEB", launches_at=world.now + 5 * DAY)
    moved = await follow_launches(world.now)
    waits = [(await wait_of(order)).launches_at for order in (web, shop)]
    await channel_terms(world, "WEB", launches_at=None)
    called_off = await follow_launches(world.now)

    assert (moved, called_off) == (1, 1)
    assert waits == [world.now + 5 * DAY, world.now + 10 * DAY]
    assert (await wait_of(web)).launches_at == world.now + 10 * DAY
    assert await follow_launches(world.now) == 0


async def test_a_variant_without_another_launch_that_has_its_channels_called_off_is_sold_at_once(counter):
    world = await furnish(units=5)
    await channel_terms(world, "WEB", launches_at=world.now + 2 * DAY)
    web = await Order.get(id=await place(counter, world, MUG=1))
    await channel_terms(world, "WEB", launches_at=None)

    assert await follow_launches(world.now) == 1
    assert await retry_all_backorders(world.now) == 1

    assert await units(web) == {S.SCHEDULED: 1}
    assert await follow_launches(world.now) == 0


async def test_an_order_must_fit_the_limit_of_its_channel_and_that_of_all(counter):
    world = await furnish(units=0)
    await terms(world, limit_units=5)
    await channel_terms(world, "SHOP", limit_units=2)

    await place(counter, world, channel="SHOP", MUG=1)
    async with refused(BackorderLimitExceeded) as own:
        await place(counter, world, channel="SHOP", MUG=2)
    await place(counter, world, MUG=3)
    async with refused(BackorderLimitExceeded) as common:
        await place(counter, world, MUG=2)

    assert (own.value.left, common.value.left) == ({"MUG": 1}, {"MUG": 1})


async def test_in_a_channel_what_is_cancelled_makes_room_again_and_drafts_are_held_to_the_limit(counter):
    world = await furnish(units=0)
    await channel_terms(world, "SHOP", limit_units=2)
    first = await place(counter, world, channel="SHOP", MUG=2)
    written = await draft(world.act(), wanted(world, channel="SHOP", MUG=1))

    async with refused(BackorderLimitExceeded):
        await place_draft(world.act(), PlaceDraft(order_id=written))
    await cancel(world.act(), CancelOrder(order_id=first))

    await place_draft(world.act(), PlaceDraft(order_id=written))


async def test_of_many_who_order_at_once_each_channel_has_exactly_its_limit(database, database_url):
    world = await furnish(units=0)
    await terms(world, limit_units=9)
    await channel_terms(world, "SHOP", limit_units=4)
    async with desk.opened(database_url) as one, desk.opened(database_url) as other:
        results = await asyncio.gather(
            *(place([one, other][at % 2], world, channel=["WEB", "SHOP"][at // 2 % 2], MUG=1) for at in range(40)),
            return_exceptions=True,
        )

    assert Counter(type(result).__name__ for result in results)["BackorderLimitExceeded"] == 31
    waiting = Counter()
    for order in await Order.all():
        waiting[order.channel_id] += sum((await units(order)).values())
    assert waiting[world.channels["SHOP"].id] <= 4
    assert sum(waiting.values()) == 9
    await books_balance()


async def test_terms_of_a_channel_count_as_a_change_of_the_variant_and_are_told(database):
    world = await furnish()
    mug = world.variants["MUG"]
    before = (await Variant.get(id=mug.id)).version

    await channel_terms(world, "WEB", limit_units=3)
    await channel_terms(world, "WEB", launches_at=world.now)

    kept = await ChannelBackorderTerms.get()
    assert (kept.limit_units, kept.launches_at) == (3, world.now)
    fact = (await told(FactKind.CATALOGUE_CHANGED))[-1]
    assert (fact.variant_id, fact.channel_id, (await Variant.get(id=mug.id)).version) == (
        mug.id,
        world.web.id,
        before + 2,
    )
    assert fact.payload["channel_backorder_terms"]["limit_units"] == 3


async def test_terms_of_a_channel_that_make_no_sense_are_refused(database):
    world, other = await furnish(), await furnish()
    named = {"variant_id": world.variants["MUG"].id, "channel_id": world.web.id}

    async with refused(InvalidInput) as refusal:
        command = SetChannelBackorderTerms(**named, limit_units=-1, ships_by=world.now.date())
        await set_channel_terms(world.act(), command)
    async with refused(InvalidInput) as unknown:
        theirs = SetChannelBackorderTerms(**{**named, "channel_id": other.web.id}, limit_units=1)
        await set_channel_terms(world.act(), theirs)
    async with refused(Conflict):
        await set_channel_terms(world.act(), SetChannelBackorderTerms(**named, limit_units=1, expected_version=99))

    assert [problem.path for problem in refusal.value.problems] == ["limit_units", "ships_by"]
    assert [problem.path for problem in unknown.value.problems] == ["channel_id"]
    assert await ChannelBackorderTerms.all().count() == 0


async def test_goods_that_come_after_the_launch_of_the_channel_are_given_to_it(counter):
    world = await earlier_on_the_web(units=0)
    shop = await Order.get(id=await place(counter, world, channel="SHOP", MUG=1))
    web = await Order.get(id=await place(counter, world, MUG=1))
    await launch_due(world.now + 8 * DAY)
    await stock(world, {("MUG", "CHI"): 9})

    assert await retry_all_backorders(world.now + 9 * DAY) == 1

    assert (await units(web), await units(shop)) == ({S.SCHEDULED: 1}, {S.BACKORDERED: 1})
