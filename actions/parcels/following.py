"""Ask carriers where the parcels are that are on their way, and write down what they say."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from actions.acting import Act
from actions.carriers import Carriers, Followed, Sighting
from actions.parcels.tracking import RecordTracking, record_tracking_event
from actions.refusals import passed_over
from models import Parcel, TrackingEvent
from models.db import rows

log = logging.getLogger("oms.carriers")

FOLLOW_BATCH: Final = 50
"""Parcels that one run of the job asks about at most."""
POLL_INTERVAL: Final = timedelta(minutes=15)
FOLLOWED_FOR: Final = timedelta(days=60)
"""What has not arrived this long after it was shipped is asked about no more."""
MOST_SIGHTINGS: Final = 200
"""Of one parcel in one answer; the latest of them are heard."""

DUE: Final = """
SELECT id, organization_id, carrier, tracking_number FROM parcels
WHERE shipped_at > $3 AND delivered_at IS NULL AND tracking_number IS NOT NULL AND carrier = ANY($1::text[])
    AND (next_poll_at IS NULL OR next_poll_at <= $2) ORDER BY next_poll_at NULLS FIRST, id LIMIT $4"""


async def follow_parcels(carriers: Carriers, now: datetime, *, limit: int = FOLLOW_BATCH) -> int:
    """How many reports were new. For a job: each report is its own transaction, and hearing it again changes nothing."""
    heard = 0
    for row in await rows(DUE, [sorted(carriers.by_name), now, now - FOLLOWED_FOR, limit]):
        # First, so that one whose reports are refused never keeps the others from their turn.
        await Parcel.filter(id=row["id"]).update(next_poll_at=now + POLL_INTERVAL)
        answer = await carriers.track(row["carrier"], row["tracking_number"], now)
        if isinstance(answer, Followed):
            heard += await _record(row, answer, now)
    return heard


async def _record(row: dict[str, Any], answer: Followed, now: datetime) -> int:
    known = {event.event_key for event in await TrackingEvent.filter(parcel_id=row["id"])}
    fresh = {sighting.key: sighting for sighting in answer.sightings if sighting.key not in known}
    act = Act(organization_id=row["organization_id"], actor=f"carrier:{row['carrier']}", now=now)
    latest = sorted(fresh.values(), key=lambda sighting: sighting.occurred_at)[-MOST_SIGHTINGS:]
    heard = 0
    for sighting in latest:
        with passed_over(log, "a report on parcel %s was not recorded", row["id"]):
            await record_tracking_event(act, _report(row, sighting))
            heard += 1
    return heard


def _report(row: dict[str, Any], sighting: Sighting) -> RecordTracking:
    return RecordTracking(
        parcel_id=row["id"],
        code=sighting.code,
        occurred_at=sighting.occurred_at,
        event_key=sighting.key,
        place=sighting.place,
        message=sighting.message,
        signed_by=sighting.signed_by,
    )
