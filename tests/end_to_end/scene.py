"""Two orders of one organization and one of another, and somebody of each role who may see only some of it."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

import models
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.gateways import Gateways
from actions.orders.holding import ApplyHold, apply_hold
from actions.orders.noting import AddNote, add_note
from actions.orders.recalling import RequestCancellation, request_cancellation
from actions.payments.adding import AddPayment, add_payment
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.ids import new_id
from domain.orders import Capability
from domain.payments import Tender
from domain.permissions import Role
from domain.substitution import SubstitutePrice
from models.locations import LocationKind
from models.orders import NoteVisibility
from resolvers.declared import entities
from resolvers.ids import global_id
from schema.build import schema
from tests.end_to_end.callers import Caller, caller, customer_of
from tests.world import World, customer, furnish, place
from tests.world.fulfilment import open_fulfilment, parcel_on_its_way, pickup_fulfilment

GRAPH = schema._schema
CONFINED = (Role.AGENT, Role.PARTNER, Role.STORE_ASSOCIATE, Role.WAREHOUSE, Role.CUSTOMER, Role.ANONYMOUS)
OF_ORDERS = {
    "Order", "OrderLine", "OrderAddress", "Fulfilment", "FulfilmentLine", "Parcel", "ParcelLine", "TrackingEvent",
    "Payment", "PaymentEvent", "Hold", "Note", "PrivateNote", "CancellationRequest",
    "PickupQuestion", "Substitution",
}  # fmt: skip
HIDDEN = {
    Role.AGENT: OF_ORDERS | {"Channel"},
    Role.PARTNER: OF_ORDERS | {"Channel"},
    Role.STORE_ASSOCIATE: OF_ORDERS | {"Customer", "CustomerAddress", "StockLevel", "StockMovement"},
    Role.WAREHOUSE: OF_ORDERS | {"Customer", "CustomerAddress", "StockLevel", "StockMovement"},
    Role.CUSTOMER: OF_ORDERS | {"Customer", "CustomerAddress", "StockLevel", "StockMovement", "Location"},
    Role.ANONYMOUS: OF_ORDERS | {"Customer", "CustomerAddress", "StockLevel", "StockMovement", "Location"},
}
"""What of their own organization nobody of that role sees: another's order, store, channel, person."""


@dataclass(frozen=True)
class Scene:
    """Ids by type. `own`: of Ada's order through the web shop, worked on in New York. `hidden`: of Bob's through the
    store channel, in Los Angeles. `foreign`: of another organization.
    """

    world: World
    own: dict[str, set[str]]
    hidden: dict[str, set[str]]
    foreign: dict[str, set[str]]
    callers: dict[Role, Caller] = field(default_factory=dict)


@pytest.fixture
async def world(database) -> World:
    return await furnish()


@pytest.fixture
def settings(settings, things):
    """The server, and its worker, come when everything is in place."""
    return replace(settings, organization=str(things.world.organization_id))


@pytest.fixture
async def scene(things, address) -> Scene:
    things.callers.update(await everybody(things.world, address))
    return things


@pytest.fixture
async def things(world) -> Scene:
    start = await every_id()
    await sell(world, at="NYC", channel=world.web, customer=world.customer)
    ours = await every_id()
    bob = await customer(world, name="Bob", email="bob@example.com")
    await sell(world, at="LAX", channel=world.channels["SHOP"], customer=bob)
    bobs = await every_id()
    theirs = await furnish()
    await sell(theirs, at="NYC", channel=theirs.web, customer=theirs.customer)
    foreign = await every_id()
    hidden = gained(ours, bobs)
    hidden["Channel"] = {global_id("Channel", world.channels["SHOP"].id)}
    hidden["Location"] = {
        global_id("Location", each.id)
        for each in (
            await place(world, "DEPOT", capabilities=(Capability.SHIP, Capability.RECEIVE)),
            await place(world, "ACME", kind=LocationKind.VENDOR),
        )
    }
    hidden["StockLevel"] = await levels_at(world, "LAX")
    own = {name: (gained(start, ours)[name] or start[name]) - hidden[name] for name in start}
    own["StockLevel"] = await levels_at(world, "NYC")
    return Scene(world, own, hidden, gained(bobs, foreign))


async def levels_at(world: World, code: str) -> set[str]:
    return {
        global_id("StockLevel", level.id) for level in await models.StockLevel.filter(location=world.locations[code])
    }


async def everybody(world: World, address: Any) -> dict[Role, Caller]:
    here = {"location_ids": (world.locations["NYC"].id,)}
    return {
        Role.ADMIN: await caller(world, address, Role.ADMIN),
        Role.AGENT: await caller(world, address, Role.AGENT, channel_ids=(world.web.id,)),
        Role.PARTNER: await caller(world, address, Role.PARTNER, channel_ids=(world.web.id,)),
        Role.STORE_ASSOCIATE: await caller(world, address, Role.STORE_ASSOCIATE, **here),
        Role.WAREHOUSE: await caller(world, address, Role.WAREHOUSE, **here),
        Role.CUSTOMER: await customer_of(world, address),
        Role.ANONYMOUS: Caller(address),
    }


async def sell(world: World, **where: Any) -> None:
    """One order on its way, one that is worked on, held, noted and half called back, and one that cannot be collected."""
    act = world.act()
    await parcel_on_its_way(world, **where, tracking_number=f"1Z {where['at']} {world.organization_id.hex[-4:]}")
    rejected = await pickup_fulfilment(world, **where)
    await decline(act, DeclineFulfilment(fulfilment_id=rejected.id, reason=DeclineReason.OTHER))
    fulfilment = await open_fulfilment(world, **where)
    await add_payment(act, Gateways({}), AddPayment(order_id=fulfilment.order_id, tender=Tender.CASH))
    for visibility in NoteVisibility:
        await add_note(act, AddNote(order_id=fulfilment.order_id, text="Ring twice.", visibility=visibility))
    await request_cancellation(act, RequestCancellation(fulfilment_id=fulfilment.id))
    await apply_hold(act, ApplyHold(order_id=fulfilment.order_id, kind=HoldKind.FRAUD))
    await offer_something_else(world, await models.OrderLine.filter(order_id=fulfilment.order_id).first())


async def offer_something_else(world: World, line: models.OrderLine) -> None:
    await models.Substitution.create(
        order_id=line.order_id, line_id=line.id, variant=world.variants["CHAIR"], sku="CHAIR", quantity=1,
        price_rule=SubstitutePrice.ORIGINAL_PRICE, unit_price_minor=1, proposed_by="x", proposed_at=world.now,
    )  # fmt: skip


async def every_id() -> dict[str, set[str]]:
    return {
        name: {global_id(name, key) for key in await entity.model.all().values_list("id", flat=True)}
        for name, entity in sorted(entities(GRAPH).items())
        if name not in {"Fact", "Units"}  # these have no id
    }


def gained(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: after[name] - before[name] for name in after}


def some(ids: dict[str, set[str]], of: str) -> str:
    """One of that type, or an id of nothing where there is none."""
    return min(ids.get(of, ()), default=global_id(of, new_id()))


async def newest_order(world: World, code: str) -> models.Order:
    found = await models.Order.filter(channel=world.channels[code]).order_by("-id").first()
    assert found is not None
    return found
