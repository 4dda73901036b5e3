"""A purchase order with its lines: locked, counted up by one version, and told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act
from domain.errors import Conflict, NotFound
from domain.facts import Fact, FactKind
from domain.purchasing import PurchaseAction, check_purchase
from models import PurchaseLine, PurchaseOrder

COUNTS: Final = ("quantity", "received", "damaged", "shipped", "declined", "cancelled")


@dataclass(slots=True)
class Paper:
    """`lines` by id, in their order."""

    order: PurchaseOrder
    lines: dict[UUID, PurchaseLine]


async def lock(act: Act, action: PurchaseAction, order_id: UUID, expected_version: int | None) -> Paper:
    """Locked until the transaction ends. Raises NotFound, Conflict or IllegalTransition."""
    found = PurchaseOrder.filter(id=order_id, organization_id=act.organization_id)
    order = await found.select_for_update(no_key=True).get_or_none()
    if order is None:
        raise NotFound("purchase order", order_id)
    if expected_version not in (None, order.version):
        raise Conflict("purchase order", expected_version or 0, order.version)
    check_purchase(action, order.kind, order.status)
    lines = await PurchaseLine.filter(purchase_order_id=order_id).order_by("position")
    return Paper(order, {line.id: line for line in lines})


async def save(act: Act, paper: Paper, *, facts: Sequence[Fact] = ()) -> UUID:
    """Write the counters of the lines and everything of the order, and record it; `facts` come on top."""
    order = paper.order
    order.version += 1
    await order.save()
    await PurchaseLine.bulk_update(paper.lines.values(), fields=[*COUNTS, "supply_id"])
    await outbox.record(act.organization_id, act.actor, act.now, [*facts, told(order, paper.lines.values())])
    return order.id


def told(order: PurchaseOrder, lines: Iterable[PurchaseLine]) -> Fact:
    """Without costs: whoever works at the destination hears it too."""
    payload = {
        "id": str(order.id),
        "number": order.number,
        "kind": order.kind.value,
        "order": str(order.order_id) if order.order_id else None,
        "vendor": str(order.vendor_id),
        "destination": str(order.destination_id),
        "status": order.status.value,
        "expected_on": order.expected_on.isoformat() if order.expected_on else None,
        "lines": {str(line.id): _line(line) for line in lines},
        "version": order.version,
    }
    return Fact(
        kind=FactKind.PURCHASE_CHANGED,
        fulfilment_id=order.fulfilment_id,
        location_id=order.destination_id,
        payload=payload,
    )


def _line(line: PurchaseLine) -> dict[str, Any]:
    return {"variant": str(line.variant_id), **{name: getattr(line, name) for name in COUNTS}}
