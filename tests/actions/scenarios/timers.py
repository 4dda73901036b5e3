"""Waiting too long."""

from datetime import timedelta

from actions.fulfilment.pick_waves import create_pick_wave, dissolve_pick_wave
from actions.fulfilment.pickup import MakeReady, make_ready
from actions.fulfilment.timers import (
    cancel_uncollected,
    decline_as_late,
    decline_late,
    decline_transfer_as_late,
    decline_unanswered,
    give_up_pickup,
)
from domain.orders import PickupStock
from models import Location
from tests.actions.scenarios import Story, scenario, without_story
from tests.world import World
from tests.world.forwarding import forwarded, order_from
from tests.world.fulfilment import open_fulfilment, picked, pickup_fulfilment


@scenario(decline_as_late)
async def a_location_that_does_not_answer(world: World) -> Story:
    await open_fulfilment(world, MUG=2)
    await Location.all().update(accept_within_minutes=30)
    yield
    await decline_late(world.now + timedelta(minutes=30))


@scenario(decline_transfer_as_late)
async def a_place_that_does_not_say_whether_it_brings_it(world: World) -> Story:
    await Location.all().update(accept_within_minutes=30, pickup_stock=PickupStock.ANY)
    await forwarded(world, await order_from(world, MUG=2))
    yield
    await decline_unanswered(world.now + timedelta(minutes=30))


@scenario(give_up_pickup)
async def a_customer_who_does_not_come(world: World) -> Story:
    fulfilment = await picked(world, await pickup_fulfilment(world, MUG=2))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    await Location.all().update(collect_within_days=7)
    yield
    await cancel_uncollected(world.now + timedelta(days=7))


without_story(create_pick_wave, "A wave gathers work and moves none of it.")
without_story(dissolve_pick_wave, "It sets work free for another wave and moves none of it.")
