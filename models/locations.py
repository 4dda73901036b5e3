"""Locations: warehouses, stores, vendors and third parties that hold or ship goods."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.orders import PickupStock
from models.columns import key, version, words
from models.organizations import Organization

CAN_SERVE = """(l.pickup_location_id IS NULL OR l.pickup_location_id = f.location_id
    OR EXISTS (SELECT FROM locations h WHERE h.id = l.pickup_location_id AND h.pickup_stock = 'any'))"""
"""Whether an order line `l` may be served from a stock level `f`: there, or where it is brought from."""


class LocationKind(StrEnum):
    WAREHOUSE = "warehouse"
    STORE = "store"
    VENDOR = "vendor"
    THIRD_PARTY = "third_party"


class Location(Model):
    """`cut_off` is local, as "14:00"; empty for none."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="locations", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=200)
    kind = fields.CharEnumField(LocationKind, max_length=32)
    line1 = fields.CharField(max_length=200, default="")
    city = fields.CharField(max_length=100, default="")
    region = fields.CharField(max_length=100, default="")
    postal_code = fields.CharField(max_length=20, default="")
    country = fields.CharField(max_length=2)
    latitude = fields.FloatField()
    longitude = fields.FloatField()
    time_zone = fields.CharField(max_length=64)
    calendar: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)
    capabilities: list[str] = words()
    daily_capacity_units: int | None = fields.IntField(null=True)
    daily_capacity_orders: int | None = fields.IntField(null=True)
    daily_capacity_lines: int | None = fields.IntField(null=True)
    cut_off = fields.CharField(max_length=5, default="", db_default="")
    accept_within_minutes = fields.IntField(null=True)
    collect_within_days = fields.IntField(null=True)
    pickup_stock = fields.CharEnumField(PickupStock, max_length=8, default=PickupStock.LOCAL, db_default="local")
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "locations"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"), ("organization_id", "kind", "id"))
