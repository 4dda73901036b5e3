"""Take units of the substitute in the place of units that wait: one transaction, or nothing.

The units that waited stay on record as cancelled; a new line, priced by the rule, has its stock when the order is saved.
"""

from typing import Any, Final
from uuid import UUID

from actions import reference
from actions.acting import Act
from actions.changing import OrderChange
from actions.orders.confirming import confirm_if_authorized
from actions.orders.recalling import cancelled_value, priced
from actions.quotas.buyers import groups_of
from actions.routing import free_at, not_launched, route
from domain.errors import IllegalTransition, InsufficientStock
from domain.facts import FactKind
from domain.ids import new_id
from domain.lifecycle import Action, OrderStatus, UnitStatus, by_rank
from domain.orders import AddressKind
from domain.placing.decision import METHODS
from domain.pricing import PriceBasis
from domain.routing.rules.values import DecisionKind
from domain.substitution import SubstitutionStatus, price_substitute
from models import Order, OrderAddress, OrderLine, Substitution, Variant
from models.db import Fetching

REPLACEABLE: Final = (UnitStatus.BACKORDERED, UnitStatus.UNSCHEDULED)
"""What nobody has: there is no stock to give back for it."""


def waiting_units(change: OrderChange, line_id: UUID) -> int:
    """Units that something else may be sent for: none of a kit, which is sent as it was ordered."""
    if change.kit_of(line_id) is not None:
        return 0
    return sum(units.quantity for units in change.units(*REPLACEABLE, line_id=line_id))


async def free_units(act: Act, change: OrderChange, line: OrderLine, variant_id: UUID) -> int:
    """Of the variant, for this customer, where the line could be served from. Locks its levels."""
    network = await reference.network(Fetching, act.organization_id)
    channel = network.channels[change.order.channel_id]
    if network.has_backorder_terms and await not_launched(act, change, [variant_id], DecisionKind.SUBSTITUTED):
        return 0
    change.groups = await groups_of(act.organization_id, change.order.channel_id, change.order.customer_id)
    free = await free_at(change, network, channel, {variant_id: [METHODS[line.method]]})
    is_anywhere = line.pickup_location_id is None or line.pickup_location_id in network.brought_to
    return sum(units for site, units in free[variant_id].items() if is_anywhere or line.pickup_location_id == site.id)


async def exchange(act: Act, change: OrderChange, taken: Substitution) -> None:
    """Carry a substitution out; the caller saves the change, and `taken` is written here.

    Raises IllegalTransition when fewer units wait than it is for, InsufficientStock when the substitute is gone, and
    BlockedByHold.
    """
    line = change.lines[taken.line_id]
    if waiting_units(change, line.id) < taken.quantity:
        raise IllegalTransition(f"substitute {taken.quantity} of", line.status, by_rank(REPLACEABLE))
    new_line = await _new_line(act, change, line, taken)
    await new_line.save(force_create=True)
    _cancel(change, taken)
    change.add_line(new_line)
    await _bill(change.order, new_line)
    taken.status, taken.new_line_id = SubstitutionStatus.ACCEPTED, new_line.id
    taken.answered_by, taken.answered_at = act.actor, act.now
    await taken.save()
    value = await cancelled_value(change, {line.id: taken.quantity})
    change.record(FactKind.UNITS_SUBSTITUTED, reason=taken.reason, **told(taken), **_billed(new_line), **value)
    await route(act, change, DecisionKind.SUBSTITUTED, line_ids={new_line.id})
    if short := waiting_units(change, new_line.id):
        raise InsufficientStock({taken.sku: short})
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
            }
        }
    }


async def _new_line(act: Act, change: OrderChange, line: OrderLine, taken: Substitution) -> OrderLine:
    variant = await Variant.get(id=taken.variant_id)
    network = await reference.network(Fetching, act.organization_id)
    is_gross = network.channels[change.order.channel_id].prices_include_tax
    cost = price_substitute(
        priced(line),
        already=sum(units.quantity for units in change.units(UnitStatus.CANCELLED, line_id=line.id)),
        units=taken.quantity,
        rule=taken.price_rule,
        unit_price_minor=taken.unit_price_minor,
        tax_rate_ppm=network.tax_rate_ppm(variant.tax_class, *await _taxed_where(change.order)),
        basis=PriceBasis.GROSS if is_gross else PriceBasis.NET,
    )
    return OrderLine(
        id=new_id(),
        order_id=change.order.id,
        position=max(each.position for each in change.lines.values()) + 1,
        variant_id=variant.id,
        sku=variant.sku,
        name=variant.name,
        quantity=cost.quantity,
        method=line.method,
        pickup_location_id=line.pickup_location_id,
        unit_price_minor=cost.unit_price_minor,
        discount_minor=cost.discount_minor,
        tax_rate_ppm=cost.tax_rate_ppm,
        tax_minor=cost.tax_minor,
        total_minor=cost.total_minor,
        status=OrderStatus.PLACED,
    )


async def _taxed_where(order: Order) -> tuple[str, str]:
    """As when the order was priced: where the goods go to, else the bill."""
    found = {each.kind: each for each in await OrderAddress.filter(order_id=order.id)}
    address = found.get(AddressKind.SHIPPING) or found.get(AddressKind.BILLING)
    return (address.country, address.region) if address else ("", "")


def _cancel(change: OrderChange, taken: Substitution) -> None:
    left = taken.quantity
    for units in change.units(*REPLACEABLE, line_id=taken.line_id):
        quantity = min(left, units.quantity)
        if quantity:
            change.move(Action.CANCEL, units.place, quantity)
            left -= quantity


async def _bill(order: Order, line: OrderLine) -> None:
    """The order's totals are the sums of all its lines, cancelled or not: what was cancelled is told by itself."""
    order.subtotal_minor += line.quantity * line.unit_price_minor
    order.discount_minor += line.discount_minor
    order.tax_minor += line.tax_minor
    order.total_minor += line.total_minor
    await order.save(update_fields=["subtotal_minor", "discount_minor", "tax_minor", "total_minor"])


def _billed(line: OrderLine) -> dict[str, Any]:
    return {
        "added": {
            "line": str(line.id),
            "sku": line.sku,
            "quantity": line.quantity,
            "total_minor": line.total_minor,
            "tax_minor": line.tax_minor,
        }
    }
