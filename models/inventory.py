"""What lies where, every movement that made it so, and what carts keep for a while."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.stock import AdjustmentReason, MovementKind, ReservationStatus
from models.catalogue import Variant
from models.channels import Channel
from models.columns import key, version
from models.customers import Customer
from models.locations import Location
from models.organizations import Organization

if TYPE_CHECKING:
    from models.orders import OrderLine


class StockLevel(Model):
    """The counters of one variant at one location; `domain/stock.py` says what each means. Only movements change them.

    `set_aside` is the sum of its quotas; `has_quotas` tells for ever that there are any, so that others need not look.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="stock_levels", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="stock_levels", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="stock_levels", on_delete=fields.RESTRICT
    )
    location_id: UUID
    on_hand = fields.IntField(default=0)
    allocated = fields.IntField(default=0)
    reserved = fields.IntField(default=0)
    damaged = fields.IntField(default=0)
    quality_control = fields.IntField(default=0)
    safety = fields.IntField(default=0)
    set_aside = fields.IntField(default=0, db_default=0)
    has_quotas = fields.BooleanField(default=False, db_default=False)
    version: int = version()

    class Meta:
        table = "stock_levels"
        unique_together = (("variant", "location"),)
        indexes = (
            ("organization_id", "id"),
            ("location_id", "id"),
            ("variant_id", "id"),
            ("organization_id", "variant_id", "location_id", "id"),
            ("organization_id", "location_id", "variant_id", "id"),
        )


class Reservation(Model):
    """Units kept for a cart until `expires_at`; at most one active row per cart and stock level."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="reservations", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="reservations", on_delete=fields.RESTRICT
    )
    channel_id: UUID
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "models.Customer", related_name="reservations", null=True, on_delete=fields.RESTRICT
    )
    customer_id: UUID | None
    cart = fields.CharField(max_length=64)
    stock_level: fields.ForeignKeyRelation[StockLevel] = fields.ForeignKeyField(
        "models.StockLevel", related_name="reservations", on_delete=fields.RESTRICT, db_index=True
    )
    stock_level_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="reservations", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="reservations", on_delete=fields.RESTRICT
    )
    location_id: UUID
    quantity = fields.IntField()
    status = fields.CharEnumField(ReservationStatus, max_length=16, default=ReservationStatus.ACTIVE)
    created_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField()
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "reservations"
        indexes = (("organization_id", "cart", "id"),)


class StockMovement(Model):
    """One change of a stock level, never edited: `quantity` units of `kind`, and its cause."""

    id: UUID = key()
    stock_level: fields.ForeignKeyRelation[StockLevel] = fields.ForeignKeyField(
        "models.StockLevel", related_name="movements", on_delete=fields.RESTRICT
    )
    stock_level_id: UUID
    kind = fields.CharEnumField(MovementKind, max_length=16)
    quantity = fields.IntField()
    line: fields.ForeignKeyNullableRelation["OrderLine"] = fields.ForeignKeyField(
        "models.OrderLine", related_name="movements", null=True, on_delete=fields.RESTRICT
    )
    line_id: UUID | None
    reservation: fields.ForeignKeyNullableRelation[Reservation] = fields.ForeignKeyField(
        "models.Reservation", related_name="movements", null=True, on_delete=fields.RESTRICT
    )
    reservation_id: UUID | None
    reason = fields.CharEnumField(AdjustmentReason, max_length=16, null=True)
    reference = fields.CharField(max_length=128, default="")
    actor = fields.CharField(max_length=128)
    moved_at: datetime = fields.DatetimeField()

    class Meta:
        table = "stock_movements"
        indexes = (("stock_level_id", "moved_at", "id"), ("line_id", "id"))
