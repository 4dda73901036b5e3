"""The customer's choice: heard once, and with stock that is really there."""

import asyncio

import pytest

from actions.fulfilment.releasing import ReleaseOrder, release
from actions.locations import UpsertLocation, upsert_location
from actions.orders.holding import ApplyHold, apply_hold
from actions.pickups.answering import AnswerPickup, answer
from domain.errors import BlockedByHold, Conflict, IllegalTransition, InsufficientStock, InvalidInput, NotFound
from domain.facts import FactKind
from domain.holds import HoldKind
from domain.orders import FulfilmentMethod
from domain.pickups import PickupChoice, QuestionStatus
from domain.placing.commands import Address
from models import (
    ExcludedLocation,
    Fulfilment,
    Hold,
    Order,
    OrderAddress,
    OrderLine,
    PickupQuestion,
)
from tests.actions.asserting import books_balance, refused, told
from tests.world import addresses, furnish
from tests.world.fulfilment import ships_to
from tests.world.orders import new_order, units
from tests.world.pickups import BOSTON, asked, asked_about_one_of_three, cancelling, collecting, shipping, where

pytestmark = pytest.mark.usefixtures("database")


async def test_collecting_elsewhere_claims_the_units_there_at_once():
    world = await furnish()
    question = await asked(world, MUG=2)

    assert await answer(world.act(), collecting(world, question)) == question.id

    assert await where(question.order_id) == {(0, "scheduled", "CHI"): 2}
    mugs = await OrderLine.get(order_id=question.order_id)
    assert (mugs.method, mugs.pickup_location_id) == (FulfilmentMethod.PICKUP, world.locations["CHI"].id)
    stored = await PickupQuestion.get(id=question.id)
    assert (stored.status, stored.choice) == (QuestionStatus.ANSWERED, PickupChoice.COLLECT_ELSEWHERE)
    assert (stored.answered_by, stored.answered_at, stored.new_line_id) == ("staff:test", world.now, None)
    assert (await world.level("MUG", "CHI")).allocated == 2
    await release(world.act(), ReleaseOrder(order_id=question.order_id))
    at_chicago = await Fulfilment.get(order_id=question.order_id, location=world.locations["CHI"])
    assert at_chicago.method is FulfilmentMethod.PICKUP
    await books_balance()


async def test_units_that_are_gone_there_refuse_the_choice_and_the_question_stays_open():
    world = await furnish()
    question = await asked(world, MUG=2)
    await new_order(world, at="CHI", MUG=9)

    async with refused(InsufficientStock) as refusal:
        await answer(world.act(), collecting(world, question))

    assert refusal.value.missing == {"MUG": 1}
    assert (await PickupQuestion.get(id=question.id)).status is QuestionStatus.OPEN
    await answer(world.act(), collecting(world, question, "LAX"))
    assert await where(question.order_id) == {(0, "scheduled", "LAX"): 2}


async def test_nobody_collects_where_they_cannot_or_where_it_was_given_back():
    world = await furnish()
    question = await asked(world)
    await upsert_location(world.act(), UpsertLocation(code="CHI", capabilities=()))
    wrong = {
        "GAVE_IT_BACK": collecting(world, question, "NYC"),
        "NO_PICKUP": collecting(world, question, "CHI"),
        "UNKNOWN_LOCATION": AnswerPickup(question_id=question.id, choice=PickupChoice.COLLECT_ELSEWHERE),
        "NOT_PICKUP": cancelling(question, pickup_location_id=world.locations["LAX"].id),
        "NOT_SHIPPED": cancelling(question, shipping_address=BOSTON),
        "OUT_OF_RANGE": cancelling(question, quantity=3),
        "REQUIRED": shipping(question, shipping_address=None),
    }

    for code, command in wrong.items():
        async with refused(InvalidInput) as refusal:
            await answer(world.act(), command)
        assert [problem.code for problem in refusal.value.problems] == [code]


async def test_shipping_instead_copies_the_address_and_costs_nothing_unless_told():
    world = await furnish()
    question = await asked(world, MUG=2)

    await answer(world.act(), shipping(question))

    assert [key[1] for key in await where(question.order_id)] == ["scheduled"]
    mugs = await OrderLine.get(order_id=question.order_id)
    assert (mugs.method, mugs.pickup_location_id) == (FulfilmentMethod.SHIP, None)
    address = await OrderAddress.get(order_id=question.order_id)
    assert (address.name, address.postal_code) == ("Ada Example", "02108")
    assert address.latitude == pytest.approx(42.4, abs=0.2)
    order = await Order.get(id=question.order_id)
    assert (order.shipping_minor, order.total_minor) == (0, 2_000)
    await books_balance()


async def test_a_price_of_shipping_comes_on_top_of_the_total():
    world = await furnish()
    question = await asked(world, MUG=2)

    await answer(world.act(), shipping(question, shipping_minor=599))

    order = await Order.get(id=question.order_id)
    assert (order.shipping_minor, order.total_minor) == (599, 2_599)


async def test_without_another_address_units_ship_to_the_usual_one_of_the_customer():
    world = await furnish()
    question = await asked(world, MUG=1, customer=world.customer)

    await answer(world.act(), shipping(question, shipping_address=None))

    [usual] = await addresses(world.customer)
    assert (await OrderAddress.get(order_id=question.order_id)).line1 == usual.line1


async def test_an_order_that_ships_already_ships_to_one_address():
    world = await furnish()
    question = await asked(world, MUG=2)
    await ships_to(question.order_id)

    async with refused(InvalidInput) as refusal:
        elsewhere = Address(name="Ada Example", line1="2 Main Street", city="Boston", country="US")
        await answer(world.act(), shipping(question, shipping_address=elsewhere))
    await answer(world.act(), shipping(question, shipping_address=None))

    assert [problem.code for problem in refusal.value.problems] == ["OTHER_ADDRESS"]
    assert await OrderAddress.filter(order_id=question.order_id).count() == 1


async def test_cancelling_ends_the_units_and_tells_what_they_cost():
    world = await furnish()
    question = await asked_about_one_of_three(world)

    await answer(world.act(), cancelling(question))

    assert await where(question.order_id) == {(0, "picked", "NYC"): 2, (0, "cancelled", None): 1}
    [fact] = await told(FactKind.UNITS_CANCELLED)
    assert fact.payload["amount_minor"] == 1_000
    assert (await PickupQuestion.get(id=question.id)).choice is PickupChoice.CANCEL
    await books_balance()


async def test_part_of_a_line_that_goes_another_way_gets_a_line_of_its_own():
    world = await furnish()
    question = await asked_about_one_of_three(world)
    await OrderLine.filter(id=question.line_id).update(discount_minor=100, tax_minor=50, total_minor=2_950)
    await Order.filter(id=question.order_id).update(discount_minor=100, tax_minor=50, total_minor=2_950)

    await answer(world.act(), shipping(question))

    kept, fresh = await OrderLine.filter(order_id=question.order_id).order_by("position")
    assert [(each.quantity, each.method.value) for each in (kept, fresh)] == [(2, "pickup"), (1, "ship")]
    assert (kept.discount_minor, kept.tax_minor, kept.total_minor) == (67, 34, 1_967)
    assert (fresh.discount_minor, fresh.tax_minor, fresh.total_minor) == (33, 16, 983)
    assert (await PickupQuestion.get(id=question.id)).new_line_id == fresh.id
    assert {key[:2] for key in await where(question.order_id)} == {(0, "picked"), (1, "scheduled")}
    assert await ExcludedLocation.filter(line_id=fresh.id, location=world.locations["NYC"]).count() == 1
    await release(world.act(), ReleaseOrder(order_id=question.order_id))
    both = await Fulfilment.filter(order_id=question.order_id).order_by("id")
    assert [each.method.value for each in both] == ["pickup", "ship"]
    await books_balance()


async def test_a_new_line_keeps_the_holds_of_its_old_one():
    world = await furnish()
    question = await asked_about_one_of_three(world)
    held = ApplyHold(order_id=question.order_id, line_id=question.line_id, kind=HoldKind.MANUAL, reason="Look at it.")
    await apply_hold(world.act(), held)

    await answer(world.act(), collecting(world, question))

    stored = await PickupQuestion.get(id=question.id)
    copy = await Hold.get(line_id=stored.new_line_id)
    assert (copy.kind, copy.reason) == (HoldKind.MANUAL, "Look at it.")


async def test_units_can_be_answered_apart_and_the_rest_is_asked_about_as_before():
    world = await furnish()
    question = await asked(world, MUG=3)

    await answer(world.act(), collecting(world, question, quantity=2))

    rest = await PickupQuestion.get(order_id=question.order_id, status=QuestionStatus.OPEN)
    assert (rest.quantity, rest.line_id, rest.expires_at) == (1, question.line_id, question.expires_at)
    assert (await PickupQuestion.get(id=question.id)).quantity == 2
    assert await where(question.order_id) == {(0, "pickup_rejected", None): 1, (1, "scheduled", "CHI"): 2}
    await answer(world.act(), cancelling(rest))
    assert await where(question.order_id) == {(0, "cancelled", None): 1, (1, "scheduled", "CHI"): 2}
    await books_balance()


async def test_a_question_is_answered_once():
    world = await furnish()
    question = await asked(world)
    await answer(world.act(), cancelling(question))

    async with refused(IllegalTransition) as refusal:
        await answer(world.act(), collecting(world, question))

    assert (refusal.value.was, refusal.value.allowed_from) == ("answered", ("open", "overdue"))


async def test_a_question_that_was_read_before_it_changed_is_a_conflict():
    world, other = await furnish(), await furnish()
    question, theirs = await asked(world), await asked(other)

    async with refused(Conflict):
        await answer(world.act(), cancelling(question, expected_version=7))
    async with refused(NotFound):
        await answer(world.act(), cancelling(theirs))


async def test_of_a_customer_and_an_agent_who_answer_at_once_one_is_heard():
    world = await furnish()
    question = await asked(world, MUG=2)
    answers = [collecting(world, question), shipping(question), cancelling(question)] * 2

    outcomes = await asyncio.gather(*(answer(world.act(), each) for each in answers), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["IllegalTransition"] * 5 + ["UUID"]
    assert sum((await units(await Order.get(id=question.order_id))).values()) == 2
    assert len(await told(FactKind.PICKUP_ANSWERED)) == 1
    await books_balance()


async def test_of_two_customers_who_choose_the_last_units_one_gets_them():
    world = await furnish()
    questions = [await asked(world, MUG=2) for _ in range(2)]
    await new_order(world, at="CHI", MUG=7)

    outcomes = await asyncio.gather(
        *(answer(world.act(), collecting(world, each)) for each in questions), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["InsufficientStock", "UUID"]
    assert await PickupQuestion.filter(status=QuestionStatus.OPEN).count() == 1
    await books_balance()


async def test_the_same_key_answers_once_with_the_same_result():
    world = await furnish()
    question = await asked(world)
    act = world.act(key="once")

    assert await answer(act, cancelling(question)) == await answer(act, cancelling(question))

    assert len(await told(FactKind.PICKUP_ANSWERED)) == 1


async def test_a_hold_against_scheduling_stands_against_the_choice():
    world = await furnish()
    question = await asked(world)
    await apply_hold(world.act(), ApplyHold(order_id=question.order_id, kind=HoldKind.FRAUD))

    async with refused(BlockedByHold):
        await answer(world.act(), collecting(world, question))
