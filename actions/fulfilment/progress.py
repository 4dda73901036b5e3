"""Fulfilments under the lock of their orders: find them, bring their word up to date, and tell of it.

    change, fulfilment = await lock_fulfilment(act, fulfilment_id, expected_version)
    for unit in workable(change, fulfilment, Action.ACCEPT):
        change.move(Action.ACCEPT, unit.place, unit.quantity)
    tell(act, change, FactKind.FULFILMENT_ACCEPTED, fulfilment)
    await store([fulfilment])
    await save(act, [change])

A fulfilment has no lock of its own: whoever holds its order's holds it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from actions.acting import Act
from actions.chaining.papers import count_cancelled
from actions.changing import OrderChange, Units, lock_orders
from actions.fulfilment.packed import take_out
from domain.errors import Conflict, IllegalTransition, NotFound
from domain.facts import FactKind
from domain.fulfilment import FulfilmentStatus, derive_fulfilment
from domain.lifecycle import FROM_OF, RANK, Action, by_rank
from domain.validation import Checks
from models import Fulfilment
from models.db import execute

Changes = dict[UUID, OrderChange]
"""By order."""

MOST_LINES: Final = 500
"""Lines that one command names at most."""

STORE: Final = """
UPDATE fulfilments f SET status = d.status, accepted_at = d.accepted_at, completed_at = d.completed_at,
    decline_reason = d.decline_reason, version = d.version, ready_at = d.ready_at
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::int[],
    $7::timestamptz[]) AS d(id, status, accepted_at, completed_at, decline_reason, version, ready_at) WHERE f.id = d.id"""


async def lock_fulfilment(
    act: Act, fulfilment_id: UUID, expected_version: int | None = None
) -> tuple[OrderChange, Fulfilment]:
    """Raises NotFound, or Conflict on another version."""
    changes, fulfilments = await lock_fulfilments(act, {fulfilment_id: expected_version})
    fulfilment = fulfilments[fulfilment_id]
    return changes[fulfilment.order_id], fulfilment


async def lock_fulfilments(
    act: Act, expected: Mapping[UUID, int | None], *, with_orders: Iterable[UUID] = ()
) -> tuple[Changes, dict[UUID, Fulfilment]]:
    """The fulfilments, each with the version it must have if one is given, and their orders and `with_orders`, locked."""
    found = await find_fulfilments(act, expected)
    order_ids = {*with_orders, *(fulfilment.order_id for fulfilment in found.values())}
    changes = {change.order.id: change for change in await lock_orders(act, order_ids)}
    found = await find_fulfilments(act, expected)
    for fulfilment_id, version in expected.items():
        if version not in (None, found[fulfilment_id].version):
            raise Conflict("fulfilment", version, found[fulfilment_id].version)
    return changes, found


async def find_fulfilments(act: Act, ids: Iterable[UUID]) -> dict[UUID, Fulfilment]:
    """Without a lock. Raises NotFound."""
    wanted = sorted(set(ids))
    found = {
        each.id: each
        for each in await Fulfilment.filter(id__in=wanted, organization_id=act.organization_id).order_by("id")
    }
    for fulfilment_id in wanted:
        if fulfilment_id not in found:
            raise NotFound("fulfilment", fulfilment_id)
    return found


def workable(
    change: OrderChange, fulfilment: Fulfilment, action: Action, *, line_id: UUID | None = None
) -> list[Units]:
    """The units of the fulfilment, or of one line in it, that `action` can take. Raises IllegalTransition without any."""
    able = FROM_OF[action]
    here = change.units(fulfilment_id=fulfilment.id, line_id=line_id)
    found = [units for units in here if units.place.status in able]
    if not found:
        furthest = max((units.place.status for units in here), key=RANK.__getitem__, default=fulfilment.status)
        raise IllegalTransition(action.replace("_", " "), furthest, by_rank(able))
    return found


def check_lines(
    change: OrderChange,
    fulfilment: Fulfilment,
    line_ids: Sequence[UUID],
    *,
    path: str = "lines",
    name: str = "line_id",
    least: int = 0,
) -> Checks:
    """Notes what is wrong with the order lines that a command lists at `path`: each once, each in the fulfilment."""
    checks = Checks()
    if checks.size(path, line_ids, least=least, most=MOST_LINES):
        checks.once(path, name, line_ids)
        for at, line_id in enumerate(line_ids):
            if not change.units(fulfilment_id=fulfilment.id, line_id=line_id):
                where = ".".join(part for part in (path, str(at), name) if part)
                checks.note(where, "NOT_IN_FULFILMENT", f"No units of this line are in fulfilment {fulfilment.number}.")
    return checks


def advance(act: Act, change: OrderChange, fulfilment: Fulfilment) -> None:
    """Derive the word anew from where its units stand now, and count the version up."""
    statuses = {units.place.status for units in change.units(fulfilment_id=fulfilment.id)}
    fulfilment.status = derive_fulfilment(statuses, gave_back=fulfilment.decline_reason is not None)
    if fulfilment.status is FulfilmentStatus.COMPLETED and fulfilment.completed_at is None:
        fulfilment.completed_at = act.now
    fulfilment.version += 1


def tell(act: Act, change: OrderChange, kind: FactKind, fulfilment: Fulfilment, **details: Any) -> None:
    """One fact of the units moved since the last one, all of this fulfilment, with its new word and version."""
    advance(act, change, fulfilment)
    change.record(
        kind,
        fulfilment_id=fulfilment.id,
        location_id=fulfilment.location_id,
        fulfilments=words([fulfilment]),
        fulfilment=described(fulfilment),
        **details,
    )


def words(fulfilments: Iterable[Fulfilment]) -> dict[str, str]:
    """What `domain/projection.py` folds."""
    return {str(fulfilment.id): fulfilment.status.value for fulfilment in fulfilments}


def described(fulfilment: Fulfilment) -> dict[str, Any]:
    """For whoever shows a location's queue."""
    return {
        "id": str(fulfilment.id),
        "number": fulfilment.number,
        "location": str(fulfilment.location_id),
        "method": fulfilment.method.value,
        "status": fulfilment.status.value,
        "version": fulfilment.version,
        "released_at": fulfilment.released_at,
        "accepted_at": fulfilment.accepted_at,
        "ready_at": fulfilment.ready_at,
        "arrived_at": fulfilment.arrived_at,
        "arrival_spot": fulfilment.arrival_spot,
        "arrival_vehicle": fulfilment.arrival_vehicle,
        "completed_at": fulfilment.completed_at,
        "decline_reason": fulfilment.decline_reason,
    }


async def store(fulfilments: Sequence[Fulfilment]) -> None:
    """Write what `advance` and the actions changed."""
    columns = ("id", "status", "accepted_at", "completed_at", "decline_reason", "version", "ready_at")
    await execute(STORE, [[getattr(fulfilment, name) for fulfilment in fulfilments] for name in columns])


async def refresh_fulfilments(act: Act, changes: Iterable[OrderChange]) -> list[Fulfilment]:
    """Bring every fulfilment whose units moved up to date, take recalled units out of open parcels, and count what was cancelled
    of chained purchase orders.

    For actions that cut across fulfilments; after the moves and before `record`, which should be told of the result:
    `fulfilments=words(…)`.
    """
    moved = {fulfilment_id: change for change in changes for fulfilment_id in change.fulfilments_moved()}
    if not moved:
        return []
    found = await find_fulfilments(act, moved)
    for fulfilment in found.values():
        advance(act, moved[fulfilment.id], fulfilment)
    await store(list(found.values()))
    await take_out(moved)
    await count_cancelled(act, moved.values())
    return list(found.values())
