"""Random work at several locations, several hands at once: whatever happens, the books and the words agree."""

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from actions.fulfilment.accepting import AcceptFulfilment, accept
from actions.fulfilment.declining import DeclineFulfilment, decline
from actions.fulfilment.picking import FoundLine, PickedLine, PickUnits, ShortPick, pick, short_pick
from actions.fulfilment.pickup import HandOver, MakeReady, hand_over, make_ready
from actions.fulfilment.pickup_codes import right_code
from actions.fulfilment.releasing import ReleaseOrder, release
from actions.orders.recalling import (
    AnswerCancellation,
    RequestCancellation,
    answer_cancellation,
    request_cancellation,
)
from actions.parcels.packing import PackedUnits, PackParcel, UnpackParcel, pack, unpack
from actions.parcels.shipping import ShipParcel, ship
from actions.parcels.tracking import RecordTracking, record_tracking_event
from domain.errors import DomainError
from domain.fulfilment import DeclineReason, derive_fulfilment
from domain.ids import new_id
from domain.lifecycle import UnitStatus
from domain.orders import FulfilmentMethod
from domain.tracking import TrackingCode
from models import CancellationRequest, Fulfilment, FulfilmentLine, LineStatus, Order, OrderLine, OutboxFact, Parcel
from models.db import rows
from tests.actions.asserting import books_balance
from tests.world import World, furnish
from tests.world.fulfilment import ships_to
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

ORDERS = 8
ROUNDS = 50
HANDS = 3


@dataclass
class Hand:
    """One of several people at work, who choose at random and are often refused."""

    world: World
    luck: random.Random

    async def step(self) -> None:
        try:
            await self._choose()
        except DomainError:
            return

    def _choose(self) -> Awaitable[object]:
        steps = {
            self.release: 3,
            self.accept: 4,
            self.pick: 4,
            self.short_pick: 1,
            self.decline: 1,
            self.pack: 5,
            self.unpack: 1,
            self.ship: 3,
            self.hear: 2,
            self.make_ready: 2,
            self.hand_over: 2,
            self.ask: 1,
            self.answer: 1,
        }
        [step] = self.luck.choices(list(steps), list(steps.values()))
        return step()

    async def release(self) -> None:
        scheduled = await self._some(LineStatus.filter(status=UnitStatus.SCHEDULED), "order_id")
        await release(self.world.act(), ReleaseOrder(order_id=scheduled))

    async def accept(self) -> None:
        await accept(self.world.act(), AcceptFulfilment(fulfilment_id=await self._at(UnitStatus.RELEASED)))

    async def pick(self) -> None:
        key, lines = await self._work(UnitStatus.ACKNOWLEDGED)
        some = (PickedLine(line_id=self.luck.choice(lines), quantity=self.luck.randint(1, 2)),)
        await pick(self.world.act(), PickUnits(fulfilment_id=key, lines=some if self.luck.random() < 0.5 else ()))

    async def short_pick(self) -> None:
        key, lines = await self._work(UnitStatus.ACKNOWLEDGED)
        found = (FoundLine(line_id=self.luck.choice(lines), found=self.luck.randint(0, 1)),)
        await short_pick(self.world.act(), ShortPick(fulfilment_id=key, lines=found, reason=self._reason()))

    async def decline(self) -> None:
        key, lines = await self._work(UnitStatus.RELEASED)
        some = (self.luck.choice(lines),) if self.luck.random() < 0.5 else ()
        await decline(self.world.act(), DeclineFulfilment(fulfilment_id=key, reason=self._reason(), line_ids=some))

    async def pack(self) -> None:
        contents = []
        for _ in range(self.luck.randint(1, 2)):
            key, lines = await self._work(UnitStatus.PICKED)
            line = self.luck.choice([None, *lines])
            contents.append(PackedUnits(fulfilment_id=key, line_id=line, quantity=1 if line else None))
        await pack(self.world.act(), PackParcel(contents=tuple(contents)))

    async def unpack(self) -> None:
        await unpack(self.world.act(), UnpackParcel(parcel_id=await self._some(Parcel.all(), "id")))

    async def ship(self) -> None:
        command = ShipParcel(
            parcel_id=await self._some(Parcel.all(), "id"), carrier="UPS", tracking_number=str(new_id())
        )
        await ship(self.world.act(), command)

    async def hear(self) -> None:
        report = RecordTracking(
            parcel_id=await self._some(Parcel.all(), "id"),
            code=self.luck.choice([TrackingCode.IN_TRANSIT, TrackingCode.DELIVERED, TrackingCode.DELIVERY_DISPUTED]),
            occurred_at=self.world.now + timedelta(minutes=self.luck.randint(0, 99)),
            event_key=str(self.luck.randint(0, 9)),
        )
        await record_tracking_event(self.world.act(), report)

    async def make_ready(self) -> None:
        await make_ready(self.world.act(), MakeReady(fulfilment_id=await self._at(UnitStatus.PICKED)))

    async def hand_over(self) -> None:
        found = await self._at(UnitStatus.READY_FOR_PICKUP)
        await hand_over(self.world.act(), HandOver(fulfilment_id=found, code=await right_code(found)))

    async def ask(self) -> None:
        key, lines = await self._work(UnitStatus.PACKED)
        command = RequestCancellation(fulfilment_id=key, line_id=self.luck.choice(lines), quantity=1)
        await request_cancellation(self.world.act(), command)

    async def answer(self) -> None:
        key = await self._some(CancellationRequest.all(), "id")
        await answer_cancellation(self.world.act(), AnswerCancellation(request_id=key, accept=self.luck.random() < 0.7))

    def _reason(self) -> DeclineReason:
        return self.luck.choice(list(DeclineReason))

    async def _work(self, status: UnitStatus):
        """A fulfilment and its order lines."""
        key = await self._at(status)
        lines = await FulfilmentLine.filter(fulfilment_id=key).order_by("id").values_list("line_id", flat=True)
        return key, lines or [new_id()]

    async def _at(self, status: UnitStatus):
        """A fulfilment with units in this status; now and then any."""
        if self.luck.random() < 0.2:
            return await self._some(Fulfilment.all(), "id")
        return await self._some(LineStatus.filter(status=status), "fulfilment_id")

    async def _some(self, found, name: str):
        keys = await found.order_by("id").values_list(name, flat=True)
        return self.luck.choice(keys) if keys else new_id()


async def business() -> World:
    """Few units for many orders, half of them for one address, some collected."""
    world = await furnish(units=9)
    for at in range(ORDERS):
        order = await new_order(world, at=("NYC", "CHI")[at % 2], MUG=2, LAMP=1)
        await ships_to(order.id)
        if at % 4 == 3:
            await OrderLine.filter(order=order).update(
                method=FulfilmentMethod.PICKUP, pickup_location_id=world.locations["CHI"].id
            )
    return world


async def words_agree() -> None:
    """Every stored word is what the units say, and every open parcel holds what stands packed."""
    for fulfilment in await Fulfilment.all():
        units = await LineStatus.filter(fulfilment=fulfilment).values_list("status", flat=True)
        assert fulfilment.status is derive_fulfilment(units, gave_back=fulfilment.decline_reason is not None)
    astray = await rows(
        """
        WITH inside AS (SELECT l.fulfilment_id, l.line_id,
                sum(l.quantity) FILTER (WHERE p.shipped_at IS NULL AND p.delivered_at IS NULL) AS waiting,
                sum(l.quantity) FILTER (WHERE p.shipped_at IS NOT NULL) AS sent
            FROM parcel_lines l JOIN parcels p ON p.id = l.parcel_id GROUP BY 1, 2),
        standing AS (SELECT s.fulfilment_id, s.line_id,
                sum(s.quantity) FILTER (WHERE s.status = 'packed') AS packed,
                sum(s.quantity) FILTER (WHERE s.status = 'ready_for_pickup') AS ready,
                sum(s.quantity) FILTER (WHERE s.status IN ('shipped', 'delivered')) AS sent
            FROM line_status s WHERE s.fulfilment_id IS NOT NULL GROUP BY 1, 2)
        SELECT * FROM inside FULL JOIN standing USING (fulfilment_id, line_id)
        WHERE coalesce(inside.waiting, 0) NOT BETWEEN coalesce(packed, 0) AND coalesce(packed, 0) + coalesce(ready, 0)
            OR coalesce(inside.sent, 0) <> coalesce(standing.sent, 0)"""
    )
    assert astray == []
    assert (
        await rows("SELECT id FROM parcels p WHERE NOT EXISTS (SELECT FROM parcel_lines l WHERE l.parcel_id = p.id)")
        == []
    )


async def versions_have_no_gaps() -> None:
    for order in await Order.all():
        facts = await OutboxFact.filter(order_id=order.id).order_by("id")
        told = [fact.payload["version"] for fact in facts if "version" in fact.payload]
        assert told == list(range(told[0], order.version + 1))


@pytest.mark.parametrize("seed", range(3))
async def test_random_work_of_many_hands_keeps_the_books(seed):
    world, luck = await business(), random.Random(seed)
    hands = [Hand(world, random.Random(luck.random())) for _ in range(HANDS)]

    for _ in range(ROUNDS):
        await asyncio.gather(*(hand.step() for hand in hands))
        await books_balance()
        await words_agree()

    await versions_have_no_gaps()
    assert await OutboxFact.filter(kind="units_shipped").exists()
