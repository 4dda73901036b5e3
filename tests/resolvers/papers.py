"""Rows of stock documents for the business of `world.py`: transfers, purchase orders, counts, in many conditions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import models
from domain.counting import CountLineStatus, CountStatus
from domain.purchasing import WITH_VENDOR, PurchaseKind, PurchaseStatus
from domain.quotas.pools import QuotaMovementKind
from domain.reordering import ReorderPolicy
from domain.transfers import Discrepancy, TransferStatus

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
PAPERS = [
    models.Transfer, models.TransferLine, models.Vendor, models.VendorOffer, models.ChainingPolicy, models.PurchaseOrder,
    models.PurchaseLine, models.ReorderRule, models.StockCount, models.CountLine, models.AvailabilityThreshold,
    models.BackorderTerms, models.ChannelBackorderTerms, models.QuotaGroup, models.Quota,
    models.OrderMerge,
]  # fmt: skip


def add_papers(world: Any, organization: UUID) -> None:
    variants, locations = world.of(models.Variant, organization), world.of(models.Location, organization)
    # All different, so that what is called how says which of them held.
    of = [{}, {"location_id": locations[0].id}, *({"variant_id": variant.id} for variant in variants[:2])]
    for at, named in enumerate(of, 1):
        numbers = {} if at == len(of) else {"medium_from": at, "high_from": 2 * at}
        world.add(models.AvailabilityThreshold(organization_id=organization, changed_at=START, **named, **numbers))
    for at, variant in enumerate(variants[:6]):
        launch = (
            {"launches_at": START + timedelta(hours=at), "ships_by": START.date() if at % 3 else None} if at % 2 else {}
        )
        world.add(
            models.BackorderTerms(
                organization_id=organization, variant_id=variant.id, limit_units=at or None, **launch,
                launched_at=START + timedelta(days=at) if at > 3 and launch else None,
            )
        )  # fmt: skip
        for channel in world.of(models.Channel, organization)[at % 2 : 3]:
            world.add(
                models.ChannelBackorderTerms(
                    organization_id=organization, variant_id=variant.id, channel_id=channel.id, limit_units=at + 7, **launch
                )
            )  # fmt: skip
    for at in range(5):
        _transfer(world, organization, locations, variants, at)
        _purchase(world, organization, locations, variants, at)
    for at, channel in enumerate([None, *world.of(models.Channel, organization)[:3]]):
        world.add(
            models.ChainingPolicy(
                organization_id=organization, channel_id=channel.id if channel else None, is_automatic=bool(at % 2),
                wait_minutes=at,
            )
        )  # fmt: skip
    for at, variant in enumerate(variants[:4]):
        vendor = world.of(models.Vendor, organization)[at]
        world.add(
            models.VendorOffer(
                organization_id=organization, vendor_id=vendor.id, variant_id=variant.id, unit_cost_minor=at,
                lead_time_days=at or None, drop_ships=bool(at % 2), maximum_quantity=at or None, rank=at, is_active=at < 3,
            )
        )  # fmt: skip
        world.add(
            models.ReorderRule(
                organization_id=organization, variant_id=variant.id, location_id=locations[at].id, vendor_id=vendor.id,
                policy=list(ReorderPolicy)[at % 2], reorder_point=at, quantity=at + 9, unit_cost_minor=at,
                lead_time_days=at or None,
            )
        )  # fmt: skip
    _merges(world, organization, locations)
    levels = world.of(models.StockLevel, organization)
    _quotas(world, organization, levels)
    for at in range(3):
        here = [level for level in levels if level.location_id == locations[at].id]
        _count(world, organization, locations[at], here, at)


def _quotas(world: Any, organization: UUID, levels: list[Any]) -> None:
    channels = world.of(models.Channel, organization)
    groups: list[Any] = []
    for at in range(4):
        groups.append(
            world.add(
                models.QuotaGroup(
                    organization_id=organization, code=f"q{at}", name='odd "group"\n', parent_id=groups[0].id if at % 2 else None,
                    depth=at % 2, channel_ids=[channel.id for channel in channels[:at]], segment="gold" if at != 2 else "",
                    priority=at, is_active=at < 3,
                )
            )
        )  # fmt: skip
    stocked = [level for level in levels if level.on_hand]
    variants = world.of(models.Variant, organization)
    plans = [
        world.add(
            models.QuotaPlan(
                organization_id=organization, group_id=groups[at].id, variant_id=variants[at].id, units=9 + at,
                reference='odd "plan"\n', planned_at=START + timedelta(microseconds=at // 2), planned_by="x",
                ended_at=START if at > 2 else None, ended_by="x" if at > 2 else None, version=at + 1,
            )
        )
        for at in range(4)
    ]  # fmt: skip
    for at, level in enumerate(stocked[:8]):
        level.has_quotas, level.set_aside = True, at % 2
        quota = world.add(
            models.Quota(
                organization_id=organization, group_id=groups[at % 4].id, stock_level_id=level.id,
                variant_id=level.variant_id, location_id=level.location_id, quantity=at % 2, taken=at,
            )
        )  # fmt: skip
        world.add(
            models.QuotaShare(
                plan_id=plans[at % 4].id, quota_id=quota.id, location_id=level.location_id, units=at + 2, lost=at % 3,
                taken_before=at // 2, is_open=at % 4 < 3,
            )
        )  # fmt: skip
        for again in range(at % 3):
            world.add(
                models.QuotaMovement(
                    quota_id=quota.id, kind=list(QuotaMovementKind)[again], quantity=1, plan_id=None if again else plans[at % 4].id, reference='odd "plan"\n', actor="x",
                    moved_at=START + timedelta(microseconds=again // 2),
                )
            )  # fmt: skip


def _merges(world: Any, organization: UUID, locations: list[Any]) -> None:
    for at, order in enumerate(world.of(models.Order, organization)[:12]):
        world.add(
            models.OrderMerge(
                organization_id=organization, order_id=order.id, location_id=locations[at % 4].id if at else None,
                wait_days=at + 1, waits_until=START + timedelta(days=at), asked_by="x", asked_at=START,
                ended_by="x" if at % 2 else None, ended_at=START + timedelta(hours=at) if at % 2 else None,
            )
        )  # fmt: skip


def _transfer(world: Any, organization: UUID, locations: list[Any], variants: list[Any], at: int) -> None:
    status = list(TransferStatus)[at]
    is_closed = status in {TransferStatus.RECEIVED, TransferStatus.CANCELLED}
    lines = world.of(models.OrderLine, organization)[3 * at : 3 * at + at % 3 + 1] if at % 2 else []
    paper = world.add(
        models.Transfer(
            organization_id=organization, number=f"TR-{at}", origin_id=locations[at % 4].id,
            destination_id=locations[(at + 1) % 4].id, status=status, note='odd "note"\n' if at % 2 else "",
            created_at=START + timedelta(microseconds=at // 2), closed_at=START if is_closed else None,
            order_id=lines[0].order_id if lines else None, answer_by=START if at == 1 and lines else None,
            accepted_at=START if at == 3 and lines else None,
        )
    )  # fmt: skip
    for position, variant in enumerate(variants[: at % 3 + 1]):
        world.add(
            models.TransferLine(
                transfer_id=paper.id, variant_id=variant.id, position=position, quantity=at + 2, shipped=at + 1,
                received=at, damaged=at // 2, order_line_id=lines[position].id if position < len(lines) else None,
                awaited=int(position < len(lines)), discrepancy=list(Discrepancy)[at] if at % 2 else None,
            )
        )  # fmt: skip


def _purchase(world: Any, organization: UUID, locations: list[Any], variants: list[Any], at: int) -> None:
    status = list(PurchaseStatus)[at]
    is_closed = status in {PurchaseStatus.RECEIVED, PurchaseStatus.CANCELLED}
    vendor = world.add(
        models.Vendor(
            organization_id=organization, code=f"v{at}", name=f"Vendor {at}", currency="USD", lead_time_days=at,
            over_percent=at, short_percent=0, is_active=at < 3, location_id=locations[at].id if at < 4 else None,
        )
    )  # fmt: skip
    paper = world.add(
        models.PurchaseOrder(
            organization_id=organization, number=f"PO-{at}", vendor_id=vendor.id, destination_id=locations[at % 4].id,
            status=status, currency="USD", over_percent=at, short_percent=0, created_at=START, ordered_at=START,
            expected_on=START.date(), closed_at=START if is_closed else None,
        )
    )  # fmt: skip
    for position, variant in enumerate(variants[: at % 3 + 1]):
        world.add(
            models.PurchaseLine(
                purchase_order_id=paper.id, variant_id=variant.id, position=position, quantity=at + 2, received=at,
                unit_cost_minor=100 * at, currency="USD",
            )
        )  # fmt: skip


def _count(world: Any, organization: UUID, location: Any, levels: list[Any], at: int) -> None:
    status = list(CountStatus)[at]
    paper = world.add(
        models.StockCount(
            organization_id=organization, number=f"CC-{at}", location_id=location.id, status=status, tolerance_units=at,
            tolerance_percent=0, started_at=START, closed_at=START if status is CountStatus.POSTED else None,
        )
    )  # fmt: skip
    for position, level in enumerate(levels):
        found = {"counted": 3, "expected": 4, "counted_at": START, "counted_by": "x"} if position % 2 or at else {}
        world.add(
            models.CountLine(
                count_id=paper.id, stock_level_id=level.id, variant_id=level.variant_id, position=position,
                status=CountLineStatus.COUNTED if found else CountLineStatus.OPEN, expected_at_start=5, **found,
            )
        )  # fmt: skip


def add_chained(world: Any, organization: UUID) -> None:
    """After the orders: purchase orders chained to some of them, in every condition."""
    vendors = world.of(models.Vendor, organization)
    statuses = [*WITH_VENDOR, PurchaseStatus.SHIPPED, PurchaseStatus.DECLINED, PurchaseStatus.CANCELLED]
    for at, fulfilment in enumerate(world.of(models.Fulfilment, organization)[:8]):
        status = statuses[at % len(statuses)]
        paper = world.add(
            models.PurchaseOrder(
                organization_id=organization, number=f"PO-C{at}", kind=PurchaseKind.DROP_SHIP, order_id=fulfilment.order_id,
                fulfilment_id=fulfilment.id, vendor_id=vendors[at % 5].id, destination_id=fulfilment.location_id,
                status=status, currency="USD", over_percent=0, short_percent=0, created_at=START,
                ordered_at=START + timedelta(microseconds=at // 2), expected_on=START.date(),
                acknowledged_at=START if at % 3 else None,
                closed_at=None if status in WITH_VENDOR else START,
            )
        )  # fmt: skip
        lines = [line for line in world.rows[models.OrderLine] if line.order_id == fulfilment.order_id]
        for position, line in enumerate(lines):
            world.add(
                models.PurchaseLine(
                    purchase_order_id=paper.id, variant_id=line.variant_id, order_line_id=line.id, position=position,
                    quantity=at + 3, shipped=at % 2, declined=at % 3, unit_cost_minor=100 * at, currency="USD",
                )
            )  # fmt: skip
