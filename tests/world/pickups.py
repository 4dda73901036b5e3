"""Questions to customers about units that they cannot collect, and the answers to them."""

from typing import Any

from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, ShortPick, short_pick
from actions.pickups.answering import AnswerPickup
from domain.fulfilment import DeclineReason
from domain.pickups import PickupChoice
from domain.placing.commands import Address
from models import LineStatus, OrderLine, PickupQuestion
from tests.world import World
from tests.world.fulfilment import accepted, pickup_fulfilment

BOSTON = Address(
    name="Ada Example", line1="1 Beacon Street", city="Boston", region="MA", postal_code="02108", country="US"
)


async def asked(world: World, *, reason: DeclineReason = DeclineReason.NO_CAPACITY, **wanted: Any) -> PickupQuestion:
    """The only question about an order that New York declined altogether."""
    fulfilment = await pickup_fulfilment(world, **(wanted or {"MUG": 2}))
    await decline(world.act(), DeclineFulfilment(fulfilment_id=fulfilment.id, reason=reason))
    return await PickupQuestion.get(order_id=fulfilment.order_id)


async def asked_about_one_of_three(world: World) -> PickupQuestion:
    """New York found two of three mugs."""
    fulfilment = await accepted(world, await pickup_fulfilment(world, MUG=3))
    mugs = await OrderLine.get(order_id=fulfilment.order_id)
    found = (FoundLine(line_id=mugs.id, found=2),)
    await short_pick(world.act(), ShortPick(fulfilment_id=fulfilment.id, lines=found, reason=DeclineReason.NOT_FOUND))
    return await PickupQuestion.get(order_id=fulfilment.order_id)


def collecting(world: World, question: PickupQuestion, at: str = "CHI", **values: Any) -> AnswerPickup:
    return AnswerPickup(
        question_id=question.id,
        choice=PickupChoice.COLLECT_ELSEWHERE,
        pickup_location_id=world.locations[at].id,
        **values,
    )


def shipping(question: PickupQuestion, **values: Any) -> AnswerPickup:
    return AnswerPickup(question_id=question.id, choice=PickupChoice.SHIP, **{"shipping_address": BOSTON, **values})


def cancelling(question: PickupQuestion, **values: Any) -> AnswerPickup:
    return AnswerPickup(question_id=question.id, choice=PickupChoice.CANCEL, **values)


async def where(order_id: Any) -> dict[tuple[int, str, str | None], int]:
    """Units by position of their line, status and location code."""
    found = LineStatus.filter(order_id=order_id).select_related("location", "line")
    return {
        (row.line.position, row.status.value, row.location and row.location.code): row.quantity for row in await found
    }
