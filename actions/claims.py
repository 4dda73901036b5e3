"""What group commits add to stock counters, and the facts that makes: one SQL for placing and reserving.

`actions/levels.py` does the same for single actions; here the counters change by deltas under locks that the batch holds.
"""

from collections.abc import Sequence
from typing import Any, Final

from actions.bulk import Columns, arrays
from domain.facts import FactKind
from domain.placing.world import Shelf

CLAIMS: Final[Columns] = {"id": "uuid", "allocated": "int4", "reserved": "int4"}


def claims(shelves: Sequence[Shelf]) -> Sequence[Sequence[Any]]:
    """The first three parameters of `claims_sql`: the levels that changed and by how much."""
    touched = [
        (shelf.id, shelf.allocated_delta, shelf.reserved_delta)
        for shelf in shelves
        if shelf.allocated_delta or shelf.reserved_delta
    ]
    return arrays(touched, CLAIMS)


def claims_sql(first: int) -> str:
    """Two CTEs on parameters `$first`..: ids, allocated and reserved deltas, then the facts' actor and time."""
    return f"""moved AS (
    UPDATE stock_levels l SET allocated = l.allocated + d.allocated, reserved = l.reserved + d.reserved,
        version = l.version + 1
    FROM unnest(${first}::uuid[], ${first + 1}::int4[], ${first + 2}::int4[]) AS d(id, allocated, reserved)
    JOIN stock_levels held ON held.id = d.id JOIN variants v ON v.id = held.variant_id
    WHERE l.id = d.id RETURNING l.*, v.sku),
stock_facts AS (
    INSERT INTO outbox (organization_id, kind, location_id, variant_id, payload, actor, recorded_at)
    SELECT organization_id, '{FactKind.STOCK_CHANGED}', location_id, variant_id, jsonb_build_object(
        'level', id, 'sku', sku, 'on_hand', on_hand, 'allocated', allocated, 'reserved', reserved, 'damaged', damaged,
        'quality_control', quality_control, 'safety', safety, 'version', version,
        'available', greatest(0, on_hand - allocated - reserved - damaged - quality_control - safety)),
        ${first + 3}, ${first + 4} FROM moved)"""
