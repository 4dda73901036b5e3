"""What customers wanted to collect and cannot."""

from datetime import timedelta

from actions.channels import UpsertChannel, upsert_channel
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, ShortPick, short_pick
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.holding import ApplyHold, apply_hold
from actions.orders.parting import PartKit, part
from actions.pickups.answering import AnswerPickup, answer, decide, expire_questions
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.orders import FulfilmentMethod
from domain.pickups import PickupChoice, UnansweredPickup
from domain.placing.commands import Address, OrderedLine, PlaceOrder
from models import Order, OrderLine, PickupQuestion
from tests.actions.scenarios import Story, scenario
from tests.actions.scenarios.placing import opened_desk
from tests.world import World
from tests.world.fulfilment import accepted, pickup_fulfilment, released_of
from tests.world.kits import kit

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


async def _asked_about_kits(world: World) -> PickupQuestion:
    """Three sets of a mug and two lamps that New York has but two of."""
    await kit(world, "SET", MUG=1, LAMP=2)
    line = OrderedLine(
        variant_id=world.variants["SET"].id,
        quantity=3,
        method=FulfilmentMethod.PICKUP,
        pickup_location_id=world.locations["NYC"].id,
    )
    async with opened_desk() as desk:
        command = PlaceOrder(channel_id=world.web.id, lines=(line,), customer_id=world.customer.id)
        order_id = await desk.place(world.act(), command)
    await Order.filter(id=order_id).update(confirmed_at=world.now)
    fulfilment = await accepted(world, await released_of(world, await Order.get(id=order_id)))
    mugs = await OrderLine.get(order_id=order_id, sku="MUG")
    found = (FoundLine(line_id=mugs.id, found=2),)
    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND))
    return await PickupQuestion.get(order_id=order_id)


@scenario(short_pick, answer)
async def missing_one_of_a_kit_and_shipping_the_kit(world: World) -> Story:
    question = await _asked_about_kits(world)
    yield
    await answer(world.act(), AnswerPickup(question_id=question.id, choice=PickupChoice.SHIP, shipping_address=BOSTON))


@scenario(part)
async def parting_kits_that_are_asked_about(world: World) -> Story:
    question = await _asked_about_kits(world)
    yield
    await part(world.act(), PartKit(kit_id=question.kit_id, reason="Half is better than nothing."))
