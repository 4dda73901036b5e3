"""When a variant is ordered again for a location, from whom, and how many."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.reordering import ReorderPolicy
from models.catalogue import Variant
from models.columns import key, version
from models.locations import Location
from models.organizations import Organization
from models.purchasing import Vendor


class ReorderRule(Model):
    """`quantity` is the level to fill up to, or the size of a lot; without a lead time of its own, the vendor's."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="reorder_rules", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="reorder_rules", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="reorder_rules", on_delete=fields.RESTRICT
    )
    location_id: UUID
    vendor: fields.ForeignKeyRelation[Vendor] = fields.ForeignKeyField(
        "models.Vendor", related_name="reorder_rules", on_delete=fields.RESTRICT
    )
    vendor_id: UUID
    policy = fields.CharEnumField(ReorderPolicy, max_length=16)
    reorder_point = fields.IntField()
    quantity = fields.IntField()
    unit_cost_minor: int = fields.BigIntField()
    lead_time_days: int | None = fields.IntField(null=True)
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "reorder_rules"
        unique_together = (("variant", "location"),)
        indexes = (
            ("organization_id", "variant_id", "location_id", "id"),
            ("organization_id", "location_id", "id"),
            ("organization_id", "vendor_id", "id"),
        )
