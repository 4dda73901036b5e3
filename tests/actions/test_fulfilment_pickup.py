"""At the counter: made ready, and handed over to whoever shows the code."""

from uuid import UUID

import pytest

from actions.fulfilment.picking import PickedLine, PickUnits, pick
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.waves import hand_over_wave
from actions.orders.recalling import RequestCancellation, request_cancellation
from domain.errors import BlockedByHold, Conflict, IllegalTransition, InvalidInput
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus, pickup_code
from domain.holds import HoldKind
from domain.lifecycle import OrderStatus, UnitStatus
from domain.pickups import IdentityCheck
from models import CancellationRequest, Fulfilment, Hold, Order, Parcel
from models.orders import CancellationStatus
from tests.actions.asserting import books_balance, refused, told
from tests.world import World, furnish
from tests.world.fulfilment import accepted, open_fulfilment, packed, picked, pickup_fulfilment
from tests.world.orders import line, units

pytestmark = pytest.mark.usefixtures("database")


async def ready(world: World, **wanted: int) -> Fulfilment:
    fulfilment = await picked(world, await pickup_fulfilment(world, **wanted))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    return await Fulfilment.get(id=fulfilment.id)


async def test_what_is_picked_waits_for_the_customer_and_is_told_once():
    world = await furnish()

    fulfilment = await ready(world, MUG=2, LAMP=1)

    order = await Order.get(id=fulfilment.order_id)
    assert fulfilment.status is FulfilmentStatus.READY_FOR_PICKUP
    assert await units(order, "MUG") == {UnitStatus.READY_FOR_PICKUP: 2}
    assert len(await told(FactKind.READY_FOR_PICKUP)) == 1


async def test_what_is_ready_in_parts_is_told_once_for_each_part():
    world = await furnish()
    fulfilment = await accepted(world, await pickup_fulfilment(world, MUG=2, LAMP=1, CHAIR=1))
    order = await Order.get(id=fulfilment.order_id)
    first = [PickedLine(line_id=(await line(order, sku)).id, quantity=1) for sku in ("MUG", "LAMP")]

    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=tuple(first)))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    halfway = (await Fulfilment.get(id=fulfilment.id)).status
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))

    facts = await told(FactKind.READY_FOR_PICKUP)
    assert [sum(move["quantity"] for move in fact.payload["moves"]) for fact in facts] == [2, 2]
    assert [fact.payload["fulfilment"]["status"] for fact in facts] == ["in_progress", "ready_for_pickup"]
    assert halfway is FulfilmentStatus.IN_PROGRESS


async def test_what_is_handed_over_leaves_the_stock():
    world = await furnish()
    fulfilment = await ready(world, MUG=2)

    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=pickup_code(fulfilment.id)))

    stored = await Fulfilment.get(id=fulfilment.id)
    assert (stored.status, stored.completed_at) == (FulfilmentStatus.COMPLETED, world.now)
    assert (await Order.get(id=fulfilment.order_id)).status is OrderStatus.PICKED_UP
    level = await world.level("MUG", "NYC")
    assert (level.on_hand, level.allocated) == (8, 0)
    [fact] = await told(FactKind.UNITS_PICKED_UP)
    assert fact.fulfilment_id == fulfilment.id
    assert fact.payload["collected"] == {"with_code": True, "identity": None, "note": ""}
    await books_balance()


async def test_who_has_no_code_is_known_otherwise_and_it_is_written_down_how():
    world = await furnish()
    first, second = await ready(world), await ready(world)

    by_card = HandOver(fulfilment_id=first.id, identity=IdentityCheck.PHOTO_ID)
    by_word = HandOver(fulfilment_id=second.id, identity=IdentityCheck.OTHER, note="Her neighbour, whom she named.")
    await hand_over(world.act(), by_card)
    await hand_over(world.act(), by_word)

    assert await Fulfilment.filter(status=FulfilmentStatus.COMPLETED).count() == 2
    assert [fact.payload["collected"] for fact in await told(FactKind.UNITS_PICKED_UP)] == [
        {"with_code": False, "identity": "photo_id", "note": ""},
        {"with_code": False, "identity": "other", "note": "Her neighbour, whom she named."},
    ]


async def test_nothing_is_handed_over_to_nobody_knows_whom():
    world = await furnish()
    fulfilment = await ready(world)

    for said, problem in (
        ({}, ("code", "REQUIRED")),
        ({"identity": IdentityCheck.OTHER}, ("note", "REQUIRED")),
        ({"identity": IdentityCheck.PHOTO_ID, "code": "000000"}, ("code", "WRONG_CODE")),
    ):
        async with refused(InvalidInput) as refusal:
            await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, **said))

        assert [(each.path, each.code) for each in refusal.value.problems] == [problem]

    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.READY_FOR_PICKUP


async def test_a_wrong_code_hands_over_nothing():
    world = await furnish()
    fulfilment, other = await ready(world), await ready(world)

    for code in (pickup_code(other.id), "", "१२३४५६"):
        async with refused(InvalidInput) as refusal:
            await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=code))

        assert refusal.value.problems[0].code == "WRONG_CODE"


def test_a_code_is_six_digits_and_always_the_same():
    """Of ids that are the same in every process: customers keep what they were told."""
    assert [pickup_code(UUID(int=at)) for at in (1, 2, 3)] == ["725629", "267196", "031171"]


async def test_a_wave_that_is_handed_over_answers_whoever_wanted_to_cancel():
    world = await furnish()
    fulfilment = await ready(world, MUG=2)
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))

    await hand_over_wave(world.act(), [fulfilment.id])

    assert (await CancellationRequest.get()).status is CancellationStatus.DECLINED
    await books_balance()


async def test_a_wave_leaves_no_parcel_behind_unnoticed():
    world = await furnish()
    fulfilment = await accepted(world, await pickup_fulfilment(world, MUG=2))
    order = await Order.get(id=fulfilment.order_id)
    one = PickedLine(line_id=(await line(order)).id, quantity=1)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=(one,)))
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id))
    await packed(world, fulfilment)

    async with refused(IllegalTransition):
        await hand_over_wave(world.act(), [fulfilment.id])


async def test_what_is_shipped_is_not_made_ready():
    world = await furnish()
    fulfilment = await picked(world, await open_fulfilment(world))

    async with refused(IllegalTransition) as refusal:
        await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))

    assert refusal.value.allowed_from == ("for pickup",)


async def test_handing_over_twice_or_too_early_is_refused():
    world = await furnish()
    early = await picked(world, await pickup_fulfilment(world))
    done = await ready(world)
    await hand_over(world.act(), HandOver(fulfilment_id=done.id, code=pickup_code(done.id)))

    for fulfilment in (early, done):
        async with refused(IllegalTransition):
            await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=pickup_code(fulfilment.id)))


async def test_a_held_order_is_not_handed_over():
    world = await furnish()
    fulfilment = await ready(world)
    await Hold.create(order_id=fulfilment.order_id, kind=HoldKind.PAYMENT, applied_by="test", applied_at=world.now)

    async with refused(BlockedByHold):
        await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=pickup_code(fulfilment.id)))


async def test_a_stale_version_is_a_conflict():
    world = await furnish()
    fulfilment = await ready(world)

    async with refused(Conflict):
        await hand_over(
            world.act(), HandOver(fulfilment_id=fulfilment.id, code=pickup_code(fulfilment.id), expected_version=1)
        )
    async with refused(Conflict):
        await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id, expected_version=1))


async def test_a_packed_pickup_leaves_with_the_customer():
    world = await furnish()
    fulfilment = await picked(world, await pickup_fulfilment(world, MUG=2))
    parcel = await packed(world, fulfilment)
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))

    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=pickup_code(fulfilment.id)))

    assert (await Parcel.get(id=parcel.id)).delivered_at == world.now


async def test_packed_units_are_made_ready_before_they_are_handed_over():
    world = await furnish()
    fulfilment = await picked(world, await pickup_fulfilment(world, MUG=2))
    await packed(world, fulfilment)

    async with refused(IllegalTransition) as refusal:
        await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=pickup_code(fulfilment.id)))

    assert refusal.value.was == "packed"
