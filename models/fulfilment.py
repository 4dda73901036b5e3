"""Fulfilments: what one location does for one order."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.fulfilment import DeclineReason, FulfilmentStatus
from domain.orders import FulfilmentMethod
from models.columns import key, version
from models.locations import Location
from models.orders import Order, OrderLine
from models.organizations import Organization
from models.picking import PickWave


class Fulfilment(Model):
    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="fulfilments", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    number = fields.CharField(max_length=32)
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="fulfilments", on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="fulfilments", on_delete=fields.RESTRICT
    )
    location_id: UUID
    method = fields.CharEnumField(FulfilmentMethod, max_length=16)
    status = fields.CharEnumField(FulfilmentStatus, max_length=32, default=FulfilmentStatus.OPEN)
    released_at: datetime = fields.DatetimeField()
    accepted_at: datetime | None = fields.DatetimeField(null=True)
    ready_at: datetime | None = fields.DatetimeField(null=True)
    completed_at: datetime | None = fields.DatetimeField(null=True)
    arrived_at: datetime | None = fields.DatetimeField(null=True)
    arrival_spot = fields.CharField(max_length=100, default="", db_default="")
    arrival_vehicle = fields.CharField(max_length=100, default="", db_default="")
    pick_wave: fields.ForeignKeyNullableRelation[PickWave] = fields.ForeignKeyField(
        "models.PickWave", related_name="fulfilments", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    pick_wave_id: UUID | None
    decline_reason = fields.CharEnumField(DeclineReason, max_length=32, null=True)
    version: int = version()

    lines: fields.ReverseRelation["FulfilmentLine"]

    class Meta:
        table = "fulfilments"
        unique_together = (("organization", "number"),)
        indexes = (
            ("location_id", "released_at", "id"),
            ("organization_id", "released_at", "id"),
            ("location_id", "status", "released_at", "id"),
            ("organization_id", "status", "released_at", "id"),
            ("organization_id", "method", "status", "released_at", "id"),
        )


class FulfilmentLine(Model):
    """What the location was asked for; where those units stand now is in `line_status`."""

    id: UUID = key()
    fulfilment: fields.ForeignKeyRelation[Fulfilment] = fields.ForeignKeyField(
        "models.Fulfilment", related_name="lines", on_delete=fields.RESTRICT
    )
    fulfilment_id: UUID
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="fulfilment_lines", on_delete=fields.RESTRICT, db_index=True
    )
    line_id: UUID
    quantity = fields.IntField()

    class Meta:
        table = "fulfilment_lines"
        unique_together = (("fulfilment", "line"),)
