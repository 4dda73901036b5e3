"""Routing rules in their revisions, and every decision that gave units of an order a location."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.orders import FulfilmentMethod
from domain.routing.rules.values import DEFAULT_STEP_MINOR, DecisionKind, RuleStatus
from models.catalogue import Variant
from models.channels import Channel
from models.columns import key, version
from models.orders import Order
from models.organizations import Organization


class RoutingRule(Model):
    """One revision of the rule of that name; what is null or empty matches anything. `domain/routing/rules/values.py`
    says what `steps`, `handling` and `constraints` hold."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="routing_rules", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    name = fields.CharField(max_length=64)
    revision = fields.IntField()
    status = fields.CharEnumField(RuleStatus, max_length=16)
    priority = fields.IntField(default=0)
    effective_from: datetime | None = fields.DatetimeField(null=True)
    effective_until: datetime | None = fields.DatetimeField(null=True)
    channel: fields.ForeignKeyNullableRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="routing_rules", null=True, on_delete=fields.RESTRICT
    )
    channel_id: UUID | None
    segment = fields.CharField(max_length=64, default="")
    variant: fields.ForeignKeyNullableRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="routing_rules", null=True, on_delete=fields.RESTRICT
    )
    variant_id: UUID | None
    category = fields.CharField(max_length=100, default="")
    country = fields.CharField(max_length=2, default="")
    region = fields.CharField(max_length=100, default="")
    method = fields.CharEnumField(FulfilmentMethod, max_length=16, null=True)
    steps: fields.JSONField[list[dict[str, Any]]] = fields.JSONField(default=list)
    step_minor = fields.BigIntField(default=DEFAULT_STEP_MINOR)
    split_minor: int | None = fields.BigIntField(null=True)
    delay_minor = fields.BigIntField(default=0, db_default=0)
    backlog_minor = fields.BigIntField(default=0, db_default=0)
    backlog_free_days = fields.IntField(default=0, db_default=0)
    handling: fields.JSONField[list[dict[str, Any]]] = fields.JSONField(default=list)
    constraints: fields.JSONField[list[dict[str, Any]]] = fields.JSONField(default=list)
    drafted_at: datetime = fields.DatetimeField()
    activated_at: datetime | None = fields.DatetimeField(null=True)
    archived_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    class Meta:
        table = "routing_rules"
        unique_together = (("organization", "name", "revision"),)
        indexes = (
            ("organization_id", "name", "revision", "id"),
            ("organization_id", "drafted_at", "id"),
            ("organization_id", "status", "id"),
        )


class LocationGroup(Model):
    """Locations that rules name as one; `members` holds `location_id` and `priority` of each."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="location_groups", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=64)
    name = fields.CharField(max_length=200)
    members: fields.JSONField[list[dict[str, Any]]] = fields.JSONField(default=list)
    version: int = version()

    class Meta:
        table = "location_groups"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"),)


class RoutingDecision(Model):
    """Never changed. `request` and `plan` are JSON, as `domain/routing/rules/keeping.py` says, and read as a whole only."""

    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="routing_decisions", on_delete=fields.RESTRICT
    )
    order_id: UUID
    kind = fields.CharEnumField(DecisionKind, max_length=16)
    made_at: datetime = fields.DatetimeField()
    rule: fields.ForeignKeyNullableRelation[RoutingRule] = fields.ForeignKeyField(
        "models.RoutingRule", related_name="decisions", null=True, on_delete=fields.RESTRICT
    )
    rule_id: UUID | None
    request = fields.TextField()
    plan = fields.TextField()
    cost_minor = fields.BigIntField()

    class Meta:
        table = "routing_decisions"
        indexes = (("order_id", "made_at", "id"),)
