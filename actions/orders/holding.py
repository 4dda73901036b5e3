"""Put holds on orders and lines, judge them, take them off: several can stand at once, each is resolved on its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, lock_order, save
from actions.orders.confirming import confirm_if_authorized
from domain.errors import AlreadyExists, IllegalTransition, NotFound
from domain.facts import FactKind
from domain.holds import HoldKind, HoldStatus
from domain.lifecycle import OPEN, by_rank
from domain.validation import Checks
from models import Hold
from models.db import rows

MAX_REASON_CHARACTERS: Final = 500
EXPIRY_BATCH: Final = 100
"""Orders whose holds one run of the job ends; what is left is due at the next run."""
EXPIRY_ACTOR: Final = "job:holds"
EXPIRED: Final = "It expired."


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyHold:
    """On the whole order, or on one line of it. It ends by itself at `expires_at`, if that is given."""

    order_id: UUID
    kind: HoldKind
    reason: str = ""
    line_id: UUID | None = None
    expires_at: datetime | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectHold:
    order_id: UUID
    hold_id: UUID
    reason: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveHold:
    order_id: UUID
    hold_id: UUID
    resolution: str = ""
    expected_version: int | None = None


@action
async def apply_hold(act: Act, command: ApplyHold) -> UUID:
    """Raises InvalidInput, NotFound, Conflict, IllegalTransition, or AlreadyExists for an open hold of the same kind."""
    checks = Checks()
    checks.text("reason", command.reason, longest=MAX_REASON_CHARACTERS, is_required=False)
    if command.expires_at is not None and command.expires_at <= act.now:
        checks.note("expires_at", "IN_THE_PAST", "Must be later than now.")
    checks.refuse()
    change = await lock_order(act, command.order_id, command.expected_version)
    _check_can_hold(change, command)
    hold = await Hold.create(
        order_id=change.order.id,
        line_id=command.line_id,
        kind=command.kind,
        reason=command.reason,
        applied_by=act.actor,
        applied_at=act.now,
        expires_at=command.expires_at,
    )
    change.holds.append(hold)
    _record(change, FactKind.HOLD_APPLIED, hold, reason=command.reason)
    await save(act, [change])
    return command.order_id


async def put_on(act: Act, change: OrderChange, kind: HoldKind, reason: str) -> None:
    """On a whole locked order, unless one of the kind is on it already. The caller saves."""
    if any((hold.line_id, hold.kind) == (None, kind) for hold in change.holds):
        return
    hold = await Hold.create(
        order_id=change.order.id, kind=kind, reason=reason, applied_by=act.actor, applied_at=act.now
    )
    change.holds.append(hold)
    _record(change, FactKind.HOLD_APPLIED, hold, reason=reason)


async def take_off(act: Act, change: OrderChange, kind: HoldKind, resolution: str) -> None:
    """Resolve the holds of a kind on a locked order. The caller saves."""
    for hold in [hold for hold in change.holds if hold.kind is kind]:
        await _resolve(act, change, hold, resolution)


@action
async def reject_hold(act: Act, command: RejectHold) -> UUID:
    """Judge what is held as not to be let go: the hold stays, and no longer expires, until it is resolved.

    Raises InvalidInput, NotFound, Conflict or IllegalTransition.
    """
    _check_text("reason", command.reason, is_required=True)
    change = await lock_order(act, command.order_id, command.expected_version)
    hold = await _open_hold(change, command.hold_id)
    if hold.status is not HoldStatus.CREATED:
        raise IllegalTransition("reject", hold.status, [HoldStatus.CREATED])
    hold.status, hold.resolution, hold.expires_at = HoldStatus.REJECTED, command.reason, None
    await hold.save(update_fields=["status", "resolution", "expires_at"])
    _record(change, FactKind.HOLD_REJECTED, hold, reason=command.reason)
    await save(act, [change])
    return command.order_id


@action
async def resolve_hold(act: Act, command: ResolveHold) -> UUID:
    """Take this one hold off. An order that waited for nothing else is confirmed by it, if its channel says so.

    Raises InvalidInput, NotFound, Conflict or IllegalTransition.
    """
    _check_text("resolution", command.resolution)
    change = await lock_order(act, command.order_id, command.expected_version)
    await _resolve(act, change, await _open_hold(change, command.hold_id), command.resolution)
    await confirm_if_authorized(act, change)
    await save(act, [change])
    return command.order_id


DUE: Final = """
SELECT DISTINCT o.organization_id, h.order_id FROM (
    SELECT order_id FROM holds WHERE status <> 'resolved' AND expires_at IS NOT NULL AND expires_at <= $1
    ORDER BY expires_at LIMIT $2
) h JOIN orders o ON o.id = h.order_id"""


async def expire_holds(now: datetime, *, limit: int = EXPIRY_BATCH) -> int:
    """Resolve what is due, in all organizations, order by order; how many orders had something due."""
    due = await rows(DUE, [now, limit])
    for found in due:
        await _expire(Act(organization_id=found["organization_id"], actor=EXPIRY_ACTOR, now=now), found["order_id"])
    return len(due)


@action
async def _expire(act: Act, order_id: UUID) -> UUID:
    change = await lock_order(act, order_id)
    for hold in [hold for hold in change.holds if hold.expires_at is not None and hold.expires_at <= act.now]:
        await _resolve(act, change, hold, EXPIRED)
    await confirm_if_authorized(act, change)
    await save(act, [change])
    return order_id


def _check_can_hold(change: OrderChange, command: ApplyHold) -> None:
    if command.line_id is not None and command.line_id not in change.lines:
        raise NotFound("line", command.line_id)
    held = change.units(line_id=command.line_id) if command.line_id else change.units()
    if not any(units.place.status in OPEN for units in held):
        word = change.lines[command.line_id].status if command.line_id else change.order.status
        raise IllegalTransition("hold", word, by_rank(OPEN))
    if any((hold.line_id, hold.kind) == (command.line_id, command.kind) for hold in change.holds):
        raise AlreadyExists("hold", command.kind)


def _check_text(path: str, text: str, *, is_required: bool = False) -> None:
    checks = Checks()
    checks.text(path, text, longest=MAX_REASON_CHARACTERS, is_required=is_required)
    checks.refuse()


async def _open_hold(change: OrderChange, hold_id: UUID) -> Hold:
    for hold in change.holds:
        if hold.id == hold_id:
            return hold
    if await Hold.exists(id=hold_id, order_id=change.order.id):
        raise IllegalTransition("change", HoldStatus.RESOLVED, [HoldStatus.CREATED, HoldStatus.REJECTED])
    raise NotFound("hold", hold_id)


async def _resolve(act: Act, change: OrderChange, hold: Hold, resolution: str) -> None:
    hold.status, hold.resolution = HoldStatus.RESOLVED, resolution
    hold.resolved_by, hold.resolved_at = act.actor, act.now
    await hold.save(update_fields=["status", "resolution", "resolved_by", "resolved_at"])
    change.holds.remove(hold)
    _record(change, FactKind.HOLD_RESOLVED, hold, reason=resolution)


def _record(change: OrderChange, kind: FactKind, hold: Hold, *, reason: str) -> None:
    told: dict[str, Any] = {
        "kind": hold.kind.value,
        "status": hold.status.value,
        "line": str(hold.line_id) if hold.line_id else None,
        "expires_at": hold.expires_at.isoformat() if hold.expires_at else None,
    }
    change.record(kind, holds={str(hold.id): told}, reason=reason)
