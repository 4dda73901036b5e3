"""What is to be bought: drafted, sent to the vendor, put off, or cancelled before anything came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.days import check_expected, today_at
from actions.expecting import News, expect, tell
from actions.inventory import MAX_LINES, MAX_UNITS
from actions.promising.supplies import AnnouncedLine, supply_fact
from actions.purchasing.papers import Paper, lock, save, told
from actions.stocked import check_stocked
from actions.upserting import check_known
from domain.errors import InputProblem, InvalidInput, NotFound
from domain.ids import id_maker, new_id
from domain.promising.supply import SupplyKind
from domain.purchasing import PurchaseAction, PurchaseStatus, still_to_come
from domain.validation import KEEP, Checks, Keep
from models import PurchaseLine, PurchaseOrder, Vendor
from models.db import rows

NUMBER: Final = "SELECT 'PO-' || nextval('purchase_numbers') AS number"
MAX_NOTE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtUnits:
    """`unit_cost_minor` in the vendor's currency."""

    variant_id: UUID
    quantity: int
    unit_cost_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePurchaseOrder:
    """Each variant once. Without `expected_on`, the vendor's lead time after it is ordered."""

    vendor_id: UUID
    destination_id: UUID
    lines: tuple[BoughtUnits, ...]
    expected_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePurchaseOrder:
    """What is silent stays; `lines` replace all that were there."""

    purchase_order_id: UUID
    lines: tuple[BoughtUnits, ...] | Keep = KEEP
    note: str | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReschedulePurchaseOrder:
    purchase_order_id: UUID
    expected_on: date
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPurchase:
    purchase_order_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPurchaseOrder:
    purchase_order_id: UUID
    expected_version: int | None = None


@action
async def create(act: Act, command: CreatePurchaseOrder) -> UUID:
    """Raises InvalidInput, or NotFound when there is no such vendor."""
    checks = Checks()
    vendor = await Vendor.get_or_none(id=command.vendor_id, organization_id=act.organization_id)
    if vendor is None:
        raise NotFound("vendor", command.vendor_id)
    if not vendor.is_active:
        checks.note("vendor_id", "INACTIVE", "Nothing is bought from this vendor any more.")
    await check_known(act, checks, "locations", [("destination_id", command.destination_id)])
    await check_expected(act, checks, [("expected_on", command.destination_id, command.expected_on)])
    checks.text("note", command.note, longest=MAX_NOTE, is_required=False)
    await _check_lines(act, checks, command.lines)
    checks.refuse()
    return await draft(act, vendor, command)


async def draft(act: Act, vendor: Vendor, command: CreatePurchaseOrder) -> UUID:
    """Writes a checked command, inside a transaction."""
    [numbered] = await rows(NUMBER)
    order = PurchaseOrder(
        id=new_id(),
        organization_id=act.organization_id,
        number=numbered["number"],
        vendor_id=vendor.id,
        destination_id=command.destination_id,
        currency=vendor.currency,
        over_percent=vendor.over_percent,
        short_percent=vendor.short_percent,
        expected_on=command.expected_on,
        note=command.note,
        created_at=act.now,
    )
    await order.save(force_create=True)
    lines = await _write_lines(order, command.lines)
    await outbox.record(act.organization_id, act.actor, act.now, [told(order, lines.values())])
    return order.id


@action
async def change(act: Act, command: ChangePurchaseOrder) -> UUID:
    """Of a draft. Raises NotFound, Conflict or IllegalTransition."""
    checks = Checks()
    checks.text("note", command.note, longest=MAX_NOTE, is_required=False)
    if not isinstance(command.lines, Keep):
        await _check_lines(act, checks, command.lines)
    checks.refuse()
    paper = await lock(act, PurchaseAction.CHANGE, command.purchase_order_id, command.expected_version)
    if not isinstance(command.note, Keep):
        paper.order.note = command.note
    if not isinstance(command.lines, Keep):
        await PurchaseLine.filter(purchase_order_id=paper.order.id).delete()
        paper = Paper(paper.order, await _write_lines(paper.order, command.lines))
    return await save(act, paper)


@action
async def reschedule(act: Act, command: ReschedulePurchaseOrder) -> UUID:
    """News from the vendor: it comes another day. Raises InvalidInput, NotFound, Conflict or IllegalTransition."""
    paper = await lock(act, PurchaseAction.RESCHEDULE, command.purchase_order_id, command.expected_version)
    checks = Checks()
    await check_expected(act, checks, [("expected_on", paper.order.destination_id, command.expected_on)])
    checks.refuse()
    paper.order.expected_on = command.expected_on
    waiting = {line.supply_id: still_to_come(line) for line in paper.lines.values() if line.supply_id}
    news = {key: News(left=left, expected_on=command.expected_on) for key, left in waiting.items() if left}
    return await save(act, paper, facts=await tell(act, news))


@action
async def order(act: Act, command: OrderPurchase) -> UUID:
    """It was sent to the vendor: from now on it is on order.

    Raises NotFound, Conflict, IllegalTransition, and InvalidInput when the day it was drafted for is over.
    """
    paper = await lock(act, PurchaseAction.ORDER, command.purchase_order_id, command.expected_version)
    purchase = paper.order
    today = await today_at(purchase.destination_id, act.now)
    if purchase.expected_on is None:
        vendor = await Vendor.get(id=purchase.vendor_id)
        purchase.expected_on = today + timedelta(days=vendor.lead_time_days)
    elif purchase.expected_on < today:
        over = f"It was to come on {purchase.expected_on}, which is over: reschedule it first."
        raise InvalidInput([InputProblem("purchase_order_id", "IN_THE_PAST", over)])
    purchase.status, purchase.ordered_at = PurchaseStatus.ORDERED, act.now
    announced = [
        AnnouncedLine(
            variant_id=line.variant_id,
            location_id=purchase.destination_id,
            quantity=line.quantity,
            expected_on=purchase.expected_on,
            kind=SupplyKind.PURCHASE_ORDER,
        )
        for line in paper.lines.values()
    ]
    supplies = await expect(act, announced, purchase.number)
    for line, supply in zip(paper.lines.values(), supplies, strict=True):
        line.supply_id = supply.id
    return await save(act, paper, facts=[supply_fact(supply) for supply in supplies])


@action
async def cancel(act: Act, command: CancelPurchaseOrder) -> UUID:
    """Before anything came. Raises NotFound, Conflict or IllegalTransition."""
    paper = await lock(act, PurchaseAction.CANCEL, command.purchase_order_id, command.expected_version)
    paper.order.status, paper.order.closed_at = PurchaseStatus.CANCELLED, act.now
    news = {line.supply_id: News(left=0) for line in paper.lines.values() if line.supply_id}
    return await save(act, paper, facts=await tell(act, news))


async def _check_lines(act: Act, checks: Checks, lines: Sequence[BoughtUnits]) -> None:
    if checks.size("lines", lines, least=1, most=MAX_LINES):
        for line, below in checks.below("lines").beside(lines):
            below.number("quantity", line.quantity, least=1, most=MAX_UNITS)
            below.amount("unit_cost_minor", line.unit_cost_minor)
        checks.once("lines", "variant_id", [line.variant_id for line in lines])
        wanted = [(f"lines.{at}.variant_id", line.variant_id) for at, line in enumerate(lines)]
        await check_stocked(act, checks, wanted)


async def _write_lines(purchase: PurchaseOrder, lines: Sequence[BoughtUnits]) -> dict[UUID, PurchaseLine]:
    make = id_maker(len(lines))
    made = [
        PurchaseLine(
            id=make(),
            purchase_order_id=purchase.id,
            variant_id=line.variant_id,
            position=at,
            quantity=line.quantity,
            unit_cost_minor=line.unit_cost_minor,
            currency=purchase.currency,
        )
        for at, line in enumerate(lines)
    ]
    await PurchaseLine.bulk_create(made)
    return {line.id: line for line in made}
