"""Work out anew what scarce units are worth, for organizations that look ahead.

Orders of the last days stand for those of the next. The prices are kept in a table, from where every process reads them
with the other things that routing needs (`actions/reference.py`).
"""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from actions import reference
from actions.acting import Act, action
from actions.bulk import arrays, insert_sql
from actions.reoptimizing.reading import everywhere, open_to, read_free
from domain.ids import id_maker
from domain.orders import FulfilmentMethod
from domain.routing.backlog import MAX_BACKLOG_LINES
from domain.routing.looking_ahead import PastOrder, prices_of
from domain.routing.values import Demand
from models import RoutingPolicy, ShadowPrice
from models.db import Fetching, execute, rows

PRICES_HOLD: Final = timedelta(minutes=10)
LOOKS_BACK: Final = timedelta(days=7)
MOST_PAST_ORDERS: Final = 500
MOST_DUE: Final = 20
PRICING_ACTOR: Final = "job:pricing"

DUE: Final = """
SELECT organization_id FROM routing_policies WHERE is_looking_ahead AND (priced_at IS NULL OR priced_at <= $1)
ORDER BY priced_at NULLS FIRST, organization_id LIMIT $2"""

# `among` is how many orders there are to draw from.
PAST: Final = """
SELECT o.id, o.channel_id, a.latitude, a.longitude, count(*) OVER ()::int AS among
FROM orders o LEFT JOIN order_addresses a ON a.order_id = o.id AND a.kind = 'shipping'
WHERE o.organization_id = $1 AND o.placed_at > $2 AND o.status NOT IN ('draft', 'cancelled')
    AND EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.method = $3)
ORDER BY md5(o.id::text), o.id LIMIT $4"""

WANTED: Final = """
SELECT l.order_id, l.variant_id, l.quantity, v.weight_grams FROM order_lines l JOIN variants v ON v.id = l.variant_id
WHERE l.order_id = ANY($1::uuid[]) AND l.method = $2 ORDER BY l.order_id, l.position"""

COLUMNS: Final = {
    "id": "uuid",
    "organization_id": "uuid",
    "variant_id": "uuid",
    "location_id": "uuid",
    "unit_minor": "bigint",
}
INSERT: Final = insert_sql("shadow_prices", COLUMNS, 1)


async def price_due(now: datetime) -> int:
    """For every organization that looks ahead and whose prices are old, as often as the job runs; how many."""
    due = await rows(DUE, [now - PRICES_HOLD, MOST_DUE])
    for policy in due:
        await price(Act(organization_id=policy["organization_id"], actor=PRICING_ACTOR, now=now))
    return len(due)


async def price(act: Act) -> int:
    """How many units' prices are kept now."""
    network = await reference.network(Fetching, act.organization_id)
    since, ships = act.now - LOOKS_BACK, FulfilmentMethod.SHIP.value
    orders = await rows(PAST, [act.organization_id, since, ships, MOST_PAST_ORDERS])
    demands: dict[UUID, list[Demand]] = defaultdict(list)
    for row in await rows(WANTED, [[order["id"] for order in orders], ships]):
        demands[row["order_id"]].append(Demand(row["variant_id"], row["quantity"], row["weight_grams"]))
    past = [
        PastOrder(demands[order["id"]], open_to(network, order))
        for order in orders
        if len(demands[order["id"]]) <= MAX_BACKLOG_LINES
    ]
    free = await read_free(network, {demand.variant for order in past for demand in order.demands})
    share = len(past) / max(order["among"] for order in orders) if orders else 1.0
    found = await asyncio.to_thread(prices_of, past, free, everywhere(network), share=share)
    await _keep(act, found)
    reference.forget(act.organization_id)
    return len(found)


@action
async def _keep(act: Act, found: dict[tuple[UUID, UUID], int]) -> UUID:
    """Instead of all earlier ones, unless nobody looks ahead any more."""
    policy = await RoutingPolicy.select_for_update().get(organization_id=act.organization_id)
    if policy.is_looking_ahead:
        await ShadowPrice.filter(organization_id=act.organization_id).delete()
        make = id_maker(len(found))
        table: list[tuple[Any, ...]] = [
            (make(), act.organization_id, variant_id, location_id, minor)
            for (variant_id, location_id), minor in found.items()
        ]
        if table:
            await execute(INSERT, arrays(table, COLUMNS))
        policy.priced_at = act.now
        await policy.save(update_fields=["priced_at"])
    return policy.id
