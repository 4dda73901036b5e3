"""The lines that a substitution adds to an order: units of a variant, or of the components of kits with the kits beside them."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from actions import reference
from actions.acting import Act
from actions.changing import OrderChange, StandingKit
from actions.orders.kits import read_kits
from actions.orders.recalling import priced
from domain.ids import new_id
from domain.lifecycle import OrderStatus, UnitStatus
from domain.orders import AddressKind
from domain.placing.kits import Component
from domain.pricing import PriceBasis, PricedLine
from domain.substitution import (
    NewPart,
    Replaced,
    ReplacedUnits,
    price_substitute,
    price_substitute_kits,
    replaced_kits,
    replaced_units,
)
from models import KitLine, Order, OrderAddress, OrderKit, OrderLine, Price, Substitution, Variant
from models.db import Fetching


class Taxes(NamedTuple):
    """Tax rates by tax class, where the order's goods go to, and what prices of its channel are."""

    rates: dict[str, int]
    basis: PriceBasis


async def add_lines(act: Act, change: OrderChange, taken: Substitution) -> list[OrderLine]:
    """Writes them, and kits where it is kits that are sent; their units come into being `PLACED`."""
    parts = await components_of(taken.variant_id)
    variants = {
        each.id: each for each in await Variant.filter(id__in=[taken.variant_id, *(p.variant_id for p in parts)])
    }
    taxes = await _taxes(act, change.order, list(variants.values()))
    replaced = await _replaced(change, taken)
    if parts:
        costs = await _kit_costs(change, taken, replaced, parts, variants, taxes)
        sent = [variants[part.variant_id] for part in parts]
    else:
        sent = [variants[taken.variant_id]]
        costs = [
            price_substitute(
                replaced,
                taken.quantity,
                rule=taken.price_rule,
                unit_price_minor=taken.unit_price_minor,
                tax_rate_ppm=taxes.rates[sent[0].tax_class],
                basis=taxes.basis,
            )
        ]
    lines = _lines(change, change.lines[taken.line_id], sent, costs)
    for line in lines:
        await line.save(force_create=True)
        change.add_line(line)
    if parts:
        taken.new_kit_id = await _add_kits(change, taken, variants[taken.variant_id], lines, parts)
    return lines


async def components_of(variant_id: UUID) -> Sequence[Component]:
    """What one of the variant is made of now, if it is a kit."""
    return (await read_kits(Fetching, [variant_id]))[variant_id]


async def _replaced(change: OrderChange, taken: Substitution) -> Replaced:
    kit = next((kit for kit in change.kits if kit.id == taken.kit_id), None)
    in_one = kit.in_one if kit else {taken.line_id: 1}
    parts = [
        ReplacedUnits(
            priced(change.lines[line_id]),
            sum(units.quantity for units in change.units(UnitStatus.CANCELLED, line_id=line_id)),
            taken.quantity * units,
        )
        for line_id, units in in_one.items()
    ]
    if kit is None:
        return replaced_units(parts[0])
    return replaced_kits(taken.quantity, (await OrderKit.get(id=kit.id)).unit_price_minor, parts)


async def _kit_costs(
    change: OrderChange,
    taken: Substitution,
    replaced: Replaced,
    parts: Sequence[Component],
    variants: dict[UUID, Variant],
    taxes: Taxes,
) -> list[PricedLine]:
    order = change.order
    prices = Price.filter(variant_id__in=list(variants), channel_id=order.channel_id, currency=order.currency)
    alone = {each.variant_id: each.amount_minor for each in await prices}
    return price_substitute_kits(
        replaced,
        taken.quantity,
        rule=taken.price_rule,
        unit_price_minor=taken.unit_price_minor,
        parts=[
            NewPart(part.quantity, alone.get(part.variant_id), taxes.rates[variants[part.variant_id].tax_class])
            for part in parts
        ],
        basis=taxes.basis,
    )


def _lines(
    change: OrderChange, original: OrderLine, sent: Sequence[Variant], costs: Sequence[PricedLine]
) -> list[OrderLine]:
    position = max(each.position for each in change.lines.values()) + 1
    return [
        OrderLine(
            id=new_id(),
            order_id=change.order.id,
            position=position + at,
            variant_id=variant.id,
            sku=variant.sku,
            name=variant.name,
            quantity=cost.quantity,
            method=original.method,
            pickup_location_id=original.pickup_location_id,
            unit_price_minor=cost.unit_price_minor,
            discount_minor=cost.discount_minor,
            tax_rate_ppm=cost.tax_rate_ppm,
            tax_minor=cost.tax_minor,
            total_minor=cost.total_minor,
            status=OrderStatus.PLACED,
        )
        for at, (variant, cost) in enumerate(zip(sent, costs, strict=True))
    ]


async def _add_kits(
    change: OrderChange, taken: Substitution, kit: Variant, lines: Sequence[OrderLine], parts: Sequence[Component]
) -> UUID:
    paid = sum(line.quantity * line.unit_price_minor - line.discount_minor for line in lines)
    row = await OrderKit.create(
        id=new_id(),
        order_id=change.order.id,
        position=max([each.position for each in await OrderKit.filter(order_id=change.order.id)], default=-1) + 1,
        variant_id=kit.id,
        sku=kit.sku,
        name=kit.name,
        quantity=taken.quantity,
        unit_price_minor=taken.unit_price_minor,
        discount_minor=taken.quantity * taken.unit_price_minor - paid,
    )
    for line, part in zip(lines, parts, strict=True):
        await KitLine.create(id=new_id(), kit_id=row.id, line_id=line.id, units=part.quantity)
    in_one = {line.id: part.quantity for line, part in zip(lines, parts, strict=True)}
    change.kits.append(StandingKit(row.id, kit.id, kit.sku, taken.quantity, in_one))
    return row.id


async def _taxes(act: Act, order: Order, variants: Sequence[Variant]) -> Taxes:
    """As when the order was priced: where the goods go to, else the bill."""
    network = await reference.network(Fetching, act.organization_id)
    found = {each.kind: each for each in await OrderAddress.filter(order_id=order.id)}
    address = found.get(AddressKind.SHIPPING) or found.get(AddressKind.BILLING)
    where = (address.country, address.region) if address else ("", "")
    is_gross = network.channels[order.channel_id].prices_include_tax
    rates = {each.tax_class: network.tax_rate_ppm(each.tax_class, *where) for each in variants}
    return Taxes(rates, PriceBasis.GROSS if is_gross else PriceBasis.NET)
