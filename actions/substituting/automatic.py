"""Substitutes that nobody has to ask for: sent at once where the customer allows it, else proposed where a channel does so."""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import OrderChange, lock_order, save
from actions.quotas.buyers import free_for
from actions.refusals import passed_over
from actions.resting import Rests
from actions.substituting.exchanging import exchange, free_units
from actions.substituting.proposing import ACTOR, expiry, proposal, put_forward
from domain.holds import kinds_stopping
from domain.lifecycle import Action, UnitStatus
from domain.substitution import SubstitutePrice
from models import Substitution, SubstitutionConsent
from models.backorders import is_awaited, is_unlaunched
from models.channels import serves
from models.db import rows
from models.kits import NOT_IN_A_KIT
from models.locations import CAN_SERVE

log = logging.getLogger("oms.substitutes")

BATCH: Final = 200
"""Orders that one run looks at; the rest have their turn in the next."""
TRY_AGAIN: Final = timedelta(minutes=5)
"""So long after none of its substitutes could be sent an order is left alone."""
ALLOWED: Final = "The customer allows it."
STOPPING: Final = kinds_stopping(Action.CANCEL, Action.SCHEDULE)

REST: Final = timedelta(minutes=15)
"""So long a line is left alone for which nothing could be proposed after all."""

# Free where the line can be served from, over its launch, for sale, and with a price where its rule asks for one.
_TO_BE_HAD: Final = f"""{free_for("f", "o.channel_id", "(SELECT segment FROM customers WHERE id = o.customer_id)")} > 0
    AND {CAN_SERVE} AND {serves("o.channel_id", "f.location_id")}
    AND NOT {is_unlaunched("t.substitute_id", "o.channel_id")}
    AND EXISTS (SELECT FROM variants v WHERE v.id = t.substitute_id AND v.is_active)
    AND (t.price_rule <> '{SubstitutePrice.SUBSTITUTE_PRICE}' OR EXISTS (SELECT FROM prices e
        WHERE e.variant_id = t.substitute_id AND e.channel_id = o.channel_id AND e.currency = o.currency))"""
_FITTING: Final = f"""
    s.status = 'backordered' AND {_TO_BE_HAD} AND {NOT_IN_A_KIT}
    AND NOT EXISTS (SELECT FROM substitutions p WHERE p.line_id = l.id AND p.status = 'proposed')
    AND NOT {is_awaited("l.variant_id", "o.channel_id", "$1")}"""
_UNHELD: Final = """
    NOT EXISTS (SELECT FROM holds h WHERE h.order_id = o.id AND h.status <> 'resolved' AND h.kind = ANY($2::text[]))"""

ALLOWING: Final = f"""
SELECT o.organization_id, c.order_id, min(c.tried_at) AS tried_at FROM substitution_consents c
JOIN orders o ON o.id = c.order_id JOIN order_lines l ON l.id = c.line_id JOIN line_status s ON s.line_id = l.id
JOIN substitutes t ON t.variant_id = l.variant_id AND t.is_automatic JOIN stock_levels f ON f.variant_id = t.substitute_id
WHERE {_FITTING} AND {_UNHELD} AND (c.tried_at IS NULL OR c.tried_at <= $3)
GROUP BY o.organization_id, c.order_id ORDER BY tried_at NULLS FIRST, c.order_id LIMIT $4"""
BEST_OF_ORDER: Final = f"""
SELECT c.line_id, t.substitute_id, min(l.position) AS position, min(t.rank) AS rank FROM substitution_consents c
JOIN orders o ON o.id = c.order_id JOIN order_lines l ON l.id = c.line_id JOIN line_status s ON s.line_id = l.id
JOIN substitutes t ON t.variant_id = l.variant_id AND t.is_automatic JOIN stock_levels f ON f.variant_id = t.substitute_id
WHERE {_FITTING} AND c.order_id = $2 GROUP BY c.line_id, t.substitute_id ORDER BY position, rank, t.substitute_id"""
# Each line is asked about once by itself; people may propose as often as they like.
OFFERABLE: Final = f"""
SELECT DISTINCT ON (l.id) o.organization_id, l.order_id, l.id AS line_id, t.substitute_id
FROM line_status s JOIN order_lines l ON l.id = s.line_id JOIN orders o ON o.id = l.order_id
JOIN channels c ON c.id = o.channel_id AND c.substitute_offer_hours IS NOT NULL
JOIN substitutes t ON t.variant_id = l.variant_id JOIN stock_levels f ON f.variant_id = t.substitute_id
WHERE {_FITTING} AND {_UNHELD} AND NOT EXISTS (SELECT FROM substitutions p WHERE p.line_id = l.id)
    AND o.id IN (SELECT order_id FROM line_status WHERE status IN ('backordered', 'unscheduled'))
    AND NOT (t.is_automatic AND EXISTS (SELECT FROM substitution_consents k WHERE k.line_id = l.id))
    AND l.id <> ALL($4::uuid[])
ORDER BY l.id, t.rank, t.substitute_id LIMIT $3"""


async def substitute_order(act: Act, order_id: UUID) -> None:
    """Send automatic substitutes for what waits, best first, each in its own transaction, as far as they go."""
    for found in await rows(BEST_OF_ORDER, [act.now, order_id]):
        with passed_over(log, "nothing else was sent for order %s", order_id):
            await _substitute(act, order_id, found["line_id"], found["substitute_id"])
    await SubstitutionConsent.filter(order_id=order_id).update(tried_at=act.now)


async def substitute_due(now: datetime, *, limit: int = BATCH) -> int:
    """The same for orders of all organizations that an automatic substitute could serve now; how many were tried."""
    due = await rows(ALLOWING, [now, STOPPING, now - TRY_AGAIN, limit])
    for found in due:
        await substitute_order(Act(organization_id=found["organization_id"], actor=ACTOR, now=now), found["order_id"])
    return len(due)


async def offer_due(now: datetime, *, rests: Rests | None = None, limit: int = BATCH) -> int:
    """Propose the best substitute in stock for what waits, in channels that do so; for how many lines.

    Those for which nothing came of it rest.
    """
    rests = rests or Rests(REST)
    due = await rows(OFFERABLE, [now, STOPPING, limit, rests.at(now)])
    rests.add([found["line_id"] for found in due], now)
    for found in due:
        act = Act(organization_id=found["organization_id"], actor=ACTOR, now=now)
        with passed_over(log, "nothing was proposed for line %s", found["line_id"]):
            await _offer(act, found["order_id"], found["line_id"], found["substitute_id"])
    return len(due)


@action
async def _substitute(act: Act, order_id: UUID, line_id: UUID, variant_id: UUID) -> UUID:
    change = await lock_order(act, order_id)
    if taken := await _fitting(act, change, line_id, variant_id):
        taken.reason = ALLOWED
        await exchange(act, change, taken)
        await save(act, [change])
    return order_id


@action
async def _offer(act: Act, order_id: UUID, line_id: UUID, variant_id: UUID) -> UUID:
    change = await lock_order(act, order_id)
    if proposed := await _fitting(act, change, line_id, variant_id):
        proposed.expires_at = await expiry(act, change)
        await put_forward(change, proposed)
        await save(act, [change])
    return order_id


async def _fitting(act: Act, change: OrderChange, line_id: UUID, variant_id: UUID) -> Substitution | None:
    """For as many of the line's waiting units as the substitute has; None for none, and for components of kits."""
    if change.kit_of(line_id) is not None:
        return None
    line = change.lines[line_id]
    waiting = sum(units.quantity for units in change.units(UnitStatus.BACKORDERED, line_id=line_id))
    quantity = min(waiting, await free_units(act, change, line, variant_id))
    if not quantity:
        return None
    found = await proposal(act, change, line, variant_id)
    found.quantity = quantity
    return found
