"""Release what lies elsewhere than where it is handed over: its locations are told to bring it there.

Each gets a transfer that is chained to the order, ready to be shipped. The units stay allocated where they lie until it
is. What has not left yet takes in what the order wants next from the same location.
"""

from collections.abc import Sequence
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
from domain.transfers import UNSHIPPED, TransferStatus
from models import Transfer, TransferLine
from models.db import rows


def hand_over_of(change: OrderChange, line_id: UUID) -> UUID | None:
    """Where the line's goods are handed over; None where they leave from wherever they lie."""
    return change.lines[line_id].pickup_location_id


def is_elsewhere(change: OrderChange, units: Units) -> bool:
    """Whether the units do not lie where they are handed over."""
    return hand_over_of(change, units.place.line_id) not in (None, units.place.location_id)


async def forward(act: Act, change: OrderChange, units: Sequence[Units]) -> None:
    """Units that are scheduled elsewhere. Raises BlockedByHold; the caller saves the change."""

    def way(each: Units) -> tuple[str, str]:
        return str(each.place.location_id), str(hand_over_of(change, each.place.line_id))

    for _, group in groupby(sorted(units, key=way), way):
        await _forward(act, change, list(group))


def described(transfer: Transfer) -> dict[str, Any]:
    """As part of an order's fact."""
    return {
        "id": str(transfer.id),
        "number": transfer.number,
        "origin": str(transfer.origin_id),
        "destination": str(transfer.destination_id),
        "status": transfer.status.value,
    }


async def _forward(act: Act, change: OrderChange, group: Sequence[Units]) -> None:
    place = group[0].place
    destination = hand_over_of(change, place.line_id)
    assert place.location_id is not None, "what is scheduled lies somewhere"
    assert destination is not None, "it lies elsewhere than where it is handed over"
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
    change.record(FactKind.UNITS_FORWARDED, location_id=place.location_id, transfer=described(paper.transfer))
    await save(act, paper)


async def _open(act: Act, change: OrderChange, *, origin_id: UUID, destination_id: UUID) -> Paper:
    """The transfer that has not left yet, else a new one."""
    known = Transfer.filter(
        order_id=change.order.id, origin_id=origin_id, destination_id=destination_id, status__in=list(UNSHIPPED)
    )
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
