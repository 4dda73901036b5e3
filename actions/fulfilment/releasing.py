"""Release to fulfilment: tell each location what it has to do for an order."""

import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, Units, lock_order, save
from actions.forwarding.ordering import awaits_the_rest, forward, is_elsewhere, merges_of
from actions.fulfilment.progress import tell
from actions.orders.confirming import check_paid
from actions.refusals import passed_over
from domain.errors import IllegalTransition
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus
from domain.holds import check_holds, kinds_stopping
from domain.ids import id_maker, new_id
from domain.lifecycle import Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.pickups import CODE_DIGITS, code_of
from models import Fulfilment, FulfilmentLine, PickupCode
from models.db import rows
from models.merging import WAITS_FOR_THE_REST

log = logging.getLogger("oms.fulfilment")

RELEASE_BATCH: Final = 200
"""Orders that one run of the job releases at most."""

NUMBERS: Final = "SELECT 'FF-' || nextval('fulfilment_numbers') AS number FROM generate_series(1, $1)"

# Held lines, with the kits they are part of, and unpaid orders are left out here, so that a long queue of them never keeps
# the others from their turn.
DUE: Final = f"""
SELECT o.organization_id, o.id FROM orders o WHERE o.confirmed_at <= $1 AND o.id IN (
    SELECT s.order_id FROM line_status s JOIN order_lines l ON l.id = s.line_id
    WHERE s.status = 'scheduled' AND NOT {WAITS_FOR_THE_REST} AND NOT EXISTS (
        SELECT FROM holds h WHERE h.order_id = s.order_id AND h.status <> 'resolved' AND h.kind = ANY($2::text[])
            AND (h.line_id IS NULL OR h.line_id = s.line_id OR EXISTS (
                SELECT FROM kit_lines m JOIN kit_lines k ON k.kit_id = m.kit_id
                JOIN order_kits t ON t.id = k.kit_id AND t.parted_at IS NULL
                WHERE m.line_id = h.line_id AND k.line_id = s.line_id))))
    AND (o.authorize_status = 'full'
        OR NOT EXISTS (SELECT FROM channels c WHERE c.id = o.channel_id AND c.confirmation = 'on_authorization'))
ORDER BY o.id LIMIT $3"""

STOPPING: Final = kinds_stopping(Action.RELEASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseOrder:
    """`expected_version` is the order's."""

    order_id: UUID
    expected_version: int | None = None


@action
async def release(act: Act, command: ReleaseOrder) -> UUID:
    """Hand the order's scheduled units to their locations, one fulfilment per location and method.

    Lines that are held stay behind. Returns the order's id. Raises NotFound, Conflict, IllegalTransition when the order
    is not confirmed or has nothing scheduled, BlockedByHold when everything scheduled is held, NotPaid when the
    authorisation that confirmed the order is gone.
    """
    change = await lock_order(act, command.order_id, command.expected_version)
    await check_releasable(change)
    await open_fulfilments(act, [change])
    await save(act, [change])
    return change.order.id


async def release_due(now: datetime, *, limit: int = RELEASE_BATCH) -> int:
    """Release confirmed orders that have scheduled units nobody holds, oldest first; how many were.

    For a job: each order is its own transaction, and one that changed meanwhile is left for the next run.
    """
    released = 0
    for due in await rows(DUE, [now, STOPPING, limit]):
        act = Act(organization_id=due["organization_id"], actor="job:release", now=now)
        with passed_over(log, "order %s was not released", due["id"]):
            await release(act, ReleaseOrder(order_id=due["id"]))
            released += 1
    return released


async def check_releasable(change: OrderChange) -> None:
    """Raises IllegalTransition when the order is not confirmed, NotPaid when its authorisation is gone."""
    if change.order.confirmed_at is None:
        raise IllegalTransition("release", "unconfirmed", ["confirmed"])
    await check_paid(change.order)


async def open_fulfilments(act: Act, changes: Sequence[OrderChange]) -> list[Fulfilment]:
    """New fulfilments of everything releasable, written with their lines; the units moved into them, one fact each.

    What lies elsewhere than where it is handed over is brought there first, by transfers; what is there of an order that
    is delivered together stays until the rest has come.
    Raises IllegalTransition for an order that has nothing scheduled, BlockedByHold when all of it is held.
    """
    groups: list[tuple[OrderChange, list[Units]]] = []
    merges = await merges_of(changes)
    for change in changes:
        merge = merges.get(change.order.id)
        releasable = [units for units in _releasable(change) if not awaits_the_rest(change, units, merge, act.now)]
        if not releasable:
            raise IllegalTransition("release", "in part where it comes together", ["complete"])
        elsewhere = [units for units in releasable if is_elsewhere(change, units, merge)]
        await forward(act, change, elsewhere, merge)
        groups += [
            (change, group) for group in _grouped(change, [each for each in releasable if each not in elsewhere])
        ]
    numbers = await rows(NUMBERS, [len(groups)])
    opened = []
    for numbered, (change, group) in zip(numbers, groups, strict=True):
        fulfilment = _fulfilment(act, change, numbered["number"], group)
        opened.append((fulfilment, _moved_into(act, change, fulfilment, group)))
    await Fulfilment.bulk_create([fulfilment for fulfilment, _ in opened])
    await FulfilmentLine.bulk_create([line for _, lines in opened for line in lines])
    await _give_codes(fulfilment for fulfilment, _ in opened)
    return [fulfilment for fulfilment, _ in opened]


async def _give_codes(opened: Iterable[Fulfilment]) -> None:
    collected = [fulfilment for fulfilment in opened if fulfilment.method is FulfilmentMethod.PICKUP]
    await PickupCode.bulk_create(
        [PickupCode(fulfilment_id=each.id, code=code_of(secrets.randbelow(10**CODE_DIGITS))) for each in collected]
    )


def _releasable(change: OrderChange) -> list[Units]:
    scheduled = change.units(UnitStatus.SCHEDULED)
    if not scheduled:
        raise IllegalTransition("release", change.order.status, [UnitStatus.SCHEDULED])
    free = [units for units in scheduled if Action.RELEASE not in change.stopped(units.place.line_id)]
    if not free:
        check_holds(Action.RELEASE, [hold.kind for hold in change.holds])
    return free


def _grouped(change: OrderChange, free: list[Units]) -> list[list[Units]]:
    """By location and method."""

    def destination(units: Units) -> tuple[str, str]:
        return str(units.place.location_id), change.lines[units.place.line_id].method.value

    return [list(group) for _, group in groupby(sorted(free, key=destination), destination)]


def _fulfilment(act: Act, change: OrderChange, number: str, group: Sequence[Units]) -> Fulfilment:
    place = group[0].place
    values: dict[str, Any] = {
        "id": new_id(),
        "organization_id": act.organization_id,
        "number": number,
        "order_id": change.order.id,
        "location_id": place.location_id,
        "method": change.lines[place.line_id].method,
        "status": FulfilmentStatus.OPEN,
        "released_at": act.now,
        "version": 0,
    }
    return Fulfilment(**values)


def _moved_into(act: Act, change: OrderChange, fulfilment: Fulfilment, group: Sequence[Units]) -> list[FulfilmentLine]:
    lines, make = [], id_maker(len(group))
    for place, quantity in group:
        change.move(Action.RELEASE, place, quantity, fulfilment_id=fulfilment.id)
        lines.append(FulfilmentLine(id=make(), fulfilment_id=fulfilment.id, line_id=place.line_id, quantity=quantity))
    tell(
        act,
        change,
        FactKind.UNITS_RELEASED,
        fulfilment,
        asked=[{"id": str(line.id), "line": str(line.line_id), "quantity": line.quantity} for line in lines],
    )
    return lines
