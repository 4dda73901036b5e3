"""Goods that will come: announced with their day, changed when news comes, received into stock, or cancelled.

They are never on hand before they are received; until then they are only promised from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from actions import levels, outbox, restocking
from actions.acting import Act, action
from actions.days import check_expected
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.stocked import check_stocked
from actions.upserting import check_known
from domain.errors import Conflict, Forbidden, IllegalTransition, NotFound
from domain.facts import Fact, FactKind
from domain.ids import id_maker
from domain.promising.supply import SupplyKind, SupplyStatus
from domain.stock import MovementKind
from domain.validation import Checks
from models import ExpectedSupply, PurchaseLine, TransferLine

MAX_REFERENCE: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedLine:
    variant_id: UUID
    location_id: UUID
    quantity: int
    expected_on: date
    kind: SupplyKind = SupplyKind.PURCHASE_ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceSupplies:
    """`reference` names the paper: a purchase order, a transfer, a plan."""

    lines: tuple[AnnouncedLine, ...]
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSupply:
    """What is None stays. `quantity` are the units still to come."""

    supply_id: UUID
    quantity: int | None = None
    expected_on: date | None = None
    kind: SupplyKind | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveSupply:
    """Without a quantity, all that is still to come; more than that may come as well. `is_complete`: no more will."""

    supply_id: UUID
    quantity: int | None = None
    is_complete: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSupply:
    """What is still to come will not."""

    supply_id: UUID
    expected_version: int | None = None


@action
async def announce(act: Act, command: AnnounceSupplies) -> list[UUID]:
    checks = Checks()
    for line, below in checks.below("lines").beside(command.lines):
        _check(below, line.quantity, line.kind)
    checks.text("reference", command.reference, longest=MAX_REFERENCE, is_required=False)
    if checks.size("lines", command.lines, least=1, most=MAX_LINES):
        variants = [(f"lines.{at}.variant_id", line.variant_id) for at, line in enumerate(command.lines)]
        locations = [(f"lines.{at}.location_id", line.location_id) for at, line in enumerate(command.lines)]
        await check_stocked(act, checks, variants)
        await check_known(act, checks, "locations", locations)
        days = [
            (f"lines.{at}.expected_on", line.location_id, line.expected_on) for at, line in enumerate(command.lines)
        ]
        await check_expected(act, checks, days)
    checks.refuse()
    make = id_maker(len(command.lines))
    supplies = [_announced(act, make(), line, command.reference) for line in command.lines]
    await ExpectedSupply.bulk_create(supplies)
    await _record(act, supplies)
    return [supply.id for supply in supplies]


@action
async def change(act: Act, command: ChangeSupply) -> UUID:
    """Raises InvalidInput, NotFound, Conflict, and IllegalTransition when nothing is to come any more."""
    checks = Checks()
    _check(checks, command.quantity, command.kind)
    checks.refuse()
    supply = await _lock(act, "change", command.supply_id, command.expected_version)
    if command.expected_on != supply.expected_on:
        await check_expected(act, checks, [("expected_on", supply.location_id, command.expected_on)])
        checks.refuse()
    supply.quantity = supply.quantity if command.quantity is None else command.quantity
    supply.expected_on = command.expected_on or supply.expected_on
    supply.kind = command.kind or supply.kind
    await _save(act, supply, "quantity", "expected_on", "kind")
    return supply.id


async def receive(act: Act, command: ReceiveSupply) -> UUID:
    """Into stock, for the orders that wait first. Raises NotFound, Conflict, and IllegalTransition when it is closed."""
    received = await _receive(act, command)
    supply = await ExpectedSupply.get(id=received)
    restocking.announce(act, frozenset({supply.variant_id}))
    return received


@action
async def cancel(act: Act, command: CancelSupply) -> UUID:
    """Raises NotFound, Conflict, and IllegalTransition when it is closed."""
    supply = await _lock(act, "cancel", command.supply_id, command.expected_version)
    supply.status, supply.closed_at = SupplyStatus.CANCELLED, act.now
    await _save(act, supply, "status", "closed_at")
    return supply.id


@action
async def _receive(act: Act, command: ReceiveSupply) -> UUID:
    checks = Checks()
    _check(checks, command.quantity, None)
    checks.refuse()
    supply = await _lock(act, "receive", command.supply_id, command.expected_version)
    units = supply.quantity if command.quantity is None else command.quantity
    supply.received += units
    supply.quantity = max(0, supply.quantity - units)
    if command.is_complete or not supply.quantity:
        supply.quantity, supply.status, supply.closed_at = 0, SupplyStatus.RECEIVED, act.now
    movement = levels.Movement(
        variant_id=supply.variant_id,
        location_id=supply.location_id,
        kind=MovementKind.RECEIVED,
        quantity=units,
        reference=supply.reference,
    )
    await levels.open_levels(act.organization_id, [movement.place])
    facts = await levels.move(act, [movement])
    await _save(act, supply, "received", "quantity", "status", "closed_at", facts=facts)
    return supply.id


def _check(checks: Checks, quantity: int | None, kind: SupplyKind | None) -> None:
    checks.number("quantity", quantity, least=1, most=MAX_UNITS)
    if kind is SupplyKind.ON_HAND:
        checks.note("kind", "NOT_EXPECTED", "What is on hand is received, not announced.")
    if kind is SupplyKind.LEAD_TIME:
        checks.note("kind", "NOT_EXPECTED", "What a vendor could send is said by its offer, not announced.")


def _announced(act: Act, supply_id: UUID, line: AnnouncedLine, reference: str) -> ExpectedSupply:
    return ExpectedSupply(
        id=supply_id,
        organization_id=act.organization_id,
        variant_id=line.variant_id,
        location_id=line.location_id,
        kind=line.kind,
        quantity=line.quantity,
        expected_on=line.expected_on,
        reference=reference,
        announced_at=act.now,
    )


async def _lock(act: Act, verb: str, supply_id: UUID, expected_version: int | None) -> ExpectedSupply:
    found = ExpectedSupply.filter(id=supply_id, organization_id=act.organization_id)
    supply = await found.select_for_update(no_key=True).get_or_none()
    if supply is None:
        raise NotFound("supply", supply_id)
    if expected_version not in (None, supply.version):
        raise Conflict("supply", expected_version or 0, supply.version)
    if supply.status is not SupplyStatus.EXPECTED:
        raise IllegalTransition(verb, supply.status, [SupplyStatus.EXPECTED])
    if await _is_of_a_paper(supply_id):
        raise Forbidden(f"{supply.reference} announced it, and says itself what becomes of it.")
    return supply


async def _is_of_a_paper(supply_id: UUID) -> bool:
    """Whether a transfer or a purchase order counts it."""
    return (
        await TransferLine.filter(supply_id=supply_id).exists()
        or await PurchaseLine.filter(supply_id=supply_id).exists()
    )


async def _save(act: Act, supply: ExpectedSupply, *changed: str, facts: Sequence[Fact] = ()) -> None:
    supply.version += 1
    await supply.save(update_fields=[*changed, "version"])
    await _record(act, [supply], facts)


async def _record(act: Act, supplies: Sequence[ExpectedSupply], facts: Sequence[Fact] = ()) -> None:
    told = [supply_fact(supply) for supply in supplies]
    await outbox.record(act.organization_id, act.actor, act.now, [*told, *facts])


def supply_fact(supply: ExpectedSupply) -> Fact:
    return Fact(
        kind=FactKind.SUPPLY_CHANGED,
        variant_id=supply.variant_id,
        location_id=supply.location_id,
        payload=_told(supply),
    )


def _told(supply: ExpectedSupply) -> dict[str, Any]:
    return {
        "id": str(supply.id),
        "kind": supply.kind.value,
        "status": supply.status.value,
        "quantity": supply.quantity,
        "received": supply.received,
        "expected_on": supply.expected_on.isoformat(),
        "reference": supply.reference,
        "version": supply.version,
    }
