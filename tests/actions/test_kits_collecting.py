"""Kits that their customer wanted to collect and cannot: asked about whole, and one answer moves all their components."""

import asyncio

import pytest

from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, PickedLine, PickUnits, ShortPick, pick, short_pick
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.orders.cancelling import CancelledKit, CancelOrder, cancel
from actions.orders.parting import PartKit, part
from actions.pickups.answering import answer, decide
from domain.errors import IllegalTransition, InsufficientStock
from domain.fulfilment import DeclineReason
from domain.lifecycle import UnitStatus
from domain.orders import FulfilmentMethod
from domain.pickups import QuestionStatus, UnansweredPickup
from domain.placing.commands import OrderedLine, PlaceOrder
from models import Channel, Fulfilment, Order, OrderKit, OrderLine, PickupQuestion
from tests.actions.scenarios.placing import opened_desk
from tests.actions.test_reoptimizing import broken_rules
from tests.world import World, furnish, stock
from tests.world.kits import kit, kits_at, whole
from tests.world.pickups import cancelling, collecting, shipping, where

pytestmark = pytest.mark.usefixtures("database")

S = UnitStatus


@pytest.fixture
async def world() -> World:
    """A set is a mug and two lamps. New York and Chicago have three, Los Angeles mugs alone."""
    world = await furnish(units=0)
    await kit(world, "SET", MUG=1, LAMP=2)
    await stock(world, {("MUG", "NYC"): 3, ("LAMP", "NYC"): 6, ("MUG", "CHI"): 3, ("LAMP", "CHI"): 6})
    await stock(world, {("MUG", "LAX"): 9})
    return world


async def to_collect(world: World, kits: int = 2, **beside: int) -> Fulfilment:
    """Accepted in New York, where the customer will come."""
    lines = tuple(
        OrderedLine(
            variant_id=world.variants[sku].id,
            quantity=units,
            method=FulfilmentMethod.PICKUP,
            pickup_location_id=world.locations["NYC"].id,
        )
        for sku, units in {"SET": kits, **beside}.items()
    )
    async with opened_desk() as desk:
        command = PlaceOrder(channel_id=world.web.id, lines=lines, customer_id=world.customer.id)
        order_id = await desk.place(world.act(), command)
    await Order.filter(id=order_id).update(confirmed_at=world.now)
    await release(world.act(), ReleaseOrder(order_id=order_id))
    fulfilment = await Fulfilment.get(order_id=order_id)
    await accept(world.act(), AcceptFulfilment(fulfilment_id=fulfilment.id))
    return fulfilment


async def asked(world: World, kits: int = 2) -> PickupQuestion:
    fulfilment = await to_collect(world, kits)
    lamps = await OrderLine.get(order_id=fulfilment.order_id, sku="LAMP")
    reason = DeclineReason.NO_CAPACITY
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=reason, line_ids=(lamps.id,)))
    return await PickupQuestion.get(order_id=fulfilment.order_id)


async def one_is_missing(world: World) -> PickupQuestion:
    """Three sets; their mugs are picked, and one lamp is not found."""
    fulfilment = await to_collect(world, 3)
    mugs, lamps = await OrderLine.filter(order_id=fulfilment.order_id).order_by("position")
    picked = (PickedLine(line_id=mugs.id, quantity=3),)
    await pick(world.act(), PickUnits(fulfilment_id=fulfilment.id, lines=picked))
    found = (FoundLine(line_id=lamps.id, found=5),)
    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND))
    return await PickupQuestion.get(order_id=fulfilment.order_id)


async def counters(world: World, sku: str, at: str) -> tuple[int, int]:
    level = await world.level(sku, at)
    return level.on_hand, level.allocated


async def test_the_customer_is_asked_once_about_whole_kits(world, database_url):
    question = await asked(world)

    assert await kits_at(question.order_id) == {(S.PICKUP_REJECTED, None): 2}
    asked_about = await OrderKit.get(order_id=question.order_id)
    assert (question.kit_id, question.quantity, question.status) == (asked_about.id, 2, QuestionStatus.OPEN)
    assert (await OrderLine.get(id=question.line_id)).sku == "MUG"
    assert await counters(world, "MUG", "NYC") == (3, 0)
    assert await broken_rules(database_url) == []


async def test_one_answer_has_all_components_collected_elsewhere(world, database_url):
    question = await asked(world)

    await answer(world.act(), collecting(world, question))

    assert await kits_at(question.order_id) == {(S.SCHEDULED, "CHI"): 2}
    lines = await OrderLine.filter(order_id=question.order_id)
    assert {line.pickup_location_id for line in lines} == {world.locations["CHI"].id}
    assert await broken_rules(database_url) == []


async def test_one_answer_has_all_components_shipped(world, database_url):
    question = await asked(world)

    await answer(world.act(), shipping(question, shipping_minor=500))

    assert await kits_at(question.order_id) == {(S.SCHEDULED, "CHI"): 2}
    assert {line.method for line in await OrderLine.filter(order_id=question.order_id)} == {FulfilmentMethod.SHIP}
    assert (await Order.get(id=question.order_id)).shipping_minor == 500
    assert await broken_rules(database_url) == []


async def test_one_answer_cancels_all_components(world, database_url):
    question = await asked(world)

    await answer(world.act(), cancelling(question))

    assert await kits_at(question.order_id) == {(S.CANCELLED, None): 2}
    assert await broken_rules(database_url) == []


async def test_a_place_that_has_only_some_components_refuses_and_the_question_stays_open(world):
    question = await asked(world)

    with pytest.raises(InsufficientStock) as refusal:
        await answer(world.act(), collecting(world, question, "LAX"))

    assert dict(refusal.value.missing) == {"MUG": 2, "LAMP": 4}
    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.OPEN
    assert await kits_at(question.order_id) == {(S.PICKUP_REJECTED, None): 2}


async def test_only_the_kit_that_is_not_whole_is_asked_about_and_what_was_picked_of_it_goes_back(world, database_url):
    question = await one_is_missing(world)

    assert question.quantity == 1
    assert await counters(world, "MUG", "NYC") == (3, 2)
    assert await counters(world, "LAMP", "NYC") == (5, 4)
    assert await whole()
    assert await broken_rules(database_url) == []


async def test_kits_that_go_another_way_than_the_others_are_kits_of_their_own(world, database_url):
    question = await one_is_missing(world)
    [before] = await OrderKit.filter(order_id=question.order_id)
    totals = [line.total_minor for line in await OrderLine.filter(order_id=question.order_id)]

    await answer(world.act(), shipping(question))

    stay, gone = await OrderKit.filter(order_id=question.order_id).order_by("position").prefetch_related("lines")
    lines = await OrderLine.filter(order_id=question.order_id).order_by("position")
    answered = await PickupQuestion.get(id=question.id)
    assert (stay.quantity, gone.quantity, stay.id, gone.sku) == (2, 1, before.id, "SET")
    assert [(line.sku, line.quantity, line.method.value) for line in lines] == [
        ("MUG", 2, "pickup"),
        ("LAMP", 4, "pickup"),
        ("MUG", 1, "ship"),
        ("LAMP", 2, "ship"),
    ]
    assert sum(line.total_minor for line in lines) == sum(totals) == 3 * before.unit_price_minor
    assert sum(line.total_minor for line in lines[2:]) == gone.unit_price_minor
    assert (answered.kit_id, answered.new_kit_id, answered.new_line_id) == (stay.id, gone.id, lines[2].id)
    assert await whole()
    assert await broken_rules(database_url) == []


async def test_kits_that_were_taken_apart_are_cancelled_whole_like_others(world, database_url):
    question = await one_is_missing(world)
    await answer(world.act(), shipping(question))
    gone = (await PickupQuestion.get(id=question.id)).new_kit_id

    await cancel(world.act(), CancelOrder(order_id=question.order_id, kits=(CancelledKit(kit_id=gone),)))

    assert await counters(world, "LAMP", "CHI") == (6, 0)
    assert await whole()
    assert await broken_rules(database_url) == []


async def test_some_of_the_kits_can_be_answered_for_and_the_rest_is_asked_about_as_before(world, database_url):
    question = await asked(world, 3)

    await answer(world.act(), collecting(world, question, quantity=1))

    rest = await PickupQuestion.get(order_id=question.order_id, status=QuestionStatus.OPEN)
    assert (rest.quantity, rest.kit_id, rest.expires_at) == (2, question.kit_id, question.expires_at)
    await answer(world.act(), cancelling(rest))
    assert sorted(await OrderKit.filter(order_id=question.order_id).values_list("quantity", flat=True)) == [1, 2]
    assert await where(question.order_id) == {
        (0, "cancelled", None): 2,
        (1, "cancelled", None): 4,
        (2, "scheduled", "CHI"): 1,
        (3, "scheduled", "CHI"): 2,
    }
    assert await broken_rules(database_url) == []


async def test_of_answers_that_contradict_each_other_one_wins(world, database_url):
    question = await asked(world)
    answers = [collecting(world, question), shipping(question), cancelling(question)] * 2

    done = await asyncio.gather(*(answer(world.act(), each) for each in answers), return_exceptions=True)

    assert [each for each in done if isinstance(each, BaseException) and not isinstance(each, IllegalTransition)] == []
    assert done.count(question.id) == 1
    assert await whole()
    assert await broken_rules(database_url) == []


async def test_an_answer_and_parting_at_once_leave_no_kit_half_answered(world, database_url):
    question = await asked(world)

    done = await asyncio.gather(
        answer(world.act(), collecting(world, question)),
        part(world.act(), PartKit(kit_id=question.kit_id, reason="Half is better than none.")),
        return_exceptions=True,
    )

    assert [each for each in done if isinstance(each, BaseException) and not isinstance(each, IllegalTransition)] == []
    assert await broken_rules(database_url) == []


async def test_of_parted_kits_the_customer_is_asked_about_each_component(world, database_url):
    question = await asked(world)

    await part(world.act(), PartKit(kit_id=question.kit_id, reason="Half is better than none."))

    fresh = await PickupQuestion.filter(order_id=question.order_id, status=QuestionStatus.OPEN).prefetch_related("line")
    assert {(each.line.sku, each.quantity, each.kit_id, each.expires_at) for each in fresh} == {
        ("MUG", 2, None, question.expires_at),
        ("LAMP", 4, None, question.expires_at),
    }
    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.WITHDRAWN
    assert await broken_rules(database_url) == []


async def test_cancelling_the_kits_withdraws_the_question(world, database_url):
    question = await asked(world)

    await cancel(world.act(), CancelOrder(order_id=question.order_id))

    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.WITHDRAWN
    assert await broken_rules(database_url) == []


async def test_silence_decides_for_the_whole_kit(world, database_url):
    await Channel.filter(id=world.web.id).update(pickup_unanswered=UnansweredPickup.SHIP)
    question = await asked(world)

    await decide(world.act(now=question.expires_at), question.id)

    assert await kits_at(question.order_id) == {(S.SCHEDULED, "NYC"): 2}
    assert {line.method for line in await OrderLine.filter(order_id=question.order_id)} == {FulfilmentMethod.SHIP}
    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.EXPIRED
    assert await broken_rules(database_url) == []


async def test_an_empty_shelf_asks_about_kits_and_single_units_apart(world, database_url):
    fulfilment = await to_collect(world, 1, MUG=1)
    [first, *_] = await OrderLine.filter(order_id=fulfilment.order_id, sku="MUG").order_by("position")

    command = DeclineFulfilment(fulfilment_id=fulfilment.id, reason=DeclineReason.OUT_OF_STOCK, line_ids=(first.id,))
    await decline(world.act(), command)

    found = await PickupQuestion.filter(order_id=fulfilment.order_id).order_by("id")
    assert sorted((each.kit_id is not None, each.quantity) for each in found) == [(False, 1), (True, 1)]
    assert await counters(world, "MUG", "NYC") == (0, 0)
    assert await broken_rules(database_url) == []
