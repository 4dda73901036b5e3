"""Deliver an order together: bring what ships to one place, and let it leave from there when all of it has come.

deliver_together           before anybody works on it; what is scheduled is routed anew, to come to that place
deliver_without_waiting    what is there leaves, what comes later follows as it comes
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from actions import reference
from actions.acting import Act, action
from actions.changing import OrderChange, Units, lock_order, save
from actions.fulfilment.giving_back import send_on
from actions.restocking import announces_freed
from domain.errors import IllegalTransition
from domain.facts import FactKind
from domain.ids import new_id
from domain.lifecycle import Action, UnitStatus, by_rank
from domain.merging import DEFAULT_WAIT_DAYS, MOST_WAIT_DAYS, UNRELEASED, Merge
from domain.orders import FulfilmentMethod
from domain.placing.validation import merge_problems
from domain.validation import Checks
from models import OrderMerge
from models.db import Fetching


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverTogether:
    """Without a location where that costs least. What has come waits so many days for the rest, from now on."""

    order_id: UUID
    location_id: UUID | None = None
    wait_days: int = DEFAULT_WAIT_DAYS
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverWithoutWaiting:
    order_id: UUID
    expected_version: int | None = None


@announces_freed
@action
async def deliver_together(act: Act, command: DeliverTogether) -> UUID:
    """Asked again, the place and the days are new. Returns the order's id.

    Raises InvalidInput, NotFound, Conflict, BlockedByHold, or IllegalTransition when somebody works on it already.
    """
    checks = Checks()
    checks.number("wait_days", command.wait_days, least=1, most=MOST_WAIT_DAYS)
    checks.refuse()
    change = await lock_order(act, command.order_id, command.expected_version)
    shipping = _shipping(change)
    if not shipping or any(units.place.status not in UNRELEASED for units in shipping):
        raise IllegalTransition("deliver together", change.order.status, by_rank(UNRELEASED))
    await _check(act, change, command.location_id)
    merge = await _kept(act, change, Merge.asked(act.now, command.wait_days, command.location_id))
    change.record(FactKind.ORDER_CHANGED, location_id=merge.location_id, merge=_told(merge))
    scheduled = [units for units in shipping if units.place.status is UnitStatus.SCHEDULED]
    for place, quantity in scheduled:
        change.move(Action.UNSCHEDULE, place, quantity)
    if scheduled:
        change.record(FactKind.UNITS_UNSCHEDULED)
        await send_on(act, change)
    await save(act, [change])
    return change.order.id


@action
async def deliver_without_waiting(act: Act, command: DeliverWithoutWaiting) -> UUID:
    """Returns the order's id. Raises NotFound, Conflict, or IllegalTransition when it waits for nothing."""
    change = await lock_order(act, command.order_id, command.expected_version)
    merge = await OrderMerge.get_or_none(order_id=change.order.id)
    if merge is None or merge.ended_at is not None:
        raise IllegalTransition("stop waiting for", change.order.status, ["delivered together"])
    merge.ended_at, merge.ended_by = act.now, act.actor
    await merge.save(update_fields=["ended_at", "ended_by"])
    change.record(FactKind.ORDER_CHANGED, location_id=merge.location_id, merge=_told(merge))
    await save(act, [change])
    return change.order.id


def _shipping(change: OrderChange) -> list[Units]:
    return [units for units in change.units() if change.lines[units.place.line_id].method is FulfilmentMethod.SHIP]


async def _check(act: Act, change: OrderChange, location_id: UUID | None) -> None:
    """Raises InvalidInput."""
    checks = Checks()
    network = await reference.network(Fetching, act.organization_id)
    checks.problems += merge_problems(location_id, network.channels[change.order.channel_id], network)
    checks.refuse()


async def _kept(act: Act, change: OrderChange, asked: Merge) -> OrderMerge:
    merge = await OrderMerge.get_or_none(order_id=change.order.id)
    is_new = merge is None
    if merge is None:
        merge = OrderMerge(id=new_id(), organization_id=act.organization_id, order_id=change.order.id)
    merge.location_id, merge.wait_days, merge.waits_until, _ = asked
    merge.asked_by, merge.asked_at, merge.ended_by, merge.ended_at = act.actor, act.now, None, None
    await merge.save(force_create=is_new)
    return merge


def _told(merge: OrderMerge) -> dict[str, Any]:
    return Merge(merge.location_id, merge.wait_days, merge.waits_until).told(merge.ended_at)
