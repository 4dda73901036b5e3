"""Chained transfers follow the units of their orders, whoever moved them.

Units that stop being on their way without the transfer's own doing were cancelled, or given back with others. What had
not left yet is not asked for any more; what is in transit is anybody's when it arrives, and is announced as such.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from actions.acting import Act
from actions.days import today_at
from actions.expecting import News, expect, tell
from actions.promising.supplies import AnnouncedLine, supply_fact
from actions.transfers.papers import Paper, save
from domain.facts import Fact
from domain.lifecycle import FORWARDED, UnitStatus
from domain.promising.supply import SupplyKind
from domain.transfers import UNDER_WAY, UNSHIPPED, TransferStatus, in_transit
from models import Transfer, TransferLine


class Moved(Protocol):
    """A locked order whose units moved."""

    @property
    def order_id(self) -> UUID: ...

    def has_left(self, statuses: frozenset[UnitStatus]) -> bool: ...

    def standing_at(self, line_id: UUID, status: UnitStatus, location_id: UUID) -> int: ...


@dataclass(slots=True)
class Followed:
    """A transfer, and by line how many units the order does not wait for any more."""

    paper: Paper
    less: dict[UUID, int] = field(default_factory=dict)


async def follow(act: Act, changes: Iterable[Moved]) -> None:
    """Reads nothing where no unit left these statuses. The caller holds the orders' locks."""
    touched = {change.order_id: change for change in changes if change.has_left(FORWARDED)}
    if not touched:
        return
    open_ones = Transfer.filter(order_id__in=sorted(touched), status__in=[*UNSHIPPED, *UNDER_WAY])
    papers: dict[UUID, list[Paper]] = {}
    for transfer in await open_ones.order_by("-id").select_for_update(no_key=True):
        assert transfer.order_id, "it is chained to an order"
        lines = await TransferLine.filter(transfer_id=transfer.id).order_by("position")
        papers.setdefault(transfer.order_id, []).append(Paper(transfer, {line.id: line for line in lines}))
    for order_id, newest_first in papers.items():
        for followed in _followed(touched[order_id], newest_first):
            await _write(act, followed)


def _followed(change: Moved, newest_first: list[Paper]) -> list[Followed]:
    """What came last to be on its way is what is not waited for."""
    found = [Followed(paper) for paper in newest_first]
    too_many: dict[tuple[UUID, UnitStatus, UUID], int] = {}
    for followed in found:
        for line in followed.paper.lines.values():
            key = _place(followed.paper.transfer, line)
            if key not in too_many:
                too_many[key] = -change.standing_at(*key)
            too_many[key] += line.awaited
    for followed in found:
        for line in followed.paper.lines.values():
            key = _place(followed.paper.transfer, line)
            units = min(line.awaited, max(0, too_many[key]))
            if units:
                too_many[key] -= units
                followed.less[line.id] = units
    return [followed for followed in found if followed.less]


def _place(transfer: Transfer, line: TransferLine) -> tuple[UUID, UnitStatus, UUID]:
    assert line.order_line_id, "a chained transfer brings what is for an order line"
    status = UnitStatus.AWAITING_TRANSFER if transfer.status in UNSHIPPED else UnitStatus.IN_TRANSFER
    return line.order_line_id, status, transfer.origin_id


async def _write(act: Act, followed: Followed) -> None:
    transfer, lines = followed.paper.transfer, followed.paper.lines
    facts: list[Fact] = []
    for line_id, units in followed.less.items():
        lines[line_id].awaited -= units
        if transfer.status in UNSHIPPED:
            lines[line_id].quantity -= units
    if transfer.status not in UNSHIPPED:
        facts = await announce_unwanted(act, transfer, [lines[line_id] for line_id in followed.less])
    elif not any(line.awaited for line in lines.values()):
        transfer.status, transfer.closed_at = TransferStatus.CANCELLED, act.now
    await save(act, followed.paper, facts=facts)


async def announce_unwanted(act: Act, transfer: Transfer, lines: Sequence[TransferLine]) -> list[Fact]:
    """What nobody waits for by name will be there for everybody. The caller saves the lines."""
    known = {line.supply_id: News(left=in_transit(line) - line.awaited) for line in lines if line.supply_id}
    fresh = [line for line in lines if not line.supply_id]
    comes_on = transfer.expected_on or await today_at(transfer.destination_id, act.now)
    announced = [
        AnnouncedLine(
            variant_id=line.variant_id,
            location_id=transfer.destination_id,
            quantity=in_transit(line) - line.awaited,
            expected_on=comes_on,
            kind=SupplyKind.IN_TRANSIT,
        )
        for line in fresh
    ]
    supplies = await expect(act, announced, transfer.number) if announced else []
    for line, supply in zip(fresh, supplies, strict=True):
        line.supply_id = supply.id
    return [*await tell(act, known), *(supply_fact(supply) for supply in supplies)]
