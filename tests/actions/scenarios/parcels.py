"""What happens to boxes."""

from actions.orders.recalling import AnswerCancellation, RequestCancellation, answer_cancellation, request_cancellation
from actions.parcels.consolidating import ConsolidateParcels, SplitParcel, consolidate, split_off
from actions.parcels.packing import UnpackParcel, pack, unpack
from actions.parcels.shipping import ship
from actions.parcels.tracking import DeliverParcel, RecordTracking, deliver, record_tracking_event
from domain.tracking import TrackingCode
from models import CancellationRequest
from tests.actions.scenarios import Story, scenario
from tests.world import World
from tests.world.fulfilment import open_fulfilment, packed, parcel_on_its_way, picked, shipped, ships_to


@scenario(pack, ship)
async def two_orders_in_one_parcel(world: World) -> Story:
    fulfilments = [await picked(world, await open_fulfilment(world, MUG=2, LAMP=1)) for _ in range(2)]
    for fulfilment in fulfilments:
        await ships_to(fulfilment.order_id)
    yield
    await shipped(world, await packed(world, *fulfilments))


@scenario(unpack)
async def unpacking(world: World) -> Story:
    parcel = await packed(world, await picked(world, await open_fulfilment(world, MUG=2)))
    yield
    await unpack(world.act(), UnpackParcel(parcel_id=parcel.id))


@scenario(answer_cancellation)
async def recalling_from_a_parcel(world: World) -> Story:
    fulfilment = await picked(world, await open_fulfilment(world, MUG=2))
    await packed(world, fulfilment)
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))
    yield
    request = await CancellationRequest.get()
    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))


@scenario(record_tracking_event)
async def a_carrier_reporting(world: World) -> Story:
    parcel = await parcel_on_its_way(world, MUG=2)
    yield
    for code in (TrackingCode.DELIVERED, TrackingCode.IN_TRANSIT, TrackingCode.DELIVERY_DISPUTED):
        report = RecordTracking(parcel_id=parcel.id, code=code, occurred_at=world.now, event_key=code.value)
        await record_tracking_event(world.act(), report)


@scenario(deliver)
async def delivering_by_hand(world: World) -> Story:
    parcel = await parcel_on_its_way(world, MUG=2)
    yield
    await deliver(world.act(), DeliverParcel(parcel_id=parcel.id))


@scenario(consolidate, split_off)
async def two_orders_in_one_parcel_and_out_of_it(world: World) -> Story:
    first = await picked(world, await open_fulfilment(world, MUG=1))
    second = await picked(world, await open_fulfilment(world, LAMP=2))
    for each in (first, second):
        await ships_to(each.order_id)
    box = await packed(world, first)
    yield
    command = ConsolidateParcels(fulfilment_ids=(second.id,), parcel_ids=(box.id,))
    shared = await consolidate(world.act(), command)
    await split_off(world.act(), SplitParcel(parcel_id=shared, fulfilment_ids=(first.id,)))
