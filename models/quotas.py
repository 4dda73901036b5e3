"""Units of stock levels that are set aside for groups of buyers, the plans for it, and every movement that made it so."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from domain.quotas.pools import QuotaMovementKind
from models.catalogue import Variant
from models.columns import key, version
from models.inventory import Reservation, StockLevel
from models.locations import Location
from models.organizations import Organization
from models.routing import LocationGroup

if TYPE_CHECKING:
    from models.orders import OrderLine


class QuotaGroup(Model):
    """Buyers of some channels, of a segment, or both; empty matches any; or nobody. `depth` counts the groups above it."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="quota_groups", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=200)
    parent: fields.ForeignKeyNullableRelation["QuotaGroup"] = fields.ForeignKeyField(
        "models.QuotaGroup", related_name="parts", null=True, on_delete=fields.RESTRICT
    )
    parent_id: UUID | None
    depth = fields.IntField(default=0)
    channel_ids = ArrayField(element_type="uuid", default=list)
    segment = fields.CharField(max_length=64, default="")
    priority = fields.IntField(default=0)
    is_active = fields.BooleanField(default=True)
    is_for_nobody = fields.BooleanField(default=False, db_default=False)
    version: int = version()

    class Meta:
        table = "quota_groups"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"), ("parent_id", "code", "id"))


class Quota(Model):
    """`quantity` units of a level that a group may still take; `taken` by it and not given back. Only movements change it."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="quotas", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    group: fields.ForeignKeyRelation[QuotaGroup] = fields.ForeignKeyField(
        "models.QuotaGroup", related_name="quotas", on_delete=fields.RESTRICT
    )
    group_id: UUID
    stock_level: fields.ForeignKeyRelation[StockLevel] = fields.ForeignKeyField(
        "models.StockLevel", related_name="quotas", on_delete=fields.RESTRICT
    )
    stock_level_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="quotas", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="quotas", on_delete=fields.RESTRICT
    )
    location_id: UUID
    quantity = fields.IntField(default=0)
    taken = fields.IntField(default=0, db_default=0)
    version: int = version()

    class Meta:
        table = "quotas"
        unique_together = (("stock_level", "group"),)
        indexes = (
            ("organization_id", "variant_id", "location_id", "id"),
            ("organization_id", "location_id", "variant_id", "id"),
            ("organization_id", "group_id", "id"),
            ("group_id", "variant_id", "location_id", "id"),
        )


class QuotaPlan(Model):
    """`units` of a variant for a group, wherever they lie: at any location, or at those of a group of them."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="quota_plans", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    group: fields.ForeignKeyRelation[QuotaGroup] = fields.ForeignKeyField(
        "models.QuotaGroup", related_name="plans", on_delete=fields.RESTRICT
    )
    group_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="quota_plans", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    location_group: fields.ForeignKeyNullableRelation[LocationGroup] = fields.ForeignKeyField(
        "models.LocationGroup", related_name="quota_plans", null=True, on_delete=fields.RESTRICT
    )
    location_group_id: UUID | None
    units = fields.IntField()
    reference = fields.CharField(max_length=128, default="")
    planned_at: datetime = fields.DatetimeField()
    planned_by = fields.CharField(max_length=128)
    ended_at: datetime | None = fields.DatetimeField(null=True)
    ended_by = fields.CharField(max_length=128, null=True)
    version: int = version()

    class Meta:
        table = "quota_plans"
        indexes = (
            ("organization_id", "planned_at", "id"),
            ("organization_id", "variant_id", "id"),
            ("organization_id", "group_id", "id"),
            ("organization_id", "ended_at", "id"),
        )


class QuotaShare(Model):
    """What a plan has of a quota: `units` put there, less those `lost` since. While it is open, as many of them are taken as the
    quota's `taken` has grown beyond `taken_before`; the others that are left are kept. Of one that is closed all are taken."""

    id: UUID = key()
    plan: fields.ForeignKeyRelation[QuotaPlan] = fields.ForeignKeyField(
        "models.QuotaPlan", related_name="shares", on_delete=fields.RESTRICT
    )
    plan_id: UUID
    quota: fields.ForeignKeyRelation[Quota] = fields.ForeignKeyField(
        "models.Quota", related_name="shares", on_delete=fields.RESTRICT
    )
    quota_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="quota_shares", on_delete=fields.RESTRICT
    )
    location_id: UUID
    units = fields.IntField()
    lost = fields.IntField(default=0)
    taken_before = fields.IntField()
    is_open = fields.BooleanField(default=True)

    class Meta:
        table = "quota_shares"
        unique_together = (("plan", "quota"),)
        indexes = (("plan_id", "location_id", "id"), ("quota_id", "id"))


class QuotaMovement(Model):
    """One change of a quota, or of what lines and carts have taken of it, never edited."""

    id: UUID = key()
    quota: fields.ForeignKeyRelation[Quota] = fields.ForeignKeyField(
        "models.Quota", related_name="movements", on_delete=fields.RESTRICT
    )
    quota_id: UUID
    kind = fields.CharEnumField(QuotaMovementKind, max_length=16)
    quantity = fields.IntField()
    line: fields.ForeignKeyNullableRelation["OrderLine"] = fields.ForeignKeyField(
        "models.OrderLine", related_name="quota_movements", null=True, on_delete=fields.RESTRICT
    )
    line_id: UUID | None
    reservation: fields.ForeignKeyNullableRelation[Reservation] = fields.ForeignKeyField(
        "models.Reservation", related_name="quota_movements", null=True, on_delete=fields.RESTRICT
    )
    reservation_id: UUID | None
    plan: fields.ForeignKeyNullableRelation[QuotaPlan] = fields.ForeignKeyField(
        "models.QuotaPlan", related_name="movements", null=True, on_delete=fields.RESTRICT
    )
    plan_id: UUID | None
    reference = fields.CharField(max_length=128, default="")
    actor = fields.CharField(max_length=128)
    moved_at: datetime = fields.DatetimeField()

    class Meta:
        table = "quota_movements"
        indexes = (("quota_id", "moved_at", "id"), ("line_id", "id"), ("reservation_id", "id"))
