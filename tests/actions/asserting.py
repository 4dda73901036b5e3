"""What tests of actions look at: the facts told, and that a refusal changed nothing."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tortoise.connection import get_connection

from domain.errors import DomainError
from domain.facts import FactKind
from models import OutboxFact
from models.db import rows
from server.auditing import forwarding, orders, papers
from server.auditing import stock as auditing_stock

CHANGEABLE = [
    "orders",
    "order_lines",
    "line_status",
    "fulfilments",
    "fulfilment_lines",
    "parcels",
    "parcel_lines",
    "tracking_events",
    "stock_levels",
    "stock_movements",
    "reservations",
    "quota_groups",
    "quotas",
    "quota_movements",
    "quota_plans",
    "quota_shares",
    "expected_supplies",
    "stock_counts",
    "count_lines",
    "vendors",
    "reorder_rules",
    "purchase_orders",
    "purchase_lines",
    "vendor_offers",
    "chaining_policies",
    "transfers",
    "transfer_lines",
    "order_merges",
    "excluded_locations",
    "cancellation_requests",
    "pickup_questions",
    "order_addresses",
    "holds",
    "backorders",
    "substitutions",
    "substitution_consents",
    "backorder_terms",
    "channel_backorder_terms",
    "outbox",
    "idempotency_keys",
]


async def told(kind: FactKind) -> list[OutboxFact]:
    return await OutboxFact.filter(kind=kind.value).order_by("id")


async def everything() -> dict[str, list[Any]]:
    """Every row that an action of orders and stock could change."""
    return {
        table: [row["t"] for row in await rows(f"SELECT t::text FROM {table} t ORDER BY 1")] for table in CHANGEABLE
    }


@asynccontextmanager
async def refused(error: type[DomainError]) -> AsyncGenerator[Any, None]:
    """What happens inside is refused with `error`, and nothing changes."""
    before = await everything()
    with pytest.raises(error) as refusal:
        yield refusal
    assert await everything() == before


async def books_balance() -> None:
    """Counters are the sums of their movements, and allocations those of the units that locations hold for orders."""
    wrong = await rows(
        """
        SELECT l.id FROM stock_levels l
        LEFT JOIN LATERAL (SELECT
            coalesce(sum(quantity) FILTER (WHERE kind IN ('received', 'adjusted', 'transferred_in', 'forwarded_in')), 0)
                - coalesce(sum(quantity) FILTER (WHERE kind IN ('shipped', 'transferred_out', 'forwarded_out', 'discarded')), 0)
                AS on_hand,
            coalesce(sum(quantity) FILTER (WHERE kind IN ('allocated', 'converted', 'forwarded_in')), 0)
                - coalesce(sum(quantity) FILTER (WHERE kind IN ('released', 'shipped', 'forwarded_out')), 0) AS allocated,
            coalesce(sum(quantity) FILTER (WHERE kind = 'reserved'), 0)
                - coalesce(sum(quantity) FILTER (WHERE kind IN ('unreserved', 'converted')), 0) AS reserved
            FROM stock_movements m WHERE m.stock_level_id = l.id) AS ledger ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(s.quantity), 0) AS units FROM line_status s
            JOIN order_lines o ON o.id = s.line_id WHERE o.variant_id = l.variant_id AND s.location_id = l.location_id
            AND s.status IN ('scheduled', 'awaiting_transfer', 'released', 'acknowledged', 'picked', 'packed', 'ready_for_pickup')) AS held ON true
        WHERE (l.on_hand, l.allocated, l.reserved) <> (ledger.on_hand, ledger.allocated, ledger.reserved)
            OR l.allocated <> held.units"""
    )
    lost = await rows(
        "SELECT l.id FROM order_lines l WHERE l.quantity <> "
        "(SELECT coalesce(sum(quantity), 0) FROM line_status s WHERE s.line_id = l.id)"
    )
    assert (wrong, lost) == ([], [])


async def papers_agree() -> None:
    """What the audit says of orders, papers and stock: nothing."""
    pool: Any = get_connection("default")
    async with pool.acquire_connection() as connection, connection.transaction():
        checks = [*orders.CHECKS, *papers.CHECKS, *forwarding.CHECKS, *auditing_stock.CHECKS]
        found = [str(finding) for check in checks async for finding in check.find(connection)]
    assert found == []
