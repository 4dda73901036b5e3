"""Out of the door, and followed until it arrives."""

import asyncio
from datetime import timedelta

import pytest

from actions.orders.recalling import (
    AnswerCancellation,
    RequestCancellation,
    answer_cancellation,
    request_cancellation,
)
from actions.parcels.packing import PackedUnits, PackParcel, pack
from actions.parcels.shipping import ShipParcel, ship
from actions.parcels.tracking import DeliverParcel, RecordTracking, deliver, record_tracking_event
from domain.errors import AlreadyExists, BlockedByHold, Conflict, IllegalTransition, InvalidInput, NotFound
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.holds import HoldKind
from domain.ids import new_id
from domain.lifecycle import OrderStatus, UnitStatus
from domain.tracking import TrackingCode
from models import CancellationRequest, Fulfilment, Hold, Order, Parcel, StockMovement, TrackingEvent
from models.orders import CancellationStatus
from tests.actions.asserting import books_balance, refused, told
from tests.world import World, furnish
from tests.world.fulfilment import (
    open_fulfilment,
    packed,
    parcel_on_its_way,
    picked,
    pickup_fulfilment,
    shipped,
    ships_to,
)
from tests.world.orders import line, units

pytestmark = pytest.mark.usefixtures("database")

C = TrackingCode


async def order_of(parcel: Parcel) -> Order:
    return await Order.get(lines__parcel_lines__parcel_id=parcel.id)


async def hear(world: World, parcel: Parcel, code: TrackingCode, *, hours: float = 1, key: str = "") -> None:
    """A carrier's report of something `hours` after now, with a key of its own unless told."""
    report = RecordTracking(
        parcel_id=parcel.id,
        code=code,
        occurred_at=world.now + timedelta(hours=hours),
        event_key=key or str(new_id()),
    )
    await record_tracking_event(world.act(now=world.now + timedelta(days=9)), report)


async def test_a_shipped_parcel_takes_its_units_out_of_stock():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=3))
    parcel = await packed(world, fulfilment)
    command = ShipParcel(parcel_id=parcel.id, carrier="UPS", service="GROUND", tracking_number="1Z 999")

    assert await ship(world.act(), command) == parcel.id

    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (7, 0)
    sent = await Parcel.get(id=parcel.id)
    assert (sent.carrier, sent.service, sent.tracking_number) == ("UPS", "GROUND", "1Z 999")
    assert (sent.shipped_at, sent.version) == (world.now, 2)
    stored = await Fulfilment.get(id=fulfilment.id)
    assert (stored.status, stored.completed_at) == (FulfilmentStatus.COMPLETED, world.now)
    assert (await order_of(parcel)).status is OrderStatus.SHIPPED
    await books_balance()


async def test_each_order_in_the_parcel_is_told_of_its_own_units():
    world = await furnish()
    first = await picked(world, await open_fulfilment(world, MUG=1))
    second = await picked(world, await open_fulfilment(world, MUG=2))
    for fulfilment in (first, second):
        await ships_to(fulfilment.order_id)

    await shipped(world, await packed(world, first, second))

    facts = {fact.order_id: fact for fact in await told(FactKind.UNITS_SHIPPED)}
    assert set(facts) == {first.order_id, second.order_id}
    for fulfilment, quantity in ((first, 1), (second, 2)):
        fact = facts[fulfilment.order_id]
        assert fact.location_id == world.locations["NYC"].id
        assert [move["quantity"] for move in fact.payload["moves"]] == [quantity]
        assert [each["quantity"] for each in fact.payload["parcel"]["lines"]] == [quantity]
        assert fact.payload["parcel"]["tracking_number"] == "1Z 999"
        assert fact.payload["parcel"]["weight_grams"] is None, "it would tell what the other has in it"
        assert fact.payload["fulfilments"] == {str(fulfilment.id): "completed"}


async def test_a_fulfilment_is_complete_when_its_last_parcel_leaves():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world, MUG=1, LAMP=1))
    mugs = (await line(await Order.get(id=fulfilment.order_id))).id
    first = await pack(world.act(), PackParcel(contents=(PackedUnits(fulfilment_id=fulfilment.id, line_id=mugs),)))
    second = await packed(world, fulfilment)

    await shipped(world, await Parcel.get(id=first), tracking_number="A1")
    halfway = (await Fulfilment.get(id=fulfilment.id)).status
    await shipped(world, second, tracking_number="A2")

    assert halfway is FulfilmentStatus.IN_PROGRESS
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.COMPLETED


async def test_shipping_twice_is_refused():
    world = await furnish()
    parcel = await parcel_on_its_way(world)

    async with refused(IllegalTransition) as refusal:
        await ship(world.act(), ShipParcel(parcel_id=parcel.id, carrier="UPS"))

    assert refusal.value.was == "shipped"


async def test_a_pickup_is_not_shipped():
    world = await furnish()
    parcel = await packed(world, await picked(world, await pickup_fulfilment(world)))

    async with refused(IllegalTransition) as refusal:
        await shipped(world, parcel)

    assert refusal.value.allowed_from == ("for shipping",)


async def test_one_held_order_keeps_the_whole_parcel():
    world = await furnish()
    first, second = [await picked(world, await open_fulfilment(world)) for _ in range(2)]
    for fulfilment in (first, second):
        await ships_to(fulfilment.order_id)
    parcel = await packed(world, first, second)
    await Hold.create(order_id=second.order_id, kind=HoldKind.PAYMENT, applied_by="test", applied_at=world.now)

    async with refused(BlockedByHold):
        await shipped(world, parcel)


async def test_a_tracking_number_belongs_to_one_parcel_of_a_carrier():
    world = await furnish()
    await parcel_on_its_way(world, tracking_number="1Z 1")
    second = await packed(world, await picked(world, await open_fulfilment(world)))

    async with refused(AlreadyExists) as refusal:
        await shipped(world, second, tracking_number="1Z 1")

    assert refusal.value.key == "UPS 1Z 1"
    await ship(world.act(), ShipParcel(parcel_id=second.id, carrier="DHL", tracking_number="1Z 1"))


async def test_parcels_may_go_without_a_tracking_number():
    world = await furnish()

    parcels = [await parcel_on_its_way(world, tracking_number=None) for _ in range(2)]

    assert [parcel.tracking_number for parcel in parcels] == [None, None]


async def test_shipping_lists_everything_wrong_at_once():
    world = await furnish()
    parcel = await packed(world, await picked(world, await open_fulfilment(world)))
    command = ShipParcel(parcel_id=parcel.id, carrier=" ", service="x" * 33, tracking_number="a\nb")

    async with refused(InvalidInput) as refusal:
        await ship(world.act(), command)

    assert [problem.path for problem in refusal.value.problems] == ["carrier", "service", "tracking_number"]


async def test_shipping_a_stale_or_unknown_parcel_is_refused():
    world, other = await furnish(), await furnish()
    parcel = await packed(world, await picked(world, await open_fulfilment(world)))

    async with refused(Conflict):
        await ship(world.act(), ShipParcel(parcel_id=parcel.id, carrier="UPS", expected_version=2))
    for act, key in ((world.act(), new_id()), (other.act(), parcel.id)):
        async with refused(NotFound):
            await ship(act, ShipParcel(parcel_id=key, carrier="UPS"))


async def test_of_two_that_ship_at_once_one_wins():
    world = await furnish()
    parcel = await packed(world, await picked(world, await open_fulfilment(world, MUG=2)))

    outcomes = await asyncio.gather(*(shipped(world, parcel) for _ in range(4)), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalTransition"] * 3 + ["Parcel"]
    assert await StockMovement.filter(kind="shipped").count() == 1
    await books_balance()


async def test_of_ship_and_recall_at_once_exactly_one_wins():
    world = await furnish()
    for at in range(5):
        fulfilment = await picked(world, await open_fulfilment(world, MUG=1))
        parcel = await packed(world, fulfilment)
        await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))
        request = await CancellationRequest.get(fulfilment=fulfilment)

        await asyncio.gather(
            shipped(world, parcel, tracking_number=f"R{at}"),
            answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True)),
            return_exceptions=True,
        )

        answer = (await CancellationRequest.get(id=request.id)).status
        standing = await units(await Order.get(id=fulfilment.order_id))
        won = UnitStatus.CANCELLED if answer is CancellationStatus.ACCEPTED else UnitStatus.SHIPPED
        assert standing == {won: 1}
        assert (await Parcel.filter(id=parcel.id).count()) == (won is UnitStatus.SHIPPED)
    await books_balance()


async def test_parcels_that_share_orders_ship_at_once_without_harm():
    world = await furnish()
    fulfilments = [await picked(world, await open_fulfilment(world, MUG=2)) for _ in range(3)]
    for fulfilment in fulfilments:
        await ships_to(fulfilment.order_id)
    lines = [(await line(await Order.get(id=fulfilment.order_id))).id for fulfilment in fulfilments]
    parcels = []
    for turn in (fulfilments, fulfilments[::-1]):
        contents = tuple(
            PackedUnits(fulfilment_id=each.id, line_id=lines[fulfilments.index(each)], quantity=1) for each in turn
        )
        parcels.append(await Parcel.get(id=await pack(world.act(), PackParcel(contents=contents))))

    await asyncio.gather(*(shipped(world, each, tracking_number=each.number) for each in parcels))

    for fulfilment in fulfilments:
        assert await units(await Order.get(id=fulfilment.order_id)) == {UnitStatus.SHIPPED: 2}
    await books_balance()


async def test_a_report_moves_the_parcel_and_not_its_order():
    world = await furnish()
    parcel = await parcel_on_its_way(world)
    before = await order_of(parcel)

    await hear(world, parcel, C.IN_TRANSIT)

    assert (await Parcel.get(id=parcel.id)).status is C.IN_TRANSIT
    order = await order_of(parcel)
    assert (order.status, order.version) == (OrderStatus.SHIPPED, before.version)
    [fact] = await told(FactKind.PARCEL_TRACKED)
    assert fact.order_id == order.id
    assert (fact.payload["parcel"]["status"], fact.payload["event"]["code"]) == ("in_transit", "in_transit")
    assert "version" not in fact.payload


async def test_delivered_parcels_deliver_their_units():
    world = await furnish()
    parcel = await parcel_on_its_way(world, MUG=2)

    await hear(world, parcel, C.DELIVERED, hours=30)

    arrived = await Parcel.get(id=parcel.id)
    assert (arrived.status, arrived.delivered_at) == (C.DELIVERED, world.now + timedelta(hours=30))
    order = await order_of(parcel)
    assert order.status is OrderStatus.DELIVERED
    assert await units(order) == {UnitStatus.DELIVERED: 2}
    [fact] = await told(FactKind.UNITS_DELIVERED)
    assert fact.payload["parcel"]["status"] == "delivered"
    assert (await Fulfilment.get(order=order)).status is FulfilmentStatus.COMPLETED


async def test_hearing_a_report_again_changes_nothing():
    world = await furnish()
    parcel = await parcel_on_its_way(world)
    await hear(world, parcel, C.DELIVERED, key="e1")
    before = await Parcel.get(id=parcel.id)

    await asyncio.gather(*(hear(world, parcel, C.DELIVERED, key="e1") for _ in range(3)))

    assert (await Parcel.get(id=parcel.id)).version == before.version
    assert await TrackingEvent.all().count() == 1
    assert len(await told(FactKind.UNITS_DELIVERED)) == len(await told(FactKind.PARCEL_TRACKED)) == 1


async def test_the_same_report_heard_at_once_counts_once():
    world = await furnish()
    parcel = await parcel_on_its_way(world)

    await asyncio.gather(*(hear(world, parcel, C.DELIVERED, key="e1") for _ in range(4)))

    assert await TrackingEvent.all().count() == 1
    assert len(await told(FactKind.UNITS_DELIVERED)) == 1


async def test_late_reports_do_not_undo_a_delivery():
    world = await furnish()
    parcel = await parcel_on_its_way(world)
    await hear(world, parcel, C.DELIVERED, hours=30)

    for code, hours in ((C.OUT_FOR_DELIVERY, 28), (C.PICKED_UP, 2), (C.IN_TRANSIT, 31)):
        await hear(world, parcel, code, hours=hours)

    assert (await Parcel.get(id=parcel.id)).status is C.DELIVERED
    assert await units(await order_of(parcel)) == {UnitStatus.DELIVERED: 1}
    assert await TrackingEvent.all().count() == 4


async def test_a_disputed_delivery_delivers_its_units_once():
    world = await furnish()
    parcel = await parcel_on_its_way(world)
    await hear(world, parcel, C.DELIVERED, hours=30)

    await hear(world, parcel, C.DELIVERY_DISPUTED, hours=40)
    disputed = await Parcel.get(id=parcel.id)
    await hear(world, parcel, C.DELIVERED, hours=50)

    assert (disputed.status, disputed.delivered_at) == (C.DELIVERY_DISPUTED, world.now + timedelta(hours=30))
    assert (await Parcel.get(id=parcel.id)).status is C.DELIVERED
    assert len(await told(FactKind.UNITS_DELIVERED)) == 1


async def test_carriers_name_parcels_by_their_own_number():
    world = await furnish()
    parcel = await parcel_on_its_way(world, tracking_number="1Z 42")
    report = RecordTracking(
        carrier="UPS", tracking_number="1Z 42", code=C.IN_TRANSIT, occurred_at=world.now, event_key="e1"
    )

    assert await record_tracking_event(world.act(), report) == parcel.id

    assert (await Parcel.get(id=parcel.id)).status is C.IN_TRANSIT


async def test_reports_on_unknown_parcels_are_not_found():
    world, other = await furnish(), await furnish()
    await parcel_on_its_way(other, tracking_number="1Z 42")
    named = {"carrier": "UPS", "tracking_number": "1Z 42"}

    for where in (named, {"parcel_id": new_id()}):
        async with refused(NotFound):
            await record_tracking_event(
                world.act(), RecordTracking(code=C.HELD, occurred_at=world.now, event_key="e", **where)
            )


async def test_a_parcel_that_was_not_shipped_has_no_news():
    world = await furnish()
    parcel = await packed(world, await picked(world, await open_fulfilment(world)))

    async with refused(IllegalTransition):
        await hear(world, parcel, C.DELIVERED)


async def test_reports_lists_everything_wrong_at_once():
    world = await furnish()
    report = RecordTracking(code=C.HELD, occurred_at=world.now + timedelta(days=2), event_key="", message="x" * 501)

    async with refused(InvalidInput) as refusal:
        await record_tracking_event(world.act(), report)

    assert [problem.path for problem in refusal.value.problems] == [
        "event_key",
        "message",
        "carrier",
        "tracking_number",
        "occurred_at",
    ]


async def test_a_delivery_by_hand_is_a_report_like_any_other():
    world = await furnish()
    parcel = await parcel_on_its_way(world, tracking_number=None)

    await deliver(world.act(), DeliverParcel(parcel_id=parcel.id))

    arrived = await Parcel.get(id=parcel.id)
    assert (arrived.status, arrived.delivered_at) == (C.DELIVERED, world.now)
    assert (await order_of(parcel)).status is OrderStatus.DELIVERED
    assert (await TrackingEvent.get()).code is C.DELIVERED


async def test_only_what_is_on_its_way_is_delivered_and_only_once():
    world = await furnish()
    waiting = await packed(world, await picked(world, await open_fulfilment(world)))
    arrived = await parcel_on_its_way(world)
    await deliver(world.act(), DeliverParcel(parcel_id=arrived.id))

    for parcel in (waiting, arrived):
        async with refused(IllegalTransition):
            await deliver(world.act(), DeliverParcel(parcel_id=parcel.id))
    async with refused(Conflict):
        await deliver(world.act(), DeliverParcel(parcel_id=arrived.id, expected_version=1))
