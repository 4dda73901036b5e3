"""Off the shelf: picked as asked, or fewer found than asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, Units, save
from actions.fulfilment.giving_back import (
    GivenBack,
    check_until,
    counting_on,
    does_cascade,
    going_whole,
    settle,
    take_along,
)
from actions.fulfilment.progress import (
    check_lines,
    find_fulfilments,
    lock_fulfilment,
    lock_fulfilments,
    store,
    tell,
    workable,
)
from actions.restocking import announces_freed
from domain.facts import FactKind
from domain.fulfilment import DeclineReason
from domain.lifecycle import FROM_OF, Action
from models import Fulfilment


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedLine:
    """`line_id` is the order line's."""

    line_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PickUnits:
    """Without `lines`, everything that was accepted is picked."""

    fulfilment_id: UUID
    lines: tuple[PickedLine, ...] = ()
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLine:
    """`found` is fewer than what is still to pick of the line; 0 if nothing was there."""

    line_id: UUID
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortPick:
    """Lines that are not named stay to be picked. `cascade`, `may_split` and `exclude_until` as in declining."""

    fulfilment_id: UUID
    lines: tuple[FoundLine, ...]
    reason: DeclineReason = DeclineReason.OUT_OF_STOCK
    cascade: bool | None = None
    may_split: bool | None = None
    exclude_until: datetime | None = None
    expected_version: int | None = None


@action
async def pick(act: Act, command: PickUnits) -> UUID:
    """Raises NotFound, Conflict, InvalidInput, IllegalTransition, BlockedByHold."""
    change, fulfilment = await lock_fulfilment(act, command.fulfilment_id, command.expected_version)
    _check_picked(change, fulfilment, command.lines)
    for line in command.lines:
        _pick(change, workable(change, fulfilment, Action.PICK, line_id=line.line_id), line.quantity)
    if not command.lines:
        pick_all(act, change, fulfilment)
    tell(act, change, FactKind.UNITS_PICKED, fulfilment)
    await store([fulfilment])
    await save(act, [change])
    return fulfilment.id


@announces_freed
@action
async def short_pick(act: Act, command: ShortPick) -> UUID:
    """What was found is picked, what is missing goes back and is routed elsewhere.

    Raises NotFound, Conflict, InvalidInput, IllegalTransition, BlockedByHold. What the reason says about the shelf is the
    same as in declining.
    """
    check_until(act, command.exclude_until)
    [fulfilment] = (await find_fulfilments(act, [command.fulfilment_id])).values()
    named = [line.line_id for line in command.lines]
    cascades = does_cascade(command.reason, wanted=command.cascade)
    also = await counting_on(fulfilment, named) if cascades else []
    expected = {fulfilment.id: command.expected_version}
    changes, found = await lock_fulfilments(act, expected, with_orders=also)
    fulfilment = found[fulfilment.id]
    change = changes[fulfilment.order_id]
    _check_found(change, fulfilment, command.lines)
    whole = await going_whole(changes, may_split=command.may_split)
    given = GivenBack(fulfilment.location_id, command.reason, cascades, whole)
    for line in command.lines:
        _pick_found(change, fulfilment, line, given)
    given.take_companions(change, fulfilment)
    fulfilment.decline_reason = command.reason
    tell(act, change, FactKind.UNITS_SHORT_PICKED, fulfilment, reason=command.reason.value)
    await store([fulfilment, *await take_along(act, changes, given, fulfilment.id)])
    await settle(act, changes, given, command.exclude_until)
    return fulfilment.id


def pick_all(_: Act, change: OrderChange, fulfilment: Fulfilment) -> None:
    """The caller tells and saves. Raises IllegalTransition, BlockedByHold."""
    for place, quantity in workable(change, fulfilment, Action.PICK):
        change.move(Action.PICK, place, quantity)


def _pick_found(change: OrderChange, fulfilment: Fulfilment, line: FoundLine, given: GivenBack) -> None:
    waiting = workable(change, fulfilment, Action.SHORT_PICK, line_id=line.line_id)
    _pick(change, waiting, line.found)
    for units in change.units(*FROM_OF[Action.SHORT_PICK], fulfilment_id=fulfilment.id, line_id=line.line_id):
        given.take(change, Action.SHORT_PICK, units)


def _pick(change: OrderChange, waiting: Sequence[Units], wanted: int) -> None:
    """The first `wanted` units."""
    left = wanted
    for place, quantity in waiting:
        if taken := min(quantity, left):
            change.move(Action.PICK, place, taken)
        left -= taken


def _check_picked(change: OrderChange, fulfilment: Fulfilment, lines: Sequence[PickedLine]) -> None:
    checks = check_lines(change, fulfilment, [line.line_id for line in lines])
    for at, line in enumerate(lines):
        asked = _to_pick(change, fulfilment, line.line_id)
        if asked:  # what is picked already is refused for that
            checks.number(f"lines.{at}.quantity", line.quantity, least=1, most=asked)
    checks.refuse()


def _check_found(change: OrderChange, fulfilment: Fulfilment, lines: Sequence[FoundLine]) -> None:
    checks = check_lines(change, fulfilment, [line.line_id for line in lines], least=1)
    for at, line in enumerate(lines):
        asked = _to_pick(change, fulfilment, line.line_id)
        if asked:
            checks.number(f"lines.{at}.found", line.found, least=0, most=asked - 1)
    checks.refuse()


def _to_pick(change: OrderChange, fulfilment: Fulfilment, line_id: UUID) -> int:
    waiting = change.units(*FROM_OF[Action.PICK], fulfilment_id=fulfilment.id, line_id=line_id)
    return sum(units.quantity for units in waiting)
