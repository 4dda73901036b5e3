"""Parcels and what carriers report about them. A parcel may carry lines of several orders."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.tracking import TrackingCode
from models.cartons import CartonType
from models.columns import key, version
from models.fulfilment import Fulfilment
from models.locations import Location
from models.orders import OrderLine
from models.organizations import Organization


class Parcel(Model):
    """`status` follows from the tracking events, see `domain/tracking.py`; null before hand-over.

    `container_code` is its SSCC. At `next_poll_at` its carrier is asked again where it is.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="parcels", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    number = fields.CharField(max_length=32)
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="parcels", on_delete=fields.RESTRICT
    )
    location_id: UUID
    carrier = fields.CharField(max_length=32, null=True)
    service = fields.CharField(max_length=32, null=True)
    tracking_number = fields.CharField(max_length=64, null=True)
    weight_grams = fields.IntField()
    carton_type: fields.ForeignKeyNullableRelation[CartonType] = fields.ForeignKeyField(
        "models.CartonType", related_name="parcels", null=True, on_delete=fields.RESTRICT
    )
    carton_type_id: UUID | None
    container_code = fields.CharField(max_length=18, null=True)
    status = fields.CharEnumField(TrackingCode, max_length=32, null=True)
    packed_at: datetime = fields.DatetimeField()
    shipped_at: datetime | None = fields.DatetimeField(null=True)
    delivered_at: datetime | None = fields.DatetimeField(null=True)
    next_poll_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    lines: fields.ReverseRelation["ParcelLine"]
    events: fields.ReverseRelation["TrackingEvent"]

    class Meta:
        table = "parcels"
        unique_together = (("organization", "number"), ("organization", "carrier", "tracking_number"))
        indexes = (
            ("organization_id", "packed_at", "id"),
            ("location_id", "packed_at", "id"),
            ("organization_id", "status", "packed_at", "id"),
            ("organization_id", "shipped_at", "id"),
        )


class ParcelLine(Model):
    id: UUID = key()
    parcel: fields.ForeignKeyRelation[Parcel] = fields.ForeignKeyField(
        "models.Parcel", related_name="lines", on_delete=fields.RESTRICT
    )
    parcel_id: UUID
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="parcel_lines", on_delete=fields.RESTRICT, db_index=True
    )
    line_id: UUID
    fulfilment: fields.ForeignKeyRelation[Fulfilment] = fields.ForeignKeyField(
        "models.Fulfilment", related_name="parcel_lines", on_delete=fields.RESTRICT, db_index=True
    )
    fulfilment_id: UUID
    quantity = fields.IntField()

    class Meta:
        table = "parcel_lines"
        unique_together = (("parcel", "line", "fulfilment"),)


class TrackingEvent(Model):
    """One report of a carrier; `event_key` is the carrier's id of it, so that hearing it twice changes nothing.

    `signed_by` is who took a delivered parcel, as the carrier proves it.
    """

    id: UUID = key()
    parcel: fields.ForeignKeyRelation[Parcel] = fields.ForeignKeyField(
        "models.Parcel", related_name="events", on_delete=fields.RESTRICT
    )
    parcel_id: UUID
    event_key = fields.CharField(max_length=128)
    code = fields.CharEnumField(TrackingCode, max_length=32)
    occurred_at: datetime = fields.DatetimeField()
    received_at: datetime = fields.DatetimeField()
    place = fields.CharField(max_length=200, default="")
    message = fields.CharField(max_length=500, default="")
    signed_by = fields.CharField(max_length=200, default="", db_default="")

    class Meta:
        table = "tracking_events"
        unique_together = (("parcel", "event_key"),)
        indexes = (("parcel_id", "occurred_at", "id"),)
