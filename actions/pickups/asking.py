"""Ask the customer about units that they wanted to collect and cannot.

Such units stand in their line as `pickup_rejected`, belong to no location, and are routed nowhere: what becomes of them
is the customer's choice. A line has at most one unanswered question, about all of its units that stand so.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from actions.acting import Act
from actions.changing import OrderChange
from domain.facts import FactKind
from domain.fulfilment import DeclineReason
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.pickups import UNANSWERED, QuestionStatus
from models import Channel, PickupQuestion


@dataclass(frozen=True, slots=True)
class Rejected:
    """Which location gave the units back, and why."""

    location_id: UUID
    reason: DeclineReason


async def follow_questions(act: Act, change: OrderChange, because: Rejected | None = None) -> None:
    """Bring the questions of a locked order in line with its units that wait for an answer: one fact for each changed.

    To be called whenever units came there, told by `because`, or left otherwise than by an answer. The caller saves.
    """
    waiting: Counter[UUID] = Counter()
    for place, quantity in change.units(UnitStatus.PICKUP_REJECTED):
        waiting[place.line_id] += quantity
    if not waiting and not change.stood(UnitStatus.PICKUP_REJECTED):
        return
    for question in await unanswered(change.order.id):
        left = waiting.pop(question.line_id, 0)
        if left > question.quantity:
            assert because is not None, "only a location's no makes more units wait"
            question.quantity, question.status = left, QuestionStatus.OPEN
            question.reason, question.expires_at = because.reason, await _until(act, change)
            await tell(change, FactKind.PICKUP_REJECTED, question)
        elif 0 < left < question.quantity:
            question.quantity = left
            await tell(change, FactKind.PICKUP_REJECTED, question)
        elif not left:
            question.status, question.answered_by, question.answered_at = QuestionStatus.WITHDRAWN, act.actor, act.now
            await tell(change, FactKind.PICKUP_ANSWERED, question)
    for line_id, quantity in waiting.items():
        assert because is not None, "only a location's no makes units wait"
        question = await _new_question(act, change, because, line_id, quantity)
        await tell(change, FactKind.PICKUP_REJECTED, question, is_new=True)


async def unanswered(order_id: UUID) -> list[PickupQuestion]:
    return await PickupQuestion.filter(order_id=order_id, status__in=list(UNANSWERED)).order_by("id")


async def tell(
    change: OrderChange, kind: FactKind, question: PickupQuestion, *, is_new: bool = False, **details: Any
) -> None:
    """Write the question, and record one fact of it with the moves since the last one."""
    if not is_new:
        question.version += 1
    await question.save(force_create=is_new)
    told = {
        "line": str(question.line_id),
        "quantity": question.quantity,
        "status": question.status.value,
        "expires_at": question.expires_at.isoformat(),
    }
    change.record(
        kind,
        location_id=question.location_id,
        question=str(question.id),
        questions={str(question.id): told, **details.pop("questions", {})},
        reason=question.reason.value,
        **details,
    )


async def _new_question(
    act: Act, change: OrderChange, because: Rejected, line_id: UUID, quantity: int
) -> PickupQuestion:
    return PickupQuestion(
        id=new_id(),
        organization_id=act.organization_id,
        order_id=change.order.id,
        line_id=line_id,
        location_id=because.location_id,
        quantity=quantity,
        reason=because.reason,
        asked_at=act.now,
        expires_at=await _until(act, change),
    )


async def _until(act: Act, change: OrderChange) -> Any:
    channel = await Channel.get(id=change.order.channel_id)
    return act.now + timedelta(minutes=channel.pickup_answer_minutes)
