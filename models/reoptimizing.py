"""How an organization's orders are routed together, each run that did so, and what units are worth where they lie."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.catalogue import Variant
from models.channels import Channel
from models.columns import key, version
from models.locations import Location
from models.organizations import Organization
from models.promising import CarrierService


class RoutingPolicy(Model):
    """At most one for each organization; without it nothing is done by itself and nobody looks ahead."""

    id: UUID = key()
    organization: fields.OneToOneRelation[Organization] = fields.OneToOneField(
        "models.Organization", related_name="routing_policy", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    reoptimize_every_minutes = fields.IntField(null=True)
    least_saving_minor: int = fields.BigIntField(default=1)
    is_looking_ahead = fields.BooleanField(default=False)
    carrier_service: fields.ForeignKeyNullableRelation[CarrierService] = fields.ForeignKeyField(
        "models.CarrierService", related_name="routing_policies", null=True, on_delete=fields.RESTRICT
    )
    carrier_service_id: UUID | None
    priced_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    class Meta:
        table = "routing_policies"


class RoutingRun(Model):
    """Orders that were not released yet, routed together again. Costs are those of their parcels, splits included."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="routing_runs", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    channel: fields.ForeignKeyNullableRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="routing_runs", null=True, on_delete=fields.RESTRICT
    )
    channel_id: UUID | None
    actor = fields.CharField(max_length=128)
    seed = fields.IntField()
    rounds = fields.IntField()
    least_saving_minor: int = fields.BigIntField()
    started_at: datetime = fields.DatetimeField()
    finished_at: datetime | None = fields.DatetimeField(null=True)
    orders_considered = fields.IntField(default=0)
    orders_moved = fields.IntField(default=0)
    orders_skipped = fields.IntField(default=0)
    units_served = fields.IntField(default=0)
    orders_promised = fields.IntField(default=0, db_default=0)
    orders_ruled = fields.IntField(default=0, db_default=0)
    orders_apart = fields.IntField(default=0, db_default=0)
    currency = fields.CharField(max_length=3)
    cost_before_minor: int = fields.BigIntField(default=0)
    cost_after_minor: int = fields.BigIntField(default=0)

    class Meta:
        table = "routing_runs"
        indexes = (("organization_id", "started_at", "id"), ("organization_id", "actor", "started_at"))


class ShadowPrice(Model):
    """What taking one unit of a variant from a location is expected to cost later orders; none is 0."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="shadow_prices", on_delete=fields.RESTRICT, db_index=True
    )
    organization_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="shadow_prices", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="shadow_prices", on_delete=fields.RESTRICT
    )
    location_id: UUID
    unit_minor: int = fields.BigIntField()

    class Meta:
        table = "shadow_prices"
        unique_together = (("variant", "location"),)


class MarkdownCredit(Model):
    """What it is worth to be rid of one unit of a variant at a location before its price has to be cut."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="markdown_credits", on_delete=fields.RESTRICT, db_index=True
    )
    organization_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="markdown_credits", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="markdown_credits", on_delete=fields.RESTRICT
    )
    location_id: UUID
    unit_minor: int = fields.BigIntField()

    class Meta:
        table = "markdown_credits"
        unique_together = (("variant", "location"),)
