"""Goods come from a vendor, in one or many parts, until all is there or somebody closes the order short."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import levels, restocking
from actions.acting import Act, action
from actions.expecting import News, tell
from actions.levels import Movement
from actions.purchasing.papers import Paper, lock, save
from domain.purchasing import (
    PurchaseAction,
    PurchaseStatus,
    after_purchase_receipt,
    is_short,
    most_receivable,
    still_to_come,
)
from domain.stock import MovementKind
from domain.validation import Checks
from models import PurchaseLine

MAX_REASON: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredUnits:
    """`damaged` units are some of the `received` ones."""

    line_id: UUID
    received: int
    damaged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivePurchase:
    """Without lines, everything that was still to come. `is_complete`: no more will, see ClosePurchaseOrder."""

    purchase_order_id: UUID
    lines: tuple[DeliveredUnits, ...] | None = None
    is_complete: bool = False
    reason: str = ""
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePurchaseOrder:
    """What is missing will not come; `reason` is needed where more is missing than the vendor is forgiven."""

    purchase_order_id: UUID
    reason: str = ""
    expected_version: int | None = None


async def receive(act: Act, command: ReceivePurchase) -> UUID:
    """Into stock, for orders that wait first. Raises NotFound, Conflict or IllegalTransition."""
    changed = await _receive(act, command)
    variants = await PurchaseLine.filter(purchase_order_id=changed).values_list("variant_id", flat=True)
    restocking.announce(act, frozenset(UUID(str(each)) for each in variants))
    return changed


@action
async def close(act: Act, command: ClosePurchaseOrder) -> UUID:
    """Raises NotFound, Conflict or IllegalTransition."""
    paper = await lock(act, PurchaseAction.CLOSE, command.purchase_order_id, command.expected_version)
    _close(act, paper, command.reason)
    return await save(act, paper, facts=await tell(act, _news(paper, {})))


@action
async def _receive(act: Act, command: ReceivePurchase) -> UUID:
    paper = await lock(act, PurchaseAction.RECEIVE, command.purchase_order_id, command.expected_version)
    delivered = _delivered(paper, command.lines)
    came: dict[UUID, int] = {}
    movements = []
    for line, units in delivered:
        line.received += units.received
        line.damaged += units.damaged
        came[line.id] = units.received
        movements.append(_movement(paper, line, MovementKind.RECEIVED, units.received))
        movements.append(_movement(paper, line, MovementKind.DAMAGED, units.damaged))
    paper.order.status = after_purchase_receipt(paper.lines.values())
    if paper.order.status is PurchaseStatus.RECEIVED:
        paper.order.closed_at = act.now
    elif command.is_complete:
        _close(act, paper, command.reason)
    facts = await tell(act, _news(paper, came))
    moved = [movement for movement in movements if movement.quantity]
    await levels.open_levels(act.organization_id, [movement.place for movement in moved])
    return await save(act, paper, facts=[*facts, *await levels.move(act, moved)])


def _close(act: Act, paper: Paper, reason: str) -> None:
    checks = Checks()
    forgiven = paper.order.short_percent
    if not reason.strip() and any(is_short(line, forgiven) for line in paper.lines.values()):
        why = f"More is missing than the {forgiven} % that the vendor is forgiven: say why it does not come."
        checks.note("reason", "REQUIRED", why)
    else:
        checks.text("reason", reason, longest=MAX_REASON, is_required=False)
    checks.refuse()
    paper.order.status, paper.order.closed_at = PurchaseStatus.RECEIVED, act.now
    paper.order.closing_reason = reason


def _news(paper: Paper, came: dict[UUID, int]) -> dict[UUID, News]:
    """Of the lines that got units, and of all that wait no longer; the supply of a line that was full is closed."""
    is_closed = paper.order.status is PurchaseStatus.RECEIVED
    news = {}
    for line in paper.lines.values():
        assert line.supply_id is not None, "what is ordered was announced"
        was_open = line.received - came.get(line.id, 0) < line.quantity
        if line.id in came or (is_closed and was_open):
            news[line.supply_id] = News(came=came.get(line.id, 0), left=0 if is_closed else still_to_come(line))
    return news


def _delivered(paper: Paper, named: tuple[DeliveredUnits, ...] | None) -> list[tuple[PurchaseLine, DeliveredUnits]]:
    """Each line of which units came. Raises InvalidInput when there are more than the tolerance allows."""
    if named is None:
        waiting = [line for line in paper.lines.values() if still_to_come(line)]
        return [(line, DeliveredUnits(line_id=line.id, received=still_to_come(line))) for line in waiting]
    checks, found = Checks(), []
    checks.size("lines", named, least=1, most=len(paper.lines))
    checks.once("lines", "line_id", [each.line_id for each in named])
    for each, below in checks.below("lines").beside(named):
        line = paper.lines.get(each.line_id)
        if line is None:
            below.note("line_id", "UNKNOWN", "The purchase order has no such line.")
            continue
        below.number("received", each.received, most=most_receivable(line, paper.order.over_percent))
        below.number("damaged", each.damaged, most=max(0, each.received))
        if each.received:
            found.append((line, each))
    if not checks.problems and not found:
        checks.note("lines", "REQUIRED", "Receive at least one unit; what will not come is closed or cancelled.")
    checks.refuse()
    return found


def _movement(paper: Paper, line: PurchaseLine, kind: MovementKind, quantity: int) -> Movement:
    return Movement(
        variant_id=line.variant_id,
        location_id=paper.order.destination_id,
        kind=kind,
        quantity=quantity,
        reference=paper.order.number,
    )
