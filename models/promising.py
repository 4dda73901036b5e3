"""What dates are promised by and what was promised: goods that will come, carriers' services, rules, kept promises."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.promising.offers import Confidence
from domain.promising.supply import SupplyKind, SupplyStatus
from domain.routing.values import Method
from models.catalogue import Variant
from models.channels import Channel
from models.columns import key, version, words
from models.customers import Customer
from models.locations import Location
from models.organizations import Organization


class ExpectedSupply(Model):
    """`quantity` units are still to come on `expected_on`, `received` of it came already."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="expected_supplies", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="expected_supplies", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="expected_supplies", on_delete=fields.RESTRICT
    )
    location_id: UUID
    kind = fields.CharEnumField(SupplyKind, max_length=16)
    status = fields.CharEnumField(SupplyStatus, max_length=16, default=SupplyStatus.EXPECTED)
    quantity = fields.IntField()
    received = fields.IntField(default=0)
    expected_on: date = fields.DateField()
    reference = fields.CharField(max_length=128, default="")
    announced_at: datetime = fields.DatetimeField()
    closed_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    class Meta:
        table = "expected_supplies"
        indexes = (
            ("organization_id", "expected_on", "id"),
            ("organization_id", "status", "expected_on", "id"),
            ("organization_id", "variant_id", "expected_on", "id"),
            ("organization_id", "location_id", "expected_on", "id"),
        )


class CarrierService(Model):
    """Times are local to the place it fetches from, as "14:00". `zones` as in `actions/promising/services.py`."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="carrier_services", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=200)
    carrier = fields.CharField(max_length=32)
    channel: fields.ForeignKeyNullableRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="carrier_services", null=True, on_delete=fields.RESTRICT
    )
    channel_id: UUID | None
    cut_off = fields.CharField(max_length=5)
    pickup_time = fields.CharField(max_length=5)
    pickup_days: list[str] = words()
    non_transit_days: list[str] = words()
    non_delivery_days: list[str] = words()
    observes_holidays = fields.BooleanField(default=True)
    is_same_day = fields.BooleanField(default=False)
    zones: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    price_minor: int | None = fields.BigIntField(null=True)
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "carrier_services"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"),)


class PromiseRule(Model):
    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="promise_rules", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="promise_rules", null=True, on_delete=fields.RESTRICT
    )
    location_id: UUID | None
    lead_time_minutes = fields.IntField()
    pickup_ready_minutes = fields.IntField()
    buffer_days = fields.IntField()
    valid_minutes = fields.IntField()
    past_due_days = fields.IntField()
    past_due_demand_days = fields.IntField(null=True)
    forward_days = fields.IntField(null=True)
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "promise_rules"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"),)


class SafetyRule(Model):
    """Exactly one of `quantity` and `percent`; what it does not name it holds for all of."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="safety_rules", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    kind = fields.CharEnumField(SupplyKind, max_length=16, null=True)
    variant: fields.ForeignKeyNullableRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="safety_rules", null=True, on_delete=fields.RESTRICT
    )
    variant_id: UUID | None
    location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="safety_rules", null=True, on_delete=fields.RESTRICT
    )
    location_id: UUID | None
    method = fields.CharEnumField(Method, max_length=16, null=True)
    quantity: int | None = fields.IntField(null=True)
    percent: int | None = fields.IntField(null=True)
    is_active = fields.BooleanField(default=True)
    version: int = version()

    class Meta:
        table = "safety_rules"
        unique_together = (("organization", "code"),)
        indexes = (("organization_id", "code", "id"),)


class Promise(Model):
    """A promise somebody relied on: held for a cart, or chosen for an order. Never changed, so that it can be compared.

    `parcels` is what each place was to give and when, as it was offered.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="promises", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="promises", on_delete=fields.RESTRICT
    )
    channel_id: UUID
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "models.Customer", related_name="promises", null=True, on_delete=fields.RESTRICT
    )
    customer_id: UUID | None
    cart = fields.CharField(max_length=64, null=True)
    method = fields.CharEnumField(Method, max_length=16)
    carrier = fields.CharField(max_length=32, null=True)
    service = fields.CharField(max_length=32, null=True)
    location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="promises", null=True, on_delete=fields.RESTRICT
    )
    location_id: UUID | None
    rule = fields.CharField(max_length=200)
    confidence = fields.CharEnumField(Confidence, max_length=16)
    ready_at: datetime = fields.DatetimeField()
    ship_on: date | None = fields.DateField(null=True)
    earliest_on: date = fields.DateField()
    latest_on: date = fields.DateField()
    currency = fields.CharField(max_length=3)
    cost_minor: int = fields.BigIntField()
    price_minor: int = fields.BigIntField()
    parcels: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    promised_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField()

    class Meta:
        table = "promises"


class PromiseKey(Model):
    """With what an organization's offers are sealed; made when the first is."""

    id: UUID = key()
    organization: fields.OneToOneRelation[Organization] = fields.OneToOneField(
        "models.Organization", related_name="promise_key", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    secret: bytes = fields.BinaryField()

    class Meta:
        table = "promise_keys"
