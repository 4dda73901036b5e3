"""Units in open parcels. A parcel is open while it has not left: until then units recalled from it are taken out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from actions.changing import OrderChange
from domain.lifecycle import UnitStatus
from models import ParcelLine
from models.db import execute, rows

IN_PARCELS: Final = (UnitStatus.PACKED, UnitStatus.READY_FOR_PICKUP)

OPEN: Final = """
SELECT p.id FROM parcels p WHERE p.shipped_at IS NULL AND p.delivered_at IS NULL
    AND EXISTS (SELECT FROM parcel_lines l WHERE l.parcel_id = p.id AND l.fulfilment_id = ANY($1::uuid[]))
ORDER BY p.id FOR NO KEY UPDATE OF p"""

LIGHTER: Final = "UPDATE parcels SET version = version + 1 WHERE id = ANY($1::uuid[])"

EMPTIED: Final = """
DELETE FROM parcels p WHERE p.id = ANY($1::uuid[]) AND NOT EXISTS (SELECT FROM parcel_lines l WHERE l.parcel_id = p.id)"""


async def open_parcels(fulfilment_ids: Iterable[UUID]) -> list[UUID]:
    """The parcels with units of these fulfilments that have not left, oldest first, locked."""
    return [row["id"] for row in await rows(OPEN, [sorted(fulfilment_ids)])]


async def take_out(moved: Mapping[UUID, OrderChange]) -> None:
    """Where more of a line lies in open parcels than stands packed in its fulfilment, take it out, latest parcel first.

    `moved`: fulfilments with their locked orders. A parcel with nothing left in it is gone.
    """
    parcels = await open_parcels(moved)
    if not parcels:
        return
    lines = await ParcelLine.filter(parcel_id__in=parcels, fulfilment_id__in=moved).order_by("-parcel_id", "id")
    touched = set()
    for key in {(line.fulfilment_id, line.line_id) for line in lines}:
        of_line = [line for line in lines if (line.fulfilment_id, line.line_id) == key]
        packed = moved[key[0]].units(*IN_PARCELS, fulfilment_id=key[0], line_id=key[1])
        surplus = sum(line.quantity for line in of_line) - sum(units.quantity for units in packed)
        touched |= await _lighten(of_line, surplus)
    await execute(LIGHTER, [sorted(touched)])
    await execute(EMPTIED, [sorted(touched)])


async def _lighten(lines: Sequence[ParcelLine], surplus: int) -> set[UUID]:
    touched = set()
    for line in lines:
        taken = min(line.quantity, max(surplus, 0))
        if taken == 0:
            continue
        surplus -= taken
        line.quantity -= taken
        touched.add(line.parcel_id)
        if line.quantity:
            await line.save(update_fields=["quantity"])
        else:
            await line.delete()
    return touched
