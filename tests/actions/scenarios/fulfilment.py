"""What a location does for an order."""

from actions.fulfilment.accepting import accept
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, PickedLine, PickUnits, ShortPick, pick, short_pick
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.pickup_codes import ShowCode, show_code
from actions.fulfilment.releasing import ReleaseOrder, release, release_due
from actions.orders.recalling import RequestCancellation, request_cancellation
from actions.pickups.arriving import AnnounceArrival, announce_arrival
from domain.fulfilment import DeclineReason
from domain.lifecycle import UnitStatus
from models import Order
from tests.actions.scenarios import Story, scenario
from tests.world import World
from tests.world.fulfilment import accepted, code_of, open_fulfilment, picked, pickup_fulfilment
from tests.world.orders import line, new_order, schedule


@scenario(release)
async def releasing_to_two_locations(world: World) -> Story:
    order = await new_order(world, MUG=3, LAMP=2, waiting=UnitStatus.BACKORDERED)
    await schedule(world, order, "MUG", 2, "CHI")
    await schedule(world, order, "LAMP", 2, "NYC")
    yield
    await release(world.act(), ReleaseOrder(order_id=order.id))


@scenario(release)
async def the_job_releasing(world: World) -> Story:
    for _ in range(2):
        await new_order(world, MUG=1)
    yield
    await release_due(world.now)


@scenario(accept)
async def accepting(world: World) -> Story:
    fulfilment = await open_fulfilment(world, MUG=2)
    yield
    await accepted(world, fulfilment)


@scenario(decline)
async def declining_one_line(world: World) -> Story:
    fulfilment = await open_fulfilment(world, MUG=2, LAMP=1)
    mugs = await line(await Order.get(id=fulfilment.order_id))
    yield
    command = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.DAMAGED, line_ids=(mugs.id,))
    await decline(world.act(), command)


@scenario(decline)
async def declining_for_an_empty_shelf(world: World) -> Story:
    fulfilment = await open_fulfilment(world, MUG=2, LAMP=1)
    await accepted(world, await open_fulfilment(world, MUG=1))
    await new_order(world, MUG=3, LAMP=1)
    yield
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OUT_OF_STOCK))


@scenario(decline)
async def declining_what_the_customer_wants_back(world: World) -> Story:
    fulfilment = await open_fulfilment(world, MUG=2)
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))
    yield
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.TOO_LATE))


@scenario(pick)
async def picking_in_two_rounds(world: World) -> Story:
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3, LAMP=1))
    mugs = await line(await Order.get(id=fulfilment.order_id))
    yield
    some = (PickedLine(line_id=mugs.id, quantity=2),)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=some))
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))


@scenario(short_pick)
async def finding_fewer(world: World) -> Story:
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3, LAMP=1))
    mugs = await line(await Order.get(id=fulfilment.order_id))
    yield
    found = (FoundLine(line_id=mugs.id, found=1),)
    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND))


@scenario(make_ready, hand_over)
async def a_customer_collecting(world: World) -> Story:
    fulfilment = await picked(world, await pickup_fulfilment(world, MUG=2))
    yield
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))


@scenario(show_code)
async def somebody_showing_a_wrong_code(world: World) -> Story:
    fulfilment = await picked(world, await pickup_fulfilment(world, MUG=2))
    yield
    await show_code(world.act(), ShowCode(fulfilment_id=fulfilment.id, code="no"))


@scenario(announce_arrival)
async def a_customer_at_the_kerb(world: World) -> Story:
    fulfilment = await pickup_fulfilment(world, MUG=2)
    yield
    await announce_arrival(world.act(), AnnounceArrival(fulfilment_id=fulfilment.id, spot="4", vehicle="a red van"))


@scenario(short_pick)
async def missing_one_and_putting_the_rest_back(world: World) -> Story:
    fulfilment = await accepted(world, await open_fulfilment(world, MUG=3, LAMP=1))
    await open_fulfilment(world, MUG=1, LAMP=1)
    await new_order(world, MUG=1, LAMP=1)
    mugs = await line(await Order.get(id=fulfilment.order_id))
    yield
    missing = ShortPick(fulfilment_id=fulfilment.id, lines=(FoundLine(line_id=mugs.id, found=1),), may_split=False)
    await short_pick(world.act(), missing)
