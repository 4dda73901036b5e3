"""What is brought to a store is promised as it will be served: for the store's day, and only where that has room."""

import pytest

from actions import desk
from actions.routing_rules import DraftRoutingRule
from models import Reservation
from resolvers.ids import global_id
from tests.actions.test_routing_rules import activated
from tests.actions.test_workload import HARD, limit
from tests.schema.promise_talk import first_option, hold, lines, order, promise
from tests.world import World, furnish, stock
from tests.world.forwarding import take_any_stock

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
async def counter(database, database_url):
    async with desk.opened(database_url) as opened:
        yield opened


@pytest.fixture
async def world(database) -> World:
    """New York hands over five units a day of what others bring."""
    world = await furnish(units=0)
    await stock(world, {("MUG", "CHI"): 100})
    await take_any_stock(world)
    await limit(world, "NYC", daily_capacity_units=5)
    return world


def collected(world: World, mugs: int) -> list:
    store = global_id("Location", world.locations["NYC"].id)
    return [{**line, "method": "PICKUP", "pickupLocationId": store} for line in lines(world, MUG=mugs)]


async def at_new_york(world: World, mugs: int) -> dict | None:
    options = (await promise(world, methods=["PICKUP"], MUG=mugs))["options"]
    return next((option for option in options if option["location"]["code"] == "NYC"), None)


async def test_the_day_has_room_beside_what_is_brought_for_others(counter, world):
    """There from Chicago on Monday the ninth, handed over on Tuesday; three of the five units of that day are taken."""
    alone = await at_new_york(world, 3)

    await order(counter, world, world.viewer(), goods=collected(world, 3))

    assert alone["latestOn"] == "2026-11-10"
    assert (await at_new_york(world, 2))["latestOn"] == "2026-11-10"
    assert (await at_new_york(world, 3))["latestOn"] == "2026-11-11"


async def test_where_rules_say_that_the_day_is_full_it_is_promised_from_where_it_will_be_served(counter, world):
    await activated(world, DraftRoutingRule(name="Busy", constraints=(HARD,)))
    await order(counter, world, world.viewer(), goods=collected(world, 3))
    full = await at_new_york(world, 3)
    await stock(world, {("MUG", "LAX"): 100})

    option = await at_new_york(world, 3)
    held = await hold(counter, world.viewer(), option["id"])
    kept = [each.location_id for each in await Reservation.all()]

    assert full is None
    assert [parcel["location"]["code"] for parcel in option["parcels"]] == ["LAX"]
    assert (held["__typename"], kept) == ("DeliveryPromise", [world.locations["LAX"].id])


async def test_a_held_promise_of_what_is_brought_becomes_the_order_it_was_made_for(counter, world):
    option = await first_option(world, methods=["PICKUP"], MUG=3)
    await hold(counter, world.viewer(), option["id"])

    placed = await order(counter, world, world.viewer(), goods=collected(world, 3), cart="cart-7", promise=option["id"])

    assert option["location"] == {"code": "NYC"}
    assert (placed["promise"]["method"], placed["promisedDate"]) == ("PICKUP", option["latestOn"])
    assert placed["lines"][0]["units"] == [{"status": "SCHEDULED", "quantity": 3, "location": {"code": "CHI"}}]
    assert (await Reservation.get()).status == "converted"
