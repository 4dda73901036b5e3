"""Cancel an order, lines or units: at once what no location works on yet; for the rest the locations are asked.

Units without a place go first, then scheduled ones, whose stock is given back, then those that a vendor was asked for and
has not acknowledged; the locations are asked for those least far along first. Totals stay as they were billed: the fact
carries what the cancelled units cost, for voids and refunds.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, lock_order, save
from actions.fulfilment.progress import refresh_fulfilments, words
from actions.orders.recalling import Asking, asking, cancelled_value, cancelled_whole, record_requests
from actions.pickups.asking import follow_questions
from actions.restocking import announces_freed
from actions.whole_kits import move_kits, units_of
from domain.errors import IllegalTransition
from domain.facts import FactKind
from domain.lifecycle import FROM_OF, RANK, Action, by_rank
from domain.validation import Checks

MAX_REASON_CHARACTERS: Final = 500
MAX_LINES: Final = 200
CANCELLABLE: Final = FROM_OF[Action.CANCEL] | FROM_OF[Action.RECALL]


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledLine:
    """Without a quantity everything of the line that can still be stopped."""

    line_id: UUID
    quantity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledKit:
    """Without a quantity all kits of this sort that can still be stopped."""

    kit_id: UUID
    quantity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Without lines and kits the whole order, as far as it can still be stopped. Components go with their kits."""

    order_id: UUID
    lines: tuple[CancelledLine, ...] = ()
    kits: tuple[CancelledKit, ...] = ()
    reason: str = ""
    expected_version: int | None = None


@announces_freed
@action
async def cancel(act: Act, command: CancelOrder) -> UUID:
    """Asking again for what the locations were asked already changes nothing.

    Raises InvalidInput, NotFound, Conflict, BlockedByHold, or IllegalTransition when more was named than can be stopped:
    then nothing is cancelled.
    """
    change = await lock_order(act, command.order_id, command.expected_version)
    _check(change, command)
    ask = await asking(act, change, command.reason)
    cancelled: Counter[UUID] = Counter()
    lines, kits = _named(change, command)
    for line in lines:
        _stop(change, ask, line, cancelled)
    for kit in kits:
        _stop_kits(change, ask, kit, cancelled)
    if cancelled:
        refreshed = await refresh_fulfilments(act, [change])
        value = await cancelled_value(change, cancelled)
        change.record(FactKind.UNITS_CANCELLED, reason=command.reason, fulfilments=words(refreshed), **value)
    await follow_questions(act, change)
    await record_requests(change, ask)
    if not cancelled and not ask.fresh and not ask.open:
        raise IllegalTransition("cancel", change.order.status, by_rank(CANCELLABLE))
    await save(act, [change])
    return command.order_id


def _named(change: OrderChange, command: CancelOrder) -> tuple[Sequence[CancelledLine], Sequence[CancelledKit]]:
    if command.lines or command.kits:
        return command.lines, command.kits
    loose = [CancelledLine(line_id=line_id) for line_id in change.lines if change.kit_of(line_id) is None]
    return loose, [CancelledKit(kit_id=kit.id) for kit in change.kits]


def _check(change: OrderChange, command: CancelOrder) -> None:
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS, is_required=False)
    if checks.size("lines", command.lines, most=MAX_LINES):
        checks.once("lines", "line_id", [line.line_id for line in command.lines])
    for at, line in enumerate(command.lines[:MAX_LINES]):
        if line.line_id not in change.lines:
            checks.note(f"lines.{at}.line_id", "UNKNOWN_LINE", "Is not a line of this order.")
        elif (kit := change.kit_of(line.line_id)) is not None:
            checks.note(f"lines.{at}.line_id", "KIT", cancelled_whole(kit))
        elif line.quantity is not None:
            checks.number(f"lines.{at}.quantity", line.quantity, least=1, most=change.lines[line.line_id].quantity)
    _check_kits(change, command, checks)
    checks.refuse()


def _check_kits(change: OrderChange, command: CancelOrder, checks: Checks) -> None:
    known = {kit.id: kit for kit in change.kits}
    if checks.size("kits", command.kits, most=MAX_LINES):
        checks.once("kits", "kit_id", [kit.kit_id for kit in command.kits])
    for at, named in enumerate(command.kits[:MAX_LINES]):
        kit = known.get(named.kit_id)
        if kit is None:
            checks.note(f"kits.{at}.kit_id", "UNKNOWN_KIT", "Is no kit of this order, or was parted: cancel its lines.")
        else:
            checks.number(f"kits.{at}.quantity", named.quantity, least=1, most=kit.quantity)


def _stop_kits(change: OrderChange, ask: Asking, named: CancelledKit, cancelled: Counter[UUID]) -> None:
    [kit] = [kit for kit in change.kits if kit.id == named.kit_id]
    left = kit.quantity if named.quantity is None else named.quantity
    moved = move_kits(change, kit, Action.CANCEL, left)
    for line_id, units in kit.in_one.items():
        if moved:
            cancelled[line_id] += moved * units
    left -= moved + ask.want_kits(change, kit, left - moved)
    if named.quantity is not None and left:
        furthest = max((units.place.status for units in units_of(change, kit)), key=RANK.__getitem__)
        raise IllegalTransition(f"cancel {named.quantity} kits of", furthest, by_rank(CANCELLABLE))


def _stop(change: OrderChange, ask: Asking, line: CancelledLine, cancelled: Counter[UUID]) -> None:
    left = _most(change) if line.quantity is None else line.quantity
    for units in _soonest(change.units(*FROM_OF[Action.CANCEL], line_id=line.line_id)):
        quantity = min(left, units.quantity)
        if quantity:
            change.move(Action.CANCEL, units.place, quantity)
            cancelled[line.line_id] += quantity
            left -= quantity
    left -= ask.want(change, line.line_id, left)
    if line.quantity is not None and left:
        furthest = max((units.place.status for units in change.units(line_id=line.line_id)), key=RANK.__getitem__)
        raise IllegalTransition(f"cancel {line.quantity} units of", furthest, by_rank(CANCELLABLE))


def _most(change: OrderChange) -> int:
    return sum(line.quantity for line in change.lines.values())


def _soonest(found: Iterable[Any]) -> list[Any]:
    return sorted(found, key=lambda units: RANK[units.place.status])
