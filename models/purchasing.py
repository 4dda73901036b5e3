"""Vendors, and what was ordered from them."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.purchasing import PurchaseKind, PurchaseStatus
from models.catalogue import Variant
from models.columns import key, version
from models.fulfilment import Fulfilment
from models.locations import Location
from models.orders import Order, OrderLine
from models.organizations import Organization
from models.promising import ExpectedSupply


class Vendor(Model):
    """Tolerances are percent of what a line orders. From `location` it ships to customers, if it does."""

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
    location: fields.OneToOneNullableRelation[Location] = fields.OneToOneField(
        "models.Location", related_name="vendor", null=True, on_delete=fields.RESTRICT
    )
    location_id: UUID | None
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "vendors"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"),)


class VendorOffer(Model):
    """A vendor sells a variant; without a lead time of its own, the vendor's. Costs are in the vendor's currency.

    Of vendors that ship to customers the lowest `rank` is asked first, for no fewer units of an order than
    `minimum_quantity` and no more than `maximum_quantity`.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="vendor_offers", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    vendor: fields.ForeignKeyRelation[Vendor] = fields.ForeignKeyField(
        "models.Vendor", related_name="offers", on_delete=fields.RESTRICT
    )
    vendor_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="vendor_offers", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    unit_cost_minor: int = fields.BigIntField()
    lead_time_days: int | None = fields.IntField(null=True)
    drop_ships = fields.BooleanField(default=False)
    minimum_quantity = fields.IntField(default=1)
    maximum_quantity: int | None = fields.IntField(null=True)
    rank = fields.IntField(default=0)
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "vendor_offers"
        unique_together = (("vendor", "variant"),)
        indexes = (
            ("organization_id", "variant_id", "rank", "id"),
            ("organization_id", "vendor_id", "variant_id", "id"),
        )


class PurchaseOrder(Model):
    """Currency and tolerances are the vendor's as they were when it was drafted.

    One for drop-ship is chained to the customer's order, and to the vendor's work on it; its `destination` is the
    vendor's own location, from which the goods go to the customer. The order's lock is its lock.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="purchase_orders", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    number = fields.CharField(max_length=32)
    kind = fields.CharEnumField(PurchaseKind, max_length=16, default=PurchaseKind.STOCK, db_default="stock")
    order: fields.ForeignKeyNullableRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="purchase_orders", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID | None
    fulfilment: fields.OneToOneNullableRelation[Fulfilment] = fields.OneToOneField(
        "models.Fulfilment", related_name="purchase_order", null=True, on_delete=fields.RESTRICT
    )
    fulfilment_id: UUID | None
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
    acknowledged_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    lines: fields.ReverseRelation["PurchaseLine"]

    class Meta:
        table = "purchase_orders"
        unique_together = (("organization", "number"),)
        indexes = (
            ("organization_id", "created_at", "id"),
            ("organization_id", "status", "created_at", "id"),
            ("organization_id", "kind", "created_at", "id"),
            ("vendor_id", "created_at", "id"),
            ("destination_id", "created_at", "id"),
        )


class PurchaseLine(Model):
    """`received` counts damaged units too; `currency` is the order's. A variant is in an order once.

    For drop-ship it is for one line of the customer's order, and each of those once; what was not shipped, declined or
    cancelled yet is the vendor's to ship.
    """

    id: UUID = key()
    purchase_order: fields.ForeignKeyRelation[PurchaseOrder] = fields.ForeignKeyField(
        "models.PurchaseOrder", related_name="lines", on_delete=fields.CASCADE
    )
    purchase_order_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="purchase_lines", on_delete=fields.RESTRICT, db_index=True
    )
    variant_id: UUID
    order_line: fields.ForeignKeyNullableRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="purchase_lines", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    order_line_id: UUID | None
    position = fields.IntField()
    quantity = fields.IntField()
    received = fields.IntField(default=0)
    damaged = fields.IntField(default=0)
    shipped = fields.IntField(default=0, db_default=0)
    declined = fields.IntField(default=0, db_default=0)
    cancelled = fields.IntField(default=0, db_default=0)
    unit_cost_minor: int = fields.BigIntField()
    currency = fields.CharField(max_length=3)
    supply: fields.ForeignKeyNullableRelation[ExpectedSupply] = fields.ForeignKeyField(
        "models.ExpectedSupply", related_name="purchase_lines", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    supply_id: UUID | None

    class Meta:
        table = "purchase_lines"
        indexes = (("purchase_order_id", "position"),)
