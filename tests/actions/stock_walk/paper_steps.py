"""Goods on paper: moved between locations, and bought from a vendor. Their sums follow from the lines of the papers."""

from uuid import UUID

from actions.purchasing import ordering, receiving, vendors
from actions.purchasing.ordering import BoughtUnits, CreatePurchaseOrder, OrderPurchase
from actions.purchasing.receiving import DeliveredUnits, ReceivePurchase
from actions.purchasing.vendors import UpsertVendor
from actions.transfers import drafting, moving
from actions.transfers.drafting import CreateTransfer, ReadyTransfer, WantedUnits
from actions.transfers.moving import CancelTransfer, ReceivedUnits, ReceiveTransfer, ShipTransfer
from domain.transfers import Discrepancy, Remainder
from tests.actions.stock_walk.walk import Walk

TRANSFER = "SELECT id FROM transfers WHERE status = ANY($1::text[]) ORDER BY number"
IN_TRANSIT = """
SELECT id, shipped - received - written_back - written_off AS units FROM transfer_lines
WHERE transfer_id = $1 AND shipped > received + written_back + written_off ORDER BY position"""
PURCHASE = "SELECT id FROM purchase_orders WHERE status IN ('ordered', 'partially_received') ORDER BY number"
TO_COME = "SELECT id, quantity - received AS units FROM purchase_lines WHERE purchase_order_id = $1 ORDER BY position"


async def write_transfer(walk: Walk) -> None:
    origin, destination = walk.luck.sample(list(walk.world.locations.values()), 2)
    wanted = (WantedUnits(variant_id=walk.variant().id, quantity=walk.luck.randint(1, 4)),)
    command = CreateTransfer(origin_id=origin.id, destination_id=destination.id, lines=wanted)
    await walk.do(drafting.make_ready, ReadyTransfer(transfer_id=await walk.do(drafting.create, command)))


async def ship_transfer(walk: Walk) -> None:
    await walk.do(moving.ship, ShipTransfer(transfer_id=await transfer(walk, "ready")))


async def receive_transfer(walk: Walk) -> None:
    key = await transfer(walk, "in_transit", "partially_received")
    line = await walk.one_of(IN_TRANSIT, key)
    received = walk.luck.randint(0, line["units"])
    some = ReceivedUnits(
        line_id=line["id"],
        received=received,
        damaged=walk.luck.randint(0, received),
        missing=walk.luck.randint(0, 1),
        discrepancy=Discrepancy.DAMAGED,
    )
    await walk.do(moving.receive, ReceiveTransfer(transfer_id=key, lines=None if walk.is_lucky(0.4) else (some,)))


async def cancel_transfer(walk: Walk) -> None:
    key = await transfer(walk, "ready", "in_transit", "partially_received")
    remainder = walk.luck.choice(list(Remainder))
    await walk.do(moving.cancel, CancelTransfer(transfer_id=key, remainder=remainder, discrepancy=Discrepancy.LOST))


async def buy(walk: Walk) -> None:
    vendor = await vendors.upsert_vendor(
        walk.act(), UpsertVendor(code="ACME", name="Acme", currency="USD", over_percent=50)
    )
    lines = (BoughtUnits(variant_id=walk.variant().id, quantity=walk.luck.randint(1, 6), unit_cost_minor=100),)
    draft = CreatePurchaseOrder(vendor_id=vendor, destination_id=walk.location().id, lines=lines)
    await walk.do(ordering.order, OrderPurchase(purchase_order_id=await walk.do(ordering.create, draft)))


async def receive_purchase(walk: Walk) -> None:
    key: UUID = (await walk.one_of(PURCHASE))["id"]
    line = await walk.one_of(TO_COME, key)
    received = walk.luck.randint(0, line["units"] + 2)
    some = DeliveredUnits(line_id=line["id"], received=received, damaged=walk.luck.randint(0, received))
    command = ReceivePurchase(purchase_order_id=key, lines=None if walk.is_lucky(0.4) else (some,), reason="short")
    await walk.do(receiving.receive, command)


async def transfer(walk: Walk, *statuses: str) -> UUID:
    key: UUID = (await walk.one_of(TRANSFER, list(statuses)))["id"]
    return key
