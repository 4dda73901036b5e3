"""A parcel under the locks of all orders it carries and then its own, and what a fact may tell of it."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from actions.acting import Act
from actions.changing import OrderChange, lock_orders
from actions.fulfilment.progress import Changes, tell, workable
from actions.whole_kits import check_leaving_whole
from domain.errors import Conflict, IllegalTransition, NotFound
from domain.facts import FactKind
from domain.lifecycle import Action, UnitStatus
from models import Fulfilment, Parcel, ParcelLine
from models.db import rows

CARRIED: Final = """
SELECT DISTINCT l.order_id FROM parcel_lines p JOIN order_lines l ON l.id = p.line_id WHERE p.parcel_id = $1"""

KIND_OF: Final = {
    Action.PACK: FactKind.UNITS_PACKED,
    Action.UNPACK: FactKind.UNITS_UNPACKED,
    Action.SHIP: FactKind.UNITS_SHIPPED,
    Action.DELIVER: FactKind.UNITS_DELIVERED,
}


async def lock_parcel(
    act: Act, parcel_id: UUID, expected_version: int | None = None
) -> tuple[Changes, Parcel, list[ParcelLine]]:
    """The orders it carries, by id, the parcel, and its lines. Raises NotFound, or Conflict on another version."""
    carried = await rows(CARRIED, [parcel_id])
    changes = {change.order.id: change for change in await lock_orders(act, [row["order_id"] for row in carried])}
    parcel = (
        await Parcel.filter(id=parcel_id, organization_id=act.organization_id)
        .select_for_update(no_key=True)
        .get_or_none()
    )
    if parcel is None:
        raise NotFound("parcel", parcel_id)
    if expected_version not in (None, parcel.version):
        raise Conflict("parcel", expected_version, parcel.version)
    return changes, parcel, await ParcelLine.filter(parcel_id=parcel_id).order_by("id")


def check_open(parcel: Parcel, action: Action) -> None:
    """Raises IllegalTransition when the parcel has left."""
    if parcel.shipped_at is not None or parcel.delivered_at is not None:
        gone = UnitStatus.DELIVERED if parcel.delivered_at else UnitStatus.SHIPPED
        raise IllegalTransition(action.replace("_", " "), gone, [UnitStatus.PACKED])


def move_contents(
    act: Act,
    changes: Changes,
    fulfilments: Iterable[Fulfilment],
    parcel: Parcel,
    lines: Sequence[ParcelLine],
    action: Action,
) -> None:
    """Move the parcel's units, one fact for each fulfilment in it. Raises InvalidInput where a kit would leave in part."""
    for fulfilment in fulfilments:
        change = changes[fulfilment.order_id]
        for line in lines:
            if line.fulfilment_id == fulfilment.id:
                [(place, _)] = workable(change, fulfilment, action, line_id=line.line_id)
                change.move(action, place, line.quantity)
        if action is Action.SHIP and change.kits:
            check_leaving_whole(change, fulfilment.id)
        tell(act, change, KIND_OF[action], fulfilment, parcel=described(parcel, lines, change))


def described(parcel: Parcel, lines: Iterable[ParcelLine], order: OrderChange) -> dict[str, Any]:
    """The parcel as this order's fact may tell it: nothing of the other orders in it, whose goods its weight would tell."""
    inside = list(lines)
    own = [line for line in inside if line.line_id in order.lines]
    return {
        "id": str(parcel.id),
        "number": parcel.number,
        "location": str(parcel.location_id),
        "carrier": parcel.carrier,
        "service": parcel.service,
        "tracking_number": parcel.tracking_number,
        "weight_grams": parcel.weight_grams if len(own) == len(inside) else None,
        "carton_type": str(parcel.carton_type_id) if parcel.carton_type_id else None,
        "container_code": parcel.container_code,
        "status": parcel.status,
        "version": parcel.version,
        "packed_at": parcel.packed_at,
        "shipped_at": parcel.shipped_at,
        "delivered_at": parcel.delivered_at,
        "lines": [
            {"line": str(line.line_id), "fulfilment": str(line.fulfilment_id), "quantity": line.quantity}
            for line in own
        ],
    }
