"""Vendors that ship to customers, and orders chained to purchase orders with them.

await drop_shipper(world, MUG=400)              ACME ships mugs from its location ACME, for 4 dollars each
chained = await chained_order(world, MUG=3)     an order of three mugs that nobody has, ordered from ACME
"""

from typing import Any
from uuid import UUID

from actions.chaining import answering, ordering, policies, shipping
from actions.chaining.answering import AcknowledgePurchase
from actions.chaining.ordering import ChainOrder
from actions.chaining.policies import SetChainingPolicy
from actions.chaining.shipping import ReportShipment
from actions.purchasing.offers import UpsertOffer, upsert_offer
from domain.lifecycle import UnitStatus
from models import Order, PurchaseOrder
from models.locations import LocationKind
from tests.world import World, place
from tests.world.orders import new_order
from tests.world.stock_papers import vendor


async def drop_shipper(world: World, code: str = "ACME", *, lead_time_days: int = 7, **costs: int) -> UUID:
    """A vendor with a location of its own that ships these SKUs to customers."""
    at = world.locations.get(code) or await place(world, code, kind=LocationKind.VENDOR)
    vendor_id = await vendor(world, code, lead_time_days=lead_time_days, location_id=at.id)
    for sku, cost in costs.items():
        await offer(world, vendor_id, sku, unit_cost_minor=cost)
    return vendor_id


async def offer(world: World, vendor_id: UUID, sku: str, **values: Any) -> UUID:
    given = {"unit_cost_minor": 400, "drop_ships": True, **values}
    command = UpsertOffer(vendor_id=vendor_id, variant_id=world.variants[sku].id, **given)
    return await upsert_offer(world.act(), command)


async def waiting_order(world: World, **wanted: Any) -> Order:
    """A confirmed order that no location can serve."""
    return await new_order(world, waiting=UnitStatus.BACKORDERED, **wanted)


async def chain(world: World, order: Order, **values: Any) -> UUID:
    return await ordering.chain_order(world.act(), ChainOrder(order_id=order.id, **values))


async def chained_order(world: World, **quantities: int) -> PurchaseOrder:
    """The one purchase order with ACME for a new order."""
    await drop_shipper(world, **dict.fromkeys(quantities, 400))
    order = await waiting_order(world, **quantities)
    await chain(world, order)
    return await PurchaseOrder.get(order_id=order.id)


async def acknowledged(world: World, **quantities: int) -> PurchaseOrder:
    chained = await chained_order(world, **quantities)
    await answering.acknowledge(world.act(), AcknowledgePurchase(purchase_order_id=chained.id))
    return await PurchaseOrder.get(id=chained.id)


async def report(world: World, chained: PurchaseOrder, tracking_number: str = "1Z1", **values: Any) -> UUID:
    command = ReportShipment(purchase_order_id=chained.id, carrier="UPS", tracking_number=tracking_number, **values)
    return await shipping.report_shipment(world.act(), command)


async def by_itself(world: World, **values: Any) -> UUID:
    command = SetChainingPolicy(is_automatic=True, **values)
    return await policies.set_policy(world.act(), command)
