"""Many parcels at once, in one transaction: packed one per fulfilment, handed to a carrier by a manifest, delivered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from actions import outbox
from actions.acting import Act, action
from actions.changing import lock_orders, save
from actions.fulfilment.progress import Changes, find_fulfilments, lock_fulfilments, store, workable
from actions.fulfilment.waves import check_wave, in_order
from actions.orders.confirming import check_paid
from actions.orders.recalling import settle_requests
from actions.parcels.contents import check_open, move_contents
from actions.parcels.numbering import new_numbers
from actions.parcels.shipping import CARRIER_CHARACTERS, TRACKING_CHARACTERS, bought_labels, check_label
from actions.parcels.tracking import DELIVERED_BY_HAND, tracked
from domain.errors import AlreadyExists, IllegalTransition, NotFound
from domain.ids import id_maker, new_id
from domain.lifecycle import Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.tracking import TrackingCode
from domain.validation import Checks
from models import Fulfilment, Parcel, ParcelLine, TrackingEvent, Variant
from models.db import execute, rows, violated

CARRIED: Final = """
SELECT DISTINCT l.order_id FROM parcel_lines p JOIN order_lines l ON l.id = p.line_id WHERE p.parcel_id = ANY($1::uuid[])"""
HAND_OVER: Final = """
UPDATE parcels p SET carrier = $2, service = $3, tracking_number = d.tracking_number, shipped_at = $4, version = version + 1
FROM unnest($1::uuid[], $5::text[]) AS d(id, tracking_number) WHERE p.id = d.id"""
DELIVERED: Final = """
UPDATE parcels SET status = 'delivered', delivered_at = $2, version = version + 1 WHERE id = ANY($1::uuid[])"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    parcel_id: UUID
    tracking_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipManifest:
    """What one carrier takes along, with one service."""

    carrier: str
    service: str
    entries: tuple[ManifestEntry, ...]


@action
async def pack_wave(act: Act, fulfilment_ids: Sequence[UUID]) -> list[UUID]:
    """Everything picked for each fulfilment goes into one parcel, which weighs what its variants do; returns the parcels.

    Raises NotFound, IllegalTransition, BlockedByHold.
    """
    check_wave("fulfilment_ids", fulfilment_ids)
    changes, found = await lock_fulfilments(act, dict.fromkeys(fulfilment_ids))
    fulfilments = in_order(found.values())
    contents = {each.id: _contents(changes, each) for each in fulfilments}
    weights = await _weights(changes, contents)
    numbers = await new_numbers(act, len(fulfilments))
    parcels = [
        Parcel(
            id=lines[0].parcel_id,
            organization_id=act.organization_id,
            number=numbered.number,
            container_code=numbered.container_code,
            location_id=each.location_id,
            weight_grams=sum(line.quantity * weights[line.line_id] for line in lines),
            packed_at=act.now,
        )
        for each, numbered, lines in zip(fulfilments, numbers, contents.values(), strict=True)
    ]
    for parcel, fulfilment in zip(parcels, fulfilments, strict=True):
        move_contents(act, changes, [fulfilment], parcel, contents[fulfilment.id], Action.PACK)
    await Parcel.bulk_create(parcels)
    await ParcelLine.bulk_create([line for lines in contents.values() for line in lines])
    await store(fulfilments)
    await save(act, list(changes.values()))
    return [parcel.id for parcel in parcels]


@action
async def ship_manifest(act: Act, command: ShipManifest) -> list[UUID]:
    """Hand all parcels over. Raises NotFound, InvalidInput, IllegalTransition, BlockedByHold, NotPaid, AlreadyExists."""
    _check_manifest(command)
    numbers = {entry.parcel_id: entry.tracking_number for entry in command.entries}
    load = await _lock_load(act, list(numbers))
    await _check_labels(command)
    for change in load.changes.values():
        await check_paid(change.order)
    for parcel in load.parcels:
        check_open(parcel, Action.SHIP)
        if any(each.method is not FulfilmentMethod.SHIP for each in load.fulfilments_in(parcel)):
            raise IllegalTransition("ship", "for pickup", ["for shipping"])
        parcel.carrier, parcel.service, parcel.tracking_number = command.carrier, command.service, numbers[parcel.id]
        parcel.shipped_at = act.now
        parcel.version += 1
        load.move(act, parcel, Action.SHIP)
    columns = [parcel.id for parcel in load.parcels], [parcel.tracking_number for parcel in load.parcels]
    try:
        await execute(HAND_OVER, [columns[0], command.carrier, command.service, act.now, columns[1]])
    except IntegrityError as error:
        if violated(error):
            raise AlreadyExists("parcel", f"{command.carrier} with one of these tracking numbers") from error
        raise
    await store(list(load.fulfilments.values()))
    for change in load.changes.values():
        await settle_requests(act, change)
    await save(act, list(load.changes.values()))
    return [parcel.id for parcel in load.parcels]


@action
async def deliver_wave(act: Act, parcel_ids: Sequence[UUID]) -> list[UUID]:
    """Every parcel reached its customer now. Raises NotFound, IllegalTransition."""
    check_wave("parcel_ids", parcel_ids)
    load = await _lock_load(act, parcel_ids)
    events = []
    facts = []
    for parcel in load.parcels:
        if parcel.shipped_at is None or parcel.delivered_at is not None:
            status = UnitStatus.DELIVERED if parcel.delivered_at else UnitStatus.PACKED
            raise IllegalTransition("deliver", status, [UnitStatus.SHIPPED])
        parcel.status, parcel.delivered_at = TrackingCode.DELIVERED, act.now
        parcel.version += 1
        load.move(act, parcel, Action.DELIVER)
        event = TrackingEvent(
            id=new_id(),
            parcel_id=parcel.id,
            event_key=DELIVERED_BY_HAND,
            code=TrackingCode.DELIVERED,
            occurred_at=act.now,
            received_at=act.now,
        )
        events.append(event)
        orders = {each.order_id for each in load.fulfilments_in(parcel)}
        facts += [tracked(parcel, load.lines[parcel.id], event, load.changes[order_id]) for order_id in sorted(orders)]
    await TrackingEvent.bulk_create(events)
    await execute(DELIVERED, [[parcel.id for parcel in load.parcels], act.now])
    await store(list(load.fulfilments.values()))
    await save(act, list(load.changes.values()))
    await outbox.record(act.organization_id, act.actor, act.now, facts)
    return [parcel.id for parcel in load.parcels]


@dataclass(frozen=True, slots=True)
class Load:
    """Parcels under the locks of all orders they carry and their own."""

    changes: Changes
    parcels: list[Parcel]
    lines: Mapping[UUID, list[ParcelLine]]
    fulfilments: Mapping[UUID, Fulfilment]

    def fulfilments_in(self, parcel: Parcel) -> list[Fulfilment]:
        return [self.fulfilments[key] for key in dict.fromkeys(line.fulfilment_id for line in self.lines[parcel.id])]

    def move(self, act: Act, parcel: Parcel, step: Action) -> None:
        move_contents(act, self.changes, self.fulfilments_in(parcel), parcel, self.lines[parcel.id], step)


async def _lock_load(act: Act, parcel_ids: Sequence[UUID]) -> Load:
    """Raises NotFound."""
    carried = await rows(CARRIED, [list(parcel_ids)])
    changes = {change.order.id: change for change in await lock_orders(act, [row["order_id"] for row in carried])}
    parcels = (
        await Parcel.filter(id__in=list(parcel_ids), organization_id=act.organization_id)
        .order_by("id")
        .select_for_update(no_key=True)
    )
    if missing := set(parcel_ids) - {parcel.id for parcel in parcels}:
        raise NotFound("parcel", min(missing))
    lines: defaultdict[UUID, list[ParcelLine]] = defaultdict(list)
    for line in await ParcelLine.filter(parcel_id__in=list(parcel_ids)).order_by("id"):
        lines[line.parcel_id].append(line)
    fulfilments = await find_fulfilments(act, {line.fulfilment_id for each in lines.values() for line in each})
    return Load(changes, parcels, lines, fulfilments)


async def _check_labels(command: ShipManifest) -> None:
    """Raises InvalidInput for a parcel that has a label which says something else."""
    labels = await bought_labels([entry.parcel_id for entry in command.entries])
    checks = Checks()
    for entry, below in checks.below("entries").beside(command.entries) if labels else ():
        if label := labels.get(entry.parcel_id):
            given = {"carrier": command.carrier, "service": command.service, "tracking_number": entry.tracking_number}
            check_label(below, label, **given)
    checks.refuse()


def _contents(changes: Changes, fulfilment: Fulfilment) -> list[ParcelLine]:
    parcel_id, make = new_id(), id_maker()
    return [
        ParcelLine(
            id=make(), parcel_id=parcel_id, fulfilment_id=fulfilment.id, line_id=place.line_id, quantity=quantity
        )
        for place, quantity in workable(changes[fulfilment.order_id], fulfilment, Action.PACK)
    ]


async def _weights(changes: Changes, contents: Mapping[UUID, Sequence[ParcelLine]]) -> dict[UUID, int]:
    """Grams of one unit by order line."""
    variants = {line_id: line.variant_id for change in changes.values() for line_id, line in change.lines.items()}
    packed = {line.line_id for lines in contents.values() for line in lines}
    wanted = {variants[line_id] for line_id in packed}
    grams: dict[UUID, int] = dict(await Variant.filter(id__in=wanted).values_list("id", "weight_grams"))
    return {line_id: grams[variants[line_id]] for line_id in packed}


def _check_manifest(command: ShipManifest) -> None:
    check_wave("entries", [entry.parcel_id for entry in command.entries])
    checks = Checks()
    checks.code("carrier", command.carrier, longest=CARRIER_CHARACTERS)
    checks.text("service", command.service, longest=CARRIER_CHARACTERS)
    for at, entry in enumerate(command.entries):
        checks.code(f"entries.{at}.tracking_number", entry.tracking_number, longest=TRACKING_CHARACTERS)
    checks.refuse()
