"""What group commits add to stock counters, and the facts that makes: one SQL for placing and reserving.

`actions/levels.py` does the same for single actions; here the counters change by deltas under locks that the batch holds.
"""

from collections.abc import Sequence
from typing import Any, Final

from actions.bulk import Columns, arrays
from domain.facts import FactKind
from domain.placing.decision import Shelves
from domain.placing.world import Shelf

FREE: Final = "l.on_hand - l.allocated - l.reserved - l.damaged - l.quality_control - l.safety - l.set_aside"
CLAIMS: Final[Columns] = {"id": "uuid", "allocated": "int4", "reserved": "int4", "set_aside": "int4"}


def claimed_of(shelves: Shelves) -> list[Shelf]:
    """Those that a batch changed."""
    return [
        shelf
        for at in shelves.values()
        for shelf in at.values()
        if shelf.allocated_delta or shelf.reserved_delta or shelf.set_aside_delta
    ]


def claims(claimed: Sequence[Shelf]) -> Sequence[Sequence[Any]]:
    """The first four parameters of `claims_sql`: the levels that changed and by how much; no quotas, no change of them."""
    changes = [
        (shelf.id, shelf.allocated_delta, shelf.reserved_delta, shelf.set_aside_delta if shelf.pool else None)
        for shelf in claimed
    ]
    return arrays(changes, CLAIMS)


def claims_sql(first: int) -> str:
    """Three CTEs on parameters `$first`..: ids, deltas of allocated, reserved and set aside, then the facts' actor and time.

    The levels are locked in id order. `moved` has a row for each but those that have less free than is claimed of them
    now, or quotas that were not known: a caller who didn't hold the locks before compares the count, and rolls back.
    """
    return f"""held AS MATERIALIZED (
    SELECT l.id, v.sku FROM stock_levels l JOIN variants v ON v.id = l.variant_id
    WHERE l.id = ANY(${first}::uuid[]) ORDER BY l.id FOR NO KEY UPDATE OF l),
moved AS (
    UPDATE stock_levels l SET allocated = l.allocated + d.allocated, reserved = l.reserved + d.reserved,
        set_aside = l.set_aside + coalesce(d.set_aside, 0), version = l.version + 1
    FROM held JOIN unnest(${first}::uuid[], ${first + 1}::int4[], ${first + 2}::int4[], ${first + 3}::int4[])
        AS d(id, allocated, reserved, set_aside) ON d.id = held.id
    WHERE l.id = held.id AND l.has_quotas = (d.set_aside IS NOT NULL)
        AND d.allocated + d.reserved + coalesce(d.set_aside, 0) <= greatest(0, {FREE}) RETURNING l.*, held.sku),
stock_facts AS (
    INSERT INTO outbox (organization_id, kind, location_id, variant_id, payload, actor, recorded_at)
    SELECT organization_id, '{FactKind.STOCK_CHANGED}', location_id, variant_id, jsonb_build_object(
        'level', id, 'sku', sku, 'on_hand', on_hand, 'allocated', allocated, 'reserved', reserved, 'damaged', damaged,
        'quality_control', quality_control, 'safety', safety, 'set_aside', set_aside, 'version', version,
        'available', greatest(0,
            on_hand - allocated - reserved - damaged - quality_control - safety - set_aside)),
        ${first + 4}, ${first + 5} FROM moved)"""
