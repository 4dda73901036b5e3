"""A vendor reports what it sent to the customer: its advance shipping notice becomes a parcel like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from actions.acting import Act, action
from actions.chaining.answering import accept, whole
from actions.chaining.papers import Chained, lock_chained, store_chained
from actions.changing import save
from actions.fulfilment.progress import MOST_LINES, store, tell
from actions.orders.recalling import settle_requests
from actions.parcels.contents import described
from actions.parcels.numbering import new_numbers
from actions.parcels.packing import MOST_GRAMS
from actions.parcels.shipping import CARRIER_CHARACTERS, TRACKING_CHARACTERS
from domain.errors import AlreadyExists
from domain.facts import FactKind
from domain.ids import id_maker, new_id
from domain.lifecycle import Action
from domain.purchasing import PurchaseAction, PurchaseStatus, at_vendor
from domain.validation import Checks
from models import Parcel, ParcelLine, Variant
from models.db import violated


@dataclass(frozen=True, slots=True, kw_only=True)
class SentUnits:
    """`line_id` is the purchase order's."""

    line_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportShipment:
    """Without lines, everything that has not left yet. `service` is the carrier's.

    Without a tracking number nobody will report on the parcel; without a weight it weighs what its variants do.
    """

    purchase_order_id: UUID
    carrier: str
    tracking_number: str | None = None
    service: str | None = None
    lines: tuple[SentUnits, ...] = ()
    weight_grams: int | None = None
    expected_version: int | None = None


@action
async def report_shipment(act: Act, command: ReportShipment) -> UUID:
    """What nobody had acknowledged is acknowledged by it. It is past: no hold stops it. Returns the purchase order's id.

    Raises NotFound, Conflict, IllegalTransition, InvalidInput, and AlreadyExists for a tracking number that
    another parcel of the carrier has.
    """
    _check(command)
    chained = await lock_chained(
        act, PurchaseAction.REPORT_SHIPMENT, command.purchase_order_id, command.expected_version
    )
    sent = _sent(chained, command)
    if chained.order.status is PurchaseStatus.ORDERED:
        accept(act, chained, whole(chained))
    parcel, lines = await _parcel(act, chained, command, sent)
    for line_id, quantity in sent.items():
        line = chained.lines[line_id]
        [units] = chained.standing(line)
        chained.change.move(Action.VENDOR_SHIP, units.place, quantity)
        line.shipped += quantity
    told = described(parcel, lines, chained.change)
    tell(act, chained.change, FactKind.UNITS_SHIPPED, chained.fulfilment, parcel=told, purchase=str(chained.order.id))
    await store([chained.fulfilment])
    await settle_requests(act, chained.change)
    await save(act, [chained.change])
    await store_chained(act, chained.order, list(chained.lines.values()))
    return chained.order.id


def _check(command: ReportShipment) -> None:
    checks = Checks()
    checks.code("carrier", command.carrier, longest=CARRIER_CHARACTERS)
    if command.service:
        checks.code("service", command.service, longest=CARRIER_CHARACTERS)
    if command.tracking_number:
        checks.code("tracking_number", command.tracking_number, longest=TRACKING_CHARACTERS)
    checks.number("weight_grams", command.weight_grams, most=MOST_GRAMS)
    checks.refuse()


def _sent(chained: Chained, command: ReportShipment) -> dict[UUID, int]:
    """Units by line. Raises InvalidInput."""
    checks = Checks()
    if checks.size("lines", command.lines, most=MOST_LINES):
        checks.once("lines", "line_id", [each.line_id for each in command.lines])
        for each, below in checks.below("lines").beside(command.lines):
            line = chained.lines.get(each.line_id)
            if line is None or not at_vendor(line):
                below.note("line_id", "NOTHING_LEFT", "The purchase order has no such line, or nothing of it is left.")
            else:
                below.number("quantity", each.quantity, least=1, most=at_vendor(line))
    checks.refuse()
    return {each.line_id: each.quantity for each in command.lines} or whole(chained)


async def _parcel(
    act: Act, chained: Chained, command: ReportShipment, sent: Mapping[UUID, int]
) -> tuple[Parcel, list[ParcelLine]]:
    """Packed and on its way. It has no container code of ours: the vendor packed it."""
    [numbers] = await new_numbers(act, 1)
    weight = await _weight(chained, sent) if command.weight_grams is None else command.weight_grams
    values: dict[str, Any] = {
        "id": new_id(),
        "organization_id": act.organization_id,
        "number": numbers.number,
        "location_id": chained.fulfilment.location_id,
        "carrier": command.carrier,
        "service": command.service or None,
        "tracking_number": command.tracking_number or None,
        "weight_grams": weight,
        "packed_at": act.now,
        "shipped_at": act.now,
    }
    try:
        parcel = await Parcel.create(**values)
    except IntegrityError as error:
        if violated(error):
            raise AlreadyExists("parcel", f"{command.carrier} {command.tracking_number}") from error
        raise
    make = id_maker(len(sent))
    lines = [
        ParcelLine(
            id=make(),
            parcel_id=parcel.id,
            fulfilment_id=chained.fulfilment.id,
            line_id=chained.lines[line_id].order_line_id,
            quantity=quantity,
        )
        for line_id, quantity in sent.items()
    ]
    await ParcelLine.bulk_create(lines)
    return parcel, lines


async def _weight(chained: Chained, sent: Mapping[UUID, int]) -> int:
    wanted = {chained.lines[line_id].variant_id for line_id in sent}
    weights: dict[UUID, int] = dict(await Variant.filter(id__in=wanted).values_list("id", "weight_grams"))
    return sum(quantity * weights[chained.lines[line_id].variant_id] for line_id, quantity in sent.items())
