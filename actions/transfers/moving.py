"""Goods under way between two locations: shipped, received in one or many parts, or given up.

A unit that is shipped leaves the origin's stock at once, and enters the destination's only when somebody there has it in
hand. What is missing at the end is written off, or written back where it is at the origin after all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from actions import levels, restocking
from actions.acting import Act, action
from actions.expecting import News, expect, tell
from actions.levels import Level, Movement, Place
from actions.promising.supplies import AnnouncedLine, supply_fact
from actions.transfers.papers import Paper, line_named, lock, save
from domain.errors import InsufficientStock, StockCommitted
from domain.facts import Fact
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
    line_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipTransfer:
    """Without lines, everything that was asked for; with them, only those units, and the rest never."""

    transfer_id: UUID
    lines: tuple[ShippedUnits, ...] | None = None
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


@action
async def ship(act: Act, command: ShipTransfer) -> UUID:
    """Raises NotFound, Conflict, IllegalTransition, InsufficientStock, or StockCommitted when others count on the units."""
    paper = await lock(act, TransferAction.SHIP, command.transfer_id, command.expected_version)
    leaving = _leaving(paper, command.lines)
    transfer = paper.transfer
    transfer.status, transfer.shipped_at = TransferStatus.IN_TRANSIT, act.now
    announced = [
        AnnouncedLine(
            variant_id=line.variant_id,
            location_id=transfer.destination_id,
            quantity=line.shipped,
            expected_on=transfer.expected_on or act.now.date(),
            kind=SupplyKind.IN_TRANSIT,
        )
        for line in leaving
    ]
    supplies = await expect(act, announced, transfer.number)
    for line, supply in zip(leaving, supplies, strict=True):
        line.supply_id = supply.id
    movements = [_movement(paper, line, MovementKind.TRANSFERRED_OUT, line.shipped) for line in leaving]
    both_ends = [(line.variant_id, end) for line in leaving for end in (transfer.origin_id, transfer.destination_id)]
    await levels.open_levels(act.organization_id, both_ends)
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
    paper = await lock(act, TransferAction.RECEIVE, command.transfer_id, command.expected_version)
    arriving = _arriving(paper, command.lines)
    movements = []
    for line, arrived in arriving:
        line.received += arrived.received
        line.damaged += arrived.damaged
        line.written_off += arrived.missing
        line.discrepancy = arrived.discrepancy or line.discrepancy
        movements.append(_movement(paper, line, MovementKind.TRANSFERRED_IN, arrived.received))
        movements.append(_movement(paper, line, MovementKind.DAMAGED, arrived.damaged))
    paper.transfer.status = after_receipt(paper.lines.values())
    if paper.transfer.status is TransferStatus.RECEIVED:
        paper.transfer.closed_at = act.now
    news = {_supply(line): News(came=arrived.received, left=in_transit(line)) for line, arrived in arriving}
    facts = await tell(act, news)
    return await _moved(act, paper, movements, facts)


@action
async def _cancel(act: Act, command: CancelTransfer) -> UUID:
    paper = await lock(act, TransferAction.CANCEL, command.transfer_id, command.expected_version)
    is_under_way = paper.transfer.status not in UNSHIPPED
    checks = Checks()
    if is_under_way and command.remainder is None:
        checks.note("remainder", "REQUIRED", "Say whether the units in transit are written back or written off.")
    checks.refuse()
    movements, news = [], {}
    for line in paper.lines.values():
        units = in_transit(line)
        if not units:
            continue
        news[_supply(line)] = News(left=0)
        line.discrepancy = command.discrepancy or line.discrepancy
        if command.remainder is Remainder.WRITE_BACK:
            line.written_back += units
            movements.append(_movement(paper, line, MovementKind.TRANSFERRED_IN, units, to_origin=True))
        else:
            line.written_off += units
    paper.transfer.status, paper.transfer.closed_at = TransferStatus.CANCELLED, act.now
    facts = await tell(act, news)
    return await _moved(act, paper, movements, facts)


async def _announce(act: Act, transfer_id: UUID) -> None:
    variants = await TransferLine.filter(transfer_id=transfer_id).values_list("variant_id", flat=True)
    restocking.announce(act, frozenset(UUID(str(each)) for each in variants))


async def _moved(act: Act, paper: Paper, movements: Sequence[Movement], facts: Sequence[Fact]) -> UUID:
    """Moves what are units at all; both ends have had their levels since the goods left."""
    moved = await levels.move(act, [movement for movement in movements if movement.quantity])
    return await save(act, paper, facts=[*facts, *moved])


def _leaving(paper: Paper, named: tuple[ShippedUnits, ...] | None) -> list[TransferLine]:
    """The lines of which units leave, with what is shipped of each. Raises InvalidInput."""
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
                asked_for.shipped = each.quantity
        if not any(each.quantity for each in named):
            checks.note("lines", "REQUIRED", "Ship at least one unit, or cancel the transfer.")
    checks.refuse()
    return [line for line in paper.lines.values() if line.shipped]


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


def _supply(line: TransferLine) -> UUID:
    assert line.supply_id is not None, "what is under way was announced"
    return line.supply_id
