"""Followed until it arrives: what carriers report, in whatever order and however often, and what it makes of the units."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.changing import OrderChange, save
from actions.fulfilment.progress import Changes, find_fulfilments, store
from actions.parcels.contents import described, lock_parcel, move_contents
from actions.parcels.shipping import CARRIER_CHARACTERS, TRACKING_CHARACTERS
from domain.errors import IllegalTransition, NotFound
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.lifecycle import Action, UnitStatus
from domain.tracking import TrackingCode, TrackingReport, state_of
from domain.validation import Checks
from models import Parcel, ParcelLine, TrackingEvent

CLOCK_TOLERANCE: Final = timedelta(hours=24)
"""Carriers report local times as if they were ours; what lies further ahead is a mistake."""

DELIVERED_BY_HAND: Final = "delivered-by-hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTracking:
    """The parcel by its id, or by the carrier and the carrier's number. `event_key` is the carrier's id of the report.

    `signed_by` proves a delivery: who took the parcel.
    """

    code: TrackingCode
    occurred_at: datetime
    event_key: str
    parcel_id: UUID | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    message: str = ""
    place: str = ""
    signed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverParcel:
    """For deliveries that no carrier reports. `delivered_at` is now unless given."""

    parcel_id: UUID
    delivered_at: datetime | None = None
    expected_version: int | None = None


@action
async def record_tracking_event(act: Act, command: RecordTracking) -> UUID:
    """Hearing a report again changes nothing. The first that says delivered delivers the parcel's units, for good.

    Returns the parcel's id. Raises NotFound, InvalidInput, IllegalTransition for a parcel that was not shipped.
    """
    _check_input(act, command)
    changes, parcel, lines = await lock_parcel(act, command.parcel_id or await _sought(act, command))
    if parcel.shipped_at is None:
        raise IllegalTransition("track", UnitStatus.PACKED, [UnitStatus.SHIPPED])
    if not await TrackingEvent.filter(parcel_id=parcel.id, event_key=command.event_key).exists():
        await _hear(act, changes, parcel, lines, command)
    return parcel.id


@action
async def deliver(act: Act, command: DeliverParcel) -> UUID:
    """Raises NotFound, Conflict, InvalidInput, IllegalTransition for a parcel not shipped or delivered before."""
    changes, parcel, lines = await lock_parcel(act, command.parcel_id, command.expected_version)
    if parcel.shipped_at is None or parcel.delivered_at is not None:
        status = UnitStatus.DELIVERED if parcel.delivered_at else UnitStatus.PACKED
        raise IllegalTransition("deliver", status, [UnitStatus.SHIPPED])
    report = RecordTracking(
        code=TrackingCode.DELIVERED,
        occurred_at=command.delivered_at or act.now,
        event_key=DELIVERED_BY_HAND,
        parcel_id=parcel.id,
    )
    _check_input(act, report)
    await _hear(act, changes, parcel, lines, report)
    return parcel.id


async def _hear(act: Act, changes: Changes, parcel: Parcel, lines: list[ParcelLine], report: RecordTracking) -> None:
    """Write the report down, derive the parcel anew from all there are, tell each order, and deliver its units once."""
    event = TrackingEvent(
        id=new_id(),
        parcel_id=parcel.id,
        event_key=report.event_key,
        code=report.code,
        occurred_at=report.occurred_at,
        received_at=act.now,
        place=report.place,
        message=report.message,
        signed_by=report.signed_by,
    )
    await event.save(force_create=True)
    heard = await TrackingEvent.filter(parcel_id=parcel.id)
    state = state_of(TrackingReport(each.event_key, each.code, each.occurred_at) for each in heard)
    assert state is not None, "at least one report is there"
    is_first_delivery = parcel.delivered_at is None and state.delivered_at is not None
    parcel.status = state.code
    # The units stay with the customer through disputes and returns, which are other facts.
    parcel.delivered_at = state.delivered_at or parcel.delivered_at
    parcel.version += 1
    await parcel.save(update_fields=["status", "delivered_at", "version"])
    if is_first_delivery:
        await _deliver(act, changes, parcel, lines)
    news = [tracked(parcel, lines, event, change) for change in changes.values()]
    await outbox.record(act.organization_id, act.actor, act.now, news)


async def _deliver(act: Act, changes: Changes, parcel: Parcel, lines: list[ParcelLine]) -> None:
    fulfilments = await find_fulfilments(act, {line.fulfilment_id for line in lines})
    move_contents(act, changes, fulfilments.values(), parcel, lines, Action.DELIVER)
    await store(list(fulfilments.values()))
    await save(act, list(changes.values()))


def tracked(parcel: Parcel, lines: list[ParcelLine], event: TrackingEvent, change: OrderChange) -> Fact:
    """Without a version: a parcel's news changes nothing in the order."""
    payload: dict[str, Any] = {
        "number": change.order.number,
        "parcel": described(parcel, lines, change),
        "event": {
            "id": str(event.id),
            "code": event.code.value,
            "occurred_at": event.occurred_at,
            "place": event.place,
            "message": event.message,
            "signed_by": event.signed_by,
        },
    }
    return Fact(
        kind=FactKind.PARCEL_TRACKED,
        order_id=change.order.id,
        channel_id=change.order.channel_id,
        customer_id=change.order.customer_id,
        location_id=parcel.location_id,
        payload=payload,
    )


async def _sought(act: Act, command: RecordTracking) -> UUID:
    found = await Parcel.get_or_none(
        organization_id=act.organization_id, carrier=command.carrier, tracking_number=command.tracking_number
    )
    if found is None:
        raise NotFound("parcel", f"{command.carrier} {command.tracking_number}")
    return found.id


def _check_input(act: Act, command: RecordTracking) -> None:
    checks = Checks()
    checks.text("event_key", command.event_key, longest=128)
    checks.text("place", command.place, longest=200, is_required=False)
    checks.text("message", command.message, longest=500, is_required=False)
    checks.text("signed_by", command.signed_by, longest=200, is_required=False)
    if command.parcel_id is None:
        checks.text("carrier", command.carrier, longest=CARRIER_CHARACTERS)
        checks.text("tracking_number", command.tracking_number, longest=TRACKING_CHARACTERS)
    if command.occurred_at > act.now + CLOCK_TOLERANCE:
        checks.note("occurred_at", "OUT_OF_RANGE", "Has not happened yet.")
    checks.refuse()
