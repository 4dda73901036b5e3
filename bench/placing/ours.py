"""The real thing: a desk in this process, so many buyers at once."""

import asyncio
import random
import time
from datetime import UTC, datetime

from actions import desk
from actions.acting import Act
from bench.placing.world import CHANNEL, CUSTOMER, ORGANIZATION, VARIANT, Basket, basket, bench_id
from domain.ids import new_id
from domain.placing.commands import Address, OrderedLine, PlaceOrder

HOME = Address(
    name="Ada Example",
    line1="1 Beacon Street",
    city="Boston",
    region="MA",
    postal_code="02108",
    country="US",
    latitude=42.36,
    longitude=-71.06,
)


def act() -> Act:
    return Act(
        organization_id=bench_id(ORGANIZATION, 0), actor="bench", now=datetime.now(UTC), key=f"bench-{new_id().hex}"
    )


def command(wanted: Basket) -> PlaceOrder:
    lines = zip(wanted.variants, wanted.quantities, strict=True)
    return PlaceOrder(
        channel_id=bench_id(CHANNEL, 0),
        customer_id=bench_id(CUSTOMER, wanted.customer),
        shipping_address=HOME,
        lines=tuple(OrderedLine(variant_id=bench_id(VARIANT, v), quantity=units) for v, units in lines),
    )


async def place(database_url: str, *, clients: int, seconds: float, hot: bool) -> tuple[float, list[float]]:
    """(orders a second, each order's seconds)."""
    took: list[float] = []
    luck = random.Random(clients)
    async with desk.opened(database_url) as opened:
        end = time.perf_counter() + seconds

        async def buy() -> None:
            while (began := time.perf_counter()) < end:
                await opened.place(act(), command(basket(luck, hot=hot)))
                took.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(buy() for _ in range(clients)))
        return len(took) / (time.perf_counter() - began), took
