"""How many units of a variant may wait at once: in whatever way they are ordered, and whoever else orders."""

import asyncio
from collections import Counter

import pytest

from actions import desk
from actions.backordering.terms import SetBackorderTerms, set_terms
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.drafting import PlaceDraft, draft, place_draft
from domain.errors import BackorderLimitExceeded, Conflict, InvalidInput
from domain.facts import FactKind
from domain.lifecycle import UnitStatus
from models import BackorderTerms, Order, Variant
from tests.actions.asserting import books_balance, refused, told
from tests.world import furnish, variant
from tests.world.orders import units
from tests.world.waiting import place, terms, wanted

S = UnitStatus


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def test_an_order_within_the_limit_waits_and_one_beyond_it_is_refused(counter):
    world = await furnish(units=2)
    await terms(world, limit_units=5)

    order_id = await place(counter, world, MUG=10)
    async with refused(BackorderLimitExceeded) as refusal:
        await place(counter, world, LAMP=1, MUG=2)

    assert await units(await Order.get(id=order_id)) == {S.SCHEDULED: 6, S.BACKORDERED: 4}
    assert refusal.value.left == {"MUG": 1}
    assert "at most 1 × MUG more" in str(refusal.value)


async def test_a_limit_of_nothing_sells_what_is_there(counter):
    world = await furnish(units=2)
    await terms(world, limit_units=0)

    await place(counter, world, MUG=6)
    async with refused(BackorderLimitExceeded):
        await place(counter, world, MUG=1)


async def test_other_variants_wait_as_they_like(counter):
    world = await furnish(units=0)
    await terms(world, limit_units=0)

    order_id = await place(counter, world, LAMP=500)

    assert await units(await Order.get(id=order_id), "LAMP") == {S.BACKORDERED: 500}


async def test_what_is_cancelled_makes_room_again(counter):
    world = await furnish(units=0)
    await terms(world, limit_units=3)
    first = await place(counter, world, MUG=3)
    with pytest.raises(BackorderLimitExceeded):
        await place(counter, world, MUG=3)

    await cancel(world.act(), CancelOrder(order_id=first))

    second = await place(counter, world, MUG=3)
    assert await units(await Order.get(id=second), "MUG") == {S.BACKORDERED: 3}


async def test_the_same_key_is_told_the_same_refusal(counter):
    world = await furnish(units=0)
    await terms(world, limit_units=1)

    for _ in range(2):
        with pytest.raises(BackorderLimitExceeded) as refusal:
            await counter.place(world.act("key-1"), wanted(world, MUG=2))
        assert refusal.value.left == {"MUG": 1}


@pytest.mark.parametrize("sku", ["MUG", "NOWHERE"])
async def test_of_many_who_order_at_once_exactly_the_limit_waits(database, database_url, sku):
    """Through two desks, as in two processes; also of a variant that lies nowhere, so that there is no stock to lock."""
    world = await furnish(units=0)
    await variant(world, "NOWHERE")
    await terms(world, sku, limit_units=7)
    async with desk.opened(database_url) as one, desk.opened(database_url) as other:
        results = await asyncio.gather(
            *(place([one, other][at % 2], world, **{sku: 1}) for at in range(40)), return_exceptions=True
        )

    assert Counter(type(result).__name__ for result in results)["BackorderLimitExceeded"] == 33
    assert sum([sum((await units(order, sku)).values()) for order in await Order.all()]) == 7
    await books_balance()


async def test_a_draft_is_held_to_the_limit_when_it_is_placed(database):
    world = await furnish(units=1)
    await terms(world, limit_units=1)
    fitting = await draft(world.act(), wanted(world, MUG=4))
    too_many = await draft(world.act(), wanted(world, MUG=1))

    await place_draft(world.act(), PlaceDraft(order_id=fitting))
    async with refused(BackorderLimitExceeded) as refusal:
        await place_draft(world.act(), PlaceDraft(order_id=too_many))

    assert refusal.value.left == {"MUG": 0}


async def test_terms_keep_what_is_silent_and_count_as_a_change_of_the_variant(database):
    world = await furnish()
    mug = world.variants["MUG"]
    before = await Variant.get(id=mug.id)

    await terms(world, limit_units=3)
    await set_terms(world.act(), SetBackorderTerms(variant_id=mug.id, launches_at=world.now))

    kept = await BackorderTerms.get(variant_id=mug.id)
    assert (kept.limit_units, kept.launches_at) == (3, world.now)
    assert (await Variant.get(id=mug.id)).version == before.version + 2
    facts = [fact.payload["backorder_terms"]["limit_units"] for fact in (await told(FactKind.CATALOGUE_CHANGED))[-2:]]
    assert facts == [3, 3]


async def test_terms_that_make_no_sense_are_refused(database):
    world = await furnish()
    mug = world.variants["MUG"].id

    async with refused(InvalidInput) as refusal:
        await set_terms(world.act(), SetBackorderTerms(variant_id=mug, limit_units=-1, ships_by=world.now.date()))
    async with refused(Conflict):
        await set_terms(world.act(), SetBackorderTerms(variant_id=mug, limit_units=1, expected_version=99))

    assert [problem.path for problem in refusal.value.problems] == ["limit_units", "ships_by"]
