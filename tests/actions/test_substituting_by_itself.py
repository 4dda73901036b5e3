"""Substitutes that nobody asks for: at once for those who allow it, proposed where the channel does so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from actions import desk
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.orders.holding import ApplyHold, apply_hold
from actions.resting import Rests
from actions.substituting import at_once
from actions.substituting.automatic import REST, TRY_AGAIN, offer_due, substitute_due
from domain.errors import InsufficientStock
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.lifecycle import UnitStatus
from domain.substitution import SubstitutePrice, SubstitutionStatus
from models import Order, Substitution, SubstitutionConsent
from models.db import rows
from server.auditing import orders as auditing
from tests.actions.asserting import books_balance, told
from tests.world import World, channel, furnish, stock, variant
from tests.world import place as place_location
from tests.world.orders import line, new_order, units
from tests.world.quotas import aside, group
from tests.world.substitutes import instead, proposed
from tests.world.waiting import terms, wanted

S = UnitStatus


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


async def place(counter, world: World, *, allowing: bool = True, key=None, **quantities: int) -> Order:
    command = wanted(world, **quantities)
    lines = tuple(replace(each, allow_substitutes=allowing) for each in command.lines)
    order_id = await at_once.place(world.act(key), counter, replace(command, lines=lines))
    return await Order.get(id=order_id)


async def shop(lamps: int = 5, chairs: int = 5, **values) -> World:
    """One mug, and lamps before chairs in its place."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "NYC"): 1, ("LAMP", "CHI"): lamps, ("CHAIR", "CHI"): chairs})
    await instead(world, "MUG", "LAMP", "CHAIR", **{"is_automatic": True, **values})
    return world


async def test_who_allows_it_gets_the_best_substitute_at_once(counter):
    world = await shop()

    order = await place(counter, world, MUG=3)

    assert await units(order) == {S.SCHEDULED: 1, S.CANCELLED: 2}
    assert await units(order, "LAMP") == {S.SCHEDULED: 2}
    [taken] = await Substitution.all()
    assert (taken.status, taken.expires_at, taken.quantity) == (SubstitutionStatus.ACCEPTED, None, 2)
    await books_balance()
    assert await rows(auditing.TOTALS) == []


async def test_what_one_substitute_cannot_give_comes_from_the_next(counter):
    world = await shop(lamps=1, chairs=1)

    order = await place(counter, world, MUG=4)

    assert await units(order) == {S.SCHEDULED: 1, S.CANCELLED: 2, S.BACKORDERED: 1}
    assert await units(order, "LAMP") == await units(order, "CHAIR") == {S.SCHEDULED: 1}


async def test_who_does_not_allow_it_waits(counter):
    world = await shop()

    order = await place(counter, world, allowing=False, MUG=3)
    assert await substitute_due(world.now) == 0

    assert await units(order) == {S.SCHEDULED: 1, S.BACKORDERED: 2}
    assert await SubstitutionConsent.all().count() == 0


async def test_what_needs_a_yes_is_not_sent_without_one(counter):
    world = await shop(is_automatic=False)

    order = await place(counter, world, MUG=3)

    assert await units(order) == {S.SCHEDULED: 1, S.BACKORDERED: 2}
    assert await SubstitutionConsent.filter(line_id=(await line(order)).id).exists()


async def test_placing_again_with_the_same_key_exchanges_nothing_twice(counter):
    world = await shop()

    first = await place(counter, world, key="key-1", MUG=3)
    second = await place(counter, world, key="key-1", MUG=3)

    assert first.id == second.id
    assert await Substitution.all().count() == 1


async def test_a_substitute_that_comes_later_is_sent_by_the_job(counter):
    world = await shop(lamps=0, chairs=0)
    order = await place(counter, world, MUG=2)
    await stock(world, {("LAMP", "CHI"): 5})

    assert await substitute_due(world.now) == 0
    assert await substitute_due(world.now + TRY_AGAIN) == 1

    assert await units(order, "LAMP") == {S.SCHEDULED: 1}


async def test_a_draft_keeps_the_consent(counter):
    world = await shop()
    command = wanted(world, MUG=3)
    lines = tuple(replace(each, allow_substitutes=True) for each in command.lines)
    order_id = await draft(world.act(), replace(command, lines=lines))
    await place_draft(world.act(), PlaceDraft(order_id=order_id))

    await substitute_due(world.now)

    assert await units(await Order.get(id=order_id), "LAMP") == {S.SCHEDULED: 2}


async def test_a_pre_order_waits_for_what_was_ordered(counter):
    world = await shop()
    await terms(world, launches_at=world.now + timedelta(days=1))

    order = await place(counter, world, MUG=2)
    assert await substitute_due(world.now + TRY_AGAIN) == 0

    assert await units(order) == {S.BACKORDERED: 2}


async def test_a_substitute_that_is_not_launched_is_not_sent(counter):
    world = await shop(chairs=0)
    await terms(world, "LAMP", launches_at=world.now + timedelta(days=1))

    order = await place(counter, world, MUG=2)

    assert await units(order) == {S.SCHEDULED: 1, S.BACKORDERED: 1}


async def test_what_somebody_proposed_waits_for_its_answer(counter):
    world = await shop(lamps=0, chairs=5)
    await instead(world, "MUG", "CHAIR", is_automatic=False)
    order = await place(counter, world, MUG=2)
    await proposed(world, order, "CHAIR")
    await instead(world, "MUG", "CHAIR", is_automatic=True)

    assert await substitute_due(world.now + TRY_AGAIN) == 0


async def test_a_held_order_is_passed_over(counter):
    world = await shop(lamps=0, chairs=0)
    order = await place(counter, world, MUG=2)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD))
    await stock(world, {("LAMP", "CHI"): 5})

    assert await substitute_due(world.now + TRY_AGAIN) == 0


async def test_a_channel_may_propose_by_itself_once_for_each_line(database):
    world = await furnish(units=0)
    await channel(world, "WEB", substitute_offer_hours=6)
    await instead(world, "MUG", "LAMP", "CHAIR")
    order = await new_order(world, MUG=3, waiting=S.BACKORDERED)
    await new_order(world, MUG=1, waiting=S.BACKORDERED, channel=world.channels["SHOP"])
    await stock(world, {("LAMP", "CHI"): 2, ("CHAIR", "CHI"): 9})

    assert [await offer_due(world.now), await offer_due(world.now)] == [1, 0]

    [offered] = await Substitution.all()
    assert (offered.order_id, offered.sku, offered.quantity) == (order.id, "LAMP", 2)
    assert (offered.status, offered.expires_at) == (SubstitutionStatus.PROPOSED, world.now + timedelta(hours=6))
    [fact] = await told(FactKind.SUBSTITUTION_PROPOSED)
    assert fact.actor == "job:substitutes"


async def test_what_cannot_be_had_keeps_nothing_else_from_being_proposed(database):
    """The first order's channel is not served from where the lamps lie."""
    world = await furnish(units=0)
    await channel(world, "WEB", substitute_offer_hours=6)
    await channel(world, "SHOP", substitute_offer_hours=6, location_ids=(world.locations["NYC"].id,))
    await instead(world, "MUG", "LAMP")
    await new_order(world, MUG=1, waiting=S.BACKORDERED, channel=world.channels["SHOP"])
    order = await new_order(world, MUG=1, waiting=S.BACKORDERED)
    await stock(world, {("LAMP", "CHI"): 2})

    assert await offer_due(world.now, limit=1) == 1
    await offer_due(world.now, limit=1)

    assert [offered.order_id for offered in await Substitution.all()] == [order.id]


async def test_a_line_for_which_nothing_could_be_proposed_rests(database):
    world = await furnish(units=0)
    await channel(world, "WEB", substitute_offer_hours=6)
    await instead(world, "MUG", "LAMP")
    first, second = [await new_order(world, MUG=1, waiting=S.BACKORDERED) for _ in range(2)]
    await stock(world, {("LAMP", "CHI"): 2})
    await place_location(world, "CHI", is_active=False)
    rests = Rests(REST)

    tried = [await offer_due(world.now, rests=rests, limit=1) for _ in range(3)]
    await place_location(world, "CHI", is_active=True)
    again = await offer_due(world.now + REST, rests=rests)

    assert (tried, again) == ([1, 1, 0], 2)
    assert {offered.order_id for offered in await Substitution.all()} == {first.id, second.id}


async def test_a_substitute_without_the_price_that_it_needs_gives_way_to_the_next(database):
    world = await furnish(units=0)
    await channel(world, "WEB", substitute_offer_hours=6)
    await variant(world, "VASE", price_minor=None)
    await instead(world, "MUG", "VASE", "LAMP", price_rule=SubstitutePrice.SUBSTITUTE_PRICE)
    await new_order(world, MUG=1, waiting=S.BACKORDERED)
    await stock(world, {("VASE", "CHI"): 2, ("LAMP", "CHI"): 2})

    await offer_due(world.now)

    assert [offered.sku for offered in await Substitution.all()] == ["LAMP"]


async def test_nobody_is_offered_what_is_not_launched_yet(database):
    world = await furnish(units=0)
    await channel(world, "WEB", substitute_offer_hours=6)
    await instead(world, "MUG", "LAMP")
    await terms(world, "LAMP", launches_at=world.now + timedelta(days=1))
    order = await new_order(world, MUG=1, waiting=S.BACKORDERED)
    await stock(world, {("LAMP", "CHI"): 2})

    await offer_due(world.now)
    with pytest.raises(InsufficientStock):
        await proposed(world, order)

    assert await Substitution.all().count() == 0


async def test_units_that_are_set_aside_are_sent_to_those_they_are_set_aside_for(counter):
    world = await shop(lamps=2, chairs=0)
    await aside(world, await group(world, "WEB", channels=["WEB"]), 2, "LAMP", "CHI")
    shopper = await new_order(world, MUG=1, waiting=S.BACKORDERED, channel=world.channels["SHOP"])

    with pytest.raises(InsufficientStock):
        await proposed(world, shopper)
    order = await place(counter, world, MUG=3)

    assert await units(order, "LAMP") == {S.SCHEDULED: 2}
    await books_balance()
