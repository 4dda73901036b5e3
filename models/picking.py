"""Pick waves: the work of one location that is picked in one walk."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.columns import key
from models.locations import Location
from models.organizations import Organization


class PickWave(Model):
    """`due_by` and `carrier` are what its work was chosen by."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="pick_waves", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="pick_waves", on_delete=fields.RESTRICT
    )
    location_id: UUID
    number = fields.CharField(max_length=32)
    due_by: date | None = fields.DateField(null=True)
    carrier = fields.CharField(max_length=32, null=True)
    created_at: datetime = fields.DatetimeField()

    class Meta:
        table = "pick_waves"
        unique_together = (("organization", "number"),)
        indexes = (("organization_id", "created_at", "id"), ("location_id", "created_at", "id"))
