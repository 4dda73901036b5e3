"""Orders: what somebody bought in one go, where each unit of it stands, what holds it and what was said about it.

Addresses, names and prices are copies taken when the order was placed; changing them never changes the customer's book or
the catalogue.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.holds import HoldKind, HoldStatus
from domain.lifecycle import OrderStatus, UnitStatus
from domain.orders import AddressKind, FulfilmentMethod, OrderOrigin
from domain.payments import AuthorizeStatus, ChargeStatus
from models.catalogue import Variant
from models.channels import Channel
from models.columns import key, version
from models.customers import Customer
from models.locations import Location
from models.organizations import Organization
from models.promising import Promise

if TYPE_CHECKING:
    from models.fulfilment import Fulfilment


class NoteVisibility(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


class CancellationStatus(StrEnum):
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Order(Model):
    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="orders", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    number = fields.CharField(max_length=32)
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="orders", on_delete=fields.RESTRICT
    )
    channel_id: UUID
    external_id = fields.CharField(max_length=64, null=True)
    origin = fields.CharEnumField(OrderOrigin, max_length=16)
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "models.Customer", related_name="orders", null=True, on_delete=fields.RESTRICT
    )
    customer_id: UUID | None
    customer_name = fields.CharField(max_length=200, default="")
    customer_email = fields.CharField(max_length=254, null=True)
    status = fields.CharEnumField(OrderStatus, max_length=32)
    currency = fields.CharField(max_length=3)
    subtotal_minor = fields.BigIntField()
    discount_minor = fields.BigIntField()
    shipping_minor = fields.BigIntField()
    tax_minor = fields.BigIntField()
    total_minor = fields.BigIntField()
    authorize_status = fields.CharEnumField(AuthorizeStatus, max_length=16, default=AuthorizeStatus.NONE)
    charge_status = fields.CharEnumField(ChargeStatus, max_length=16, default=ChargeStatus.NONE)
    requested_date: date | None = fields.DateField(null=True)
    promised_date: date | None = fields.DateField(null=True)
    promise: fields.ForeignKeyNullableRelation[Promise] = fields.ForeignKeyField(
        "models.Promise", related_name="orders", null=True, on_delete=fields.RESTRICT
    )
    promise_id: UUID | None
    placed_at: datetime = fields.DatetimeField()
    confirmed_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    lines: fields.ReverseRelation["OrderLine"]
    addresses: fields.ReverseRelation["OrderAddress"]
    holds: fields.ReverseRelation["Hold"]
    notes: fields.ReverseRelation["OrderNote"]

    class Meta:
        table = "orders"
        unique_together = (("organization", "number"), ("channel", "external_id"))
        indexes = (
            ("organization_id", "placed_at", "id"),
            ("organization_id", "total_minor", "id"),
            ("organization_id", "status", "placed_at", "id"),
            ("channel_id", "placed_at", "id"),
            ("customer_id", "placed_at", "id"),
            ("customer_id", "total_minor", "id"),
        )


class OrderAddress(Model):
    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="addresses", on_delete=fields.RESTRICT
    )
    order_id: UUID
    kind = fields.CharEnumField(AddressKind, max_length=16)
    name = fields.CharField(max_length=200)
    line1 = fields.CharField(max_length=200)
    line2 = fields.CharField(max_length=200, default="")
    city = fields.CharField(max_length=100)
    region = fields.CharField(max_length=100, default="")
    postal_code = fields.CharField(max_length=20, default="")
    country = fields.CharField(max_length=2)
    phone = fields.CharField(max_length=32, null=True)
    latitude: float | None = fields.FloatField(null=True)
    longitude: float | None = fields.FloatField(null=True)

    class Meta:
        table = "order_addresses"
        unique_together = (("order", "kind"),)


class OrderLine(Model):
    """`total_minor` is what the customer pays for the line; `discount_minor` includes its share of the order's."""

    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="lines", on_delete=fields.RESTRICT
    )
    order_id: UUID
    position = fields.IntField()
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="order_lines", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    sku = fields.CharField(max_length=64)
    name = fields.CharField(max_length=300)
    quantity = fields.IntField()
    method = fields.CharEnumField(FulfilmentMethod, max_length=16, default=FulfilmentMethod.SHIP)
    pickup_location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="pickup_lines", null=True, on_delete=fields.RESTRICT
    )
    pickup_location_id: UUID | None
    unit_price_minor = fields.BigIntField()
    discount_minor = fields.BigIntField()
    tax_rate_ppm = fields.IntField()
    tax_minor = fields.BigIntField()
    total_minor = fields.BigIntField()
    status = fields.CharEnumField(OrderStatus, max_length=32)

    units: fields.ReverseRelation["LineStatus"]

    class Meta:
        table = "order_lines"
        unique_together = (("order", "position"),)
        indexes = (("variant_id", "id"),)


class LineStatus(Model):
    """So many units of a line are in this status, at this location, in this fulfilment. They sum to the line's quantity."""

    id: UUID = key()
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="units", on_delete=fields.RESTRICT
    )
    line_id: UUID
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="units", on_delete=fields.RESTRICT
    )
    order_id: UUID
    status = fields.CharEnumField(UnitStatus, max_length=32)
    location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="units", null=True, on_delete=fields.RESTRICT
    )
    location_id: UUID | None
    fulfilment: fields.ForeignKeyNullableRelation["Fulfilment"] = fields.ForeignKeyField(
        "models.Fulfilment", related_name="units", null=True, on_delete=fields.RESTRICT
    )
    fulfilment_id: UUID | None
    quantity = fields.IntField()

    class Meta:
        table = "line_status"
        indexes = (("order_id", "id"), ("fulfilment_id", "id"), ("location_id", "status", "order_id"))


class Hold(Model):
    """An overlay that stops what its kind stops, on the order or on one line, until resolved or expired."""

    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="holds", on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID
    line: fields.ForeignKeyNullableRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="holds", null=True, on_delete=fields.RESTRICT
    )
    line_id: UUID | None
    kind = fields.CharEnumField(HoldKind, max_length=32)
    status = fields.CharEnumField(HoldStatus, max_length=16, default=HoldStatus.CREATED)
    reason = fields.CharField(max_length=500, default="")
    applied_by = fields.CharField(max_length=128)
    applied_at: datetime = fields.DatetimeField()
    expires_at: datetime | None = fields.DatetimeField(null=True)
    resolved_by = fields.CharField(max_length=128, null=True)
    resolved_at: datetime | None = fields.DatetimeField(null=True)
    resolution = fields.CharField(max_length=500, default="")

    class Meta:
        table = "holds"
        indexes = (("applied_at", "id"), ("status", "applied_at", "id"), ("kind", "status", "applied_at", "id"))


class ExternalContent(Model):
    """What a channel sent under its own number for an order."""

    order: fields.OneToOneRelation[Order] = fields.OneToOneField(
        "models.Order", related_name="external_content", on_delete=fields.RESTRICT, primary_key=True
    )
    order_id: UUID
    fingerprint = fields.CharField(max_length=64)

    class Meta:
        table = "external_contents"


class OrderNote(Model):
    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="notes", on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID
    text = fields.CharField(max_length=4000)
    visibility = fields.CharEnumField(NoteVisibility, max_length=16)
    author = fields.CharField(max_length=128)
    written_at: datetime = fields.DatetimeField()

    class Meta:
        table = "order_notes"


class CancellationRequest(Model):
    """Units already released that somebody wants cancelled: the location answers."""

    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="cancellation_requests", on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="cancellation_requests", on_delete=fields.RESTRICT
    )
    line_id: UUID
    fulfilment: fields.ForeignKeyRelation["Fulfilment"] = fields.ForeignKeyField(
        "models.Fulfilment", related_name="cancellation_requests", on_delete=fields.RESTRICT, db_index=True
    )
    fulfilment_id: UUID
    quantity = fields.IntField()
    status = fields.CharEnumField(CancellationStatus, max_length=16, default=CancellationStatus.REQUESTED)
    reason = fields.CharField(max_length=500, default="")
    requested_by = fields.CharField(max_length=128)
    requested_at: datetime = fields.DatetimeField()
    answered_by = fields.CharField(max_length=128, null=True)
    answered_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "cancellation_requests"


class ExcludedLocation(Model):
    """A location that gave a line back is not asked again before `until`."""

    id: UUID = key()
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="excluded_locations", on_delete=fields.RESTRICT
    )
    line_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="exclusions", on_delete=fields.RESTRICT
    )
    location_id: UUID
    until: datetime = fields.DatetimeField()
    reason = fields.CharField(max_length=64)

    class Meta:
        table = "excluded_locations"
        unique_together = (("line", "location"),)
