"""Organizations: the tenants. Every root table carries their id."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.columns import key


class Organization(Model):
    id: UUID = key()
    code = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=200)
    currency = fields.CharField(max_length=3)
    gs1_company_prefix = fields.CharField(max_length=12, null=True)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "organizations"
