"""Vendors, and what was ordered from them."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.purchasing import PurchaseStatus
from models.catalogue import Variant
from models.columns import key, version
from models.locations import Location
from models.organizations import Organization
from models.promising import ExpectedSupply


class Vendor(Model):
    """Tolerances are percent of what a line orders."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="vendors", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=200)
    currency = fields.CharField(max_length=3)
    lead_time_days = fields.IntField()
    over_percent = fields.IntField()
    short_percent = fields.IntField()
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "vendors"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"),)


class PurchaseOrder(Model):
    """Currency and tolerances are the vendor's as they were when it was drafted."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="purchase_orders", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    number = fields.CharField(max_length=32)
    vendor: fields.ForeignKeyRelation[Vendor] = fields.ForeignKeyField(
        "models.Vendor", related_name="purchase_orders", on_delete=fields.RESTRICT
    )
    vendor_id: UUID
    destination: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="purchase_orders", on_delete=fields.RESTRICT
    )
    destination_id: UUID
    status = fields.CharEnumField(PurchaseStatus, max_length=32, default=PurchaseStatus.DRAFT)
    currency = fields.CharField(max_length=3)
    over_percent = fields.IntField()
    short_percent = fields.IntField()
    expected_on: date | None = fields.DateField(null=True)
    note = fields.CharField(max_length=200, default="")
    closing_reason = fields.CharField(max_length=200, default="")
    created_at: datetime = fields.DatetimeField()
    ordered_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    lines: fields.ReverseRelation["PurchaseLine"]

    class Meta:
        table = "purchase_orders"
        unique_together = (("organization", "number"),)
        indexes = (
            ("organization_id", "created_at", "id"),
            ("organization_id", "status", "created_at", "id"),
            ("vendor_id", "created_at", "id"),
            ("destination_id", "created_at", "id"),
        )


class PurchaseLine(Model):
    """`received` counts damaged units too; `currency` is the order's."""

    id: UUID = key()
    purchase_order: fields.ForeignKeyRelation[PurchaseOrder] = fields.ForeignKeyField(
        "models.PurchaseOrder", related_name="lines", on_delete=fields.CASCADE
    )
    purchase_order_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="purchase_lines", on_delete=fields.RESTRICT, db_index=True
    )
    variant_id: UUID
    position = fields.IntField()
    quantity = fields.IntField()
    received = fields.IntField(default=0)
    damaged = fields.IntField(default=0)
    unit_cost_minor: int = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    supply: fields.ForeignKeyNullableRelation[ExpectedSupply] = fields.ForeignKeyField(
        "models.ExpectedSupply", related_name="purchase_lines", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    supply_id: UUID | None

    class Meta:
        table = "purchase_lines"
        unique_together = (("purchase_order", "variant"),)
        indexes = (("purchase_order_id", "position"),)
