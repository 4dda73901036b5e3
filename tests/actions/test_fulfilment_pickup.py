"""At the counter: made ready, and handed over to whoever shows the code."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from actions.acting import Act
from actions.fulfilment.picking import PickedLine, PickUnits, pick
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.waves import hand_over_wave
from actions.orders.recalling import RequestCancellation, request_cancellation
from domain.errors import BlockedByHold, Conflict, IllegalTransition, InvalidInput
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.holds import HoldKind
from domain.lifecycle import OrderStatus, UnitStatus
from domain.pickups import CODE_DIGITS, PAUSE, WRONG_AT_ONCE, IdentityCheck
from models import CancellationRequest, Fulfilment, Hold, Order, Parcel, PickupCode
from models.orders import CancellationStatus
from tests.actions.asserting import books_balance, refused, told
from tests.world import World, furnish
from tests.world.fulfilment import accepted, code_of, open_fulfilment, packed, picked, pickup_fulfilment
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

    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))

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
        with pytest.raises(InvalidInput) as refusal:
            await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, **said))

        assert [(each.path, each.code) for each in refusal.value.problems] == [problem]

    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.READY_FOR_PICKUP


async def test_a_wrong_code_hands_over_nothing():
    world = await furnish()
    fulfilment, other = await ready(world), await ready(world)

    for code in (await code_of(other.id), "", "१२३४५६"):
        assert await problem_of(world.act(), HandOver(fulfilment_id=fulfilment.id, code=code)) == "WRONG_CODE"

    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.READY_FOR_PICKUP
    assert (await world.level("MUG", "NYC")).on_hand == 10


async def test_a_code_is_six_digits_and_says_nothing_of_its_id():
    world = await furnish()
    fulfilments = [await pickup_fulfilment(world) for _ in range(8)]

    codes = [await code_of(each.id) for each in fulfilments]

    assert all(len(code) == CODE_DIGITS and code.isascii() and code.isdecimal() for code in codes)
    assert len(set(codes)) > 6
    assert not any(code in codes for code in map(formerly, fulfilments))


def formerly(fulfilment: Fulfilment) -> str:
    """What anybody could make of an id once."""
    digest = hashlib.sha256(b"pickup/" + fulfilment.id.bytes).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06}"


async def test_what_is_shipped_has_no_code():
    world = await furnish()

    fulfilment = await open_fulfilment(world)

    assert not await PickupCode.filter(fulfilment_id=fulfilment.id).exists()


async def test_no_code_counts_for_a_while_after_five_wrong_ones_and_each_is_told_of():
    world = await furnish()
    fulfilment = await ready(world)
    right = await code_of(fulfilment.id)
    wrong = HandOver(fulfilment_id=fulfilment.id, code="no")
    for _ in range(WRONG_AT_ONCE):
        assert await problem_of(world.act(), wrong) == "WRONG_CODE"

    soon, late = [replace(world.act(), now=world.now + PAUSE - timedelta(seconds=left)) for left in (1, 0)]
    outcomes = [await problem_of(act, replace(wrong, code=code)) for act, code in ((soon, right), (soon, "no"))]
    await hand_over(late, replace(wrong, code=right))

    assert outcomes == ["TOO_MANY_WRONG"] * 2
    assert (await PickupCode.get()).wrong == WRONG_AT_ONCE
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.COMPLETED
    facts = await told(FactKind.PICKUP_CODE_REFUSED)
    assert [(fact.fulfilment_id, fact.payload["wrong"]) for fact in facts] == [
        (fulfilment.id, times) for times in range(1, WRONG_AT_ONCE + 1)
    ]


async def test_after_a_pause_there_are_as_many_tries_again():
    world = await furnish()
    fulfilment = await ready(world)
    wrong = HandOver(fulfilment_id=fulfilment.id, code="no")
    later = replace(world.act(), now=world.now + PAUSE)

    first = [await problem_of(world.act(), wrong) for _ in range(WRONG_AT_ONCE + 1)]
    second = [await problem_of(later, wrong) for _ in range(WRONG_AT_ONCE + 1)]

    assert first == second == ["WRONG_CODE"] * WRONG_AT_ONCE + ["TOO_MANY_WRONG"]


async def test_who_is_known_otherwise_collects_while_no_code_counts():
    world = await furnish()
    fulfilment = await ready(world)
    for _ in range(WRONG_AT_ONCE):
        await problem_of(world.act(), HandOver(fulfilment_id=fulfilment.id, code="no"))

    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, identity=IdentityCheck.PHOTO_ID))

    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.COMPLETED


async def test_of_many_who_try_codes_at_once_only_five_are_looked_at():
    world = await furnish()
    fulfilment = await ready(world)
    tries = [HandOver(fulfilment_id=fulfilment.id, code=str(number)) for number in range(20)]

    outcomes = await asyncio.gather(*(problem_of(world.act(), each) for each in tries))

    assert sorted(outcomes) == ["TOO_MANY_WRONG"] * (20 - WRONG_AT_ONCE) + ["WRONG_CODE"] * WRONG_AT_ONCE
    assert len(await told(FactKind.PICKUP_CODE_REFUSED)) == WRONG_AT_ONCE


async def test_handing_over_is_answered_again_with_the_same_key():
    world = await furnish()
    fulfilment = await ready(world)
    command = HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id))
    act = replace(world.act(), key="once")

    answers = [await hand_over(act, command) for _ in range(2)]

    assert answers == [fulfilment.id] * 2
    assert len(await told(FactKind.UNITS_PICKED_UP)) == 1


async def problem_of(act: Act, command: HandOver) -> str:
    with pytest.raises(InvalidInput) as refusal:
        await hand_over(act, command)
    [problem] = refusal.value.problems
    assert problem.path == "code"
    return problem.code


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
    await hand_over(world.act(), HandOver(fulfilment_id=done.id, code=await code_of(done.id)))

    for fulfilment in (early, done):
        async with refused(IllegalTransition):
            await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))


async def test_a_held_order_is_not_handed_over():
    world = await furnish()
    fulfilment = await ready(world)
    await Hold.create(order_id=fulfilment.order_id, kind=HoldKind.PAYMENT, applied_by="test", applied_at=world.now)

    async with refused(BlockedByHold):
        await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))


async def test_a_stale_version_is_a_conflict():
    world = await furnish()
    fulfilment = await ready(world)

    async with refused(Conflict):
        await hand_over(
            world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id), expected_version=1)
        )
    async with refused(Conflict):
        await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id, expected_version=1))


async def test_a_packed_pickup_leaves_with_the_customer():
    world = await furnish()
    fulfilment = await picked(world, await pickup_fulfilment(world, MUG=2))
    parcel = await packed(world, fulfilment)
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))

    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))

    assert (await Parcel.get(id=parcel.id)).delivered_at == world.now


async def test_packed_units_are_made_ready_before_they_are_handed_over():
    world = await furnish()
    fulfilment = await picked(world, await pickup_fulfilment(world, MUG=2))
    await packed(world, fulfilment)

    async with refused(IllegalTransition) as refusal:
        await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))

    assert refusal.value.was == "packed"
