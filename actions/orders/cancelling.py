"""Cancel an order, lines or units: at once what no location works on yet; for the rest the locations are asked.

Units without a place go first, then scheduled ones, whose stock is given back, then those that a vendor was asked for and
has not acknowledged; the locations are asked for those least far along first. Totals stay as they were billed: the fact
carries what the cancelled units cost, for voids and refunds.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, lock_order, save
from actions.fulfilment.progress import refresh_fulfilments, words
from actions.orders.recalling import Asking, asking, cancelled_value, record_requests
from actions.pickups.asking import follow_questions
from actions.restocking import announces_freed
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
class CancelOrder:
    """Without lines the whole order, as far as it can still be stopped."""

    order_id: UUID
    lines: tuple[CancelledLine, ...] = ()
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
    for line in command.lines or [CancelledLine(line_id=line_id) for line_id in change.lines]:
        _stop(change, ask, line, cancelled)
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


def _check(change: OrderChange, command: CancelOrder) -> None:
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS, is_required=False)
    if checks.size("lines", command.lines, most=MAX_LINES):
        checks.once("lines", "line_id", [line.line_id for line in command.lines])
    for at, line in enumerate(command.lines[:MAX_LINES]):
        if line.line_id not in change.lines:
            checks.note(f"lines.{at}.line_id", "UNKNOWN_LINE", "Is not a line of this order.")
        elif line.quantity is not None:
            checks.number(f"lines.{at}.quantity", line.quantity, least=1, most=change.lines[line.line_id].quantity)
    checks.refuse()


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
