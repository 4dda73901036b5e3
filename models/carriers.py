"""Labels bought from carriers for parcels."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.carriers import LabelStatus
from models.columns import key, version
from models.organizations import Organization
from models.parcels import Parcel


class Label(Model):
    """Its id is the reference by which the carrier knows the purchase. Without a parcel, which was opened again or
    emptied, nobody needs it any more.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="labels", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    parcel: fields.ForeignKeyNullableRelation[Parcel] = fields.ForeignKeyField(
        "models.Parcel", related_name="labels", null=True, on_delete=fields.SET_NULL, db_index=True
    )
    parcel_id: UUID | None
    carrier = fields.CharField(max_length=32)
    service = fields.CharField(max_length=32)
    status = fields.CharEnumField(LabelStatus, max_length=16, default=LabelStatus.REQUESTED)
    weight_grams = fields.IntField()
    tracking_number = fields.CharField(max_length=64, null=True)
    cost_minor: int | None = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3)
    reason = fields.CharField(max_length=500, default="")
    requested_at: datetime = fields.DatetimeField()
    bought_at: datetime | None = fields.DatetimeField(null=True)
    voided_at: datetime | None = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0)
    next_try_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    class Meta:
        table = "labels"
        unique_together = (("organization", "carrier", "tracking_number"),)
