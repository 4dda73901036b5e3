"""Cartons, pick waves, labels, routing runs and questions to customers for the random business, corners included."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import models
from domain.carriers import UNANSWERED, LabelStatus
from domain.fulfilment import DeclineReason
from domain.pickups import UNANSWERED as OPEN_QUESTIONS
from domain.pickups import PickupChoice, QuestionStatus

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
PACKING = [models.CartonType, models.PickWave]
PACKED = [models.Label, models.RoutingRun, models.PickupQuestion]


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
    _add_questions(world, organization)


def _add_questions(world: Any, organization: UUID) -> None:
    """About every third line, in every status and with every choice."""
    orders = {order.id for order in world.of(models.Order, organization)}
    locations, statuses = world.of(models.Location, organization), list(QuestionStatus)
    lines = [line for line in world.of(models.OrderLine, organization) if line.order_id in orders]
    for at, line in enumerate(lines[::3]):
        status = statuses[at % len(statuses)]
        is_decided = status in {QuestionStatus.ANSWERED, QuestionStatus.EXPIRED}
        choice = list(PickupChoice)[at % 3] if is_decided else None
        elsewhere = locations[(at + 1) % 4].id if choice is PickupChoice.COLLECT_ELSEWHERE else None
        world.add(
            models.PickupQuestion(
                organization_id=organization, order_id=line.order_id, line_id=line.id, location_id=locations[at % 4].id,
                quantity=1 + at % 2, reason=list(DeclineReason)[at % 6], status=status, choice=choice, asked_at=START,
                pickup_location_id=elsewhere, expires_at=START + timedelta(microseconds=at // 2),
                new_line_id=line.id if choice is PickupChoice.SHIP else None, answered_by="x" if is_decided else None,
                answered_at=None if status in OPEN_QUESTIONS else START,
            )
        )  # fmt: skip
