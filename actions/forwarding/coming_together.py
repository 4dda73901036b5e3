"""Where an order that is delivered together comes together, as its routing finds and keeps it."""

from collections.abc import Sequence
from typing import Final

from actions.acting import Act
from actions.changing import OrderChange, Units
from domain.facts import FactKind
from domain.ids import new_id
from domain.lifecycle import ALLOCATED, FORWARDED, UnitStatus
from domain.merging import Merge
from domain.orders import FulfilmentMethod
from domain.placing.commands import Together
from domain.placing.merging import Bringing, bringing
from domain.placing.world import ChannelTerms, Network
from domain.routing.values import RoutingPlan
from models import OrderMerge, Variant

STANDING: Final = sorted(ALLOCATED | FORWARDED)
SHIP: Final = FulfilmentMethod.SHIP


async def bringing_of(change: OrderChange, merge: OrderMerge, network: Network, channel: ChannelTerms) -> Bringing:
    """Where it comes together, or might. What stands somewhere leaves with it, so its part of the last leg is paid."""
    shipping = [units for units in change.units(*STANDING) if change.lines[units.place.line_id].method is SHIP]
    variants = {change.lines[units.place.line_id].variant_id for units in shipping}
    grams = dict(await Variant.filter(id__in=variants).values_list("id", "weight_grams")) if shipping else {}
    before = sum(grams[change.lines[units.place.line_id].variant_id] * units.quantity for units in shipping)
    asked = Together(location_id=merge.location_id, wait_days=merge.wait_days)
    return bringing(asked, network, channel)._replace(grams_before=before)


def is_untouched(change: OrderChange, waiting: Sequence[Units]) -> bool:
    """Whether all that ships is decided about now: what stands somewhere already would not come together with it."""
    places = {units.place for units in waiting}
    return not any(
        change.lines[units.place.line_id].method is SHIP
        and units.place.status is not UnitStatus.CANCELLED
        and units.place not in places
        for units in change.units()
    )


async def begin(act: Act, change: OrderChange, merge: Merge) -> None:
    """A rule asks for it."""
    await OrderMerge.create(
        id=new_id(),
        organization_id=act.organization_id,
        order_id=change.order.id,
        location_id=merge.location_id,
        wait_days=merge.wait_days,
        waits_until=merge.waits_until,
        asked_by=merge.asked_by,
        asked_at=act.now,
    )
    change.record(FactKind.ORDER_CHANGED, location_id=merge.location_id, merge=merge.told())


async def settle(act: Act, change: OrderChange, merge: OrderMerge, plan: RoutingPlan) -> None:
    """With the first units of it that can be served, where it comes together is chosen unless it was named, and from then on
    what has come waits for the rest."""
    if plan.last_leg is None:
        return
    chosen = Merge.asked(act.now, merge.wait_days, plan.last_leg.location)
    if (merge.location_id, merge.waits_until) != (chosen.location_id, chosen.waits_until):
        merge.location_id, merge.waits_until = chosen.location_id, chosen.waits_until
        await merge.save(update_fields=["location_id", "waits_until"])
        change.record(FactKind.ORDER_CHANGED, location_id=chosen.location_id, merge=chosen.told(merge.ended_at))
