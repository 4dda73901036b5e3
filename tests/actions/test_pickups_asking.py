"""What a customer wanted to collect and the location cannot give: they are asked, and nothing moves by itself."""

import asyncio
from datetime import timedelta

import pytest

from actions.backorders import retry_all_backorders
from actions.channels import UpsertChannel, upsert_channel
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.fulfilment.timers import decline_late
from actions.locations import UpsertLocation, upsert_location
from actions.orders.cancelling import CancelledLine, CancelOrder, cancel
from actions.orders.recalling import RequestCancellation, request_cancellation
from actions.pickups.answering import BATCH, answer, expire_questions
from domain.errors import IllegalTransition
from domain.facts import FactKind
from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.lifecycle import OrderStatus, UnitStatus
from domain.orders import FulfilmentMethod
from domain.pickups import PickupChoice, QuestionStatus, UnansweredPickup
from models import (
    Fulfilment,
    Hold,
    Order,
    OrderLine,
    PickupQuestion,
)
from tests.actions.asserting import books_balance, told
from tests.world import World, furnish, stock
from tests.world.fulfilment import code_of, pickup_fulfilment, ships_to
from tests.world.orders import new_order, schedule
from tests.world.pickups import asked, asked_about_one_of_three, collecting, shipping, where

pytestmark = pytest.mark.usefixtures("database")


async def silence(world: World, policy: UnansweredPickup, **values) -> None:
    await upsert_channel(world.act(), UpsertChannel(code=world.web.code, pickup_unanswered=policy, **values))


async def test_a_declined_pickup_goes_nowhere_and_its_customer_is_asked():
    world = await furnish()

    question = await asked(world, MUG=2)

    assert await where(question.order_id) == {(0, "pickup_rejected", None): 2}
    assert (question.quantity, question.status, question.reason) == (2, QuestionStatus.OPEN, DeclineReason.NO_CAPACITY)
    assert (question.asked_at, question.expires_at) == (world.now, world.now + timedelta(days=1))
    assert question.location_id == world.locations["NYC"].id
    assert (await Order.get(id=question.order_id)).status is OrderStatus.PICKUP_REJECTED
    [fact] = await told(FactKind.PICKUP_REJECTED)
    assert fact.payload["questions"] == {
        str(question.id): {
            "line": str(question.line_id),
            "quantity": 2,
            "status": "open",
            "expires_at": question.expires_at.isoformat(),
        }
    }
    assert (await world.level("MUG", "NYC")).allocated == 0
    await books_balance()


async def test_a_pickup_that_nobody_accepts_in_time_is_asked_about_and_not_moved():
    world = await furnish()
    await upsert_location(world.act(), UpsertLocation(code="NYC", accept_within_minutes=30))
    fulfilment = await pickup_fulfilment(world, MUG=2)

    assert await decline_late(world.now + timedelta(minutes=30)) == 1

    question = await PickupQuestion.get(order_id=fulfilment.order_id)
    assert (question.quantity, question.reason) == (2, DeclineReason.TOO_LATE)
    assert await where(fulfilment.order_id) == {(0, "pickup_rejected", None): 2}
    assert await Hold.all().count() == 0


async def test_what_a_short_pick_misses_is_asked_about_and_the_rest_is_made_ready():
    world = await furnish()

    question = await asked_about_one_of_three(world)

    assert question.quantity == 1
    assert await where(question.order_id) == {(0, "picked", "NYC"): 2, (0, "pickup_rejected", None): 1}
    fulfilment = await Fulfilment.get(order_id=question.order_id)
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))
    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.READY_FOR_PICKUP


async def test_an_empty_shelf_asks_every_customer_who_would_have_collected_from_it():
    world = await furnish()
    planned = await new_order(world, MUG=1)
    await OrderLine.filter(order_id=planned.id).update(
        method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations["NYC"].id
    )
    shipped = await new_order(world, MUG=1)

    await asked(world, reason=DeclineReason.OUT_OF_STOCK)

    assert (await PickupQuestion.get(order_id=planned.id)).quantity == 1
    assert [key[1] for key in await where(shipped.id)] == ["scheduled"]
    await books_balance()


async def test_units_rejected_later_join_the_open_question_and_its_time_begins_anew():
    world = await furnish()
    order = await new_order(world, MUG=3, waiting=UnitStatus.BACKORDERED)
    store = world.locations["NYC"].id
    await OrderLine.filter(order_id=order.id).update(method=FulfilmentMethod.PICKUP, pickup_location_id=store)
    for quantity in (2, 1):
        await schedule(world, order, "MUG", quantity, "NYC")
        await release(world.act(), ReleaseOrder(order_id=order.id))
    first, second = await Fulfilment.filter(order_id=order.id).order_by("id")
    await decline(world.act(), DeclineFulfilment(fulfilment_id=first.id, reason=DeclineReason.OTHER))
    later = world.now + timedelta(hours=3)

    await decline(world.act(now=later), DeclineFulfilment(fulfilment_id=second.id, reason=DeclineReason.TOO_LATE))

    question = await PickupQuestion.get(order_id=order.id)
    assert (question.quantity, question.reason, question.version) == (3, DeclineReason.TOO_LATE, 2)
    assert question.expires_at == later + timedelta(days=1)


@pytest.mark.parametrize("policy", UnansweredPickup)
async def test_silence_is_what_the_channel_says_it_is(policy):
    world = await furnish()
    await silence(world, policy, pickup_answer_minutes=60)
    question = await asked(world, MUG=2)
    await ships_to(question.order_id)

    assert await expire_questions(world.now + timedelta(minutes=59)) == 0
    assert await expire_questions(world.now + timedelta(minutes=60)) == 1

    stored = await PickupQuestion.get(id=question.id)
    standing = {key[1] for key in await where(question.order_id)}
    assert (stored.status, stored.choice, standing) == {
        UnansweredPickup.KEEP_OPEN: (QuestionStatus.OVERDUE, None, {"pickup_rejected"}),
        UnansweredPickup.CANCEL: (QuestionStatus.EXPIRED, PickupChoice.CANCEL, {"cancelled"}),
        UnansweredPickup.SHIP: (QuestionStatus.EXPIRED, PickupChoice.SHIP, {"scheduled"}),
    }[policy]
    assert await expire_questions(world.now + timedelta(days=9), limit=BATCH) == 0
    await books_balance()


async def test_silence_ships_nothing_without_an_address():
    world = await furnish()
    await silence(world, UnansweredPickup.SHIP)
    question = await asked(world)

    await expire_questions(question.expires_at)

    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.OVERDUE
    [fact] = await told(FactKind.PICKUP_UNANSWERED)
    assert fact.payload["question"] == str(question.id)


async def test_an_overdue_question_can_still_be_answered():
    world = await furnish()
    question = await asked(world)
    await expire_questions(question.expires_at)

    await answer(world.act(), collecting(world, question))

    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.ANSWERED


async def test_an_answer_and_the_end_of_its_time_at_once_leave_one_decision():
    world = await furnish()
    await silence(world, UnansweredPickup.CANCEL)
    question = await asked(world, MUG=2)

    outcomes = await asyncio.gather(
        answer(world.act(), collecting(world, question)), expire_questions(question.expires_at), return_exceptions=True
    )

    stored = await PickupQuestion.get(id=question.id)
    standing = {key[1] for key in await where(question.order_id)}
    if isinstance(outcomes[0], IllegalTransition):
        assert (stored.status, standing) == (QuestionStatus.EXPIRED, {"cancelled"})
    else:
        assert (stored.status, standing) == (QuestionStatus.ANSWERED, {"scheduled"})


async def test_cancelling_the_order_withdraws_the_question():
    world = await furnish()
    question = await asked(world, MUG=2)

    await cancel(world.act(), CancelOrder(order_id=question.order_id))

    stored = await PickupQuestion.get(id=question.id)
    assert (stored.status, stored.choice, stored.answered_at) == (QuestionStatus.WITHDRAWN, None, world.now)


async def test_cancelling_one_of_the_units_leaves_a_question_about_the_others():
    world = await furnish()
    question = await asked(world, MUG=2)

    one = (CancelledLine(line_id=question.line_id, quantity=1),)
    await cancel(world.act(), CancelOrder(order_id=question.order_id, lines=one))

    stored = await PickupQuestion.get(id=question.id)
    assert (stored.status, stored.quantity) == (QuestionStatus.OPEN, 1)


async def test_what_the_customer_wants_cancelled_anyway_is_not_asked_about():
    world = await furnish()
    fulfilment = await pickup_fulfilment(world, MUG=2)
    await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id))

    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OTHER))

    assert await where(fulfilment.order_id) == {(0, "cancelled", None): 2}
    assert await PickupQuestion.all().count() == 0


async def test_a_pickup_is_never_moved_even_when_stock_comes_back():
    world = await furnish()
    question = await asked(world)
    await stock(world, {("MUG", "NYC"): 50})

    assert await retry_all_backorders(world.now + timedelta(days=30)) == 0

    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.OPEN


async def test_the_rest_of_a_pickup_is_handed_over_while_the_question_is_open():
    world = await furnish()
    question = await asked_about_one_of_three(world)
    fulfilment = await Fulfilment.get(order_id=question.order_id)
    await make_ready(world.act(), MakeReady(fulfilment_id=fulfilment.id))

    await hand_over(world.act(), HandOver(fulfilment_id=fulfilment.id, code=await code_of(fulfilment.id)))
    await answer(world.act(), shipping(question))

    order = await Order.get(id=question.order_id)
    assert order.status is OrderStatus.PARTIALLY_PICKED_UP
    await books_balance()
