"""Keep the demo alive: at every tick something is ordered, moved, found missing, cancelled, delivered or received.

What the simulation works on it looks up in the tables each time, so it may be stopped anywhere and run beside people who
use the same business.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions import inventory
from actions.acting import Act
from actions.desk import Desk
from actions.fulfilment import accepting, declining, picking, pickup
from actions.fulfilment.pickup_codes import right_code
from actions.gateways import Gateways
from actions.orders import cancelling, noting
from actions.parcels import packing, shipping, tracking
from actions.payments import adding, authorizing
from actions.pickups import answering, arriving
from domain.errors import DomainError
from domain.fulfilment import DeclineReason
from domain.payments import Tender
from domain.pickups import IdentityCheck, PickupChoice
from domain.tracking import TrackingCode
from models import OrderLine
from models.db import rows
from models.orders import NoteVisibility
from server.clock import Clock
from server.demo.business import Business
from server.demo.history import CARRIERS
from server.demo.shopping import wanted

TICK_SECONDS: Final = 0.5
RESTOCK_BELOW: Final = 5
RESTOCK_UNITS: Final = 40

log = logging.getLogger("oms.demo")

FULFILMENT: Final = """
SELECT f.id, f.order_id, s.status, f.method, bool_or(s.status = 'acknowledged') AS can_pick FROM fulfilments f
JOIN line_status s ON s.fulfilment_id = f.id WHERE f.organization_id = $1 AND s.status = $2
GROUP BY f.id, s.status ORDER BY f.released_at LIMIT 20"""
PACKED: Final = """
SELECT p.id FROM parcels p JOIN parcel_lines l ON l.parcel_id = p.id JOIN fulfilments f ON f.id = l.fulfilment_id
WHERE p.organization_id = $1 AND p.shipped_at IS NULL AND p.delivered_at IS NULL AND f.method = 'ship'
ORDER BY p.packed_at LIMIT 20"""
ON_THE_WAY: Final = """
SELECT id, status FROM parcels WHERE organization_id = $1 AND shipped_at IS NOT NULL AND delivered_at IS NULL
ORDER BY packed_at DESC LIMIT 60"""
ASKED: Final = """
SELECT q.id, (SELECT f.location_id FROM stock_levels f JOIN locations p ON p.id = f.location_id
    WHERE f.variant_id = l.variant_id AND f.location_id <> q.location_id AND 'pickup' = ANY(p.capabilities)
        AND f.on_hand - f.allocated - f.reserved - f.damaged - f.quality_control - f.safety >= q.quantity
    ORDER BY f.on_hand DESC, f.id LIMIT 1) AS place
FROM pickup_questions q JOIN order_lines l ON l.id = q.line_id
WHERE q.organization_id = $1 AND q.status IN ('open', 'overdue') AND q.kit_id IS NULL ORDER BY q.expires_at LIMIT 20"""
FRESH_ORDERS: Final = """
SELECT id FROM orders WHERE organization_id = $1 AND status IN ('scheduled', 'released', 'acknowledged')
ORDER BY placed_at DESC LIMIT 30"""
LOW: Final = """
SELECT variant_id, location_id FROM stock_levels WHERE organization_id = $1 AND on_hand - allocated - reserved < $2
ORDER BY on_hand - allocated LIMIT 100"""
VEHICLES: Final = ("a red van", "a grey estate", "a bicycle with a trailer")
REASONS: Final = ("Changed my mind", "Found it cheaper", "Ordered twice")
NOTES: Final = (
    "Customer asked for a call before delivery.",
    "Gift: leave out the invoice.",
    "Address confirmed by phone.",
)


@dataclass(slots=True)
class Simulation:
    desk: Desk
    gateways: Gateways
    business: Business
    clock: Clock
    luck: random.Random
    tick_seconds: float = TICK_SECONDS

    async def run(self) -> None:
        """Until cancelled. A refusal is life; an error is logged and the next tick comes."""
        while True:
            step = self.luck.choices(list(STEPS), weights=list(STEPS.values()))[0]
            try:
                await step(self, self.clock.now())
            except DomainError as refusal:
                log.debug("%s was refused: %s", step.__name__, refusal)
            except Exception:
                log.exception("A step of the simulation failed")
            await asyncio.sleep(self.tick_seconds * self.luck.uniform(0.5, 1.5))

    def act(self, now: datetime) -> Act:
        return self.business.act(now)

    async def one(self, sql: str, *values: Any) -> dict[str, Any] | None:
        found = await rows(sql, [self.business.organization_id, *values])
        return self.luck.choice(found) if found else None


async def order(life: Simulation, now: datetime) -> None:
    """Placed, and paid by card more often than not."""
    act = life.act(now)
    order_id = await life.desk.place(act, wanted(life.business, life.luck, now))
    if "fake" in life.gateways.by_name and life.luck.random() < 0.7:
        token = "card-declined" if life.luck.random() < 0.05 else "card"
        command = adding.AddPayment(order_id=order_id, tender=Tender.CARD, gateway="fake", token=token)
        await adding.add_payment(act, life.gateways, command)
        await authorizing.authorize(act, life.gateways, authorizing.AuthorizePayment(order_id=order_id))


async def accept(life: Simulation, now: datetime) -> None:
    if found := await life.one(FULFILMENT, "released"):
        if life.luck.random() < 0.05:
            reason = life.luck.choice((DeclineReason.NO_CAPACITY, DeclineReason.OTHER))
            await declining.decline(
                life.act(now), declining.DeclineFulfilment(fulfilment_id=found["id"], reason=reason)
            )
        else:
            await accepting.accept(life.act(now), accepting.AcceptFulfilment(fulfilment_id=found["id"]))


async def pick(life: Simulation, now: datetime) -> None:
    """Once in a while the shelf is short of a unit."""
    found = await life.one(FULFILMENT, "acknowledged")
    if found is None:
        return
    if life.luck.random() < 0.06:
        line = await OrderLine.filter(units__fulfilment_id=found["id"], units__status="acknowledged").first()
        if line is not None:
            short = picking.FoundLine(line_id=line.id, found=0)
            await picking.short_pick(
                life.act(now),
                picking.ShortPick(fulfilment_id=found["id"], lines=(short,), reason=DeclineReason.DAMAGED),
            )
            return
    await picking.pick(life.act(now), picking.PickUnits(fulfilment_id=found["id"]))


async def pack(life: Simulation, now: datetime) -> None:
    if found := await life.one(FULFILMENT, "picked"):
        if found["method"] == "pickup":
            await pickup.make_ready(life.act(now), pickup.MakeReady(fulfilment_id=found["id"]))
        else:
            contents = (packing.PackedUnits(fulfilment_id=found["id"]),)
            await packing.pack(life.act(now), packing.PackParcel(contents=contents))


async def ship(life: Simulation, now: datetime) -> None:
    if found := await life.one(PACKED):
        command = shipping.ShipParcel(
            parcel_id=found["id"],
            carrier=life.luck.choice(CARRIERS),
            service="GROUND",
            tracking_number=f"1D{found['id'].hex[-20:].upper()}",
        )
        await shipping.ship(life.act(now), command)


async def hand_over(life: Simulation, now: datetime) -> None:
    """Some customers wait outside, and say so."""
    if found := await life.one(FULFILMENT, "ready_for_pickup"):
        if life.luck.random() < 0.4:
            spot = f"space {life.luck.randint(1, 8)}"
            arrival = arriving.AnnounceArrival(fulfilment_id=found["id"], spot=spot, vehicle=life.luck.choice(VEHICLES))
            await arriving.announce_arrival(life.act(now), arrival)
        await pickup.hand_over(life.act(now), await shown(life, found["id"]))


async def shown(life: Simulation, fulfilment_id: UUID) -> pickup.HandOver:
    """Most customers show their code; some have left it at home."""
    code = await right_code(fulfilment_id)
    if code is not None and life.luck.random() < 0.8:
        return pickup.HandOver(fulfilment_id=fulfilment_id, code=code)
    return pickup.HandOver(fulfilment_id=fulfilment_id, identity=IdentityCheck.PHOTO_ID)


async def answer(life: Simulation, now: datetime) -> None:
    """A customer who cannot collect where they wanted to chooses; most go where it lies, or have it sent."""
    if found := await life.one(ASKED):
        place = found["place"]
        choice = PickupChoice.COLLECT_ELSEWHERE if place and life.luck.random() < 0.6 else PickupChoice.SHIP
        if life.luck.random() < 0.15:
            choice = PickupChoice.CANCEL
        command = answering.AnswerPickup(
            question_id=found["id"],
            choice=choice,
            pickup_location_id=place if choice is PickupChoice.COLLECT_ELSEWHERE else None,
        )
        await answering.answer(life.act(now), command)


async def track(life: Simulation, now: datetime) -> None:
    """A parcel comes closer; now and then nobody is at home."""
    if found := await life.one(ON_THE_WAY):
        code = _next_code(found["status"], life.luck)
        await tracking.record_tracking_event(
            life.act(now),
            tracking.RecordTracking(
                parcel_id=found["id"], code=code, occurred_at=now, event_key=f"{code}-{now:%d%H%M%S%f}"
            ),
        )


async def cancel(life: Simulation, now: datetime) -> None:
    if found := await life.one(FRESH_ORDERS):
        command = cancelling.CancelOrder(order_id=found["id"], reason=life.luck.choice(REASONS))
        await cancelling.cancel(life.act(now), command)


async def note(life: Simulation, now: datetime) -> None:
    if found := await life.one(FRESH_ORDERS):
        command = noting.AddNote(order_id=found["id"], text=life.luck.choice(NOTES), visibility=NoteVisibility.PRIVATE)
        await noting.add_note(life.act(now), command)


async def restock(life: Simulation, now: datetime) -> None:
    found = await rows(LOW, [life.business.organization_id, RESTOCK_BELOW])
    lines = tuple(
        inventory.StockLine(variant_id=row["variant_id"], location_id=row["location_id"], quantity=RESTOCK_UNITS)
        for row in life.luck.sample(found, min(5, len(found)))
    )
    if lines:
        await inventory.receive(life.act(now), inventory.ReceiveStock(lines=lines, reference="delivery"))


def _next_code(before: str | None, luck: random.Random) -> TrackingCode:
    if before in {None, TrackingCode.LABEL_CREATED.value}:
        return TrackingCode.PICKED_UP
    if before == TrackingCode.PICKED_UP.value:
        return TrackingCode.IN_TRANSIT
    if before == TrackingCode.IN_TRANSIT.value:
        return TrackingCode.OUT_FOR_DELIVERY
    return TrackingCode.ATTEMPT_FAILED if luck.random() < 0.1 else TrackingCode.DELIVERED


Step = Callable[[Simulation, datetime], Awaitable[None]]
STEPS: Final[dict[Step, int]] = {
    order: 22,
    accept: 18,
    pick: 18,
    pack: 17,
    ship: 16,
    hand_over: 4,
    answer: 1,
    track: 40,
    cancel: 2,
    note: 1,
    restock: 3,
}
"""How often each happens, as weights."""
