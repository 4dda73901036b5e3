"""Give the demo a past: orders of the last weeks, placed and carried out day by day through the real actions."""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from actions.acting import Act
from actions.desk import Desk
from actions.fulfilment import waves
from actions.orders import cancelling
from actions.parcels import manifests
from domain.orders import FulfilmentMethod
from models import Fulfilment
from models.db import rows, tx
from server.demo.business import Business, chunks
from server.demo.shopping import wanted
from server.progress import Progress

DAYS: Final = 45
CARRIERS: Final = ("PARCELEX", "NORTHLINE", "SWIFTPOST")
DAYS_IN_TRANSIT: Final = 3
CANCELLED_SHARE: Final = 0.03
UNRELEASED_DAYS: Final = 1
"""Orders of the last day are left to the simulation."""
WAVE: Final = 250

SCHEDULED: Final = """
SELECT DISTINCT o.id FROM orders o JOIN line_status s ON s.order_id = o.id
WHERE o.organization_id = $1 AND s.status = 'scheduled' AND o.placed_at >= $2 AND o.placed_at < $3"""


async def give_past(desk: Desk, business: Business, *, orders: int, luck: random.Random) -> None:
    """Everything ordered on a day is shipped the next day and delivered three days later; a few are cancelled."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    on_the_way: deque[tuple[datetime, list[UUID]]] = deque()
    with Progress("Past orders", orders) as progress:
        for days_ago, count in _spread(orders):
            day = today - timedelta(days=days_ago)
            placed = await _place(desk, business, day, count, luck)
            await _cancel(business, day, placed, luck)
            if days_ago > UNRELEASED_DAYS:
                on_the_way.append((day, await _ship(business, day, luck)))
            while on_the_way and (day - on_the_way[0][0]).days >= DAYS_IN_TRANSIT:
                await _deliver(business, on_the_way.popleft())
            progress.add(count)


def _spread(orders: int) -> list[tuple[int, int]]:
    """(days ago, how many): the same number every day, what is left over first."""
    whole, rest = divmod(orders, DAYS)
    return [(days_ago, whole + (rest if days_ago == DAYS else 0)) for days_ago in range(DAYS, 0, -1)]


async def _place(desk: Desk, business: Business, day: datetime, count: int, luck: random.Random) -> list[UUID]:
    moments = sorted(day + timedelta(seconds=luck.randrange(86_000)) for _ in range(count))
    placed: list[UUID] = []
    for chunk in chunks(moments):
        placed += await asyncio.gather(*(desk.place(business.act(now), wanted(business, luck, now)) for now in chunk))
    return placed


async def _cancel(business: Business, day: datetime, placed: Sequence[UUID], luck: random.Random) -> None:
    act = business.act(day + timedelta(hours=24))
    for order_id in placed:
        if luck.random() < CANCELLED_SHARE:
            await cancelling.cancel(act, cancelling.CancelOrder(order_id=order_id, reason="Ordered by mistake"))


async def _ship(business: Business, day: datetime, luck: random.Random) -> list[UUID]:
    """Parcels that left the morning after; what is picked up in a store has been handed over."""
    act = business.act(day + timedelta(hours=34))
    found = await rows(SCHEDULED, [business.organization_id, day, day + timedelta(days=1)])
    shipped: list[UUID] = []
    for chunk in chunks([row["id"] for row in found], WAVE):
        async with tx():
            shipped += await _wave(act, chunk, luck)
    return shipped


async def _wave(act: Act, order_ids: Sequence[UUID], luck: random.Random) -> list[UUID]:
    released = await waves.release_wave(act, order_ids)
    by_method = defaultdict(list)
    for fulfilment in await Fulfilment.filter(id__in=released).only("id", "method"):
        by_method[fulfilment.method].append(fulfilment.id)
    await waves.accept_wave(act, released)
    await waves.pick_wave(act, released)
    if at_the_counter := by_method[FulfilmentMethod.PICKUP]:
        await waves.make_ready_wave(act, at_the_counter)
        await waves.hand_over_wave(act, at_the_counter)
    if not (to_ship := by_method[FulfilmentMethod.SHIP]):
        return []
    parcels = await manifests.pack_wave(act, to_ship)
    entries = tuple(
        manifests.ManifestEntry(parcel_id=parcel, tracking_number=f"1D{parcel.hex[-20:].upper()}") for parcel in parcels
    )
    return await manifests.ship_manifest(
        act, manifests.ShipManifest(carrier=luck.choice(CARRIERS), service="GROUND", entries=entries)
    )


async def _deliver(business: Business, sent: tuple[datetime, list[UUID]]) -> None:
    day, parcels = sent
    act = business.act(day + timedelta(days=DAYS_IN_TRANSIT, hours=36))
    for chunk in chunks(parcels, WAVE):
        await manifests.deliver_wave(act, chunk)
