"""Cartons, pick waves, labels and routing runs for the random business, corners included."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import models
from domain.carriers import UNANSWERED, LabelStatus

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
PACKING = [models.CartonType, models.PickWave]
PACKED = [models.Label, models.RoutingRun]


def add_packing(world: Any, organization: UUID) -> None:
    """Before the orders."""
    locations = world.of(models.Location, organization)
    for at in range(4):
        world.add(
            models.CartonType(
                organization_id=organization, code=f"box-{at}", name='odd "box"\n' if at % 2 else "Box", length_mm=100 + at,
                width_mm=80, height_mm=60, tare_grams=at, max_weight_grams=1000, is_active=at < 3,
            )
        )  # fmt: skip
        world.add(
            models.PickWave(
                organization_id=organization, location_id=locations[at % 4].id, number=f"PW-{at}",
                due_by=START.date() if at % 2 else None, carrier="ups" if at > 1 else None,
                created_at=START + timedelta(microseconds=at // 2),
            )
        )  # fmt: skip


def add_packed(world: Any, organization: UUID) -> None:
    """After the orders: a label for every other parcel, and runs."""
    statuses, channels = list(LabelStatus), world.of(models.Channel, organization)
    for at, parcel in enumerate(world.of(models.Parcel, organization)[::2]):
        status = statuses[at % len(statuses)]
        world.add(
            models.Label(
                organization_id=organization, parcel_id=parcel.id, carrier="ups", service="ground", status=status,
                weight_grams=at, tracking_number=f"1Z{at}", cost_minor=100 * at, currency="USD", requested_at=START,
                bought_at=START if at % 3 else None, next_try_at=START if status in UNANSWERED else None,
            )
        )  # fmt: skip
    for at in range(4):
        world.add(
            models.RoutingRun(
                organization_id=organization, channel_id=channels[at].id if at % 2 else None, actor='odd "actor"\n', seed=at,
                rounds=10, least_saving_minor=1, started_at=START + timedelta(microseconds=at // 2),
                finished_at=START if at else None, orders_considered=at, currency="USD", cost_before_minor=at,
            )
        )  # fmt: skip
