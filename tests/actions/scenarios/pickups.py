"""What customers wanted to collect and cannot."""

from datetime import timedelta

from actions.channels import UpsertChannel, upsert_channel
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, ShortPick, short_pick
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.holding import ApplyHold, apply_hold
from actions.pickups.answering import AnswerPickup, answer, decide, expire_questions
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.pickups import PickupChoice, UnansweredPickup
from domain.placing.commands import Address
from models import OrderLine, PickupQuestion
from tests.actions.scenarios import Story, scenario
from tests.world import World
from tests.world.fulfilment import accepted, pickup_fulfilment

BOSTON = Address(
    name="Ada Example", line1="1 Beacon Street", city="Boston", region="MA", postal_code="02108", country="US"
)


async def _asked(world: World) -> PickupQuestion:
    """About three mugs that New York declined."""
    fulfilment = await pickup_fulfilment(world, MUG=3)
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.NOT_FOUND))
    return await PickupQuestion.get(order_id=fulfilment.order_id)


@scenario(decline)
async def declining_what_is_to_be_collected(world: World) -> Story:
    fulfilment = await pickup_fulfilment(world, MUG=2, LAMP=1)
    yield
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OTHER))


@scenario(short_pick, answer)
async def missing_one_and_shipping_it(world: World) -> Story:
    fulfilment = await accepted(world, await pickup_fulfilment(world, MUG=3))
    mugs = await OrderLine.get(order_id=fulfilment.order_id)
    yield
    lines = (FoundLine(line_id=mugs.id, found=2),)
    missing = ShortPick(fulfilment_id=fulfilment.id, lines=lines, reason=DeclineReason.NOT_FOUND)
    await short_pick(world.act(), missing)
    question = await PickupQuestion.get(order_id=fulfilment.order_id)
    hold = ApplyHold(order_id=question.order_id, line_id=question.line_id, kind=HoldKind.MANUAL)
    await apply_hold(world.act(), hold)
    await answer(world.act(), AnswerPickup(question_id=question.id, choice=PickupChoice.SHIP, shipping_address=BOSTON))


@scenario(answer)
async def collecting_some_elsewhere_and_cancelling_the_rest(world: World) -> Story:
    question = await _asked(world)
    yield
    chicago = world.locations["CHI"].id
    some = AnswerPickup(
        question_id=question.id,
        choice=PickupChoice.COLLECT_ELSEWHERE,
        pickup_location_id=chicago,
        quantity=2,
    )
    await answer(world.act(), some)
    rest = await PickupQuestion.get(order_id=question.order_id, answered_at=None)
    await answer(world.act(), AnswerPickup(question_id=rest.id, choice=PickupChoice.CANCEL))


@scenario(answer)
async def shipping_for_a_price(world: World) -> Story:
    question = await _asked(world)
    yield
    command = AnswerPickup(
        question_id=question.id, choice=PickupChoice.SHIP, shipping_address=BOSTON, shipping_minor=500
    )
    await answer(world.act(), command)


@scenario(decide)
async def nobody_answering(world: World) -> Story:
    question = await _asked(world)
    yield
    await expire_questions(question.expires_at)


@scenario(decide)
async def silence_that_cancels(world: World) -> Story:
    cancelling = UnansweredPickup.CANCEL
    await upsert_channel(world.act(), UpsertChannel(code=world.web.code, pickup_unanswered=cancelling))
    question = await _asked(world)
    yield
    await expire_questions(question.expires_at + timedelta(days=1))


@scenario(cancel)
async def cancelling_what_is_asked_about(world: World) -> Story:
    question = await _asked(world)
    yield
    await cancel(world.act(), CancelOrder(order_id=question.order_id))
