"""The rows that say how long a line's units may wait, and the terms that they follow from.

Lock order: terms come after everything else, stock levels included, by variant, and then those of channels.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from actions import reference
from actions.acting import Act
from actions.bulk import Columns, arrays, insert_sql
from actions.changing import OrderChange
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.placing.backordering import Terms, Wait, Waiting, let_wait, wait_of
from models import Backorder
from models.backorders import does_count
from models.db import Fetching, execute

# After its launch, and without a limit, a variant is like any other.
TERMS: Final = """
SELECT variant_id, limit_units, launches_at, ships_by, launched_at FROM backorder_terms
WHERE variant_id = ANY($1::uuid[]) AND (limit_units IS NOT NULL OR launches_at IS NOT NULL AND launched_at IS NULL)
ORDER BY variant_id"""
CHANNEL_TERMS: Final = f"""
SELECT c.variant_id, c.channel_id, c.limit_units, c.launches_at, c.ships_by, c.launched_at FROM channel_backorder_terms c
WHERE c.variant_id = ANY($1::uuid[]) AND {does_count("c")} ORDER BY c.variant_id, c.channel_id"""
WAITING: Final = """
SELECT l.variant_id, sum(s.quantity)::int AS units FROM line_status s JOIN order_lines l ON l.id = s.line_id
WHERE s.status IN ('backordered', 'unscheduled') AND l.variant_id = ANY($1::uuid[]) GROUP BY l.variant_id"""
WAITING_IN_CHANNELS: Final = """
SELECT l.variant_id, o.channel_id, sum(s.quantity)::int AS units FROM line_status s JOIN order_lines l ON l.id = s.line_id
JOIN orders o ON o.id = l.order_id WHERE s.status IN ('backordered', 'unscheduled') AND l.variant_id = ANY($1::uuid[])
GROUP BY l.variant_id, o.channel_id"""
COLUMNS: Final[Columns] = {
    "id": "uuid",
    "line_id": "uuid",
    "order_id": "uuid",
    "since": "timestamptz",
    "cancels_at": "timestamptz",
    "launches_at": "timestamptz",
    "ships_by": "date",
    "is_fixed": "bool",
    "reason": "text",
}
WRITE: Final = (
    f"{insert_sql('backorders', COLUMNS, 1)} ON CONFLICT (line_id) DO UPDATE SET since = excluded.since, "
    "cancels_at = excluded.cancels_at, launches_at = excluded.launches_at, ships_by = excluded.ships_by, "
    "is_fixed = excluded.is_fixed, reason = excluded.reason, ended_at = NULL"
)


def wait_row(order_id: UUID, line_id: UUID, wait: Wait, *, fixed_for: str | None = None) -> tuple[Any, ...]:
    """The values of COLUMNS; `fixed_for` is why somebody chose the date."""
    return (new_id(), line_id, order_id, *wait, fixed_for is not None, fixed_for or "")


async def read_terms(
    connection: Any, variant_ids: Iterable[UUID], *, has_own: bool, lock: bool = True
) -> dict[UUID, Terms]:
    """The terms of those of the variants that have some, locked until the transaction ends, with what waits already.

    Counted in a statement after the lock, so that it sees what was written by whoever held it. `connection` is asyncpg's;
    `has_own`: some channel has terms of its own.
    """
    wanted = sorted(variant_ids)
    found = await connection.fetch(f"{TERMS} FOR NO KEY UPDATE" if lock else TERMS, wanted)
    in_channels = f"{CHANNEL_TERMS} FOR NO KEY UPDATE OF c" if lock else CHANNEL_TERMS
    own = await connection.fetch(in_channels, wanted) if has_own else ()
    limited = [row["variant_id"] for row in found if row["limit_units"] is not None]
    counted = await connection.fetch(WAITING, limited) if limited else ()
    waiting = {row["variant_id"]: row["units"] for row in counted}
    terms = {row["variant_id"]: _terms(row, waiting.get(row["variant_id"], 0)) for row in found}
    limited = [row["variant_id"] for row in own if row["limit_units"] is not None]
    counted = await connection.fetch(WAITING_IN_CHANNELS, limited) if limited else ()
    units = {(row["variant_id"], row["channel_id"]): row["units"] for row in counted}
    for row in own:
        key = (row["variant_id"], row["channel_id"])
        terms.setdefault(key[0], Terms()).own[key[1]] = _terms(row, units.get(key, 0))
    return terms


def _terms(row: Any, waiting: int) -> Terms:
    return Terms(
        limit_units=row["limit_units"],
        waiting=waiting,
        launches_at=row["launches_at"],
        ships_by=row["ships_by"],
        is_launched=row["launches_at"] is None or row["launched_at"] is not None,
    )


async def write_waits(waits: Sequence[tuple[Any, ...]]) -> None:
    if waits:
        await execute(WRITE, arrays(waits, COLUMNS))


async def check_limits(act: Act, change: OrderChange) -> None:
    """Whether the order's units that wait now, not written yet, may. Raises BackorderLimitExceeded."""
    short = change.units(UnitStatus.BACKORDERED)
    network = await reference.network(Fetching, act.organization_id)
    if short and network.has_backorder_terms:
        lines = [(change.lines[units.place.line_id], units.quantity) for units in short]
        terms = await read_terms(Fetching, {line.variant_id for line, _ in lines}, has_own=network.has_channel_terms)
        wanted = (Waiting(line.variant_id, line.sku, quantity) for line, quantity in lines)
        let_wait(wanted, terms, change.order.channel_id)


async def begin_waiting(act: Act, change: OrderChange, line_ids: Sequence[UUID]) -> dict[str, Any]:
    """The lines' units begin to wait for stock; part of the fact that tells it.

    A line that waits until some day already goes on waiting until then.
    """
    network = await reference.network(Fetching, act.organization_id)
    days = network.channels[change.order.channel_id].backorder_cancel_days
    variants = {change.lines[line_id].variant_id for line_id in line_ids}
    has_own = network.has_channel_terms
    terms = await read_terms(Fetching, variants, has_own=has_own) if network.has_backorder_terms else {}
    known = {row.line_id: row for row in await Backorder.filter(line_id__in=list(line_ids))}
    waits: dict[UUID, Wait] = {}
    for line_id in line_ids:
        row = known.get(line_id)
        if row is not None and row.ended_at is None and (row.cancels_at is None or row.cancels_at > act.now):
            continue
        of_variant = terms.get(change.lines[line_id].variant_id)
        wait = wait_of(act.now, of_variant and of_variant.launch(change.order.channel_id), days)
        if row is not None or wait is not None:
            waits[line_id] = wait or Wait(act.now, None, None, None)
    await write_waits([wait_row(change.order.id, line_id, wait) for line_id, wait in waits.items()])
    return told(waits)


def told(waits: Mapping[UUID, Wait]) -> dict[str, Any]:
    """As part of a fact, see `domain/projection.py`; nothing where nothing changed."""
    return {"waits": {str(line_id): wait.told() for line_id, wait in waits.items()}} if waits else {}


def wait_in(row: Backorder) -> Wait:
    return Wait(row.since, row.cancels_at, row.launches_at, row.ships_by)
