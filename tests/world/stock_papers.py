"""Transfers, purchase orders and counts of a test's world."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from actions import counting
from actions.counting import CountedUnits, OpenCount, RecordCount
from actions.purchasing import ordering
from actions.purchasing.ordering import BoughtUnits, CreatePurchaseOrder, OrderPurchase
from actions.purchasing.vendors import UpsertVendor, upsert_vendor
from actions.reordering import SetReorderRule, set_rule
from actions.transfers import drafting, moving
from actions.transfers.drafting import CreateTransfer, ReadyTransfer, WantedUnits
from actions.transfers.moving import ShipTransfer
from domain.reordering import ReorderPolicy
from models import CountLine, PurchaseLine, PurchaseOrder, Transfer, TransferLine
from tests.world import World


async def draft_transfer(
    world: World, *, origin: str = "NYC", destination: str = "CHI", expected_on: date | None = None, **units: int
) -> UUID:
    """Units by SKU."""
    lines = tuple(WantedUnits(variant_id=world.variants[sku].id, quantity=number) for sku, number in units.items())
    command = CreateTransfer(
        origin_id=world.locations[origin].id,
        destination_id=world.locations[destination].id,
        lines=lines,
        expected_on=expected_on,
    )
    return await drafting.create(world.act(), command)


async def ready_transfer(world: World, **wanted: Any) -> UUID:
    transfer_id = await draft_transfer(world, **wanted)
    return await drafting.make_ready(world.act(), ReadyTransfer(transfer_id=transfer_id))


async def shipped_transfer(world: World, **wanted: Any) -> UUID:
    return await moving.ship(world.act(), ShipTransfer(transfer_id=await ready_transfer(world, **wanted)))


async def transfer(transfer_id: UUID) -> Transfer:
    return await Transfer.get(id=transfer_id)


async def transfer_lines(transfer_id: UUID) -> list[TransferLine]:
    return await TransferLine.filter(transfer_id=transfer_id).order_by("position")


async def vendor(world: World, code: str = "ACME", **values: Any) -> UUID:
    given = {"name": f"Vendor {code}", "currency": "USD", "lead_time_days": 7, "over_percent": 10, **values}
    return await upsert_vendor(world.act(), UpsertVendor(code=code, **given))


async def draft_purchase(world: World, *, at: str = "NYC", vendor_id: UUID | None = None, **units: int) -> UUID:
    """Units by SKU, each for 4 dollars."""
    lines = tuple(
        BoughtUnits(variant_id=world.variants[sku].id, quantity=number, unit_cost_minor=400)
        for sku, number in units.items()
    )
    command = CreatePurchaseOrder(
        vendor_id=vendor_id or await vendor(world), destination_id=world.locations[at].id, lines=lines
    )
    return await ordering.create(world.act(), command)


async def ordered_purchase(world: World, **wanted: Any) -> UUID:
    purchase_id = await draft_purchase(world, **wanted)
    return await ordering.order(world.act(), OrderPurchase(purchase_order_id=purchase_id))


async def purchase(purchase_id: UUID) -> PurchaseOrder:
    return await PurchaseOrder.get(id=purchase_id)


async def purchase_lines(purchase_id: UUID) -> list[PurchaseLine]:
    return await PurchaseLine.filter(purchase_order_id=purchase_id).order_by("position")


async def opened(world: World, *skus: str, at: str = "NYC", **values: Any) -> UUID:
    """A count of these SKUs, or of everything there."""
    variants = tuple(world.variants[sku].id for sku in skus) or None
    command = OpenCount(location_id=world.locations[at].id, variant_ids=variants, **values)
    return await counting.open_count(world.act(), command)


async def write_down(world: World, count_id: UUID, *, when: datetime | None = None, **units: int) -> UUID:
    """What was found, by SKU; `when`, if not now."""
    lines = tuple(
        CountedUnits(variant_id=world.variants[sku].id, counted=number, counted_at=when)
        for sku, number in units.items()
    )
    return await counting.record(world.act(), RecordCount(count_id=count_id, lines=lines))


async def counted(world: World, *, tolerance_units: int = 0, tolerance_percent: int = 0, **units: int) -> UUID:
    """A count of which every line is written down."""
    tolerance = {"tolerance_units": tolerance_units, "tolerance_percent": tolerance_percent}
    return await write_down(world, await opened(world, *units, **tolerance), **units)


async def count_lines(count_id: UUID) -> list[CountLine]:
    return await CountLine.filter(count_id=count_id).order_by("position")


async def reorder_rule(world: World, sku: str, *, at: str = "NYC", **values: Any) -> UUID:
    """Below or at 5, up to 30, for 4 dollars each, from ACME."""
    given = {"policy": ReorderPolicy.UP_TO_LEVEL, "reorder_point": 5, "quantity": 30, "unit_cost_minor": 400, **values}
    if "vendor_id" not in given:
        given["vendor_id"] = await vendor(world)
    place = {"variant_id": world.variants[sku].id, "location_id": world.locations[at].id}
    return await set_rule(world.act(), SetReorderRule(**place, **given))
