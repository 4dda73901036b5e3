"""What is to be moved from one location to another, before anything of it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.days import check_expected
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.stocked import check_stocked
from actions.transfers.papers import Paper, lock, save, told
from actions.upserting import check_known
from domain.ids import id_maker, new_id
from domain.transfers import TransferAction, TransferStatus
from domain.validation import KEEP, Checks, Keep
from models import Transfer, TransferLine
from models.db import rows

NUMBER: Final = "SELECT 'TR-' || nextval('transfer_numbers') AS number"
MAX_NOTE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedUnits:
    variant_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTransfer:
    """Each variant once. `expected_on`: when it should arrive."""

    origin_id: UUID
    destination_id: UUID
    lines: tuple[WantedUnits, ...]
    expected_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTransfer:
    """What is silent stays; `lines` replace all that were there."""

    transfer_id: UUID
    lines: tuple[WantedUnits, ...] | Keep = KEEP
    expected_on: date | Keep | None = KEEP
    note: str | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyTransfer:
    transfer_id: UUID
    expected_version: int | None = None


@action
async def create(act: Act, command: CreateTransfer) -> UUID:
    checks = Checks()
    if command.origin_id == command.destination_id:
        checks.note("destination_id", "SAME_LOCATION", "Must be another location than the origin.")
    ends = [("origin_id", command.origin_id), ("destination_id", command.destination_id)]
    await check_known(act, checks, "locations", ends)
    await check_expected(act, checks, [("expected_on", command.destination_id, command.expected_on)])
    checks.text("note", command.note, longest=MAX_NOTE, is_required=False)
    await _check_lines(act, checks, command.lines)
    checks.refuse()
    [numbered] = await rows(NUMBER)
    transfer = Transfer(
        id=new_id(),
        organization_id=act.organization_id,
        number=numbered["number"],
        origin_id=command.origin_id,
        destination_id=command.destination_id,
        expected_on=command.expected_on,
        note=command.note,
        created_at=act.now,
    )
    await transfer.save(force_create=True)
    lines = await _write_lines(transfer, command.lines)
    await outbox.record(act.organization_id, act.actor, act.now, told(transfer, lines.values()))
    return transfer.id


@action
async def change(act: Act, command: ChangeTransfer) -> UUID:
    """Of a draft. Raises InvalidInput, NotFound, Conflict or IllegalTransition."""
    checks = Checks()
    checks.text("note", command.note, longest=MAX_NOTE, is_required=False)
    if not isinstance(command.lines, Keep):
        await _check_lines(act, checks, command.lines)
    checks.refuse()
    paper = await lock(act, TransferAction.CHANGE, command.transfer_id, command.expected_version)
    if not isinstance(command.expected_on, Keep) and command.expected_on != paper.transfer.expected_on:
        await check_expected(act, checks, [("expected_on", paper.transfer.destination_id, command.expected_on)])
        checks.refuse()
        paper.transfer.expected_on = command.expected_on
    if not isinstance(command.note, Keep):
        paper.transfer.note = command.note
    if not isinstance(command.lines, Keep):
        await TransferLine.filter(transfer_id=paper.transfer.id).delete()
        paper = Paper(paper.transfer, await _write_lines(paper.transfer, command.lines))
    return await save(act, paper)


@action
async def make_ready(act: Act, command: ReadyTransfer) -> UUID:
    """The origin may ship it now. Raises NotFound, Conflict or IllegalTransition."""
    paper = await lock(act, TransferAction.MAKE_READY, command.transfer_id, command.expected_version)
    paper.transfer.status = TransferStatus.READY
    return await save(act, paper)


async def _check_lines(act: Act, checks: Checks, lines: Sequence[WantedUnits]) -> None:
    if checks.size("lines", lines, least=1, most=MAX_LINES):
        for line, below in checks.below("lines").beside(lines):
            below.number("quantity", line.quantity, least=1, most=MAX_UNITS)
        checks.once("lines", "variant_id", [line.variant_id for line in lines])
        wanted = [(f"lines.{at}.variant_id", line.variant_id) for at, line in enumerate(lines)]
        await check_stocked(act, checks, wanted)


async def _write_lines(transfer: Transfer, lines: Sequence[WantedUnits]) -> dict[UUID, TransferLine]:
    make = id_maker(len(lines))
    made = [
        TransferLine(
            id=make(), transfer_id=transfer.id, variant_id=line.variant_id, position=at, quantity=line.quantity
        )
        for at, line in enumerate(lines)
    ]
    await TransferLine.bulk_create(made)
    return {line.id: line for line in made}
