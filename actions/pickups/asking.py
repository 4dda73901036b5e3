"""Ask the customer about units that they wanted to collect and cannot.

Such units stand in their line as `pickup_rejected`, belong to no location, and are routed nowhere: what becomes of them
is the customer's choice. A line has at most one unanswered question, about all of its units that stand so. Of kits that
belong together the customer is asked as such: one question for all their lines, which counts kits.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from actions.acting import Act
from actions.changing import OrderChange, StandingKit
from domain.facts import FactKind
from domain.fulfilment import DeclineReason
from domain.ids import new_id
from domain.kits import whole_kits
from domain.lifecycle import UnitStatus
from domain.pickups import UNANSWERED, QuestionStatus
from models import Channel, KitLine, PickupQuestion


@dataclass(frozen=True, slots=True)
class Rejected:
    """Which location gave the units back, and why."""

    location_id: UUID
    reason: DeclineReason


class Subject(NamedTuple):
    """What a question is about: units of a line, or whole kits, of which the line is that of the first component."""

    line_id: UUID
    kit_id: UUID | None = None


async def follow_questions(act: Act, change: OrderChange, because: Rejected | None = None) -> None:
    """Bring the questions of a locked order in line with its units that wait for an answer: one fact for each changed.

    To be called whenever units came there, told by `because`, or left otherwise than by an answer. The caller saves.
    """
    waiting = _waiting(change)
    if not waiting and not change.stood(UnitStatus.PICKUP_REJECTED):
        return
    parted: dict[UUID, PickupQuestion] = {}
    for question in await unanswered(change.order.id):
        left = waiting.pop(Subject(question.line_id, question.kit_id), 0)
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
            parted |= await _lines_of_parted(change, question)
            await tell(change, FactKind.PICKUP_ANSWERED, question)
    for subject, quantity in waiting.items():
        if subject.line_id in parted:
            question = like(parted[subject.line_id], subject, quantity)
        else:
            assert because is not None, "only a location's no makes units wait"
            question = await _new_question(act, change, because, subject, quantity)
        await tell(change, FactKind.PICKUP_REJECTED, question, is_new=True)


async def unanswered(order_id: UUID) -> list[PickupQuestion]:
    return await PickupQuestion.filter(order_id=order_id, status__in=list(UNANSWERED)).order_by("id")


def like(question: PickupQuestion, subject: Subject, quantity: int) -> PickupQuestion:
    """One on the same terms, still open, and not written yet."""
    same = ("organization_id", "order_id", "location_id", "reason", "asked_at", "expires_at")
    values: dict[str, Any] = {name: getattr(question, name) for name in same}
    return PickupQuestion(id=new_id(), line_id=subject.line_id, kit_id=subject.kit_id, quantity=quantity, **values)


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


def _waiting(change: OrderChange) -> dict[Subject, int]:
    """What waits for an answer: units by line, and of kits that belong together whole ones."""
    units: Counter[UUID] = Counter()
    for place, quantity in change.units(UnitStatus.PICKUP_REJECTED):
        units[place.line_id] += quantity
    found: dict[Subject, int] = {}
    for kit in change.kits:
        kits = whole_kits(units, kit.in_one)
        if kits:
            found[Subject(first_line(change, kit), kit.id)] = kits
        for line_id in kit.in_one:
            del units[line_id]
    return found | {Subject(line_id): quantity for line_id, quantity in units.items()}


def first_line(change: OrderChange, kit: StandingKit) -> UUID:
    return min(kit.in_one, key=lambda line_id: change.lines[line_id].position)


async def _lines_of_parted(change: OrderChange, question: PickupQuestion) -> dict[UUID, PickupQuestion]:
    """The lines of kits that were asked about and were parted since, which are asked about one by one from now on."""
    if question.kit_id is None or any(kit.id == question.kit_id for kit in change.kits):
        return {}
    return {line.line_id: question for line in await KitLine.filter(kit_id=question.kit_id)}


async def _new_question(
    act: Act, change: OrderChange, because: Rejected, subject: Subject, quantity: int
) -> PickupQuestion:
    return PickupQuestion(
        id=new_id(),
        organization_id=act.organization_id,
        order_id=change.order.id,
        line_id=subject.line_id,
        kit_id=subject.kit_id,
        location_id=because.location_id,
        quantity=quantity,
        reason=because.reason,
        asked_at=act.now,
        expires_at=await _until(act, change),
    )


async def _until(act: Act, change: OrderChange) -> Any:
    channel = await Channel.get(id=change.order.channel_id)
    return act.now + timedelta(minutes=channel.pickup_answer_minutes)
