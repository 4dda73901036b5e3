"""Take units of the substitute in the place of units that wait: one transaction, or nothing.

The units that waited stay on record as cancelled; new lines, priced by the rule, have their stock when the order is saved.
Kits are replaced whole.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from actions import reference
from actions.acting import Act
from actions.changing import OrderChange, StandingKit
from actions.orders.confirming import confirm_if_authorized
from actions.orders.recalling import cancelled_value
from actions.quotas.buyers import groups_of
from actions.routing import free_at, not_launched, route
from actions.substituting.lines import add_lines, components_of
from domain.errors import IllegalTransition, InsufficientStock
from domain.facts import FactKind
from domain.kits import whole_kits
from domain.lifecycle import Action, UnitStatus, by_rank
from domain.placing.decision import METHODS
from domain.routing.rules.values import DecisionKind
from domain.substitution import SubstitutionStatus
from models import Order, OrderLine, Substitution
from models.db import Fetching

REPLACEABLE: Final = (UnitStatus.BACKORDERED, UnitStatus.UNSCHEDULED)
"""What nobody has: there is no stock to give back for it."""


def waiting_units(change: OrderChange, line_id: UUID) -> int:
    """Units that something else may be sent for: none of a kit, which is replaced whole."""
    if change.kit_of(line_id) is not None:
        return 0
    return sum(units.quantity for units in change.units(*REPLACEABLE, line_id=line_id))


def waiting_kits(change: OrderChange, kit: StandingKit) -> int:
    """The same of kits."""
    return sum(
        whole_kits({units.place.line_id: units.quantity for units in change.units(status)}, kit.in_one)
        for status in REPLACEABLE
    )


def still_waiting(change: OrderChange, taken: Substitution) -> int:
    """How many of what it is for wait: units of its line, or kits, none once they were parted."""
    if taken.kit_id is None:
        return waiting_units(change, taken.line_id)
    kit = _kit(change, taken)
    return waiting_kits(change, kit) if kit else 0


async def free_units(act: Act, change: OrderChange, line: OrderLine, variant_id: UUID) -> int:
    """Of the variant, for this customer, where the line could be served from; of kits whole ones. Locks its levels."""
    in_one = {part.variant_id: part.quantity for part in await components_of(variant_id)} or {variant_id: 1}
    network = await reference.network(Fetching, act.organization_id)
    channel = network.channels[change.order.channel_id]
    if network.has_backorder_terms and await not_launched(act, change, list(in_one), DecisionKind.SUBSTITUTED):
        return 0
    change.groups = await groups_of(act.organization_id, change.order.channel_id, change.order.customer_id)
    free = await free_at(change, network, channel, {each: [METHODS[line.method]] for each in in_one})
    is_anywhere = line.pickup_location_id is None or line.pickup_location_id in network.brought_to
    sites = {site for at in free.values() for site in at if is_anywhere or line.pickup_location_id == site.id}
    return sum(whole_kits({each: at.get(site, 0) for each, at in free.items()}, in_one) for site in sites)


async def exchange(act: Act, change: OrderChange, taken: Substitution) -> None:
    """Carry a substitution out; the caller saves the change, and `taken` is written here.

    Raises IllegalTransition when fewer units wait than it is for, InsufficientStock when the substitute is gone, and
    BlockedByHold.
    """
    line = change.lines[taken.line_id]
    if still_waiting(change, taken) < taken.quantity:
        raise IllegalTransition(f"substitute {taken.quantity} of", line.status, by_rank(REPLACEABLE))
    lines = await add_lines(act, change, taken)
    gone = _cancel(change, taken)
    await _bill(change.order, lines)
    taken.status, taken.new_line_id = SubstitutionStatus.ACCEPTED, lines[0].id
    taken.answered_by, taken.answered_at = act.actor, act.now
    await taken.save()
    value = await cancelled_value(change, gone)
    change.record(FactKind.UNITS_SUBSTITUTED, reason=taken.reason, **told(taken), **_billed(taken, lines), **value)
    await route(act, change, DecisionKind.SUBSTITUTED, line_ids={each.id for each in lines})
    new = {each.id for each in lines}
    if short := [units for units in change.units(*REPLACEABLE) if units.place.line_id in new]:
        raise InsufficientStock({taken.sku: max(units.quantity for units in short)})
    await confirm_if_authorized(act, change)


def told(substitution: Substitution) -> dict[str, Any]:
    """As part of a fact, see `domain/projection.py`."""
    row = substitution
    return {
        "substitutions": {
            str(row.id): {
                "line": str(row.line_id),
                "sku": row.sku,
                "quantity": row.quantity,
                "unit_price_minor": row.unit_price_minor,
                "status": row.status.value,
                "expires_at": row.expires_at.isoformat() if row.expires_at else None,
                "new_line": str(row.new_line_id) if row.new_line_id else None,
                "kit": str(row.kit_id) if row.kit_id else None,
                "new_kit": str(row.new_kit_id) if row.new_kit_id else None,
            }
        }
    }


def _cancel(change: OrderChange, taken: Substitution) -> dict[UUID, int]:
    """Units by line, of kits whole ones."""
    kit = _kit(change, taken)
    in_one = kit.in_one if kit else {taken.line_id: 1}
    left = taken.quantity
    for status in REPLACEABLE:
        there = {units.place.line_id: units for units in change.units(status) if units.place.line_id in in_one}
        kits = min(left, whole_kits({line_id: units.quantity for line_id, units in there.items()}, in_one))
        for line_id, units in there.items() if kits else ():
            change.move(Action.CANCEL, units.place, kits * in_one[line_id])
        left -= kits
    return {line_id: taken.quantity * units for line_id, units in in_one.items()}


def _kit(change: OrderChange, taken: Substitution) -> StandingKit | None:
    """The kits that something else is sent for, unless they were parted."""
    return next((kit for kit in change.kits if kit.id == taken.kit_id), None)


async def _bill(order: Order, lines: Sequence[OrderLine]) -> None:
    """The order's totals are the sums of all its lines, cancelled or not: what was cancelled is told by itself."""
    for line in lines:
        order.subtotal_minor += line.quantity * line.unit_price_minor
        order.discount_minor += line.discount_minor
        order.tax_minor += line.tax_minor
        order.total_minor += line.total_minor
    await order.save(update_fields=["subtotal_minor", "discount_minor", "tax_minor", "total_minor"])


def _billed(taken: Substitution, lines: Sequence[OrderLine]) -> dict[str, Any]:
    return {
        "added": {
            "line": str(lines[0].id),
            "kit": str(taken.new_kit_id) if taken.new_kit_id else None,
            "sku": taken.sku,
            "quantity": taken.quantity,
            "total_minor": sum(line.total_minor for line in lines),
            "tax_minor": sum(line.tax_minor for line in lines),
        }
    }
