"""Shoppers see where they can collect, or have something to collect, and no other place of the organization."""

import pytest

from actions.locations import DeactivateLocation, deactivate
from domain.orders import Capability
from domain.permissions import Role
from models import Fulfilment, Location
from models.locations import LocationKind
from resolvers.documents import packing_slip
from resolvers.ids import global_id
from resolvers.scopes import seen
from resolvers.visible import LOCATIONS
from tests.schema.asking import ask
from tests.world import World, found, furnish, place, stock
from tests.world.fulfilment import open_fulfilment, picked, pickup_fulfilment, ships_to

pytestmark = pytest.mark.usefixtures("database")

SENT = (Capability.SHIP, Capability.RECEIVE)


async def seen_by(world: World, role: Role) -> set[str]:
    return set(await seen(Location, LOCATIONS, world.viewer(role)).values_list("code", flat=True))


@pytest.fixture
async def world() -> World:
    """Beside the places where customers collect, a depot that only ships, a vendor, and a store that is closed."""
    made = await furnish()
    await place(made, "DEPOT", capabilities=SENT)
    await place(made, "ACME", kind=LocationKind.VENDOR)
    closed = await place(made, "CLOSED", kind=LocationKind.STORE)
    await deactivate(made.act(), DeactivateLocation(location_id=closed.id))
    return made


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANONYMOUS])
async def test_shoppers_see_where_they_can_collect(world, role) -> None:
    others = await found()
    await place(others, "THEIRS")

    assert await seen_by(world, role) == {"NYC", "CHI", "LAX"}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AGENT, Role.PARTNER, Role.STORE_ASSOCIATE, Role.WAREHOUSE])
async def test_whoever_works_there_sees_every_place(world, role) -> None:
    assert await seen_by(world, role) == {"NYC", "CHI", "LAX", "DEPOT", "ACME", "CLOSED"}


async def test_a_customer_sees_a_closed_store_while_an_order_of_theirs_is_collected_there(world) -> None:
    await pickup_fulfilment(world, MUG=1, customer=world.customer)
    await pickup_fulfilment(world, at="CHI", MUG=1)
    for code in ("NYC", "CHI"):
        await deactivate(world.act(), DeactivateLocation(location_id=world.locations[code].id))

    assert await seen_by(world, Role.CUSTOMER) == {"NYC", "LAX"}
    assert await seen_by(world, Role.ANONYMOUS) == {"LAX"}


async def test_an_order_tells_its_customer_nothing_of_the_depot_that_sends_it(world) -> None:
    fulfilment = await sent_from_the_depot(world)
    query = """query($id: ID!) { order(id: $id) { fulfilments { location { code } }
        lines { units { location { code } } } } node(id: "%s") { __typename } }"""
    asked = query % global_id("Location", world.locations["DEPOT"].id)

    answer = await ask(asked, world.viewer(Role.CUSTOMER), {"id": global_id("Order", fulfilment.order_id)})

    assert answer["data"] == {
        "order": {"fulfilments": [{"location": None}], "lines": [{"units": [{"location": None}]}]},
        "node": None,
    }


@pytest.mark.parametrize(("role", "town"), [(Role.CUSTOMER, False), (Role.ADMIN, True)])
async def test_a_packing_slip_tells_from_where_it_comes_to_those_who_see_the_place(world, role, town) -> None:
    fulfilment = await sent_from_the_depot(world)

    slip = await packing_slip(world.viewer(role), fulfilment.id)

    assert slip.sender.lines == (
        ("Example Retail", "1 Secret Street", "Newark, NY 10001", "US") if town else ("Example Retail",)
    )


async def sent_from_the_depot(world: World) -> Fulfilment:
    await Location.filter(code="DEPOT").update(line1="1 Secret Street", city="Newark")
    await stock(world, {("MUG", "DEPOT"): 5})
    fulfilment = await picked(world, await open_fulfilment(world, at="DEPOT", MUG=1, customer=world.customer))
    await ships_to(fulfilment.order_id)
    return fulfilment
