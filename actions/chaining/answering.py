"""What a vendor says to a chained purchase order: yes, to fewer, or no, at once or later.

What it declines waits again, for stock or for another vendor; it is not asked for that line any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.backordering.waits import begin_waiting
from actions.chaining.papers import Chained, lock_chained, store_chained
from actions.changing import save
from actions.days import check_expected
from actions.fulfilment.giving_back import EXCLUDE
from actions.fulfilment.progress import MOST_LINES, store, tell
from actions.orders.recalling import settle_requests
from actions.whole_kits import check_staying_whole
from domain.facts import FactKind
from domain.fulfilment import DeclineReason
from domain.ids import id_maker
from domain.lifecycle import AT_VENDOR, Action, UnitStatus
from domain.purchasing import PurchaseAction, at_vendor
from domain.validation import Checks
from models import PurchaseLine
from models.db import execute

FOR_GOOD: Final = timedelta(days=36_525)
"""How long a vendor that declined a line is not asked for it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedUnits:
    """`line_id` is the purchase order's."""

    line_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgePurchase:
    """Lines that are not named are accepted whole. `reason` says why some are not; `expected_on` when it will ship."""

    purchase_order_id: UUID
    lines: tuple[AcceptedUnits, ...] = ()
    reason: DeclineReason | None = None
    expected_on: date | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclinePurchase:
    """Of these lines, of all if none is named, what has not left yet."""

    purchase_order_id: UUID
    reason: DeclineReason
    line_ids: tuple[UUID, ...] = ()
    expected_version: int | None = None


@action
async def acknowledge(act: Act, command: AcknowledgePurchase) -> UUID:
    """From now on cancelling is a request to the vendor. Returns the purchase order's id.

    Raises NotFound, Conflict, IllegalTransition, and InvalidInput for more than was ordered, for fewer without a reason,
    or for part of a kit.
    """
    chained = await lock_chained(act, PurchaseAction.ACKNOWLEDGE, command.purchase_order_id, command.expected_version)
    if command.expected_on not in (None, chained.order.expected_on):
        checks = Checks()
        await check_expected(act, checks, [("expected_on", chained.order.destination_id, command.expected_on)])
        checks.refuse()
        chained.order.expected_on = command.expected_on
    accept(act, chained, _accepted(chained, command))
    refused = _give_back(chained, chained.lines.values(), UnitStatus.AWAITING_VENDOR)
    check_staying_whole(chained.change, chained.fulfilment.id)
    if command.reason and refused:
        chained.fulfilment.decline_reason = command.reason
        await _exclude(act, chained, refused, command.reason)
    said: dict[str, Any] = {"reason": command.reason.value} if command.reason and refused else {}
    said |= await _wait_again(act, chained, refused)
    tell(act, chained.change, FactKind.VENDOR_ACKNOWLEDGED, chained.fulfilment, purchase=str(chained.order.id), **said)
    return await _finish(act, chained)


@action
async def decline(act: Act, command: DeclinePurchase) -> UUID:
    """Also what it acknowledged before. Raises NotFound, Conflict, InvalidInput or IllegalTransition."""
    chained = await lock_chained(act, PurchaseAction.DECLINE, command.purchase_order_id, command.expected_version)
    checks = Checks()
    checks.size("line_ids", command.line_ids, most=MOST_LINES)
    checks.once("line_ids", "", command.line_ids)
    for at, line_id in enumerate(command.line_ids[:MOST_LINES]):
        if line_id not in chained.lines or not at_vendor(chained.lines[line_id]):
            checks.note(
                f"line_ids.{at}", "NOTHING_LEFT", "The purchase order has no such line, or nothing of it is left."
            )
    checks.refuse()
    named = [chained.lines[line_id] for line_id in command.line_ids] or list(chained.lines.values())
    refused = _give_back(chained, named, *AT_VENDOR)
    check_staying_whole(chained.change, chained.fulfilment.id)
    chained.fulfilment.decline_reason = command.reason
    await _exclude(act, chained, refused, command.reason)
    said = {"purchase": str(chained.order.id), "reason": command.reason.value}
    said |= await _wait_again(act, chained, refused)
    tell(act, chained.change, FactKind.VENDOR_DECLINED, chained.fulfilment, **said)
    return await _finish(act, chained)


def accept(act: Act, chained: Chained, accepted: Mapping[UUID, int]) -> None:
    """So many units of each line are the vendor's to ship."""
    chained.order.acknowledged_at = act.now
    for line_id, quantity in accepted.items():
        [units] = chained.standing(chained.lines[line_id], UnitStatus.AWAITING_VENDOR)
        chained.change.move(Action.VENDOR_ACCEPT, units.place, quantity)
        chained.fulfilment.accepted_at = act.now


def whole(chained: Chained) -> dict[UUID, int]:
    return {line.id: at_vendor(line) for line in chained.lines.values() if at_vendor(line)}


def _accepted(chained: Chained, command: AcknowledgePurchase) -> dict[UUID, int]:
    checks = Checks()
    found = whole(chained)
    if checks.size("lines", command.lines, most=MOST_LINES):
        checks.once("lines", "line_id", [each.line_id for each in command.lines])
        for each, below in checks.below("lines").beside(command.lines):
            if each.line_id not in found:
                below.note("line_id", "NOTHING_LEFT", "The purchase order has no such line, or nothing of it is left.")
            else:
                below.number("quantity", each.quantity, most=at_vendor(chained.lines[each.line_id]))
    checks.refuse()
    found |= {each.line_id: each.quantity for each in command.lines}
    is_short = sum(found.values()) < sum(whole(chained).values())
    if is_short and command.reason is None:
        checks.note("reason", "REQUIRED", "Say why fewer units are accepted than were ordered.")
    checks.refuse()
    return {line_id: quantity for line_id, quantity in found.items() if quantity}


def _give_back(chained: Chained, lines: Iterable[PurchaseLine], *statuses: UnitStatus) -> list[PurchaseLine]:
    """What the vendor has of the lines in these statuses waits again; returns the lines of which that is something."""
    refused = []
    for line in lines:
        given_back = chained.standing(line, *statuses)
        for place, quantity in given_back:
            chained.change.move(Action.VENDOR_DECLINE, place, quantity)
            line.declined += quantity
        if given_back:
            refused.append(line)
    return refused


async def _wait_again(act: Act, chained: Chained, lines: Sequence[PurchaseLine]) -> dict[str, Any]:
    """As part of the fact."""
    named = [line.order_line_id for line in lines if line.order_line_id]
    return await begin_waiting(act, chained.change, named) if named else {}


async def _exclude(act: Act, chained: Chained, lines: Sequence[PurchaseLine], reason: DeclineReason) -> None:
    make = id_maker(len(lines))
    named = [line.order_line_id for line in lines]
    places = [chained.fulfilment.location_id for _ in lines]
    await execute(EXCLUDE, [[make() for _ in lines], named, places, act.now + FOR_GOOD, reason.value])


async def _finish(act: Act, chained: Chained) -> UUID:
    await store([chained.fulfilment])
    await settle_requests(act, chained.change)
    await save(act, [chained.change])
    await store_chained(act, chained.order, list(chained.lines.values()))
    return chained.order.id
