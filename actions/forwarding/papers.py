"""What happens to a chained transfer happens to the units of its order: under the order's lock, in the same transaction.

change = await lock_order_of(act, transfer_id)      before the transfer itself; None if it is chained to none
send, take_in, lose, give_up                        move units of the order as the lines of the transfer say
resume                                              writes them, and looks elsewhere for what is missing
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from actions import levels, workload
from actions.acting import Act
from actions.changing import OrderChange, Place, Units, lock_order, lock_orders, save
from actions.forwarding.kits import check_sent_whole, come_whole
from actions.forwarding.ordering import described
from actions.fulfilment.giving_back import (
    GivenBack,
    counting_on_variants,
    send_on,
    settle,
    take_along,
    touched_variants,
    waiting_variants,
)
from actions.fulfilment.progress import Changes, store
from actions.levels import Movement
from actions.transfers import papers
from actions.transfers.arriving import arrives
from actions.transfers.papers import Paper
from domain.facts import FactKind
from domain.kits import Come
from domain.lifecycle import Action, UnitStatus
from domain.transfers import TransferStatus, brought
from models import Transfer, TransferLine

NOTHING: Final[Mapping[UUID, int]] = {}


async def lock_orders_of(act: Act, transfer_id: UUID, *, cascades: bool = False) -> Changes:
    """The order that the transfer is chained to, none for one that is for stock; if its origin's shelf is empty, all that
    count on it.
    """
    found = await Transfer.get_or_none(id=transfer_id, organization_id=act.organization_id)
    if found is None or found.order_id is None:
        return {}
    wanted = {found.order_id}
    if cascades:
        asked = await TransferLine.filter(transfer_id=found.id).values_list("variant_id", flat=True)
        wanted.update(await counting_on_variants(found.origin_id, asked))
    return {change.order.id: change for change in await lock_orders(act, wanted)}


def order_of(changes: Changes, paper: Paper) -> OrderChange | None:
    return changes[paper.transfer.order_id] if paper.transfer.order_id else None


async def send(
    act: Act, changes: Changes, paper: Paper, given: GivenBack, staying: Mapping[UUID, int] = NOTHING
) -> UUID:
    """What is `shipped` of the lines leaves; the rest is given back, of which nothing is missing but what is not `staying`.

    Writes everything. Raises InvalidInput for half a kit.
    """
    transfer, lines = paper.transfer, paper.lines.values()
    change = order_of(changes, paper)
    assert change is not None, "it is chained to an order"
    check_sent_whole(change, paper)
    for line in lines:
        if line.shipped:
            place = _place(paper, line, UnitStatus.AWAITING_TRANSFER)
            change.move(Action.FORWARD_SHIP, place, line.shipped, reference=transfer.number)
    if transfer.status is not TransferStatus.CANCELLED:
        change.record(FactKind.UNITS_SENT, location_id=transfer.origin_id, transfer=described(transfer))
    short = _give_back(change, paper, given, {line.id: line.awaited - line.shipped for line in lines}, staying)
    for line in lines:
        line.awaited = line.shipped
    if transfer.status is not TransferStatus.CANCELLED:
        transfer.expected_on = await arrives(act, transfer)
    await papers.save(act, paper)
    if short:
        await store(await take_along(act, changes, given, transfer.id))
        await settle(act, changes, given)
    else:
        await save(act, [change])
    return transfer.id


async def give_up(
    act: Act, changes: Changes, paper: Paper, given: GivenBack, exclude_until: datetime | None = None
) -> UUID:
    """Nothing of it is sent: its order, one of the locked ones, looks elsewhere; where the place cascades, so do others.

    Writes everything.
    """
    transfer, change = paper.transfer, order_of(changes, paper)
    assert change is not None, "it is chained to an order"
    transfer.status, transfer.closed_at = TransferStatus.CANCELLED, act.now
    _give_back(change, paper, given, {line.id: line.awaited for line in paper.lines.values()})
    for line in paper.lines.values():
        line.awaited = 0
    await papers.save(act, paper)
    await store(await take_along(act, changes, given, transfer.id))
    await settle(act, changes, given, exclude_until)
    return transfer.id


def take_in(change: OrderChange, paper: Paper, whole: Mapping[UUID, int]) -> dict[UUID, int]:
    """Of each line so many units arrived undamaged; returns those of them that are the order's, allocated from now on.

    The lines are counted already. What the order waited for in vain is to be looked for again, of kits whole ones. Raises
    InvalidInput for half a kit.
    """
    own: dict[UUID, int] = {}
    lost: dict[UUID, int] = {}
    here = paper.transfer.destination_id
    come = {
        line.id: Come(*brought(line, awaited=line.awaited, whole=whole.get(line.id, 0)))
        for line in paper.lines.values()
    }
    for line, found in come_whole(change, paper, come):
        lost[line.id] = found.lost
        if found.arrived:
            place = _place(paper, line, UnitStatus.IN_TRANSFER)
            change.move(Action.FORWARD_RECEIVE, place, found.arrived, location_id=here, reference=paper.transfer.number)
            line.awaited -= found.arrived
            own[line.id] = found.arrived
    if own:
        change.record(FactKind.UNITS_ARRIVED, location_id=here, transfer=described(paper.transfer))
    lose(change, paper, lost)
    return own


def lose(change: OrderChange, paper: Paper, lost: Mapping[UUID, int]) -> None:
    """So many units of each line that the order waited for will not come."""
    for line in paper.lines.values():
        if units := lost.get(line.id):
            change.move(Action.FORWARD_LOSE, _place(paper, line, UnitStatus.IN_TRANSFER), units)
            line.awaited -= units
    if any(lost.values()):
        where = paper.transfer.destination_id
        change.record(FactKind.FORWARDING_FAILED, location_id=where, transfer=described(paper.transfer))


async def resume(act: Act, change: OrderChange, movements: Sequence[Movement]) -> None:
    """Writes the order with these movements on top, then routes what is without a location."""
    waiting = waiting_variants([change])
    if waiting:
        await levels.lock_variants(touched_variants([change], movements))
        await workload.lock_days(act, [change])
    await save(act, [change], movements=movements)
    if waiting:
        fresh = await lock_order(act, change.order.id)
        await send_on(act, fresh)
        await save(act, [fresh])


def _give_back(
    change: OrderChange,
    paper: Paper,
    given: GivenBack,
    short: Mapping[UUID, int],
    staying: Mapping[UUID, int] = NOTHING,
) -> bool:
    """Whether there is something to give back."""
    for line_id, units in short.items():
        place, there = _place(paper, paper.lines[line_id], UnitStatus.AWAITING_TRANSFER), staying.get(line_id, 0)
        for quantity, is_companion in ((units - there, False), (there, True)):
            if quantity:
                given.take(change, Action.FORWARD_DECLINE, Units(place, quantity), is_companion=is_companion)
    if not any(short.values()):
        return False
    change.record(
        FactKind.FORWARDING_FAILED,
        location_id=given.location_id,
        transfer=described(paper.transfer),
        reason=given.reason.value,
    )
    return True


def _place(paper: Paper, line: TransferLine, status: UnitStatus) -> Place:
    """Units on their way are those of the location that sends them, until they arrive."""
    assert line.order_line_id, "a chained transfer brings what is for an order line"
    return Place(line.order_line_id, status, paper.transfer.origin_id)
