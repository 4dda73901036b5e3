"""From how many units on a variant is called plentiful, what was last announced of it, and how far facts were followed."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.availability import AvailabilityLevel
from models.catalogue import Variant
from models.channels import Channel
from models.columns import key, version
from models.locations import Location
from models.organizations import Organization

POSITION_ID = 1


class AvailabilityThreshold(Model):
    """Of one variant, of one location, or with neither of the organization; without numbers the next one holds."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="availability_thresholds", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    variant: fields.ForeignKeyNullableRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="availability_thresholds", null=True, on_delete=fields.RESTRICT
    )
    variant_id: UUID | None
    location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="availability_thresholds", null=True, on_delete=fields.RESTRICT
    )
    location_id: UUID | None
    medium_from: int | None = fields.IntField(null=True)
    high_from: int | None = fields.IntField(null=True)
    changed_at: datetime = fields.DatetimeField()
    version: int = version()

    class Meta:
        table = "availability_thresholds"
        indexes = (("organization_id", "changed_at", "id"),)


class AnnouncedLevel(Model):
    """The last level told of a variant, at a location or in a channel; none told is NONE.

    In a channel, `segment` says to whom, where units are set aside for some customers.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="availability_levels", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="availability_levels", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    channel: fields.ForeignKeyNullableRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="availability_levels", null=True, on_delete=fields.RESTRICT
    )
    channel_id: UUID | None
    location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="availability_levels", null=True, on_delete=fields.RESTRICT
    )
    location_id: UUID | None
    segment = fields.CharField(max_length=64, default="", db_default="")
    level = fields.CharEnumField(AvailabilityLevel, max_length=16)
    crossed_at: datetime = fields.DatetimeField()

    class Meta:
        table = "availability_levels"


class AvailabilityPosition(Model):
    """One row (id 1): the last fact that was looked at, in which history, and the variant after which all are looked at anew.

    `sweeps_again`: what changed meanwhile changes many, so that all are looked at once more.
    """

    id = fields.SmallIntField(primary_key=True, generated=False)
    seq = fields.BigIntField()
    epoch = fields.UUIDField()
    sweeping_after: UUID | None = fields.UUIDField(null=True)
    sweeps_again = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = "availability_position"
