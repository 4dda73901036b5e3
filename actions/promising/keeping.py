"""Keep a promise that somebody relies on, as it was offered, so that it can be compared with what happens."""

from typing import Final
from uuid import UUID

import orjson

from actions.acting import Act, action
from domain.promising.promise import Promised
from models.db import execute

# Held first and chosen later, or sent twice, it stays one promise; only whose it is may become known later.
KEEP: Final = """
INSERT INTO promises (id, organization_id, channel_id, customer_id, cart, method, carrier, service, location_id, rule,
    confidence, ready_at, ship_on, earliest_on, latest_on, currency, cost_minor, price_minor, parcels, promised_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19::jsonb, $20, $21)
ON CONFLICT (id) DO UPDATE SET customer_id = coalesce(promises.customer_id, excluded.customer_id),
    cart = coalesce(promises.cart, excluded.cart)"""

DUE: Final = "coalesce(p.ship_on, o.promised_date, o.requested_date)"
"""The day on which what was promised as `p` for an order `o` has to leave, promised or wished for."""


def promise_of(fulfilment: str) -> str:
    """The id of what was promised for the units of a fulfilment of an order `o`, as SQL.

    A customer who had them shipped instead of collected may have chosen another way than the order has.
    """
    return f"""coalesce((
    SELECT q.promise_id FROM fulfilment_lines i JOIN pickup_questions q ON coalesce(q.new_line_id, q.line_id) = i.line_id
    WHERE i.fulfilment_id = {fulfilment}.id AND q.order_id = o.id AND q.promise_id IS NOT NULL
    ORDER BY q.answered_at DESC LIMIT 1
), o.promise_id)"""


@action
async def keep(act: Act, promised: Promised, customer_id: UUID | None, cart: str | None) -> UUID:
    """For a cart, or for an order about to be placed. Idempotent; needs no key."""
    await write(act, promised, customer_id, cart)
    return promised.id


async def write(act: Act, promised: Promised, customer_id: UUID | None, cart: str | None = None) -> None:
    """Within the caller's transaction."""
    await execute(
        KEEP,
        [
            promised.id,
            act.organization_id,
            promised.channel_id,
            customer_id,
            cart,
            promised.method.value,
            promised.carrier,
            promised.service,
            promised.location_id,
            promised.rule,
            promised.confidence.value,
            promised.ready_at,
            promised.ship_on,
            promised.earliest_on,
            promised.latest_on,
            promised.currency,
            promised.cost_minor,
            promised.price_minor,
            orjson.dumps(promised.parcels_told()).decode(),
            promised.promised_at,
            promised.expires_at,
        ],
    )
