"""Several parcels made one before they leave, and one made two again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.changing import lock_orders, save
from actions.fulfilment.progress import Changes, find_fulfilments, store, workable
from actions.parcels.contents import check_open, described, lock_parcel, move_contents
from actions.parcels.packing import MOST_GRAMS, Box, Packed, box_up, check_can_share, weight_of
from domain.carriers import LIVE
from domain.errors import IllegalTransition, NotFound
from domain.facts import FactKind
from domain.lifecycle import Action
from domain.validation import Checks
from models import CartonType, Fulfilment, Label, Parcel, ParcelLine
from models.db import rows

MOST_TOGETHER: Final = 50
"""Pieces of work and parcels that become one parcel at most."""

CARRIED: Final = """
SELECT DISTINCT p.fulfilment_id FROM parcel_lines p WHERE p.parcel_id = ANY($1::uuid[])"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsolidateParcels:
    """Everything picked for the fulfilments, and everything in the parcels, which have not left. Without `weight_grams`
    the new parcel weighs what its variants and its carton do.
    """

    fulfilment_ids: tuple[UUID, ...] = ()
    parcel_ids: tuple[UUID, ...] = ()
    carton_type_id: UUID | None = None
    weight_grams: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitParcel:
    """What lies in the parcel for these fulfilments goes into a new one, for which carton and weight are given.
    `expected_version` is the parcel's.
    """

    parcel_id: UUID
    fulfilment_ids: tuple[UUID, ...]
    carton_type_id: UUID | None = None
    weight_grams: int | None = None
    expected_version: int | None = None


@action
async def consolidate(act: Act, command: ConsolidateParcels) -> UUID:
    """One parcel instead of several; returns its id. The parcels it is made of are gone.

    Raises NotFound, IllegalTransition for a parcel that has left or work without picked units, BlockedByHold, and
    InvalidInput for what cannot go together.
    """
    _check_several(command)
    carried = [row["fulfilment_id"] for row in await rows(CARRIED, [list(command.parcel_ids)])]
    fulfilments = await find_fulfilments(act, {*command.fulfilment_ids, *carried})
    changes = {
        change.order.id: change for change in await lock_orders(act, {each.order_id for each in fulfilments.values()})
    }
    parcels = await _lock_parcels(act, command.parcel_ids)
    fulfilments = await find_fulfilments(act, fulfilments)
    lines = await ParcelLine.filter(parcel_id__in=list(parcels)).order_by("id")
    await check_can_share(_named(command, fulfilments, lines))
    packed = _picked(command, changes, fulfilments)
    for parcel in parcels.values():
        await _open(act, changes, fulfilments, parcel, [line for line in lines if line.parcel_id == parcel.id])
    for line in lines:
        packed[line.fulfilment_id, line.line_id] += line.quantity
    parcel = await box_up(act, changes, fulfilments, packed, Box(command.carton_type_id, command.weight_grams))
    await store(list(fulfilments.values()))
    await save(act, list(changes.values()))
    return parcel.id


@action
async def split_off(act: Act, command: SplitParcel) -> UUID:
    """Returns the new parcel's id. Raises NotFound, Conflict, InvalidInput, BlockedByHold, and IllegalTransition for a
    parcel that has left, or has a label, which would not be right any more.
    """
    changes, parcel, lines = await lock_parcel(act, command.parcel_id, command.expected_version)
    check_open(parcel, Action.UNPACK)
    if await Label.filter(parcel_id=parcel.id, status__in=list(LIVE)).exists():
        raise IllegalTransition("split", "labelled", ["without a label"])
    _check_part(command, lines)
    leaving = [line for line in lines if line.fulfilment_id in command.fulfilment_ids]
    staying = [line for line in lines if line not in leaving]
    fulfilments = await find_fulfilments(act, {line.fulfilment_id for line in lines})
    move_contents(act, changes, [fulfilments[key] for key in command.fulfilment_ids], parcel, leaving, Action.UNPACK)
    await ParcelLine.filter(id__in=[line.id for line in leaving]).delete()
    fresh = await box_up(
        act, changes, fulfilments, _counted(leaving), Box(command.carton_type_id, command.weight_grams)
    )
    await _lighten(changes, parcel, staying)
    _tell_those_left(changes, fulfilments, parcel, staying)
    await store(list(fulfilments.values()))
    await save(act, list(changes.values()))
    return fresh.id


def _check_several(command: ConsolidateParcels) -> None:
    checks = Checks()
    named = [*command.fulfilment_ids, *command.parcel_ids]
    checks.size("fulfilment_ids" if command.fulfilment_ids else "parcel_ids", named, least=2, most=MOST_TOGETHER)
    checks.once("fulfilment_ids", "", command.fulfilment_ids)
    checks.once("parcel_ids", "", command.parcel_ids)
    checks.number("weight_grams", command.weight_grams, most=MOST_GRAMS)
    checks.refuse()


def _check_part(command: SplitParcel, lines: Sequence[ParcelLine]) -> None:
    """Something must leave, and something stay."""
    checks = Checks()
    inside = {line.fulfilment_id for line in lines}
    checks.once("fulfilment_ids", "", command.fulfilment_ids)
    for at, key in enumerate(command.fulfilment_ids):
        if key not in inside:
            checks.note(f"fulfilment_ids.{at}", "NOT_IN_PARCEL", "Nothing in this parcel is for it.")
    if not command.fulfilment_ids or inside <= set(command.fulfilment_ids):
        checks.note("fulfilment_ids", "NOT_A_PART", "Name some of what is in the parcel, and not all of it.")
    checks.number("weight_grams", command.weight_grams, most=MOST_GRAMS)
    checks.refuse()


async def _lock_parcels(act: Act, parcel_ids: Sequence[UUID]) -> dict[UUID, Parcel]:
    """In id order, after their orders. Raises NotFound or IllegalTransition."""
    found = Parcel.filter(id__in=list(parcel_ids), organization_id=act.organization_id).order_by("id")
    parcels = {parcel.id: parcel for parcel in await found.select_for_update(no_key=True)}
    for parcel_id in parcel_ids:
        if parcel_id not in parcels:
            raise NotFound("parcel", parcel_id)
        check_open(parcels[parcel_id], Action.UNPACK)
    return parcels


def _named(
    command: ConsolidateParcels, fulfilments: dict[UUID, Fulfilment], lines: Sequence[ParcelLine]
) -> list[tuple[str, Fulfilment]]:
    """Every fulfilment with the input's path that brings it in."""
    named = [(f"fulfilment_ids.{at}", fulfilments[key]) for at, key in enumerate(command.fulfilment_ids)]
    for at, parcel_id in enumerate(command.parcel_ids):
        inside = dict.fromkeys(line.fulfilment_id for line in lines if line.parcel_id == parcel_id)
        named += [(f"parcel_ids.{at}", fulfilments[key]) for key in inside]
    return named


def _picked(command: ConsolidateParcels, changes: Changes, fulfilments: dict[UUID, Fulfilment]) -> Packed:
    """Raises IllegalTransition for work without picked units."""
    packed: Packed = Counter()
    for key in command.fulfilment_ids:
        fulfilment = fulfilments[key]
        for place, quantity in workable(changes[fulfilment.order_id], fulfilment, Action.PACK):
            packed[key, place.line_id] += quantity
    return packed


async def _open(
    act: Act,
    changes: Changes,
    fulfilments: dict[UUID, Fulfilment],
    parcel: Parcel,
    lines: Sequence[ParcelLine],
) -> None:
    """The parcel's units are picked again, and it is gone."""
    inside = dict.fromkeys(line.fulfilment_id for line in lines)
    move_contents(act, changes, [fulfilments[key] for key in inside], parcel, lines, Action.UNPACK)
    await ParcelLine.filter(parcel_id=parcel.id).delete()
    await parcel.delete()


def _counted(lines: Sequence[ParcelLine]) -> Packed:
    packed: Packed = Counter()
    for line in lines:
        packed[line.fulfilment_id, line.line_id] += line.quantity
    return packed


async def _lighten(changes: Changes, parcel: Parcel, staying: Sequence[ParcelLine]) -> None:
    """What stays weighs what its variants and its carton do."""
    box = await CartonType.get_or_none(id=parcel.carton_type_id)
    parcel.weight_grams = await weight_of(changes, _counted(staying), box)
    parcel.version += 1
    await parcel.save(update_fields=["weight_grams", "version"])


def _tell_those_left(
    changes: Changes, fulfilments: dict[UUID, Fulfilment], parcel: Parcel, staying: Sequence[ParcelLine]
) -> None:
    """One fact for each fulfilment that stays: its parcel is lighter now."""
    for key in dict.fromkeys(line.fulfilment_id for line in staying):
        change = changes[fulfilments[key].order_id]
        change.record(
            FactKind.PARCEL_SPLIT,
            fulfilment_id=key,
            location_id=parcel.location_id,
            parcel=described(parcel, staying, change),
        )
