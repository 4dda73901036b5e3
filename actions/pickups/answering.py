"""The customer's choice for units that they cannot collect, made by them, by an agent for them, or by silence.

Whoever answers first, under the order's lock, is heard; the others are told that it was answered. A choice that needs
stock claims it at once or is refused, and then the question stays open.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, Place, lock_order, save
from actions.orders.recalling import cancelled_value
from actions.payments.books import recount
from actions.pickups.asking import Subject, first_line, like, tell
from actions.pickups.places import address_to_ship_to, check_option, check_place, in_one, keep_address, variant_of
from actions.pickups.splitting import split_kits_off, split_off
from actions.promising import keeping
from actions.promising.opening import check_stands, opened
from actions.refusals import passed_over
from actions.routing import WITHOUT_LOCATION, route
from domain.errors import Conflict, IllegalTransition, InsufficientStock, NotFound
from domain.facts import FactKind
from domain.lifecycle import Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.pickups import UNANSWERED, PickupChoice, QuestionStatus, decided_by_silence
from domain.placing.commands import Address
from domain.promising.promise import Promised
from domain.validation import Checks
from models import Channel, PickupQuestion
from models.db import rows

log = logging.getLogger("oms.pickups")

ACTOR: Final = "job:pickup-questions"
BATCH: Final = 100
"""Questions that one run of the job decides at most."""

DUE: Final = """
SELECT q.organization_id, q.id FROM pickup_questions q WHERE q.status = 'open' AND q.expires_at <= $1
ORDER BY q.expires_at, q.id LIMIT $2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPickup:
    """`pickup_location_id` for COLLECT_ELSEWHERE alone. For SHIP: `shipping_address`, unless the order has one or its
    customer has one by default. It costs nothing more, unless the customer chose an `option` of a promise for just these
    units, which has its price, or staff says `shipping_minor`, tax included: that comes on top of the order's total.

    With `quantity` only so many units, or kits; the rest of them is asked about as before. `expected_version` is the question's.
    """

    question_id: UUID
    choice: PickupChoice
    pickup_location_id: UUID | None = None
    shipping_address: Address | None = None
    shipping_minor: int = 0
    option: str | None = None
    quantity: int | None = None
    expected_version: int | None = None


@action
async def answer(act: Act, command: AnswerPickup) -> UUID:
    """Returns the question's id. Raises NotFound, Conflict, InvalidInput, IllegalTransition when it is answered already,
    BlockedByHold, PromiseEnded, and InsufficientStock when the units are not to be had there: then the question stays open.
    """
    question, change = await _lock_question(act, command.question_id)
    if question.status not in UNANSWERED:
        raise IllegalTransition("answer", question.status, list(UNANSWERED))
    if command.expected_version not in (None, question.version):
        raise Conflict("pickup question", command.expected_version or 0, question.version)
    promised = await opened(act, command.option, path="option") if command.option is not None else None
    address = await _checked(act, change, question, command, promised=promised)
    if promised is not None:
        check_stands(act, promised)
        await keeping.write(act, promised, change.order.customer_id)
        question.promise_id = promised.id
        command = replace(command, shipping_minor=command.shipping_minor or promised.price_minor)
    await _carry_out(act, change, question, replace(command, shipping_address=address))
    await save(act, [change])
    return question.id


async def expire_questions(now: datetime, *, limit: int = BATCH) -> int:
    """The job: what nobody answered is decided by the channel's policy, or is left to a person. How many were due."""
    due = await rows(DUE, [now, limit])
    for found in due:
        act = Act(organization_id=found["organization_id"], actor=ACTOR, now=now)
        with passed_over(log, "pickup question %s is left as it is", found["id"]):
            await decide(act, found["id"])
    return len(due)


@action
async def decide(act: Act, question_id: UUID) -> UUID:
    """As silence decides. Nothing happens to a question that was answered meanwhile or is not due. Raises NotFound.

    Units that are to be shipped and that nobody has wait for stock like others.
    """
    question, change = await _lock_question(act, question_id)
    if question.status is not QuestionStatus.OPEN or question.expires_at > act.now:
        return question.id
    channel = await Channel.get(id=change.order.channel_id)
    address = await address_to_ship_to(change, None)
    # Routing takes all that waits in the order along, so a hold on any of it stands against shipping.
    touched = {question.line_id, *(units.place.line_id for units in change.units(*WITHOUT_LOCATION))}
    stopped = change.stopped(question.line_id) | frozenset(
        {Action.SCHEDULE} if any(Action.SCHEDULE in change.stopped(line_id) for line_id in touched) else ()
    )
    choice = decided_by_silence(channel.pickup_unanswered, has_address=address is not None, stopped=stopped)
    if choice is None:
        question.status = QuestionStatus.OVERDUE
        await tell(change, FactKind.PICKUP_UNANSWERED, question)
    else:
        command = AnswerPickup(question_id=question_id, choice=choice, shipping_address=address)
        await _carry_out(act, change, question, command, by_silence=True)
    await save(act, [change])
    return question.id


async def _lock_question(act: Act, question_id: UUID) -> tuple[PickupQuestion, OrderChange]:
    found = await PickupQuestion.get_or_none(id=question_id, organization_id=act.organization_id)
    if found is None:
        raise NotFound("pickup question", question_id)
    change = await lock_order(act, found.order_id)
    return await PickupQuestion.get(id=question_id), change


async def _checked(
    act: Act, change: OrderChange, question: PickupQuestion, command: AnswerPickup, *, promised: Promised | None
) -> Address | None:
    """The address to ship to. Raises InvalidInput with everything that does not belong to the choice or is missing."""
    checks = Checks()
    checks.number("quantity", command.quantity, least=1, most=question.quantity)
    checks.amount("shipping_minor", command.shipping_minor)
    if command.choice is PickupChoice.COLLECT_ELSEWHERE:
        await check_place(act, change, question, command.pickup_location_id, checks)
    elif command.pickup_location_id is not None:
        checks.note("pickup_location_id", "NOT_PICKUP", "Only units that are collected name a location.")
    address = None
    if command.choice is PickupChoice.SHIP:
        address = await address_to_ship_to(change, command.shipping_address, checks)
    else:
        _check_not_shipped(command, checks)
    if promised is not None and address is not None:
        wanted = {variant_of(change, question): command.quantity or question.quantity}
        check_option(change.order, promised, address, wanted, checks)
    checks.refuse()
    return address


def _check_not_shipped(command: AnswerPickup, checks: Checks) -> None:
    for path, is_given, of_what in (
        ("shipping_address", command.shipping_address is not None, "an address"),
        ("shipping_minor", bool(command.shipping_minor), "a price of shipping"),
        ("option", command.option is not None, "an option of a promise"),
    ):
        if is_given:
            checks.note(path, "NOT_SHIPPED", f"Only units that are shipped have {of_what}.")


async def _carry_out(
    act: Act, change: OrderChange, question: PickupQuestion, command: AnswerPickup, *, by_silence: bool = False
) -> None:
    quantity = command.quantity or question.quantity
    rest = _rest(question, quantity)
    question.quantity = quantity
    question.status = QuestionStatus.EXPIRED if by_silence else QuestionStatus.ANSWERED
    question.choice, question.pickup_location_id = command.choice, command.pickup_location_id
    question.answered_by, question.answered_at = act.actor, act.now
    units = {line_id: quantity * each for line_id, each in in_one(change, question).items()}
    if command.choice is PickupChoice.CANCEL:
        for line_id, gone in units.items():
            change.move(Action.CANCEL, Place(line_id, UnitStatus.PICKUP_REJECTED), gone)
        change.record(FactKind.UNITS_CANCELLED, **await cancelled_value(change, units))
        await tell(change, FactKind.PICKUP_ANSWERED, question, choice=command.choice.value)
    else:
        await _redirect(act, change, question, command, units)
    if rest is not None:
        await tell(change, FactKind.PICKUP_REJECTED, rest, is_new=True)


def _rest(question: PickupQuestion, answered: int) -> PickupQuestion | None:
    """A question about the units that the answer leaves, on the same terms."""
    if answered == question.quantity:
        return None
    rest = like(question, Subject(question.line_id, question.kit_id), question.quantity - answered)
    rest.status = question.status
    return rest


async def _redirect(
    act: Act, change: OrderChange, question: PickupQuestion, command: AnswerPickup, wanted: Mapping[UUID, int]
) -> None:
    """The units' lines go the chosen way, or new lines with them alone where the old ones have others; then they are routed.

    Raises InsufficientStock unless silence chose.
    """
    wanted, told = await _apart(change, question, wanted)
    for line_id, quantity in wanted.items():
        line = change.lines[line_id]
        line.pickup_location_id = command.pickup_location_id
        if command.choice is PickupChoice.SHIP:
            line.method = FulfilmentMethod.SHIP
        await line.save(update_fields=["method", "pickup_location_id"])
        change.move(Action.ANSWER_PICKUP, Place(line_id, UnitStatus.PICKUP_REJECTED), quantity)
    if command.choice is PickupChoice.SHIP:
        await keep_address(change, command.shipping_address)
        told |= await _charged(change, command.shipping_minor)
    promise = str(question.promise_id) if question.promise_id else None
    await tell(change, FactKind.PICKUP_ANSWERED, question, choice=command.choice.value, promise=promise, **told)
    await route(act, change)
    missing: Counter[str] = Counter()
    for place, quantity in change.units(UnitStatus.BACKORDERED):
        if place.line_id in wanted:
            missing[change.lines[place.line_id].sku] += quantity
    if missing and question.status is QuestionStatus.ANSWERED:
        raise InsufficientStock(missing)


async def _apart(
    change: OrderChange, question: PickupQuestion, wanted: Mapping[UUID, int]
) -> tuple[Mapping[UUID, int], dict[str, Any]]:
    """The lines that have these units alone, new ones if need be, and what the fact has to tell of them."""
    if not any(_has_others(change, line_id, quantity) for line_id, quantity in wanted.items()):
        return wanted, {}
    status = UnitStatus.PICKUP_REJECTED
    if question.kit_id is None:
        place, told = await split_off(change, Place(question.line_id, status), question.quantity)
        question.new_line_id = place.line_id
        return {place.line_id: question.quantity}, {**told}
    [kit] = [each for each in change.kits if each.id == question.kit_id]
    fresh, of_kits = await split_kits_off(change, kit, status, question.quantity)
    question.new_kit_id, question.new_line_id = fresh.id, first_line(change, fresh)
    return {line_id: question.quantity * units for line_id, units in fresh.in_one.items()}, of_kits


def _has_others(change: OrderChange, line_id: UUID, quantity: int) -> bool:
    """Whether the line has units that go on as they were; cancelled ones do not."""
    standing = change.units(line_id=line_id)
    return quantity < sum(units.quantity for units in standing if units.place.status is not UnitStatus.CANCELLED)


async def _charged(change: OrderChange, shipping_minor: int) -> dict[str, Any]:
    """What shipping costs comes on top of what the customer pays; how far that is paid, for the fact."""
    if not shipping_minor:
        return {}
    order = change.order
    order.shipping_minor += shipping_minor
    order.total_minor += shipping_minor
    await order.save(update_fields=["shipping_minor", "total_minor"])
    return await recount(change)
