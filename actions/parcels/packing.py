"""Into a box: picked units of one or several fulfilments, of one or several orders that go to the same place."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.cartons import carton
from actions.changing import save
from actions.fulfilment.progress import Changes, find_fulfilments, lock_fulfilments, store, workable
from actions.parcels.contents import check_open, lock_parcel, move_contents
from actions.parcels.numbering import new_numbers
from domain.consolidating import Recipient, are_one, recipient
from domain.errors import InputProblem, InvalidInput
from domain.ids import id_maker, new_id
from domain.lifecycle import Action
from domain.orders import AddressKind, FulfilmentMethod
from domain.validation import Checks
from models import CartonType, Fulfilment, OrderAddress, Parcel, ParcelLine, Variant

MOST_CONTENTS: Final = 500
MOST_GRAMS: Final = 2_000_000

Packed = Counter[tuple[UUID, UUID]]
"""Units by fulfilment and order line."""

ADDRESS: Final = ("line1", "line2", "city", "region", "postal_code", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedUnits:
    """`line_id` is an order line; without it everything picked for the fulfilment, without `quantity` all of the line."""

    fulfilment_id: UUID
    line_id: UUID | None = None
    quantity: int | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackParcel:
    """Without `weight_grams` the parcel weighs what its variants and its carton do."""

    contents: tuple[PackedUnits, ...]
    carton_type_id: UUID | None = None
    weight_grams: int | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """Without a weight it weighs what its variants and its carton do."""

    carton_type_id: UUID | None = None
    weight_grams: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackParcel:
    parcel_id: UUID
    expected_version: int | None = None


@action
async def pack(act: Act, command: PackParcel) -> UUID:
    """One parcel of picked units at one location. Returns its id.

    Raises NotFound, Conflict, IllegalTransition, BlockedByHold, and InvalidInput also for a carton that is not for so much,
    and for orders that cannot go together:
    all must be shipped, to the same address.
    """
    _check_input(command)
    expected = _expected(command)
    changes, fulfilments = await lock_fulfilments(act, expected)
    named = [
        (f"contents.{at}.fulfilment_id", fulfilments[content.fulfilment_id])
        for at, content in enumerate(command.contents)
    ]
    await check_can_share(named)
    packed = _packed(command, changes, fulfilments)
    parcel = await box_up(act, changes, fulfilments, packed, Box(command.carton_type_id, command.weight_grams))
    await store(list(fulfilments.values()))
    await save(act, list(changes.values()))
    return parcel.id


async def box_up(
    act: Act, changes: Changes, fulfilments: Mapping[UUID, Fulfilment], packed: Packed, box: Box
) -> Parcel:
    """A new parcel of these picked units, with its facts. The caller has checked that they can share it, and saves."""
    carton_type = await carton(act, box.carton_type_id) if box.carton_type_id else None
    if box.weight_grams is None:
        weight = await weight_of(changes, packed, carton_type)
    else:
        weight = box.weight_grams
        _check_takes(carton_type, weight - (carton_type.tare_grams if carton_type else 0))
    inside = {key: fulfilments[key] for key, _ in packed}
    parcel = await _new_parcel(act, next(iter(inside.values())), weight, carton_type)
    make = id_maker(len(packed))
    lines = [
        ParcelLine(id=make(), parcel_id=parcel.id, fulfilment_id=fulfilment_id, line_id=line_id, quantity=quantity)
        for (fulfilment_id, line_id), quantity in packed.items()
    ]
    await ParcelLine.bulk_create(lines)
    move_contents(act, changes, inside.values(), parcel, lines, Action.PACK)
    return parcel


@action
async def unpack(act: Act, command: UnpackParcel) -> list[UUID]:
    """Open a parcel that has not left: its units are picked again and the parcel is gone. Returns its fulfilments' ids.

    Raises NotFound, Conflict, IllegalTransition.
    """
    changes, parcel, lines = await lock_parcel(act, command.parcel_id, command.expected_version)
    check_open(parcel, Action.UNPACK)
    fulfilments = await find_fulfilments(act, {line.fulfilment_id for line in lines})
    move_contents(act, changes, fulfilments.values(), parcel, lines, Action.UNPACK)
    await ParcelLine.filter(parcel_id=parcel.id).delete()
    await parcel.delete()
    await store(list(fulfilments.values()))
    await save(act, list(changes.values()))
    return sorted(fulfilments)


def _expected(command: PackParcel) -> dict[UUID, int | None]:
    """A version may be given with any of a fulfilment's contents."""
    expected: dict[UUID, int | None] = {}
    for content in command.contents:
        expected[content.fulfilment_id] = content.expected_version or expected.get(content.fulfilment_id)
    return expected


def _check_input(command: PackParcel) -> None:
    checks = Checks()
    if checks.size("contents", command.contents, least=1, most=MOST_CONTENTS):
        for at, content in enumerate(command.contents):
            checks.number(f"contents.{at}.quantity", content.quantity, least=1)
    checks.number("weight_grams", command.weight_grams, most=MOST_GRAMS)
    checks.refuse()


async def check_can_share(named: Sequence[tuple[str, Fulfilment]]) -> None:
    """Whatever goes into one parcel starts from one location and ends with one person, at one address.

    Each fulfilment comes with the input's path to it. Raises InvalidInput.
    """
    recipients = await _recipients({fulfilment.order_id for _, fulfilment in named})
    _, first = named[0]
    sharing = [recipients[first.order_id]] if first.order_id in recipients else []
    checks = Checks()
    for path, fulfilment in named:
        to = recipients.get(fulfilment.order_id)
        if fulfilment.location_id != first.location_id:
            checks.note(path, "OTHER_LOCATION", f"Is not at the location of {first.number}.")
        elif fulfilment.method is not first.method:
            checks.note(path, "OTHER_METHOD", f"Does not reach the customer in the way {first.number} does.")
        elif fulfilment.order_id == first.order_id:
            continue
        elif first.method is FulfilmentMethod.PICKUP:
            checks.note(path, "OTHER_CUSTOMER", "Orders that are picked up are packed one by one.")
        elif to is None or not sharing or not are_one([*sharing, to]):
            checks.note(path, "OTHER_ADDRESS", f"Does not go to the person and address of {first.number}.")
        else:
            sharing.append(to)
    checks.refuse()


async def _recipients(order_ids: Iterable[UUID]) -> dict[UUID, Recipient]:
    """To whom and where each order goes; one without an address is missing."""
    found = OrderAddress.filter(order_id__in=list(order_ids), kind=AddressKind.SHIPPING).select_related("order")
    return {
        each.order_id: recipient(each.order.customer_id, each.name, [getattr(each, name) for name in ADDRESS])
        for each in await found
    }


def _packed(command: PackParcel, changes: Changes, fulfilments: Mapping[UUID, Fulfilment]) -> Packed:
    """What goes in. Raises IllegalTransition for what is not picked, InvalidInput for more than is."""
    packed: Packed = Counter()
    checks = Checks()
    for at, content in enumerate(command.contents):
        fulfilment = fulfilments[content.fulfilment_id]
        change = changes[fulfilment.order_id]
        for place, picked in workable(change, fulfilment, Action.PACK, line_id=content.line_id):
            left = picked - packed[fulfilment.id, place.line_id]
            wanted = left if content.quantity is None else content.quantity
            checks.number(f"contents.{at}.quantity", wanted, least=1, most=left)
            packed[fulfilment.id, place.line_id] += wanted
    checks.refuse()
    return packed


async def _new_parcel(act: Act, at: Fulfilment, weight_grams: int, box: CartonType | None) -> Parcel:
    [numbers] = await new_numbers(act, 1)
    values: dict[str, Any] = {
        "id": new_id(),
        "organization_id": act.organization_id,
        "number": numbers.number,
        "container_code": numbers.container_code,
        "carton_type_id": box.id if box else None,
        "location_id": at.location_id,
        "weight_grams": weight_grams,
        "packed_at": act.now,
    }
    return await Parcel.create(**values)


async def weight_of(changes: Changes, packed: Packed, box: CartonType | None) -> int:
    """Raises InvalidInput for more than may go into the box."""
    variants = {line_id: line.variant_id for change in changes.values() for line_id, line in change.lines.items()}
    wanted = {variants[line_id] for _, line_id in packed}
    weights: dict[UUID, int] = dict(await Variant.filter(id__in=wanted).values_list("id", "weight_grams"))
    contents = sum(quantity * weights[variants[line_id]] for (_, line_id), quantity in packed.items())
    _check_takes(box, contents)
    return contents + (box.tare_grams if box else 0)


def _check_takes(box: CartonType | None, contents_grams: int) -> None:
    if box is not None and contents_grams > box.max_weight_grams:
        said = f"{box.code} takes {box.max_weight_grams} grams, not {contents_grams}."
        raise InvalidInput([InputProblem("carton_type_id", "TOO_HEAVY", said)])
