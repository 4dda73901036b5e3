"""What follows from waiting too long: a location that does not answer has declined, a customer who does not come has not.

For jobs: each piece of work is its own transaction, is looked at again under its version, and one that changed meanwhile
is left for the next run. A location's limits are its own; without one it waits for ever.
"""

import logging
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.orders.holding import ApplyHold, apply_hold
from actions.orders.recalling import (
    AnswerCancellation,
    RequestCancellation,
    answer_cancellation,
    request_cancellation,
)
from domain.errors import AlreadyExists, DomainError
from domain.fulfilment import DeclineReason
from domain.holds import HoldKind
from domain.orders import FulfilmentMethod
from models import CancellationRequest, Fulfilment
from models.db import rows
from models.orders import CancellationStatus

log = logging.getLogger("oms.fulfilment")

ACTOR: Final = "job:timers"
BATCH: Final = 100
"""Pieces of work that one run of a job looks at most."""
MOST_HOPS: Final = 5
"""After so many locations gave a line back, somebody has to decide."""
MOST_HOPS_SAID: Final = f"{MOST_HOPS} locations gave it back."
NOT_COLLECTED: Final = "Nobody came to collect it."

LATE: Final = """
SELECT f.organization_id, f.id, f.version FROM locations l JOIN fulfilments f ON f.location_id = l.id
WHERE l.accept_within_minutes IS NOT NULL AND f.status = 'open'
    AND f.released_at <= $1::timestamptz - make_interval(mins => l.accept_within_minutes)
ORDER BY f.released_at, f.id LIMIT $2"""

UNCOLLECTED: Final = """
SELECT f.organization_id, f.id, f.version FROM locations l JOIN fulfilments f ON f.location_id = l.id
WHERE l.collect_within_days IS NOT NULL AND f.status = 'ready_for_pickup'
    AND f.ready_at <= $1::timestamptz - make_interval(days => l.collect_within_days)
ORDER BY f.ready_at, f.id LIMIT $2"""

HOPS: Final = """
SELECT count(*)::int AS hops FROM excluded_locations e
WHERE e.line_id IN (SELECT line_id FROM fulfilment_lines WHERE fulfilment_id = $1)
GROUP BY e.line_id ORDER BY 1 DESC LIMIT 1"""


async def decline_late(now: datetime, *, limit: int = BATCH) -> int:
    """How many pieces of work were taken back from locations that did not accept them in time."""
    return await _each(LATE, now, limit, decline_as_late)


async def cancel_uncollected(now: datetime, *, limit: int = BATCH) -> int:
    """How many pickups were put back on the shelf because nobody came."""
    return await _each(UNCOLLECTED, now, limit, give_up_pickup)


@action
async def decline_as_late(act: Act, fulfilment_id: UUID, version: int) -> UUID:
    """Decline for the location, and route anew unless too many gave it back. Raises what declining does.

    What is collected is never routed anew: its customer is asked.
    """
    fulfilment = await Fulfilment.get(id=fulfilment_id)
    found = [] if fulfilment.method is FulfilmentMethod.PICKUP else await rows(HOPS, [fulfilment_id])
    if found and found[0]["hops"] + 1 >= MOST_HOPS:
        try:
            hold = ApplyHold(order_id=fulfilment.order_id, kind=HoldKind.UNROUTABLE, reason=MOST_HOPS_SAID)
            await apply_hold(act, hold)
        except AlreadyExists:
            log.info("order %s is held already", fulfilment.order_id)
    command = DeclineFulfilment(fulfilment_id=fulfilment_id, reason=DeclineReason.TOO_LATE, expected_version=version)
    return await decline(act, command)


@action
async def give_up_pickup(act: Act, fulfilment_id: UUID, version: int) -> UUID:
    """Its units are cancelled and free at the location again. Raises what asking for a cancellation does."""
    command = RequestCancellation(fulfilment_id=fulfilment_id, reason=NOT_COLLECTED, expected_version=version)
    await request_cancellation(act, command)
    asked = CancellationRequest.filter(fulfilment_id=fulfilment_id, status=CancellationStatus.REQUESTED)
    for request in await asked.order_by("id"):
        await answer_cancellation(act, AnswerCancellation(request_id=request.id, accept=True, reason=NOT_COLLECTED))
    return fulfilment_id


async def _each(due: str, now: datetime, limit: int, step: Any) -> int:
    done = 0
    for row in await rows(due, [now, limit]):
        act = Act(organization_id=row["organization_id"], actor=ACTOR, now=now)
        try:
            await step(act, row["id"], row["version"])
            done += 1
        except DomainError as refusal:
            log.info("fulfilment %s is left as it is: %s", row["id"], refusal.code)
    return done
