"""Kits are placed, given back, answered for and parted."""

from actions.desk import Desk
from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, PickedLine, PickUnits, ShortPick, pick, short_pick
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.orders.cancelling import CancelledKit, CancelOrder, cancel
from actions.orders.drafting import PlaceDraft, draft, place_draft
from actions.orders.parting import PartKit, part
from actions.orders.recalling import AnswerCancellation, answer_cancellation
from domain.fulfilment import DeclineReason
from models import CancellationRequest, Fulfilment, Order, OrderKit, OrderLine
from tests.actions.scenarios import Story, scenario
from tests.actions.scenarios.placing import opened_desk, wanted
from tests.world import World
from tests.world.kits import kit


async def _at_work(world: World) -> Fulfilment:
    """Three sets of a mug and two lamps, accepted in one place."""
    await kit(world, "SET", MUG=1, LAMP=2)
    async with opened_desk() as desk:
        order_id = await desk.place(world.act(), wanted(world, SET=3))
    await Order.filter(id=order_id).update(confirmed_at=world.now)
    await release(world.act(), ReleaseOrder(order_id=order_id))
    fulfilment = await Fulfilment.get(order_id=order_id)
    await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id))
    return await Fulfilment.get(id=fulfilment.id)


@scenario(Desk.place)
async def placing_kits_that_are_partly_there(world: World) -> Story:
    await kit(world, "SET", MUG=1, LAMP=2)
    async with opened_desk() as desk:
        yield
        await desk.place(world.act(), wanted(world, CHAIR=1, SET=20))


@scenario(draft, place_draft)
async def drafting_kits(world: World) -> Story:
    await kit(world, "SET", MUG=1, LAMP=2)
    yield
    order_id = await draft(world.act(), wanted(world, SET=20))
    await place_draft(world.act(), PlaceDraft(order_id=order_id))


@scenario(decline)
async def declining_a_component(world: World) -> Story:
    fulfilment = await _at_work(world)
    mug = await OrderLine.get(order_id=fulfilment.order_id, sku="MUG")
    yield
    command = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OUT_OF_STOCK, line_ids=(mug.id,))
    await decline(world.act(), command)


@scenario(short_pick)
async def missing_a_component_of_what_is_picked(world: World) -> Story:
    fulfilment = await _at_work(world)
    mug, lamp = [await OrderLine.get(order_id=fulfilment.order_id, sku=sku) for sku in ("MUG", "LAMP")]
    picked = (PickedLine(line_id=mug.id, quantity=3),)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=picked))
    yield
    found = (FoundLine(line_id=lamp.id, found=3),)
    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND))


@scenario(cancel, answer_cancellation)
async def cancelling_kits_at_work(world: World) -> Story:
    fulfilment = await _at_work(world)
    kept = await OrderKit.get(order_id=fulfilment.order_id)
    yield
    kits = (CancelledKit(kit_id=kept.id, quantity=2),)
    await cancel(world.act(), CancelOrder(order_id=fulfilment.order_id, kits=kits))
    request = await CancellationRequest.filter(order_id=fulfilment.order_id).first()
    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))


@scenario(part)
async def parting_kits_that_wait(world: World) -> Story:
    await kit(world, "SET", MUG=1, LAMP=2)
    async with opened_desk() as desk:
        order_id = await desk.place(world.act(), wanted(world, SET=20))
    kept = await OrderKit.get(order_id=order_id)
    yield
    await part(world.act(), PartKit(kit_id=kept.id, reason="Half is better than nothing."))
