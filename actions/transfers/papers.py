"""A transfer with its lines: locked, counted up by one version, and told to both ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act
from domain.errors import Conflict, NotFound
from domain.facts import Fact, FactKind
from domain.transfers import TransferAction, TransferStatus, check_transfer
from domain.validation import Checks
from models import Transfer, TransferLine

COUNTS: Final = ("quantity", "shipped", "received", "damaged", "written_back", "written_off", "awaited")


@dataclass(slots=True)
class Paper:
    """`lines` by id, in their order."""

    transfer: Transfer
    lines: dict[UUID, TransferLine]


async def lock(act: Act, action: TransferAction, transfer_id: UUID, expected_version: int | None) -> Paper:
    """Locked until the transaction ends. Raises NotFound, Conflict or IllegalTransition."""
    found = Transfer.filter(id=transfer_id, organization_id=act.organization_id)
    transfer = await found.select_for_update(no_key=True).get_or_none()
    if transfer is None:
        raise NotFound("transfer", transfer_id)
    if expected_version not in (None, transfer.version):
        raise Conflict("transfer", expected_version or 0, transfer.version)
    is_chained, is_accepted = transfer.order_id is not None, transfer.accepted_at is not None
    check_transfer(action, transfer.status, is_chained=is_chained, is_accepted=is_accepted)
    lines = await TransferLine.filter(transfer_id=transfer_id).order_by("position")
    return Paper(transfer, {line.id: line for line in lines})


def line_named(paper: Paper, line_id: UUID, checks: Checks) -> TransferLine | None:
    """The line of this transfer; notes UNKNOWN when it has none of that id."""
    line = paper.lines.get(line_id)
    if line is None:
        checks.note("line_id", "UNKNOWN", "The transfer has no such line.")
    return line


async def save(act: Act, paper: Paper, *, facts: Sequence[Fact] = ()) -> UUID:
    """Write the counters of the lines and everything of the transfer, and record it; `facts` come on top."""
    transfer = paper.transfer
    transfer.version += 1
    if transfer.status is not TransferStatus.READY or transfer.accepted_at is not None:
        transfer.answer_by = None  # Its origin has answered, one way or the other.
    await transfer.save()
    await TransferLine.bulk_update(paper.lines.values(), fields=[*COUNTS, "discrepancy", "supply_id"])
    await outbox.record(act.organization_id, act.actor, act.now, [*facts, *told(transfer, paper.lines.values())])
    return transfer.id


def told(transfer: Transfer, lines: Iterable[TransferLine]) -> list[Fact]:
    """One fact for each end, so that both hear of it; the order's own facts say what it means for the order."""
    payload = {
        "id": str(transfer.id),
        "number": transfer.number,
        "origin": str(transfer.origin_id),
        "destination": str(transfer.destination_id),
        "order": str(transfer.order_id) if transfer.order_id else None,
        "status": transfer.status.value,
        "answer_by": transfer.answer_by.isoformat() if transfer.answer_by else None,
        "accepted_at": transfer.accepted_at.isoformat() if transfer.accepted_at else None,
        "expected_on": transfer.expected_on.isoformat() if transfer.expected_on else None,
        "lines": {str(line.id): _line(line) for line in lines},
        "version": transfer.version,
    }
    ends = (transfer.origin_id, transfer.destination_id)
    return [Fact(kind=FactKind.TRANSFER_CHANGED, location_id=end, payload=payload) for end in ends]


def _line(line: TransferLine) -> dict[str, Any]:
    counted = {name: getattr(line, name) for name in COUNTS}
    discrepancy = line.discrepancy.value if line.discrepancy else None
    return {"variant": str(line.variant_id), **counted, "discrepancy": discrepancy}
