"""Release what lies elsewhere than where it is handed over: its locations are told to bring it there.

Each gets a transfer that is chained to the order, ready to be shipped. The units stay allocated where they lie until it
is. What its origin has neither accepted nor sent takes in what the order wants next from there, and then the time to
answer begins anew.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from actions.acting import Act
from actions.changing import OrderChange, Units
from actions.transfers.drafting import NUMBER
from actions.transfers.papers import Paper, save
from domain.facts import FactKind
from domain.ids import id_maker, new_id
from domain.lifecycle import Action
from domain.merging import is_complete, waits
from domain.orders import FulfilmentMethod
from domain.transfers import UNSHIPPED, TransferStatus, answer_by
from models import Location, OrderLine, OrderMerge, Transfer, TransferLine
from models.db import rows


async def merges_of(changes: Iterable[OrderChange]) -> dict[UUID, OrderMerge]:
    """By order, of those that are delivered together."""
    found = await OrderMerge.filter(order_id__in=[change.order.id for change in changes])
    return {merge.order_id: merge for merge in found}


def hand_over_of(line: OrderLine, merge: OrderMerge | None) -> UUID | None:
    """Where the line's goods are handed over; None where they leave from wherever they lie."""
    if line.method is FulfilmentMethod.SHIP:
        return merge.location_id if merge else None
    return line.pickup_location_id


def is_elsewhere(change: OrderChange, units: Units, merge: OrderMerge | None) -> bool:
    """Whether the units do not lie where they are handed over."""
    return hand_over_of(change.lines[units.place.line_id], merge) not in (None, units.place.location_id)


def awaits_the_rest(change: OrderChange, units: Units, merge: OrderMerge | None, now: datetime) -> bool:
    """Whether the units are where an order comes together that has not come together yet."""
    if merge is None or not waits(now, until=merge.waits_until, is_ended=merge.ended_at is not None):
        return False
    together = [
        each.place for each in change.units() if change.lines[each.place.line_id].method is FulfilmentMethod.SHIP
    ]
    is_here = units.place in together and units.place.location_id == merge.location_id
    return is_here and not is_complete([(place.status, place.location_id) for place in together], merge.location_id)


async def forward(act: Act, change: OrderChange, units: Sequence[Units], merge: OrderMerge | None) -> None:
    """Units that are scheduled elsewhere. Raises BlockedByHold; the caller saves the change."""

    def way(each: Units) -> tuple[str, str]:
        return str(each.place.location_id), str(hand_over_of(change.lines[each.place.line_id], merge))

    for _, found in groupby(sorted(units, key=way), way):
        group = list(found)
        destination = hand_over_of(change.lines[group[0].place.line_id], merge)
        assert destination is not None, "it lies elsewhere than where it is handed over"
        await _forward(act, change, group, destination)


def described(transfer: Transfer) -> dict[str, Any]:
    """As part of an order's fact."""
    return {
        "id": str(transfer.id),
        "number": transfer.number,
        "origin": str(transfer.origin_id),
        "destination": str(transfer.destination_id),
        "status": transfer.status.value,
    }


async def _forward(act: Act, change: OrderChange, group: Sequence[Units], destination: UUID) -> None:
    place = group[0].place
    assert place.location_id is not None, "what is scheduled lies somewhere"
    paper = await _open(act, change, origin_id=place.location_id, destination_id=destination)
    by_order_line = {line.order_line_id: line for line in paper.lines.values()}
    make, fresh = id_maker(len(group)), []
    for each in group:
        change.move(Action.FORWARD, each.place, each.quantity)
        line = by_order_line.get(each.place.line_id)
        if line is None:
            line = TransferLine(
                id=make(),
                transfer_id=paper.transfer.id,
                variant_id=change.lines[each.place.line_id].variant_id,
                order_line_id=each.place.line_id,
                position=len(paper.lines),
                quantity=0,
                awaited=0,
            )
            paper.lines[line.id] = line
            fresh.append(line)
        line.quantity += each.quantity
        line.awaited += each.quantity
    await TransferLine.bulk_create(fresh)
    origin = await Location.get(id=place.location_id)
    paper.transfer.answer_by = answer_by(act.now, origin.accept_within_minutes)
    change.record(FactKind.UNITS_FORWARDED, location_id=place.location_id, transfer=described(paper.transfer))
    await save(act, paper)


async def _open(act: Act, change: OrderChange, *, origin_id: UUID, destination_id: UUID) -> Paper:
    """The transfer that is still to be answered, else a new one: who said yes did so to what was asked then."""
    known = Transfer.filter(order_id=change.order.id, origin_id=origin_id, destination_id=destination_id)
    known = known.filter(status__in=list(UNSHIPPED), accepted_at__isnull=True)
    transfer = await known.select_for_update(no_key=True).get_or_none()
    if transfer is not None:
        lines = await TransferLine.filter(transfer_id=transfer.id).order_by("position")
        return Paper(transfer, {line.id: line for line in lines})
    [numbered] = await rows(NUMBER)
    transfer = Transfer(
        id=new_id(),
        organization_id=act.organization_id,
        number=numbered["number"],
        origin_id=origin_id,
        destination_id=destination_id,
        order_id=change.order.id,
        status=TransferStatus.READY,
        created_at=act.now,
        version=0,
    )
    await transfer.save(force_create=True)
    return Paper(transfer, {})
