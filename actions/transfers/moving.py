"""Goods under way between two locations: shipped, received in one or many parts, or given up.

A unit that is shipped leaves the origin's stock at once, and enters the destination's only when somebody there has it in
hand. What is missing at the end is written off, or written back where it is at the origin after all. Where they are for
an order, its units go with them (`actions/forwarding/papers.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from actions import levels, restocking
from actions.acting import Act, action
from actions.changing import OrderChange
from actions.expecting import News, expect, tell
from actions.forwarding.following import announce_unwanted
from actions.forwarding.papers import give_up, lock_orders_of, lose, order_of, resume, send, take_in
from actions.fulfilment.giving_back import GivenBack, does_cascade
from actions.levels import Level, Movement, Place
from actions.promising.supplies import AnnouncedLine, supply_fact
from actions.restocking import announces_freed
from actions.transfers.arriving import arrives
from actions.transfers.papers import Paper, line_named, lock, save
from domain.errors import InsufficientStock, StockCommitted
from domain.facts import Fact
from domain.fulfilment import DeclineReason
from domain.promising.supply import SupplyKind
from domain.stock import MovementKind
from domain.transfers import (
    UNSHIPPED,
    Discrepancy,
    Remainder,
    TransferAction,
    TransferStatus,
    after_receipt,
    in_transit,
)
from domain.validation import Checks
from models import TransferLine


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedUnits:
    """`found`: units that are there. Those that do not leave stay because the rest of their kit is missing."""

    line_id: UUID
    quantity: int
    found: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipTransfer:
    """Without lines, everything that was asked for; with them, only those units, and the rest never.

    `reason`: why fewer units leave than an order waits for.
    """

    transfer_id: UUID
    lines: tuple[ShippedUnits, ...] | None = None
    reason: DeclineReason | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedUnits:
    """`damaged` units are some of the `received` ones; `missing` ones are given up."""

    line_id: UUID
    received: int = 0
    damaged: int = 0
    missing: int = 0
    discrepancy: Discrepancy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveTransfer:
    """Without lines, everything that is in transit arrived whole."""

    transfer_id: UUID
    lines: tuple[ReceivedUnits, ...] | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTransfer:
    """`remainder` must say what becomes of units in transit, where there are some."""

    transfer_id: UUID
    remainder: Remainder | None = None
    discrepancy: Discrepancy | None = None
    expected_version: int | None = None


@announces_freed
@action
async def ship(act: Act, command: ShipTransfer) -> UUID:
    """Raises NotFound, Conflict, IllegalTransition, InsufficientStock, or StockCommitted when others count on the units;
    BlockedByHold where the order is held that they are for.
    """
    reason = command.reason or DeclineReason.OTHER
    cascades = does_cascade(reason, wanted=None)
    changes = await lock_orders_of(act, command.transfer_id, cascades=cascades)
    paper = await lock(act, TransferAction.SHIP, command.transfer_id, command.expected_version)
    staying = _staying(command.lines) if changes else {}
    leaving = _leaving(paper, command.lines, may_stay=bool(staying))
    _check_reason(paper, command.reason)
    transfer = paper.transfer
    if leaving:
        transfer.status, transfer.shipped_at = TransferStatus.IN_TRANSIT, act.now
    else:
        transfer.status, transfer.closed_at = TransferStatus.CANCELLED, act.now
    both_ends = [(line.variant_id, end) for line in leaving for end in (transfer.origin_id, transfer.destination_id)]
    await levels.open_levels(act.organization_id, both_ends)
    if changes:
        return await send(act, changes, paper, GivenBack(transfer.origin_id, reason, cascades), staying)
    return await _ship(act, paper, leaving)


async def _ship(act: Act, paper: Paper, leaving: Sequence[TransferLine]) -> UUID:
    transfer = paper.transfer
    transfer.expected_on = await arrives(act, transfer)
    announced = [
        AnnouncedLine(
            variant_id=line.variant_id,
            location_id=transfer.destination_id,
            quantity=line.shipped,
            expected_on=transfer.expected_on,
            kind=SupplyKind.IN_TRANSIT,
        )
        for line in leaving
    ]
    supplies = await expect(act, announced, transfer.number)
    for line, supply in zip(leaving, supplies, strict=True):
        line.supply_id = supply.id
    movements = [_movement(paper, line, MovementKind.TRANSFERRED_OUT, line.shipped) for line in leaving]
    found = await levels.lock(movement.place for movement in movements)
    _check_free(found, movements)
    facts = await levels.move(act, movements, found)
    return await save(act, paper, facts=[*facts, *(supply_fact(supply) for supply in supplies)])


async def receive(act: Act, command: ReceiveTransfer) -> UUID:
    """Into the destination's stock, for orders that wait first. Raises NotFound, Conflict or IllegalTransition."""
    changed = await _receive(act, command)
    await _announce(act, changed)
    return changed


async def cancel(act: Act, command: CancelTransfer) -> UUID:
    """What is not received yet will not be. Raises NotFound, Conflict or IllegalTransition."""
    changed = await _cancel(act, command)
    await _announce(act, changed)
    return changed


@action
async def _receive(act: Act, command: ReceiveTransfer) -> UUID:
    changes = await lock_orders_of(act, command.transfer_id)
    paper = await lock(act, TransferAction.RECEIVE, command.transfer_id, command.expected_version)
    change = order_of(changes, paper)
    arriving = _arriving(paper, command.lines)
    for line, arrived in arriving:
        line.received += arrived.received
        line.damaged += arrived.damaged
        line.written_off += arrived.missing
        line.discrepancy = arrived.discrepancy or line.discrepancy
    paper.transfer.status = after_receipt(paper.lines.values())
    if paper.transfer.status is TransferStatus.RECEIVED:
        paper.transfer.closed_at = act.now
    own: dict[UUID, int] = {}
    facts: list[Fact] = []
    if change is not None:
        awaited = {line.id: line.awaited for line in paper.lines.values()}
        own = take_in(change, paper, {line.id: arrived.received - arrived.damaged for line, arrived in arriving})
        told = {line.id for line, _ in arriving if line.supply_id}
        unwanted = [
            line
            for line in paper.lines.values()
            if line.id not in told and line.awaited < min(awaited[line.id], in_transit(line))
        ]
        facts = await announce_unwanted(act, paper.transfer, unwanted)
    movements, news = [], {}
    for line, arrived in arriving:
        came = arrived.received - own.get(line.id, 0)
        movements.append(_movement(paper, line, MovementKind.TRANSFERRED_IN, came))
        movements.append(_movement(paper, line, MovementKind.DAMAGED, arrived.damaged))
        if line.supply_id:
            news[line.supply_id] = News(came=came, left=in_transit(line) - line.awaited)
    return await _moved(act, paper, change, movements, [*facts, *await tell(act, news)])


@announces_freed
@action
async def _cancel(act: Act, command: CancelTransfer) -> UUID:
    changes = await lock_orders_of(act, command.transfer_id)
    paper = await lock(act, TransferAction.CANCEL, command.transfer_id, command.expected_version)
    change = order_of(changes, paper)
    is_under_way = paper.transfer.status not in UNSHIPPED
    checks = Checks()
    if is_under_way and command.remainder is None:
        checks.note("remainder", "REQUIRED", "Say whether the units in transit are written back or written off.")
    checks.refuse()
    if change is not None and not is_under_way:
        given = GivenBack(paper.transfer.origin_id, DeclineReason.OTHER)
        return await give_up(act, changes, paper, given)
    if change is not None:
        lose(change, paper, {line.id: line.awaited for line in paper.lines.values()})
    movements, news = [], {}
    for line in paper.lines.values():
        units = in_transit(line)
        if not units:
            continue
        if line.supply_id:
            news[line.supply_id] = News(left=0)
        line.discrepancy = command.discrepancy or line.discrepancy
        if command.remainder is Remainder.WRITE_BACK:
            line.written_back += units
            movements.append(_movement(paper, line, MovementKind.TRANSFERRED_IN, units, to_origin=True))
        else:
            line.written_off += units
    paper.transfer.status, paper.transfer.closed_at = TransferStatus.CANCELLED, act.now
    return await _moved(act, paper, change, movements, await tell(act, news))


async def _announce(act: Act, transfer_id: UUID) -> None:
    variants = await TransferLine.filter(transfer_id=transfer_id).values_list("variant_id", flat=True)
    restocking.announce(act, frozenset(UUID(str(each)) for each in variants))


async def _moved(
    act: Act, paper: Paper, change: OrderChange | None, movements: Sequence[Movement], facts: Sequence[Fact]
) -> UUID:
    """Moves what are units at all; both ends have had their levels since the goods left."""
    moving = [movement for movement in movements if movement.quantity]
    if change is None:
        return await save(act, paper, facts=[*facts, *await levels.move(act, moving)])
    await save(act, paper, facts=facts)
    await resume(act, change, moving)
    return paper.transfer.id


def _staying(named: tuple[ShippedUnits, ...] | None) -> dict[UUID, int]:
    """By line what was found and does not leave."""
    more = {each.line_id: (each.found or 0) - each.quantity for each in named or ()}
    return {line_id: units for line_id, units in more.items() if units > 0}


def _leaving(paper: Paper, named: tuple[ShippedUnits, ...] | None, *, may_stay: bool) -> list[TransferLine]:
    """The lines of which units leave, with what is shipped of each; none only if something `may_stay`. Raises InvalidInput."""
    checks = Checks()
    if named is None:
        for line in paper.lines.values():
            line.shipped = line.quantity
    else:
        checks.once("lines", "line_id", [each.line_id for each in named])
        for each, below in checks.below("lines").beside(named):
            asked_for = line_named(paper, each.line_id, below)
            if asked_for:
                below.number("quantity", each.quantity, most=asked_for.quantity)
                below.number("found", each.found, least=each.quantity, most=asked_for.quantity)
                asked_for.shipped = each.quantity
            if each.found is not None and paper.transfer.order_id is None:
                below.note("found", "NO_ORDER", "Nobody waits for it: what does not leave stays as it is.")
        if not may_stay and not any(each.quantity for each in named):
            checks.note("lines", "REQUIRED", "Ship at least one unit, or cancel the transfer.")
    checks.refuse()
    return [line for line in paper.lines.values() if line.shipped]


def _check_reason(paper: Paper, reason: DeclineReason | None) -> None:
    """Raises InvalidInput for units that an order waits for and that do not leave without a reason."""
    checks = Checks()
    is_short = any(line.awaited > line.shipped for line in paper.lines.values())
    if is_short and reason is None:
        checks.note("reason", "REQUIRED", "Say why fewer units leave than the order waits for.")
    elif reason is not None and not is_short:
        checks.note("reason", "NOTHING_MISSING", "No order waits for units that do not leave.")
    checks.refuse()


def _arriving(paper: Paper, named: tuple[ReceivedUnits, ...] | None) -> list[tuple[TransferLine, ReceivedUnits]]:
    """Each line of which units arrive or are given up. Raises InvalidInput."""
    if named is None:
        waiting = [line for line in paper.lines.values() if in_transit(line)]
        return [(line, ReceivedUnits(line_id=line.id, received=in_transit(line))) for line in waiting]
    checks, found = Checks(), []
    checks.size("lines", named, least=1, most=len(paper.lines))
    checks.once("lines", "line_id", [each.line_id for each in named])
    for each, below in checks.below("lines").beside(named):
        line = line_named(paper, each.line_id, below)
        if line and _check_arrived(line, each, below):
            found.append((line, each))
    if not checks.problems and not found:
        checks.note("lines", "REQUIRED", "Say of at least one unit that it arrived or is missing.")
    checks.refuse()
    return found


def _check_arrived(line: TransferLine, arrived: ReceivedUnits, checks: Checks) -> bool:
    """Whether there is something to write down. More than was shipped cannot arrive: count it as found stock."""
    left = in_transit(line)
    checks.number("received", arrived.received, most=left)
    checks.number("damaged", arrived.damaged, most=max(0, arrived.received))
    checks.number("missing", arrived.missing, most=max(0, left - arrived.received))
    if (arrived.damaged or arrived.missing) and arrived.discrepancy is None:
        checks.note("discrepancy", "REQUIRED", "Say why units are damaged or missing.")
    return bool(arrived.received or arrived.missing)


def _movement(
    paper: Paper, line: TransferLine, kind: MovementKind, quantity: int, *, to_origin: bool = False
) -> Movement:
    is_at_origin = to_origin or kind is MovementKind.TRANSFERRED_OUT
    return Movement(
        variant_id=line.variant_id,
        location_id=paper.transfer.origin_id if is_at_origin else paper.transfer.destination_id,
        kind=kind,
        quantity=quantity,
        reference=paper.transfer.number,
    )


def _check_free(found: dict[Place, Level], movements: Sequence[Movement]) -> None:
    """Raises InsufficientStock with everything that is not there, or StockCommitted for the first that others claim."""
    missing = {}
    for movement in movements:
        level = found[movement.place]
        if movement.quantity > level["on_hand"]:
            missing[level["sku"]] = movement.quantity - level["on_hand"]
    if missing:
        raise InsufficientStock(missing)
    for movement in movements:
        level = found[movement.place]
        left = level["on_hand"] - movement.quantity
        if left < levels.committed(level):
            raise StockCommitted(level["sku"], levels.committed(level), left)
