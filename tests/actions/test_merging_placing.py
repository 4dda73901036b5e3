"""Whoever orders may ask that it arrives together: the order is decided so at once, and nobody else's is."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from actions import desk, locations
from actions.backorders import retry_all_backorders
from actions.forwarding import merging
from actions.forwarding.merging import DeliverTogether
from actions.fulfilment.releasing import release_due
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.substituting import at_once
from domain.errors import DomainError, InsufficientStock, InvalidInput
from domain.orders import Capability, FulfilmentMethod
from domain.placing.commands import CartLine, ReserveCart, Together
from domain.routing.rules.keeping import kept_of, plain_plan
from models import Order, OrderMerge, OutboxFact, RoutingDecision, Transfer
from tests.actions.asserting import books_balance, papers_agree, refused
from tests.actions.test_placing import wanted
from tests.world import World, channel, stock
from tests.world.forwarding import mugs_and_lamps_apart, where

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world(database):
    """Mugs lie in Chicago, lamps in New York; it goes to Boston."""
    world = await mugs_and_lamps_apart()
    yield world
    await books_balance()
    await papers_agree()


def together(world: World, *lines, **values):
    lines = lines or (("MUG", 2), ("LAMP", 3))
    asked = Together(**{name: values.pop(name) for name in ("location_id", "wait_days") if name in values})
    return wanted(world, *lines, deliver_together=asked, **values)


async def decided(order_id) -> tuple[dict, dict, int]:
    """The only decision's request, plan and cost."""
    decision = await RoutingDecision.get(order_id=order_id)
    return orjson.loads(decision.request), orjson.loads(decision.plan), decision.cost_minor


async def test_it_is_decided_at_once_and_the_last_leg_is_part_of_its_cost(counter, world):
    order_id = await counter.place(world.act(), together(world, wait_days=3))

    merge = await OrderMerge.get(order_id=order_id)
    assert (merge.location_id, merge.waits_until) == (world.locations["NYC"].id, world.now + timedelta(days=3))
    assert (merge.asked_by, merge.asked_at) == ("staff:test", world.now)
    assert await where(order_id) == {("scheduled", "CHI"): 2, ("scheduled", "NYC"): 3}
    request, plan, cost = await decided(order_id)
    place, _, leg = plan["g"]
    assert place == str(merge.location_id)
    assert cost == plan["split"] + sum(sum(parcel[3:]) for parcel in plan["p"]) + leg
    assert leg > 0
    assert orjson.loads(orjson.dumps(plain_plan(kept_of(request).decided_again()))) == plan
    assert len(request["g"][2]) == 3


async def test_whoever_places_it_says_so_in_the_fact(counter, world):
    order_id = await counter.place(world.act(), together(world))

    fact = await OutboxFact.get(order_id=order_id, kind="order_placed")
    assert fact.payload["merge"]["location"] == str(world.locations["NYC"].id)


async def test_releasing_brings_the_rest_and_what_is_there_waits(counter, world):
    order_id = await counter.place(world.act(), together(world))

    assert await release_due(world.now) == 1

    transfer = await Transfer.get(order_id=order_id)
    assert (transfer.origin_id, transfer.destination_id) == (world.locations["CHI"].id, world.locations["NYC"].id)
    assert await where(order_id) == {("awaiting_transfer", "CHI"): 2, ("scheduled", "NYC"): 3}


async def test_what_one_place_has_whole_leaves_from_there_at_the_cost_of_one_parcel(counter, world):
    await stock(world, {("LAMP", "CHI"): 3})

    alone = await counter.place(world.act(), wanted(world, ("MUG", 1), ("LAMP", 1)))
    order_id = await counter.place(world.act(), together(world, ("MUG", 1), ("LAMP", 1)))

    assert await where(order_id) == await where(alone) == {("scheduled", "CHI"): 2}
    assert (await decided(order_id))[2] == (await decided(alone))[2]
    assert await release_due(world.now) == 2
    assert await where(order_id) == {("released", "CHI"): 2}


async def test_a_named_place_is_taken(counter, world):
    order_id = await counter.place(world.act(), together(world, location_id=world.locations["LAX"].id))

    assert (await OrderMerge.get(order_id=order_id)).location_id == world.locations["LAX"].id
    assert await where(order_id) == {("scheduled", "CHI"): 2, ("scheduled", "NYC"): 3}


async def test_orders_that_do_not_ask_are_decided_as_ever(counter, world):
    order_id = await counter.place(world.act(), wanted(world, ("MUG", 2), ("LAMP", 3)))

    assert await OrderMerge.all().count() == 0
    request, plan, _ = await decided(order_id)
    assert "g" not in request and "g" not in plan


async def test_what_is_short_is_brought_when_it_comes_and_pays_for_what_it_adds(counter, world):
    order_id = await counter.place(world.act(), together(world, ("MUG", 12), ("LAMP", 3)))
    assert await where(order_id) == {("scheduled", "CHI"): 10, ("scheduled", "NYC"): 3, ("backordered", None): 2}
    await stock(world, {("MUG", "LAX"): 2})

    await retry_all_backorders(world.now)

    place = (await OrderMerge.get(order_id=order_id)).location_id
    first, second = [
        orjson.loads(each.plan)["g"] for each in await RoutingDecision.filter(order_id=order_id).order_by("id")
    ]
    assert {first[0], second[0]} == {str(place)}
    assert second[2] < first[2]


async def test_one_that_nobody_can_serve_finds_its_place_later(counter, world):
    order_id = await counter.place(world.act(), together(world, ("CHAIR", 1)))
    assert (await OrderMerge.get(order_id=order_id)).location_id is None
    await stock(world, {("CHAIR", "LAX"): 1})

    await retry_all_backorders(world.now)

    assert (await OrderMerge.get(order_id=order_id)).location_id == world.locations["LAX"].id


async def test_what_may_not_wait_is_refused_as_ever(counter, world):
    async with refused(InsufficientStock):
        await counter.place(world.act(), together(world, ("MUG", 12), allow_backorder=False))


async def test_substitutes_of_an_order_are_brought_too(counter, world):
    command = together(world)

    order_id = await at_once.place(world.act(), counter, replace(command, allow_backorder=False))

    assert (await OrderMerge.get(order_id=order_id)).location_id == world.locations["NYC"].id


async def test_a_cart_keeps_its_units_for_it(counter, world):
    mugs = CartLine(variant_id=world.variants["MUG"].id, quantity=2)
    await counter.reserve(world.act(), ReserveCart(channel_id=world.web.id, cart="c", lines=(mugs,)))

    order_id = await counter.place(world.act(), together(world, cart="c"))

    assert await where(order_id) == {("scheduled", "CHI"): 2, ("scheduled", "NYC"): 3}


async def test_a_draft_keeps_the_wish_and_its_place_is_chosen_when_it_is_placed(world):
    order_id = await draft(world.act(), together(world, wait_days=4))
    merge = await OrderMerge.get(order_id=order_id)
    assert (merge.location_id, merge.wait_days) == (None, 4)

    later = world.now + timedelta(days=20)
    await place_draft(world.act(now=later), PlaceDraft(order_id=order_id))

    merge = await OrderMerge.get(order_id=order_id)
    assert (merge.location_id, merge.waits_until) == (world.locations["NYC"].id, later + timedelta(days=4))
    assert await where(order_id) == {("scheduled", "CHI"): 2, ("scheduled", "NYC"): 3}
    assert (await decided(order_id))[1]["g"][0] == str(merge.location_id)


async def test_waiting_begins_with_the_first_units_also_where_the_place_was_named(counter, world):
    named = {"location_id": world.locations["CHI"].id, "wait_days": 2}
    drafted = await draft(world.act(), together(world, **named))
    waiting = await counter.place(world.act(), together(world, ("CHAIR", 2), **named))
    later = world.now + timedelta(days=20)
    await stock(world, {("CHAIR", "LAX"): 1})

    await place_draft(world.act(now=later), PlaceDraft(order_id=drafted))
    await retry_all_backorders(later)
    await stock(world, {("CHAIR", "NYC"): 1})
    await retry_all_backorders(later + timedelta(days=1))

    merges = [await OrderMerge.get(order_id=key) for key in (drafted, waiting)]
    assert [each.waits_until for each in merges] == [later + timedelta(days=2)] * 2
    assert {each.location_id for each in merges} == {named["location_id"]}


async def test_a_draft_whose_place_ships_no_more_is_not_placed(world):
    order_id = await draft(world.act(), together(world, location_id=world.locations["LAX"].id))
    await locations.upsert_location(
        world.act(), locations.UpsertLocation(code="LAX", capabilities=(Capability.PICKUP,))
    )

    async with refused(InvalidInput):
        await place_draft(world.act(), PlaceDraft(order_id=order_id))


async def test_what_cannot_be_delivered_together_is_refused_with_its_path(counter, world):
    elsewhere = await channel(world, "EAST", location_ids=(world.locations["NYC"].id,))
    no_ship = {"method": FulfilmentMethod.PICKUP, "pickup_location_id": world.locations["NYC"].id}
    collected = together(world, ("MUG", 1))
    wrong = {
        "deliverTogether.waitDays": together(world, wait_days=61),
        "deliverTogether.locationId": replace(
            together(world, location_id=world.locations["LAX"].id), channel_id=elsewhere.id
        ),
        "deliverTogether": replace(collected, lines=tuple(replace(line, **no_ship) for line in collected.lines)),
    }

    for path, command in wrong.items():
        async with refused(InvalidInput) as refusal:
            await counter.place(world.act(), command)
        assert path in [each.path for each in refusal.value.problems]


async def test_what_is_collected_goes_its_own_way_and_is_not_in_the_delivery(counter, world):
    command = together(world, ("MUG", 2), ("LAMP", 3))
    mugs = replace(command.lines[0], method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations["CHI"].id)

    order_id = await counter.place(world.act(), replace(command, lines=(mugs, command.lines[1])))

    _, plan, _ = await decided(order_id)
    assert plan["g"][0] == str(world.locations["NYC"].id)
    grams = sum(parcel[2] for parcel in plan["p"])
    assert 0 < plan["g"][1] < grams
    await release_due(world.now)
    assert await where(order_id) == {("released", "CHI"): 2, ("released", "NYC"): 3}


async def test_the_same_key_gives_the_same_order(counter, world):
    command = together(world)

    first = await counter.place(world.act("key-0001"), command)
    again = await counter.place(world.act("key-0001"), command)

    assert first == again
    assert await OrderMerge.all().count() == 1


async def test_of_many_that_race_for_the_last_units_none_gets_what_is_not_there(counter, world):
    commands = [together(world, ("MUG", 2), ("LAMP", 1)) for _ in range(8)]

    placed = await asyncio.gather(*(counter.place(world.act(), each) for each in commands))

    held = [await where(order_id) for order_id in placed]
    assert sum(each.get(("scheduled", "CHI"), 0) for each in held) == 10
    assert await OrderMerge.all().count() == 8


async def test_of_two_who_ask_for_different_places_at_once_the_last_decides(counter, world):
    order_id = await counter.place(world.act(), together(world))
    places = [world.locations[code].id for code in ("CHI", "LAX")]

    outcomes = await asyncio.gather(
        *(
            merging.deliver_together(world.act(), DeliverTogether(order_id=order_id, location_id=each))
            for each in places
        ),
        return_exceptions=True,
    )

    assert all(isinstance(each, DomainError) or each == order_id for each in outcomes)
    assert (await OrderMerge.get(order_id=order_id)).location_id in places
    assert (await Order.get(id=order_id)).status == "scheduled"
