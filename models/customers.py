"""Customers, their address book and the ways to reach them. An order copies what it needs, see `models/orders.py`."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.columns import key, version
from models.organizations import Organization


class CustomerKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class ContactKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    SMS = "sms"


class Customer(Model):
    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="customers", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    number = fields.CharField(max_length=64)
    kind = fields.CharEnumField(CustomerKind, max_length=16, default=CustomerKind.PERSON)
    name = fields.CharField(max_length=200)
    email = fields.CharField(max_length=254, null=True)
    phone = fields.CharField(max_length=32, null=True)
    locale = fields.CharField(max_length=16, default="en-US")
    segment = fields.CharField(max_length=64, default="")
    preferences: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)
    is_blocked = fields.BooleanField(default=False)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    version: int = version()

    addresses: fields.ReverseRelation["CustomerAddress"]
    contacts: fields.ReverseRelation["CustomerContact"]

    class Meta:
        table = "customers"
        unique_together = (("organization", "number"),)
        indexes = (
            ("organization_id", "name", "id"),
            ("organization_id", "number", "id"),
            ("organization_id", "created_at", "id"),
            ("organization_id", "email", "id"),
        )


class CustomerAddress(Model):
    id: UUID = key()
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "models.Customer", related_name="addresses", on_delete=fields.CASCADE, db_index=True
    )
    customer_id: UUID
    label = fields.CharField(max_length=64, default="")
    name = fields.CharField(max_length=200)
    line1 = fields.CharField(max_length=200)
    line2 = fields.CharField(max_length=200, default="")
    city = fields.CharField(max_length=100)
    region = fields.CharField(max_length=100, default="")
    postal_code = fields.CharField(max_length=20, default="")
    country = fields.CharField(max_length=2)
    phone = fields.CharField(max_length=32, null=True)
    latitude: float | None = fields.FloatField(null=True)
    longitude: float | None = fields.FloatField(null=True)
    is_default_shipping = fields.BooleanField(default=False)
    is_default_billing = fields.BooleanField(default=False)
    version: int = version()

    class Meta:
        table = "customer_addresses"


class CustomerContact(Model):
    id: UUID = key()
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "models.Customer", related_name="contacts", on_delete=fields.CASCADE
    )
    customer_id: UUID
    kind = fields.CharEnumField(ContactKind, max_length=16)
    value = fields.CharField(max_length=254)
    is_opted_in = fields.BooleanField(default=False)

    class Meta:
        table = "customer_contacts"
        unique_together = (("customer", "kind", "value"),)
