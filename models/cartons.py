"""Cartons: the boxes that an organization packs into."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.columns import key, version
from models.organizations import Organization


class CartonType(Model):
    """Inner dimensions; `max_weight_grams` is what may go into it, its own weight, `tare_grams`, not counted."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="carton_types", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=200)
    length_mm = fields.IntField()
    width_mm = fields.IntField()
    height_mm = fields.IntField()
    tare_grams = fields.IntField(default=0)
    max_weight_grams = fields.IntField()
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "carton_types"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"),)
