"""A location that works on units is asked to stop, and its answer, spoken or not, counts."""

import pytest

from actions.changing import lock_order, save
from actions.orders.cancelling import CancelOrder, cancel
from actions.orders.recalling import (
    AnswerCancellation,
    RequestCancellation,
    answer_cancellation,
    request_cancellation,
    settle_requests,
)
from domain.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.ids import new_id
from domain.lifecycle import Action, UnitStatus
from models import CancellationRequest, Fulfilment, Order, OutboxFact
from models.db import tx
from models.orders import CancellationStatus
from tests.world import World, furnish
from tests.world.orders import line, new_order, released, units, walk

pytestmark = pytest.mark.usefixtures("database")


async def asked(world: World, order: Order, fulfilment: Fulfilment, quantity: int | None = None) -> CancellationRequest:
    line_id = (await line(order)).id if quantity else None
    command = RequestCancellation(fulfilment_id=fulfilment.id, line_id=line_id, quantity=quantity, reason="late")
    await request_cancellation(world.act(actor="agent:ann"), command)
    return await CancellationRequest.get()


async def settle(world: World, order: Order) -> None:
    """As the actions of a location do it after their moves."""
    async with tx():
        change = await lock_order(world.act(), order.id)
        await settle_requests(world.act(), change)
        await save(world.act(), [change])


async def test_a_request_says_who_asked_when_and_why_and_moves_nothing():
    world = await furnish()
    order = await new_order(world, MUG=3)
    fulfilment = await released(world, order)

    request = await asked(world, order, fulfilment, 2)

    assert (request.quantity, request.status, request.reason) == (2, CancellationStatus.REQUESTED, "late")
    assert (request.requested_by, request.requested_at) == ("agent:ann", world.now)
    assert await units(order) == {UnitStatus.RELEASED: 3}


@pytest.mark.parametrize(
    "steps", [[], [Action.ACCEPT], [Action.ACCEPT, Action.PICK], [Action.ACCEPT, Action.PICK, Action.PACK]]
)
async def test_a_yes_cancels_the_units_wherever_they_are_and_frees_their_stock(steps):
    world = await furnish()
    order = await new_order(world, MUG=3)
    fulfilment = await released(world, order)
    await walk(world, order, *steps)
    request = await asked(world, order, fulfilment, 2)

    await answer_cancellation(world.act(actor="store:bob"), AnswerCancellation(request_id=request.id, accept=True))

    assert (await units(order))[UnitStatus.CANCELLED] == 2
    assert (await world.level("MUG", "NYC")).allocated == 1
    answered = await CancellationRequest.get(id=request.id)
    assert (answered.status, answered.answered_by) == (CancellationStatus.ACCEPTED, "store:bob")
    [cancelled] = await OutboxFact.filter(kind=FactKind.UNITS_CANCELLED)
    assert (cancelled.payload["amount_minor"], cancelled.fulfilment_id) == (2_000, fulfilment.id)


async def test_a_yes_to_everything_cancels_the_fulfilment():
    world = await furnish()
    order = await new_order(world, MUG=3)
    fulfilment = await released(world, order)
    request = await asked(world, order, fulfilment)

    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))

    assert (await Fulfilment.get(id=fulfilment.id)).status is FulfilmentStatus.CANCELLED


async def test_a_no_leaves_the_units_where_they_are():
    world = await furnish()
    order = await new_order(world, MUG=3)
    fulfilment = await released(world, order)
    request = await asked(world, order, fulfilment)

    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=False, reason="taped up"))

    assert await units(order) == {UnitStatus.RELEASED: 3}
    assert (await CancellationRequest.get(id=request.id)).status is CancellationStatus.DECLINED
    [fact] = await OutboxFact.filter(kind=FactKind.CANCELLATION_ANSWERED)
    assert fact.payload["reason"] == "taped up"


async def test_a_request_is_answered_once():
    world = await furnish()
    order = await new_order(world, MUG=3)
    request = await asked(world, order, await released(world, order))
    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=False))

    with pytest.raises(IllegalTransition):
        await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))

    assert await units(order) == {UnitStatus.RELEASED: 3}


async def test_after_a_no_it_may_be_asked_again():
    world = await furnish()
    order = await new_order(world, MUG=3)
    fulfilment = await released(world, order)
    request = await asked(world, order, fulfilment)
    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=False))

    await cancel(world.act(), CancelOrder(order_id=order.id))

    assert sorted(each.status for each in await CancellationRequest.all()) == ["declined", "requested"]


async def test_a_yes_that_comes_after_the_units_left_is_recorded_as_a_no():
    world = await furnish()
    order = await new_order(world, MUG=2)
    fulfilment = await released(world, order)
    request = await asked(world, order, fulfilment)
    await walk(world, order, Action.ACCEPT, Action.PICK, Action.PACK, Action.SHIP)

    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))

    assert await units(order) == {UnitStatus.SHIPPED: 2}
    assert (await CancellationRequest.get(id=request.id)).status is CancellationStatus.DECLINED


async def test_a_yes_counts_for_the_units_that_have_not_left():
    world = await furnish()
    order = await new_order(world, MUG=3)
    fulfilment = await released(world, order)
    request = await asked(world, order, fulfilment)
    await walk(world, order, Action.ACCEPT, Action.PICK, Action.PACK)
    await walk(world, order, Action.SHIP, quantity=2)

    await answer_cancellation(world.act(), AnswerCancellation(request_id=request.id, accept=True))

    assert await units(order) == {UnitStatus.SHIPPED: 2, UnitStatus.CANCELLED: 1}
    assert (await CancellationRequest.get(id=request.id)).quantity == 1


async def test_units_that_have_left_decline_a_request_by_themselves():
    world = await furnish()
    order = await new_order(world, MUG=2)
    request = await asked(world, order, await released(world, order))
    await walk(world, order, Action.ACCEPT, Action.PICK, Action.PACK, Action.SHIP)

    await settle(world, order)

    assert (await CancellationRequest.get(id=request.id)).status is CancellationStatus.DECLINED


async def test_a_request_stays_open_for_what_has_not_left():
    world = await furnish()
    order = await new_order(world, MUG=3)
    request = await asked(world, order, await released(world, order))
    await walk(world, order, Action.ACCEPT, Action.PICK, Action.PACK)
    await walk(world, order, Action.SHIP, quantity=2)

    await settle(world, order)

    left = await CancellationRequest.get(id=request.id)
    assert (left.status, left.quantity) == (CancellationStatus.REQUESTED, 1)


async def test_units_given_back_are_cancelled_instead_of_going_to_the_next_location():
    world = await furnish()
    order = await new_order(world, MUG=3)
    request = await asked(world, order, await released(world, order), 2)
    await walk(world, order, Action.DECLINE)

    await settle(world, order)

    assert await units(order) == {UnitStatus.UNSCHEDULED: 1, UnitStatus.CANCELLED: 2}
    assert (await CancellationRequest.get(id=request.id)).status is CancellationStatus.ACCEPTED


async def test_a_request_that_units_still_cover_is_left_alone():
    world = await furnish()
    order = await new_order(world, MUG=3)
    request = await asked(world, order, await released(world, order), 1)
    await walk(world, order, Action.ACCEPT, Action.PICK, Action.PACK)
    await walk(world, order, Action.SHIP, quantity=2)

    await settle(world, order)

    assert (await CancellationRequest.get(id=request.id)).status is CancellationStatus.REQUESTED


async def test_more_units_than_the_location_works_on_cannot_be_asked_for():
    world = await furnish()
    order = await new_order(world, MUG=3)
    fulfilment = await released(world, order)

    with pytest.raises(IllegalTransition):
        await asked(world, order, fulfilment, 4)

    assert await CancellationRequest.all().count() == 0


async def test_a_fulfilment_that_is_done_cannot_be_asked_to_stop():
    world = await furnish()
    order = await new_order(world, MUG=1)
    fulfilment = await released(world, order)
    await walk(world, order, Action.ACCEPT, Action.PICK, Action.PACK, Action.SHIP)

    with pytest.raises(IllegalTransition):
        await asked(world, order, fulfilment)


async def test_units_are_counted_only_of_a_named_line():
    world = await furnish()
    fulfilment = await released(world, await new_order(world, MUG=1, LAMP=1))

    with pytest.raises(InvalidInput) as refusal:
        await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id, quantity=1))

    assert [problem.code for problem in refusal.value.problems] == ["LINE_NEEDED"]


async def test_a_fulfilment_read_too_long_ago_is_not_asked_to_stop():
    world = await furnish()
    fulfilment = await released(world, await new_order(world))

    with pytest.raises(Conflict):
        await request_cancellation(world.act(), RequestCancellation(fulfilment_id=fulfilment.id, expected_version=9))

    assert await CancellationRequest.all().count() == 0


async def test_nobody_answers_for_another_organization():
    world, other = await furnish(), await furnish()
    order = await new_order(world, MUG=1)
    request = await asked(world, order, await released(world, order))

    for request_id in (request.id, new_id()):
        with pytest.raises(NotFound):
            await answer_cancellation(other.act(), AnswerCancellation(request_id=request_id, accept=True))

    assert (await CancellationRequest.get()).status is CancellationStatus.REQUESTED
