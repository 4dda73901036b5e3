"""Propose a substitute for what waits, and take the answer: yes, no, or nothing until it expires."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, StandingKit, lock_order, save
from actions.pickups.asking import first_line
from actions.refusals import passed_over
from actions.substituting.exchanging import (
    REPLACEABLE,
    exchange,
    free_units,
    still_waiting,
    told,
    waiting_kits,
    waiting_units,
)
from actions.substituting.lines import components_of
from domain.errors import AlreadyExists, IllegalTransition, InputProblem, InsufficientStock, InvalidInput, NotFound
from domain.facts import FactKind
from domain.lifecycle import by_rank
from domain.substitution import SubstitutionStatus, unit_price_minor
from domain.validation import Checks
from models import Channel, OrderKit, OrderLine, Price, Substitute, Substitution, Variant
from models.db import rows

log = logging.getLogger("oms.substitutes")

MAX_REASON_CHARACTERS: Final = 500
OFFER_HOURS: Final = 48
"""So long a proposal stands, where the channel says nothing else."""
ENDED_BATCH: Final = 200
ACTOR: Final = "job:substitutes"

ENDED: Final = """
SELECT DISTINCT o.organization_id, p.order_id FROM substitutions p JOIN orders o ON o.id = p.order_id
WHERE p.status = 'proposed' AND (p.expires_at <= $1 OR p.quantity > (
    SELECT coalesce(sum(s.quantity), 0) FROM line_status s
    WHERE s.line_id = p.line_id AND s.status IN ('backordered', 'unscheduled')) / coalesce((
        SELECT c.units FROM kit_lines c WHERE c.kit_id = p.kit_id AND c.line_id = p.line_id), 1)
    OR EXISTS (SELECT FROM order_kits k WHERE k.id = p.kit_id AND k.parted_at IS NOT NULL))
LIMIT $2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeSubstitute:
    """For so many units of the line that wait, or whole kits, or for all of them: one of both is named.

    `variant_id` is one of the substitutes of the line's variant, or of the kit; it may be a kit itself.
    """

    order_id: UUID
    variant_id: UUID
    line_id: UUID | None = None
    kit_id: UUID | None = None
    quantity: int | None = None
    expires_at: datetime | None = None
    reason: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSubstitution:
    substitution_id: UUID
    accept: bool


@action
async def propose(act: Act, command: ProposeSubstitute) -> UUID:
    """The order's id. Nothing is kept for the proposal.

    Raises InvalidInput, NotFound, Conflict, IllegalTransition when fewer units wait, AlreadyExists when another proposal
    for the line is open, and InsufficientStock when there is not enough of the substitute now.
    """
    _check(act, command)
    change = await lock_order(act, command.order_id, command.expected_version)
    line, kit = _subject(change, command)
    waiting = waiting_kits(change, kit) if kit else waiting_units(change, line.id)
    quantity = waiting if command.quantity is None else command.quantity
    if not 0 < quantity <= waiting:
        raise IllegalTransition(f"substitute {quantity or 'any'} of", line.status, by_rank(REPLACEABLE))
    proposed = await proposal(act, change, line, command.variant_id, kit=kit)
    free = await free_units(act, change, line, command.variant_id)
    if free < quantity:
        raise InsufficientStock({proposed.sku: quantity - free})
    proposed.quantity, proposed.reason = quantity, command.reason
    proposed.expires_at = command.expires_at or await expiry(act, change)
    await put_forward(change, proposed)
    await save(act, [change])
    return command.order_id


@action
async def answer(act: Act, command: AnswerSubstitution) -> UUID:
    """The order's id. With a yes the units are exchanged at once.

    Raises NotFound, IllegalTransition when it was answered, has expired, or the units it is for do not wait any more,
    InsufficientStock when the substitute is gone meanwhile, and BlockedByHold. The proposal stays open then.
    """
    found = await Substitution.get_or_none(id=command.substitution_id, order__organization_id=act.organization_id)
    if found is None:
        raise NotFound("substitution", command.substitution_id)
    change = await lock_order(act, found.order_id)
    proposed = await Substitution.get(id=found.id)
    is_late = proposed.expires_at is not None and proposed.expires_at <= act.now
    status = SubstitutionStatus.EXPIRED if is_late and _is_open(proposed) else proposed.status
    if status is not SubstitutionStatus.PROPOSED:
        raise IllegalTransition("answer", status, [SubstitutionStatus.PROPOSED])
    if command.accept:
        await exchange(act, change, proposed)
    else:
        await _end(act, change, proposed, SubstitutionStatus.DECLINED)
    await save(act, [change])
    return change.order.id


async def end_substitutions(now: datetime, *, limit: int = ENDED_BATCH) -> int:
    """Proposals that nobody answered in time, or whose units do not wait any more; of how many orders."""
    ended = await rows(ENDED, [now, limit])
    for found in ended:
        with passed_over(log, "proposals for order %s did not end", found["order_id"]):
            await _end_all(Act(organization_id=found["organization_id"], actor=ACTOR, now=now), found["order_id"])
    return len(ended)


async def proposal(
    act: Act, change: OrderChange, line: OrderLine, variant_id: UUID, *, kit: StandingKit | None = None
) -> Substitution:
    """By the catalogue's terms and today's prices, not stored yet; its quantity is still to be said.

    For kits, of whose components the line is the first one. Raises InvalidInput, or AlreadyExists when another proposal for
    the line is open.
    """
    of = kit.variant_id if kit else line.variant_id
    found = Substitute.filter(variant_id=of, substitute_id=variant_id).select_related("substitute")
    listed = await found.get_or_none()
    checks = Checks()
    if listed is None or not await _is_for_sale(listed.substitute):
        sku = kit.sku if kit else line.sku
        checks.note("variant_id", "NOT_A_SUBSTITUTE", f"Is not for sale as a substitute for {sku}.")
        checks.refuse()
    assert listed is not None, "refused just above"
    currency = change.order.currency
    price = await Price.get_or_none(variant_id=variant_id, channel_id=change.order.channel_id, currency=currency)
    original = (await OrderKit.get(id=kit.id)).unit_price_minor if kit else line.unit_price_minor
    amount = unit_price_minor(listed.price_rule, original, price.amount_minor if price else None)
    if amount is None:
        checks.note("variant_id", "NO_PRICE", f"{listed.substitute.sku} has no price in the order's channel.")
        checks.refuse()
    assert amount is not None, "refused just above"
    if await Substitution.exists(line_id=line.id, status=SubstitutionStatus.PROPOSED):
        raise AlreadyExists("open substitution for", line.sku)
    return Substitution(
        order_id=change.order.id,
        line_id=line.id,
        kit_id=kit.id if kit else None,
        variant_id=variant_id,
        sku=listed.substitute.sku,
        price_rule=listed.price_rule,
        unit_price_minor=amount,
        proposed_by=act.actor,
        proposed_at=act.now,
    )


async def _is_for_sale(variant: Variant) -> bool:
    """A component that is not sold any more ends the kits that have it."""
    parts = [part.variant_id for part in await components_of(variant.id)]
    return variant.is_active and not await Variant.exists(id__in=parts, is_active=False)


def _subject(change: OrderChange, command: ProposeSubstitute) -> tuple[OrderLine, StandingKit | None]:
    """The line, and the kits if it is about them, of which it is the first. Raises NotFound and InvalidInput."""
    if command.kit_id is not None:
        kit = next((kit for kit in change.kits if kit.id == command.kit_id), None)
        if kit is None:
            raise NotFound("kit", command.kit_id)
        return change.lines[first_line(change, kit)], kit
    line = change.lines.get(command.line_id) if command.line_id else None
    if line is None:
        raise NotFound("line", command.line_id or "")
    if (kit := change.kit_of(line.id)) is not None:
        why = f"Is a component of kit {kit.sku}, which is replaced whole: name the kit, or part it."
        raise InvalidInput([InputProblem("line_id", "KIT", why)])
    return line, None


async def put_forward(change: OrderChange, proposed: Substitution) -> None:
    await proposed.save(force_create=True)
    change.record(FactKind.SUBSTITUTION_PROPOSED, reason=proposed.reason, **told(proposed))


async def expiry(act: Act, change: OrderChange) -> datetime:
    channel = await Channel.get(id=change.order.channel_id)
    return act.now + timedelta(hours=channel.substitute_offer_hours or OFFER_HOURS)


def _check(act: Act, command: ProposeSubstitute) -> None:
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS, is_required=False)
    checks.number("quantity", command.quantity, least=1)
    if (command.line_id is None) == (command.kit_id is None):
        checks.note("line_id", "REQUIRED", "Name a line, or kits of the order.")
    if command.expires_at is not None and command.expires_at <= act.now:
        checks.note("expires_at", "IN_THE_PAST", "Must be later than now.")
    checks.refuse()


def _is_open(substitution: Substitution) -> bool:
    return substitution.status is SubstitutionStatus.PROPOSED


@action
async def _end_all(act: Act, order_id: UUID) -> UUID:
    change = await lock_order(act, order_id)
    for proposed in await Substitution.filter(order_id=order_id, status=SubstitutionStatus.PROPOSED).order_by("id"):
        if proposed.expires_at is not None and proposed.expires_at <= act.now:
            await _end(act, change, proposed, SubstitutionStatus.EXPIRED)
        elif still_waiting(change, proposed) < proposed.quantity:
            await _end(act, change, proposed, SubstitutionStatus.WITHDRAWN)
    await save(act, [change])
    return order_id


async def _end(act: Act, change: OrderChange, proposed: Substitution, status: SubstitutionStatus) -> None:
    proposed.status, proposed.answered_by, proposed.answered_at = status, act.actor, act.now
    await proposed.save(update_fields=["status", "answered_by", "answered_at"])
    change.record(FactKind.SUBSTITUTION_ANSWERED, **told(proposed))
