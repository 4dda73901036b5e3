"""Who works here and what they may do: roles, staff with their channels and locations, and API keys."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.permissions import Role as StandardRole
from models.channels import Channel
from models.columns import key, version, words
from models.customers import Customer
from models.locations import Location
from models.organizations import Organization


class Role(Model):
    """`kind` is the standard role it derives from; `permissions` may only take away from that."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="roles", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    code = fields.CharField(max_length=32)
    name = fields.CharField(max_length=200)
    kind = fields.CharEnumField(StandardRole, max_length=32)
    permissions: list[str] = words()

    class Meta:
        table = "roles"
        unique_together = (("organization", "code"),)


class Staff(Model):
    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="staff", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    role: fields.ForeignKeyRelation[Role] = fields.ForeignKeyField(
        "models.Role", related_name="staff", on_delete=fields.RESTRICT
    )
    role_id: UUID
    email = fields.CharField(max_length=254)
    name = fields.CharField(max_length=200)
    is_active = fields.BooleanField(default=True)
    version: int = version()
    channels: fields.ManyToManyRelation[Channel] = fields.ManyToManyField(
        "models.Channel",
        related_name="staff",
        through="staff_channels",
        forward_key="channel_id",
        backward_key="staff_id",
    )
    locations: fields.ManyToManyRelation[Location] = fields.ManyToManyField(
        "models.Location",
        related_name="staff",
        through="staff_locations",
        forward_key="location_id",
        backward_key="staff_id",
    )

    class Meta:
        table = "staff"
        unique_together = (("organization", "email"),)
        indexes = (("organization_id", "name", "id"),)


class ApiKey(Model):
    """Only the SHA-256 of the secret is kept. `scopes` empty means all permissions of the role."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="api_keys", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    role: fields.ForeignKeyRelation[Role] = fields.ForeignKeyField(
        "models.Role", related_name="api_keys", on_delete=fields.RESTRICT
    )
    role_id: UUID
    staff: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", related_name="api_keys", null=True, on_delete=fields.RESTRICT
    )
    staff_id: UUID | None
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "models.Customer", related_name="api_keys", null=True, on_delete=fields.RESTRICT
    )
    customer_id: UUID | None
    name = fields.CharField(max_length=200)
    prefix = fields.CharField(max_length=16, unique=True)
    secret_hash = fields.CharField(max_length=64)
    scopes: list[str] = words()
    channels: fields.ManyToManyRelation[Channel] = fields.ManyToManyField(
        "models.Channel",
        related_name="api_keys",
        through="api_key_channels",
        forward_key="channel_id",
        backward_key="api_key_id",
    )
    locations: fields.ManyToManyRelation[Location] = fields.ManyToManyField(
        "models.Location",
        related_name="api_keys",
        through="api_key_locations",
        forward_key="location_id",
        backward_key="api_key_id",
    )
    created_at: datetime = fields.DatetimeField(auto_now_add=True)
    expires_at: datetime | None = fields.DatetimeField(null=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "api_keys"
        indexes = (("organization_id", "name", "id"),)
