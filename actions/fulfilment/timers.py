"""What follows from waiting too long: a location that does not answer has declined, a customer who does not come has not.

For jobs: each piece of work is its own transaction, is looked at again under its version, and one that changed meanwhile
is left for the next run. A location's limits are its own; without one it waits for ever.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.chaining import answering
from actions.forwarding import declining as forwarding
from actions.forwarding.declining import DeclineTransfer
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.orders.recalling import (
    AnswerCancellation,
    RequestCancellation,
    answer_cancellation,
    request_cancellation,
)
from actions.refusals import passed_over
from actions.restocking import announces_freed
from domain.fulfilment import DeclineReason
from domain.holds import kinds_stopping
from domain.lifecycle import Action
from models import CancellationRequest, PurchaseOrder
from models.db import rows
from models.orders import CancellationStatus

log = logging.getLogger("oms.fulfilment")

ACTOR: Final = "job:timers"
BATCH: Final = 100
"""Pieces of work that one run of a job looks at most."""
STOPPING: Final = kinds_stopping(Action.CANCEL)
NOT_COLLECTED: Final = "Nobody came to collect it."

LATE: Final = """
SELECT f.organization_id, f.id, f.version FROM locations l JOIN fulfilments f ON f.location_id = l.id
WHERE l.accept_within_minutes IS NOT NULL AND f.status = 'open'
    AND f.released_at <= $1::timestamptz - make_interval(mins => l.accept_within_minutes)
ORDER BY f.released_at, f.id LIMIT $2"""

UNANSWERED: Final = """
SELECT organization_id, id, version FROM transfers WHERE answer_by <= $1 ORDER BY answer_by, id LIMIT $2"""

# What is held is left out here, so that a long queue of it never keeps the others from their turn.
UNCOLLECTED: Final = """
SELECT f.organization_id, f.id, f.version FROM locations l JOIN fulfilments f ON f.location_id = l.id
WHERE l.collect_within_days IS NOT NULL AND f.status = 'ready_for_pickup'
    AND f.ready_at <= $1::timestamptz - make_interval(days => l.collect_within_days)
    AND NOT EXISTS (
        SELECT FROM holds h WHERE h.order_id = f.order_id AND h.status <> 'resolved' AND h.kind = ANY($3::text[])
            AND (h.line_id IS NULL OR h.line_id IN (SELECT i.line_id FROM fulfilment_lines i WHERE i.fulfilment_id = f.id)))
ORDER BY f.ready_at, f.id LIMIT $2"""


async def decline_late(now: datetime, *, limit: int = BATCH) -> int:
    """How many pieces of work were taken back from locations that did not accept them in time."""
    return await _each(await rows(LATE, [now, limit]), now, decline_as_late)


async def decline_unanswered(now: datetime, *, limit: int = BATCH) -> int:
    """How many transfers to orders were called off because their origin neither accepted nor sent them in time."""
    return await _each(await rows(UNANSWERED, [now, limit]), now, decline_transfer_as_late)


async def cancel_uncollected(now: datetime, *, limit: int = BATCH) -> int:
    """How many pickups were put back on the shelf because nobody came."""
    return await _each(await rows(UNCOLLECTED, [now, limit, STOPPING]), now, give_up_pickup)


async def decline_as_late(act: Act, fulfilment_id: UUID, version: int) -> UUID:
    """Decline for the location; a vendor that does not acknowledge what it should ship has declined it, too.

    Raises what declining does.
    """
    chained = await PurchaseOrder.get_or_none(fulfilment_id=fulfilment_id, fulfilment__version=version)
    if chained is not None:
        late = answering.DeclinePurchase(
            purchase_order_id=chained.id, reason=DeclineReason.TOO_LATE, expected_version=chained.version
        )
        await answering.decline(act, late)
        return fulfilment_id
    command = DeclineFulfilment(fulfilment_id=fulfilment_id, reason=DeclineReason.TOO_LATE, expected_version=version)
    return await decline(act, command)


async def decline_transfer_as_late(act: Act, transfer_id: UUID, version: int) -> UUID:
    """Its order looks elsewhere. Raises what declining does."""
    command = DeclineTransfer(transfer_id=transfer_id, reason=DeclineReason.TOO_LATE, expected_version=version)
    return await forwarding.decline(act, command)


@announces_freed
@action
async def give_up_pickup(act: Act, fulfilment_id: UUID, version: int) -> UUID:
    """Its units are cancelled and free at the location again. Raises what asking for a cancellation does."""
    command = RequestCancellation(fulfilment_id=fulfilment_id, reason=NOT_COLLECTED, expected_version=version)
    await request_cancellation(act, command)
    asked = CancellationRequest.filter(fulfilment_id=fulfilment_id, status=CancellationStatus.REQUESTED)
    while request := await asked.order_by("id").first():  # what belongs to a kit is answered together
        await answer_cancellation(act, AnswerCancellation(request_id=request.id, accept=True, reason=NOT_COLLECTED))
    return fulfilment_id


async def _each(due: Sequence[dict[str, Any]], now: datetime, step: Any) -> int:
    done = 0
    for row in due:
        act = Act(organization_id=row["organization_id"], actor=ACTOR, now=now)
        with passed_over(log, "%s is left as it is", row["id"]):
            await step(act, row["id"], row["version"])
            done += 1
    return done
