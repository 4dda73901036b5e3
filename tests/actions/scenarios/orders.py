"""What is done to orders after they are placed."""

from datetime import timedelta

from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.confirming import ConfirmOrder, confirm
from actions.orders.holding import (
    ApplyHold,
    RejectHold,
    ResolveHold,
    apply_hold,
    expire_holds,
    reject_hold,
    resolve_hold,
)
from actions.orders.noting import AddNote, add_note
from actions.orders.recalling import (
    AnswerCancellation,
    RequestCancellation,
    answer_cancellation,
    request_cancellation,
)
from actions.orders.relocating import ChooseLocation, choose_location
from domain.holds import HoldKind
from domain.lifecycle import Action, UnitStatus
from models import CancellationRequest, Hold
from tests.actions.scenarios import Story, scenario
from tests.world import World
from tests.world.orders import line, new_order, released, schedule, walk


@scenario(confirm)
async def confirming(world: World) -> Story:
    order = await new_order(world, is_confirmed=False)
    yield
    await confirm(world.act(), ConfirmOrder(order_id=order.id))


@scenario(choose_location)
async def choosing_another_location(world: World) -> Story:
    order = await new_order(world, MUG=2, LAMP=1)
    await released(world, order)
    yield
    command = ChooseLocation(order_id=order.id, location_id=world.locations["LAX"].id, reason="The dock is flooded.")
    await choose_location(world.act(), command)


@scenario(apply_hold)
async def holding_an_order_and_a_line(world: World) -> Story:
    order = await new_order(world, MUG=2, LAMP=1)
    mugs = await line(order)
    yield
    later = world.now + timedelta(hours=1)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD, expires_at=later))
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.FRAUD, line_id=mugs.id))


@scenario(reject_hold, resolve_hold)
async def judging_holds(world: World) -> Story:
    order = await new_order(world)
    for kind in (HoldKind.CREDIT, HoldKind.FRAUD):
        await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=kind))
    credit, fraud = await Hold.filter(order_id=order.id).order_by("kind")
    yield
    await reject_hold(world.act(), RejectHold(order_id=order.id, hold_id=credit.id, reason="over the limit"))
    await resolve_hold(world.act(), ResolveHold(order_id=order.id, hold_id=fraud.id))


@scenario(expire_holds)
async def holds_expiring(world: World) -> Story:
    order = await new_order(world)
    due = world.now + timedelta(minutes=1)
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.ADDRESS, expires_at=due))
    await apply_hold(world.act(), ApplyHold(order_id=order.id, kind=HoldKind.MANUAL))
    yield
    await expire_holds(due)


@scenario(add_note)
async def noting(world: World) -> Story:
    order = await new_order(world)
    yield
    await add_note(world.act(), AddNote(order_id=order.id, text="Call before delivery."))


@scenario(cancel)
async def cancelling_part_of_a_line(world: World) -> Story:
    order = await new_order(world, MUG=5, LAMP=1, waiting=UnitStatus.BACKORDERED)
    await schedule(world, order, "MUG", 3, "CHI")
    mugs = await line(order)
    yield
    await cancel(world.act(), CancelOrder(order_id=order.id, lines=(CancelledLine(line_id=mugs.id, quantity=4),)))


@scenario(cancel)
async def cancelling_what_is_partly_at_work(world: World) -> Story:
    order = await new_order(world, MUG=3, LAMP=2)
    await released(world, order)
    await walk(world, order, Action.ACCEPT, Action.PICK, quantity=2)
    yield
    await cancel(world.act(), CancelOrder(order_id=order.id))


@scenario(request_cancellation, answer_cancellation)
async def a_location_stopping(world: World) -> Story:
    order = await new_order(world, MUG=3, LAMP=2)
    fulfilment = await released(world, order)
    await walk(world, order, Action.ACCEPT, Action.PICK)
    yield
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))
    for request in await CancellationRequest.all().order_by("id"):
        await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))


@scenario(answer_cancellation)
async def a_location_going_on(world: World) -> Story:
    order = await new_order(world, MUG=3)
    fulfilment = await released(world, order)
    yield
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))
    request = await CancellationRequest.get()
    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=False))
