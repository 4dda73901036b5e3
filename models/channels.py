"""Channels: where orders come from, and what that decides (locations, currency, how long a cart is kept, confirmation)."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.orders import ConfirmationPolicy
from domain.pickups import UnansweredPickup
from models.columns import key, version
from models.locations import Location
from models.organizations import Organization


def serves(channel: str, location: str) -> str:
    """Whether a location may serve a channel, as SQL: one that names no locations is served by all."""
    named = f"SELECT FROM channel_locations served WHERE served.channel_id = {channel}"
    return f"(NOT EXISTS ({named}) OR EXISTS ({named} AND served.location_id = {location}))"


class ChannelKind(StrEnum):
    WEB = "web"
    STORE = "store"
    PHONE = "phone"
    MARKETPLACE = "marketplace"
    B2B = "b2b"
    MOBILE = "mobile"


class Channel(Model):
    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="channels", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=200)
    kind = fields.CharEnumField(ChannelKind, max_length=32)
    currency = fields.CharField(max_length=3)
    prices_include_tax = fields.BooleanField(default=False)
    reservation_ttl_seconds = fields.IntField(default=600)
    confirmation = fields.CharEnumField(ConfirmationPolicy, max_length=32, default=ConfirmationPolicy.AUTOMATIC)
    backorder_cancel_days: int | None = fields.IntField(null=True)
    may_split_declined = fields.BooleanField(default=True, db_default=True)
    pickup_answer_minutes = fields.IntField(default=1440, db_default=1440)
    pickup_unanswered = fields.CharEnumField(
        UnansweredPickup,
        max_length=16,
        default=UnansweredPickup.KEEP_OPEN,
        db_default=UnansweredPickup.KEEP_OPEN.value,
    )
    refunds_by_itself = fields.BooleanField(default=True, db_default=True)
    substitute_offer_hours: int | None = fields.IntField(null=True)
    is_active = fields.BooleanField(default=True)
    version: int = version()
    locations: fields.ManyToManyRelation[Location] = fields.ManyToManyField(
        "models.Location",
        related_name="channels",
        through="channel_locations",
        forward_key="location_id",
        backward_key="channel_id",
    )

    class Meta:
        table = "channels"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"),)
