"""Stock that comes, is counted, breaks or is set aside: every change a movement, many in one transaction.

What orders and carts claim is moved by their own actions. Every action returns the stock levels, one for each line.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import levels, outbox
from actions.acting import Act, action
from actions.levels import Level, Movement, Place
from actions.restocking import announces
from actions.upserting import check_known
from domain.errors import CountChanged, InsufficientStock
from domain.stock import AdjustmentReason, MovementKind
from domain.validation import Checks

MAX_LINES: Final = 500
MAX_UNITS: Final = 1_000_000_000
"""Of one line; a level holds about twice as many."""

TAKEN_FROM: Final = {
    MovementKind.REPAIRED: "damaged",
    MovementKind.DISCARDED: "damaged",
    MovementKind.CLEARED: "quality_control",
    MovementKind.CONDEMNED: "quality_control",
    MovementKind.DAMAGED: "sound",
    MovementKind.QUARANTINED: "sound",
}
"""In what condition units must be before; what is sound is neither damaged nor in quality control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLine:
    variant_id: UUID
    location_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stocktaking:
    """`reference` names the paper it stands on: a delivery note, a claim, a count."""

    lines: tuple[StockLine, ...]
    reference: str = ""

    def freed(self) -> frozenset[UUID]:
        return frozenset(line.variant_id for line in self.lines)


class ReceiveStock(_Stocktaking):
    """Goods that came from outside."""


class TransferIn(_Stocktaking):
    """Goods that came from another location of ours."""


class MarkRepaired(_Stocktaking):
    """Damaged units that can be sold again."""


class ClearStock(_Stocktaking):
    """Units that passed quality control."""


class _Withholding(_Stocktaking):
    """Nobody can have more units for it than before."""

    def freed(self) -> frozenset[UUID]:
        return frozenset()


class MarkDamaged(_Withholding):
    """Units that lie there but cannot be sold. Claimed ones are not taken."""


class QuarantineStock(_Withholding):
    """Units held back for quality control. Claimed ones are not taken."""


class CondemnStock(_Withholding):
    """Units that failed quality control: they are damaged, and were never free in between."""


class DiscardStock(_Withholding):
    """Damaged units that are thrown away: they are not on hand any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """`change` is added to the units on hand; with `expected_on_hand`, only if there are that many before."""

    variant_id: UUID
    location_id: UUID
    change: int
    reason: AdjustmentReason
    expected_on_hand: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustStock:
    lines: tuple[Adjustment, ...]
    reference: str = ""

    def freed(self) -> frozenset[UUID]:
        return frozenset(line.variant_id for line in self.lines if line.change > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyLine:
    variant_id: UUID
    location_id: UUID
    safety: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSafetyStock:
    """Units kept back from selling. Raising it takes nothing from those who have a claim already, but what is set aside."""

    lines: tuple[SafetyLine, ...]

    def freed(self) -> frozenset[UUID]:
        return frozenset(line.variant_id for line in self.lines)


Line = StockLine | Adjustment | SafetyLine


@announces
@action
async def receive(act: Act, command: ReceiveStock) -> list[UUID]:
    return await _move(act, command, MovementKind.RECEIVED)


@announces
@action
async def transfer_in(act: Act, command: TransferIn) -> list[UUID]:
    """The whole transfer in one step: it is not taken away anywhere."""
    return await _move(act, command, MovementKind.TRANSFERRED_IN)


@announces
@action
async def mark_damaged(act: Act, command: MarkDamaged) -> list[UUID]:
    """Raises InsufficientStock when fewer units are sound, and StockCommitted when too few of them are unclaimed."""
    return await _move(act, command, MovementKind.DAMAGED)


@announces
@action
async def mark_repaired(act: Act, command: MarkRepaired) -> list[UUID]:
    """Raises InsufficientStock when fewer units are damaged."""
    return await _move(act, command, MovementKind.REPAIRED)


@announces
@action
async def quarantine(act: Act, command: QuarantineStock) -> list[UUID]:
    """Raises InsufficientStock when fewer units are sound, and StockCommitted when too few of them are unclaimed."""
    return await _move(act, command, MovementKind.QUARANTINED)


@announces
@action
async def clear(act: Act, command: ClearStock) -> list[UUID]:
    """Raises InsufficientStock when fewer units are in quality control."""
    return await _move(act, command, MovementKind.CLEARED)


@announces
@action
async def condemn(act: Act, command: CondemnStock) -> list[UUID]:
    """Raises InsufficientStock when fewer units are in quality control."""
    return await _move(act, command, MovementKind.CONDEMNED)


@announces
@action
async def discard(act: Act, command: DiscardStock) -> list[UUID]:
    """Raises InsufficientStock when fewer units are damaged."""
    return await _move(act, command, MovementKind.DISCARDED)


@announces
@action
async def adjust(act: Act, command: AdjustStock) -> list[UUID]:
    """Raises CountChanged, StockCommitted, or InsufficientStock when more would go than there is."""
    checks = Checks()
    for line, below in checks.below("lines").beside(command.lines):
        below.number("change", line.change, least=-MAX_UNITS, most=MAX_UNITS)
        if line.change == 0:
            below.note("change", "OUT_OF_RANGE", "Must not be 0.")
        if line.expected_on_hand is not None:
            below.number("expected_on_hand", line.expected_on_hand)
    checks.text("reference", command.reference, longest=128, is_required=False)
    checks.once("lines", "", [_place(line) for line in command.lines])
    found = await _locked(act, checks, command.lines)
    for line in command.lines:
        _check_count(found[_place(line)], line)
    movements = [
        Movement(
            variant_id=line.variant_id,
            location_id=line.location_id,
            kind=MovementKind.ADJUSTED,
            quantity=line.change,
            reason=line.reason,
            reference=command.reference,
        )
        for line in command.lines
    ]
    return await _write(act, command.lines, movements, found)


@announces
@action
async def set_safety_stock(act: Act, command: SetSafetyStock) -> list[UUID]:
    checks = Checks()
    for line, below in checks.below("lines").beside(command.lines):
        below.number("safety", line.safety, most=MAX_UNITS)
    checks.once("lines", "", [_place(line) for line in command.lines])
    found = await _locked(act, checks, command.lines)
    changed = [line for line in command.lines if found[_place(line)]["safety"] != line.safety]
    movements = [_safety_changed(line, found[_place(line)]) for line in changed]
    for line in changed:
        found[_place(line)]["safety"] = line.safety
    if movements:
        await levels.insert(act, movements, found)
    facts = await levels.write(act, [found[_place(line)] for line in changed])
    await outbox.record(act.organization_id, act.actor, act.now, facts)
    return [found[_place(line)]["id"] for line in command.lines]


def _safety_changed(line: SafetyLine, level: Level) -> Movement:
    return Movement(
        variant_id=line.variant_id,
        location_id=line.location_id,
        kind=MovementKind.SAFETY_CHANGED,
        quantity=line.safety - level["safety"],
    )


async def _move(act: Act, command: _Stocktaking, kind: MovementKind) -> list[UUID]:
    checks = Checks()
    for line, below in checks.below("lines").beside(command.lines):
        below.number("quantity", line.quantity, least=1, most=MAX_UNITS)
    checks.text("reference", command.reference, longest=128, is_required=False)
    found = await _locked(act, checks, command.lines)
    if kind in TAKEN_FROM:
        _check_there(found, command.lines, TAKEN_FROM[kind])
    movements = [
        Movement(
            variant_id=line.variant_id,
            location_id=line.location_id,
            kind=kind,
            quantity=line.quantity,
            reference=command.reference,
        )
        for line in command.lines
    ]
    return await _write(act, command.lines, movements, found)


async def _write(
    act: Act, lines: Sequence[Line], movements: Sequence[Movement], found: dict[Place, Level]
) -> list[UUID]:
    facts = await levels.move(act, movements, found)
    await outbox.record(act.organization_id, act.actor, act.now, facts)
    return [found[_place(line)]["id"] for line in lines]


async def _locked(act: Act, checks: Checks, lines: Sequence[Line]) -> dict[Place, Level]:
    """The levels, made where there were none. Raises InvalidInput with everything noted so far and every variant and
    location that is not ours.
    """
    if checks.size("lines", lines, least=1, most=MAX_LINES):
        variants = [(f"lines.{at}.variant_id", line.variant_id) for at, line in enumerate(lines)]
        locations = [(f"lines.{at}.location_id", line.location_id) for at, line in enumerate(lines)]
        await check_known(act, checks, "variants", variants)
        await check_known(act, checks, "locations", locations)
    checks.refuse()
    places = [_place(line) for line in lines]
    await levels.open_levels(act.organization_id, places)
    return await levels.lock(places)


def _check_count(level: Level, line: Adjustment) -> None:
    if line.expected_on_hand not in (None, level["on_hand"]):
        raise CountChanged(level["sku"], line.expected_on_hand or 0, level["on_hand"])
    if level["on_hand"] + line.change < 0:
        raise InsufficientStock({level["sku"]: -line.change - level["on_hand"]})


def _check_there(found: dict[Place, Level], lines: Sequence[StockLine], condition: str) -> None:
    wanted: Counter[Place] = Counter()
    for line in lines:
        wanted[_place(line)] += line.quantity
    missing: Counter[str] = Counter()
    for place, units in wanted.items():
        missing[found[place]["sku"]] += max(0, units - _there(found[place], condition))
    if +missing:
        raise InsufficientStock(+missing)


def _there(level: Level, condition: str) -> int:
    sound: int = level["on_hand"] - level["damaged"] - level["quality_control"]
    return sound if condition == "sound" else int(level[condition])


def _place(line: Line) -> Place:
    return line.variant_id, line.location_id
