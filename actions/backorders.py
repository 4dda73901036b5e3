"""Units that wait for stock: routed again as soon as something is free, oldest promise first.

    restocking.listeners → `retry_backorders` for the variants that arrived; `retry_all_backorders` now and then as the net

Only orders are tried that some free unit could serve: of a variant that has been launched, at a location of their channel
that did not give the line back lately; a kit's component counts where the others are too. What is free may be out of reach
all the same, because a rule says so or a location has no room that day: in the net such an order rests for a while. So
orders that nobody can serve never keep the others waiting.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import lock_order, save
from actions.quotas.buyers import free_for
from actions.refusals import passed_over
from actions.resting import Rests
from actions.routing import route
from domain.holds import kinds_stopping
from domain.lifecycle import Action
from domain.routing.rules.values import DecisionKind
from models.backorders import is_awaited
from models.channels import serves
from models.db import rows
from models.locations import CAN_SERVE

log = logging.getLogger("oms.backorders")

RETRY_BATCH: Final = 500
"""Orders that one run tries at most; the rest have their turn in the next run."""
REST: Final = timedelta(minutes=1)
"""So long an order that could not be served is left alone by the net."""
RETRY_ACTOR: Final = "job:backorders"

WAITING: Final = f"""
SELECT o.id, o.organization_id FROM orders o
WHERE ($1::uuid IS NULL OR o.organization_id = $1) AND EXISTS (
    SELECT FROM line_status s JOIN order_lines l ON l.id = s.line_id JOIN stock_levels f ON f.variant_id = l.variant_id
    WHERE s.order_id = o.id AND s.status IN ('backordered', 'unscheduled')
        AND ($2::uuid[] IS NULL OR l.variant_id = ANY($2))
        AND {free_for("f", "o.channel_id", "(SELECT segment FROM customers WHERE id = o.customer_id)")} > 0
        AND {CAN_SERVE}
        AND {serves("o.channel_id", "f.location_id")}
        AND NOT EXISTS (SELECT FROM excluded_locations e
                        WHERE e.line_id = l.id AND e.location_id = f.location_id AND e.until > $3)
        AND NOT {is_awaited("l.variant_id", "o.channel_id", "$3")}
        AND NOT EXISTS (SELECT FROM kit_lines k JOIN order_kits t ON t.id = k.kit_id AND t.parted_at IS NULL
                        JOIN kit_lines m ON m.kit_id = k.kit_id JOIN order_lines x ON x.id = m.line_id
                        LEFT JOIN stock_levels g ON g.variant_id = x.variant_id AND g.location_id = f.location_id
                        WHERE k.line_id = l.id AND (m.units > coalesce(
                                g.on_hand - g.allocated - g.reserved - g.damaged - g.quality_control - g.safety, 0)
                            OR {is_awaited("x.variant_id", "o.channel_id", "$3")})))
    AND NOT EXISTS (SELECT FROM holds h WHERE h.order_id = o.id AND h.status <> 'resolved' AND h.kind = ANY($4::text[]))
    AND o.id IN (SELECT order_id FROM line_status WHERE status IN ('backordered', 'unscheduled'))
    AND o.id <> ALL($6::uuid[])
ORDER BY o.promised_date, o.requested_date, o.placed_at, o.id LIMIT $5"""

STOPPING: Final = kinds_stopping(Action.SCHEDULE)


async def retry_backorders(
    act: Act, variant_ids: Iterable[UUID] | None = None, *, limit: int = RETRY_BATCH, tried: set[UUID] | None = None
) -> int:
    """Route the organization's waiting orders that want one of these variants, or any; how many were tried.

    Each order is its own transaction, and one that cannot change now is left for the next run. Who calls several times
    hands in the same `tried`: orders that are in it are left out, and those of this call come into it.
    """
    wanted = None if variant_ids is None else sorted(variant_ids)
    tried = set() if tried is None else tried
    found = await _retry_all(act.now, act.actor, [act.organization_id, wanted, act.now, STOPPING, limit, list(tried)])
    tried |= found
    return len(found)


async def retry_all_backorders(now: datetime, *, rests: Rests | None = None, limit: int = RETRY_BATCH) -> int:
    """The same for all organizations and variants, for a job: what it could not serve rests."""
    rests = rests or Rests(REST)
    resting = rests.at(now)
    tried = await _retry_all(now, RETRY_ACTOR, [None, None, now, STOPPING, limit, resting])
    if tried:
        left = await rows(WAITING, [None, None, now, STOPPING, limit, resting])
        rests.add(tried & {row["id"] for row in left}, now)
    return len(tried)


async def _retry_all(now: datetime, actor: str, parameters: list[object]) -> set[UUID]:
    """The orders that were tried."""
    waiting = await rows(WAITING, parameters)
    for found in waiting:
        act = Act(organization_id=found["organization_id"], actor=actor, now=now)
        with passed_over(log, "order %s was not routed again", found["id"]):
            await _retry(act, found["id"])
    return {found["id"] for found in waiting}


@action
async def _retry(act: Act, order_id: UUID) -> UUID:
    change = await lock_order(act, order_id)
    await route(act, change, DecisionKind.BACKORDER_RETRY)
    await save(act, [change])
    return order_id
