"""The day after which nobody waits any longer: chosen for an order by hand, and kept by a job."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.backordering.waits import told, wait_in, wait_row, write_waits
from actions.changing import OrderChange, lock_order, save
from actions.orders.recalling import cancelled_value
from actions.refusals import passed_over
from domain.errors import IllegalTransition
from domain.facts import FactKind
from domain.holds import kinds_stopping
from domain.lifecycle import Action, UnitStatus
from domain.placing.backordering import Wait
from domain.validation import Checks
from models import Backorder
from models.db import execute, rows

log = logging.getLogger("oms.backorders")

MAX_REASON_CHARACTERS: Final = 500
DUE_BATCH: Final = 200
"""Orders that one run of the job cancels something of; what is left is due at the next run."""
ACTOR: Final = "job:backorders"
OVERDUE: Final = "It was not in stock in time."
AS_A_KIT: Final = "It waits with the rest of its kit."
STOPPING: Final = kinds_stopping(Action.CANCEL)

DUE: Final = """
SELECT DISTINCT o.organization_id, d.order_id FROM (
    SELECT b.order_id FROM backorders b
    WHERE b.cancels_at <= $1 AND b.ended_at IS NULL
      AND NOT EXISTS (SELECT FROM holds h WHERE h.order_id = b.order_id AND h.status <> 'resolved' AND h.kind = ANY($2::text[]))
    ORDER BY b.cancels_at LIMIT $3
) d JOIN orders o ON o.id = d.order_id"""
END: Final = "UPDATE backorders SET ended_at = $2 WHERE line_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBackorderDeadline:
    """Of everything of the order that waits, or of one line. Without `cancels_at` it waits for as long as it takes."""

    order_id: UUID
    reason: str
    cancels_at: datetime | None = None
    line_id: UUID | None = None
    expected_version: int | None = None


@action
async def set_deadline(act: Act, command: SetBackorderDeadline) -> UUID:
    """What somebody chose, no policy moves; a component waits with its kit.

    Raises InvalidInput, NotFound, Conflict, or IllegalTransition when nothing waits.
    """
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS)
    if command.cancels_at is not None and command.cancels_at <= act.now:
        checks.note("cancels_at", "IN_THE_PAST", "Must be later than now; cancel what is not to wait at all.")
    checks.refuse()
    change = await lock_order(act, command.order_id, command.expected_version)
    if command.line_id is not None and command.line_id not in change.lines:
        checks.note("line_id", "UNKNOWN_LINE", "Is not a line of this order.")
        checks.refuse()
    waiting = change.units(UnitStatus.BACKORDERED, line_id=command.line_id)
    if command.line_id is not None and (kit := change.kit_of(command.line_id)) is not None:
        waiting = [units for units in change.units(UnitStatus.BACKORDERED) if units.place.line_id in kit.in_one]
    if not waiting:
        raise IllegalTransition("wait for", change.order.status, [UnitStatus.BACKORDERED])
    known = {row.line_id: wait_in(row) for row in await Backorder.filter(order_id=change.order.id)}
    new = Wait(act.now, None, None, None)
    waits = {
        units.place.line_id: known.get(units.place.line_id, new)._replace(cancels_at=command.cancels_at)
        for units in waiting
    }
    written = [wait_row(change.order.id, line_id, wait, fixed_for=command.reason) for line_id, wait in waits.items()]
    await write_waits(written)
    change.record(FactKind.BACKORDER_CHANGED, reason=command.reason, **told(waits))
    await save(act, [change])
    return command.order_id


async def cancel_overdue(now: datetime, *, limit: int = DUE_BATCH) -> int:
    """Cancel what still waits after its day, in all organizations, order by order; how many orders had a day that came.

    An order that nobody may cancel units of now is passed over until its hold is resolved.
    """
    due = await rows(DUE, [now, STOPPING, limit])
    for found in due:
        with passed_over(log, "what waits of order %s was not cancelled", found["order_id"]):
            await _cancel(Act(organization_id=found["organization_id"], actor=ACTOR, now=now), found["order_id"])
    return len(due)


@action
async def _cancel(act: Act, order_id: UUID) -> UUID:
    change = await lock_order(act, order_id)
    is_moved = await _wait_as_kits(change)
    due: list[Any] = await Backorder.filter(
        order_id=order_id, cancels_at__lte=act.now, ended_at__isnull=True
    ).values_list("line_id", flat=True)
    cancelled: Counter[UUID] = Counter()
    for units in change.units(UnitStatus.BACKORDERED):
        if units.place.line_id in due:
            change.move(Action.CANCEL, units.place, units.quantity)
            cancelled[units.place.line_id] += units.quantity
    if cancelled:
        change.record(FactKind.UNITS_CANCELLED, reason=OVERDUE, **await cancelled_value(change, cancelled))
    if cancelled or is_moved:
        await save(act, [change])
    await execute(END, [due, act.now])
    return order_id


async def _wait_as_kits(change: OrderChange) -> bool:
    """A kit waits for as long as the component of it that may wait longest, and is then cancelled whole.

    Whether the days of any were brought in line.
    """
    if not change.kits:
        return False
    waiting = {row.line_id: row for row in await Backorder.filter(order_id=change.order.id, ended_at__isnull=True)}
    moved: dict[UUID, Wait] = {}
    for kit in change.kits:
        found = [waiting[line_id] for line_id in kit.in_one if line_id in waiting]
        days = [row.cancels_at for row in found if row.cancels_at is not None]
        latest = max(days) if len(days) == len(kit.in_one) else None
        moved |= {row.line_id: wait_in(row)._replace(cancels_at=latest) for row in found if row.cancels_at != latest}
    for line_id, wait in moved.items():
        await Backorder.filter(line_id=line_id).update(cancels_at=wait.cancels_at)
    if moved:
        change.record(FactKind.BACKORDER_CHANGED, reason=AS_A_KIT, **told(moved))
    return bool(moved)
