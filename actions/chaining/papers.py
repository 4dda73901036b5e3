"""Chained purchase orders under the lock of the customer's order: found, brought in line with its units, and told.

    chained = await lock_chained(act, PurchaseAction.DECLINE, purchase_order_id, expected_version)
    …move units of chained.change, count them on chained.lines…
    await store_chained(act, chained)

What of a line was not shipped, declined or cancelled stands at the vendor: `line_status` says the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from actions import outbox
from actions.acting import Act
from actions.changing import OrderChange, Units, lock_order
from actions.purchasing.papers import COUNTS, told
from domain.errors import Conflict, NotFound
from domain.lifecycle import AT_VENDOR, UnitStatus
from domain.purchasing import WITH_VENDOR, PurchaseAction, PurchaseKind, at_vendor, chained_status, check_purchase
from models import Fulfilment, PurchaseLine, PurchaseOrder


@dataclass(slots=True)
class Chained:
    """`lines` by id, in their order; `change` is the customer's order."""

    change: OrderChange
    order: PurchaseOrder
    lines: dict[UUID, PurchaseLine]
    fulfilment: Fulfilment

    def standing(self, line: PurchaseLine, *statuses: UnitStatus) -> list[Units]:
        """Units of the line that the vendor has, of either status if none is named."""
        return self.change.units(*(statuses or AT_VENDOR), fulfilment_id=self.fulfilment.id, line_id=line.order_line_id)


async def lock_chained(
    act: Act, action: PurchaseAction, purchase_order_id: UUID, expected_version: int | None
) -> Chained:
    """Locked until the transaction ends. Raises NotFound, Conflict or IllegalTransition."""
    found = PurchaseOrder.filter(id=purchase_order_id, organization_id=act.organization_id)
    seen = await found.get_or_none()
    if seen is None:
        raise NotFound("purchase order", purchase_order_id)
    if seen.order_id is None:
        check_purchase(action, seen.kind, seen.status)
    assert seen.order_id is not None, "what can be done here is done to what is chained"
    change = await lock_order(act, seen.order_id)
    order = await found.select_for_update(no_key=True).get()
    if expected_version not in (None, order.version):
        raise Conflict("purchase order", expected_version or 0, order.version)
    check_purchase(action, order.kind, order.status)
    lines = await PurchaseLine.filter(purchase_order_id=order.id).order_by("position")
    fulfilment = await Fulfilment.get(id=order.fulfilment_id)
    return Chained(change, order, {line.id: line for line in lines}, fulfilment)


async def store_chained(act: Act, order: PurchaseOrder, lines: Sequence[PurchaseLine]) -> None:
    """Derive the word anew from the counters of all its lines, count the version up, write, and record."""
    order.status = chained_status(lines, is_acknowledged=order.acknowledged_at is not None)
    order.closed_at = None if order.status in WITH_VENDOR else act.now
    order.version += 1
    await order.save()
    await PurchaseLine.bulk_update(lines, fields=[*COUNTS])
    await outbox.record(act.organization_id, act.actor, act.now, [told(order, lines)])


async def count_cancelled(act: Act, changes: Iterable[OrderChange]) -> None:
    """Units that left a vendor's hands without its doing were cancelled: say so on its purchase order.

    The vendor counts itself what it ships or declines, before the units are written.
    """
    by_id: dict[UUID, OrderChange] = {change.order.id: change for change in changes}
    found = PurchaseOrder.filter(order_id__in=sorted(by_id), kind=PurchaseKind.DROP_SHIP, status__in=list(WITH_VENDOR))
    for order in await found.order_by("id").select_for_update(no_key=True):
        assert order.order_id, "it is chained to an order"
        change = by_id[order.order_id]
        lines = await PurchaseLine.filter(purchase_order_id=order.id).order_by("position")
        gone = {line.id: at_vendor(line) - _standing(change, order, line) for line in lines}
        if any(gone.values()):
            for line in lines:
                line.cancelled += gone[line.id]
            await store_chained(act, order, lines)


def _standing(change: OrderChange, order: PurchaseOrder, line: PurchaseLine) -> int:
    found = change.units(*AT_VENDOR, fulfilment_id=order.fulfilment_id, line_id=line.order_line_id)
    return sum(units.quantity for units in found)
