"""Find out what became of requests nobody answered: look them up, again and again, ever more rarely, until it is known."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from actions.gateways import Approved, Declined, Gateways, NeverReceived
from actions.payments.asking import Request, record_answer, unanswered
from actions.payments.books import LOOKUP_AFTER
from actions.payments.working import PAGE, Found
from models.db import rows

log = logging.getLogger("oms.payments")

NEVER_RECEIVED_AFTER: Final = timedelta(minutes=15)
"""A request the provider still does not know of after this long did not arrive. Should it arrive later all the same, the
provider's own notice is newer and counts."""
SLOWEST: Final = timedelta(hours=6)
MAX_LOOKUPS: Final = 40
"""More than a week; then a person has to ask."""

CLAIM: Final = """
UPDATE payments p SET lookups = p.lookups + 1,
    next_lookup_at = CASE WHEN p.lookups + 1 < $3 THEN $1::timestamptz + least($4::interval * 2 ^ p.lookups, $5::interval) END
FROM (SELECT id FROM payments WHERE next_lookup_at <= $1 ORDER BY next_lookup_at LIMIT $2
      FOR NO KEY UPDATE SKIP LOCKED) AS due
WHERE p.id = due.id RETURNING p.id, p.organization_id, p.next_lookup_at"""


async def reconcile_payments(gateways: Gateways, now: datetime) -> int:
    """The job: how many outcomes were found out. Several may run at once; each payment is looked up by one of them."""
    known = 0
    while claimed := await rows(CLAIM, [now, PAGE, MAX_LOOKUPS, LOOKUP_AFTER, SLOWEST]):
        for row in claimed:
            known += await _look_up(gateways, now, row)
        if len(claimed) < PAGE:
            break
    return known


async def _look_up(gateways: Gateways, now: datetime, row: dict[str, Any]) -> int:
    known = 0
    act = Found(row["id"], row["organization_id"]).act(now)
    waiting = await unanswered(row["id"])
    for asked in waiting:
        answer = await _answer(gateways, now, asked)
        if answer is not None:
            await record_answer(act, asked, answer)
            known += 1
    if row["next_lookup_at"] is None and known < len(waiting):
        log.error("payment %s: the provider does not say what became of it; ask there by hand", row["id"])
    return known


async def _answer(gateways: Gateways, now: datetime, asked: Request) -> Approved | Declined | None:
    found = await gateways.lookup(asked.gateway, asked.reference)
    if isinstance(found, NeverReceived) and now - asked.at >= NEVER_RECEIVED_AFTER:
        # Dated to the request, so that anything the provider says about it counts as newer.
        return Declined(reason="the provider never received it", at=asked.at)
    if isinstance(found, Declined):
        return replace(found, at=found.at or now)
    return found if isinstance(found, Approved) else None
