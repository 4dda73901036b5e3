"""How one would write it with Tortoise alone: a transaction an order, a query a thing, the same rules and rows."""

import asyncio
import random
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from tortoise.transactions import in_transaction

from actions import reference
from actions.acting import fingerprint
from bench.placing.ours import act, command
from bench.placing.world import basket
from domain.lifecycle import OrderStatus, UnitStatus
from domain.orders import AddressKind
from domain.placing.decision import Market, decide
from domain.placing.world import Goods, Shelf
from domain.routing.rules.keeping import plain_plan
from domain.routing.rules.values import DecisionKind
from domain.routing.values import real_cost_minor
from domain.stock import MovementKind
from models import (
    Channel,
    Customer,
    IdempotencyKey,
    LineStatus,
    Order,
    OrderAddress,
    OrderLine,
    OutboxFact,
    Price,
    RoutingDecision,
    StockLevel,
    StockMovement,
    Variant,
)
from models.db import Fetching


async def place_one(hot: bool, luck: random.Random) -> None:
    doing, wanted = act(), command(basket(luck, hot=hot))
    network = await reference.network(Fetching, doing.organization_id)
    async with in_transaction():
        if await IdempotencyKey.get_or_none(id=doing.key_id()):
            return
        channel = await Channel.get(id=wanted.channel_id)
        customer = await Customer.get(id=wanted.customer_id)
        goods, shelves, levels = {}, {}, {}
        for line in sorted(wanted.lines, key=lambda each: each.variant_id):
            variant = await Variant.get(id=line.variant_id).select_related("product")
            price = await Price.get(variant_id=variant.id, channel_id=channel.id, currency=channel.currency)
            goods[variant.id, channel.id] = Goods(
                variant.id, variant.organization_id, variant.sku, variant.name, variant.weight_grams, variant.tax_class,
                variant.is_active, price.amount_minor, variant.product.category,
            )  # fmt: skip
            found = await StockLevel.filter(variant_id=variant.id).order_by("id").select_for_update(no_key=True)
            levels |= {level.id: level for level in found}
            shelves[variant.id] = {
                level.location_id: Shelf(
                    level.id,
                    variant.id,
                    level.location_id,
                    level.on_hand - level.allocated - level.reserved - level.safety,
                )
                for level in found
            }
        decided = decide(wanted, Market(network.channels[channel.id], network, goods, shelves))
        order = await _write_order(doing, wanted, customer, decided)
        for allocation in decided.allocations:
            level = levels[allocation.shelf.id]
            level.allocated += allocation.quantity
            level.version += 1
            await level.save(update_fields=["allocated", "version"])
            await OutboxFact.create(
                organization_id=doing.organization_id, kind="stock_changed", variant_id=level.variant_id,
                location_id=level.location_id, payload={"allocated": level.allocated}, actor="bench", recorded_at=doing.now,
            )  # fmt: skip
        await IdempotencyKey.create(
            id=doing.key_id(),
            fingerprint=fingerprint("place", wanted),
            result={"id": str(order.id)},
            created_at=doing.now,
        )


async def _write_order(doing: Any, wanted: Any, customer: Customer, decided: Any) -> Order:
    priced = decided.priced
    number = (await Fetching.fetch("SELECT nextval('order_numbers') AS n"))[0]["n"]
    order = await Order.create(
        organization_id=doing.organization_id, number=f"SO-{number}", channel_id=wanted.channel_id, origin=wanted.origin,
        customer_id=customer.id, customer_name=customer.name, customer_email=customer.email, status=OrderStatus.SCHEDULED,
        currency="USD", subtotal_minor=priced.subtotal_minor, discount_minor=priced.discount_minor,
        shipping_minor=priced.shipping_minor, tax_minor=priced.tax_minor, total_minor=priced.total_minor,
        placed_at=doing.now, confirmed_at=doing.now,
    )  # fmt: skip
    home = wanted.shipping_address
    await OrderAddress.create(
        order_id=order.id, kind=AddressKind.SHIPPING, name=home.name, line1=home.line1, city=home.city, region=home.region,
        postal_code=home.postal_code, country=home.country, latitude=home.latitude, longitude=home.longitude,
    )  # fmt: skip
    lines = []
    for at, (line, goods, cost) in enumerate(zip(wanted.lines, decided.goods, priced.lines, strict=True)):
        lines.append(
            await OrderLine.create(
                order_id=order.id, position=at, variant_id=line.variant_id, sku=goods.sku, name=goods.name,
                quantity=line.quantity, unit_price_minor=cost.unit_price_minor, discount_minor=cost.discount_minor,
                tax_rate_ppm=cost.tax_rate_ppm, tax_minor=cost.tax_minor, total_minor=cost.total_minor,
                status=OrderStatus.SCHEDULED,
            )
        )  # fmt: skip
    for allocation in decided.allocations:
        line = lines[allocation.line]
        await LineStatus.create(
            line_id=line.id, order_id=order.id, status=UnitStatus.SCHEDULED, location_id=allocation.shelf.location_id,
            quantity=allocation.quantity,
        )  # fmt: skip
        await StockMovement.create(
            stock_level_id=allocation.shelf.id, kind=MovementKind.ALLOCATED, quantity=allocation.quantity, line_id=line.id,
            actor="bench", moved_at=doing.now,
        )  # fmt: skip
    await RoutingDecision.create(
        order_id=order.id, kind=DecisionKind.PLACED, made_at=doing.now, cost_minor=real_cost_minor(decided.routed.plan),
        request=orjson.dumps(decided.routed.plain()).decode(), plan=orjson.dumps(plain_plan(decided.routed.plan)).decode(),
    )  # fmt: skip
    await OutboxFact.create(
        organization_id=doing.organization_id, kind="order_placed", order_id=order.id, payload={"number": order.number},
        actor="bench", recorded_at=datetime.now(UTC),
    )  # fmt: skip
    return order


async def place(*, clients: int, seconds: float, hot: bool) -> float:
    """Orders a second."""
    luck = random.Random(clients)
    end = time.perf_counter() + seconds
    done = 0

    async def buy() -> None:
        nonlocal done
        while time.perf_counter() < end:
            await place_one(hot, luck)
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*(buy() for _ in range(clients)))
    return done / (time.perf_counter() - began)
