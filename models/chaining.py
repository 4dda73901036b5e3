"""When vendors are asked for what an organization's orders wait for."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.channels import Channel
from models.columns import key, version
from models.organizations import Organization


class ChainingPolicy(Model):
    """Of one channel, or of all that have none of their own; without any, vendors are asked by hand only."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="chaining_policies", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    channel: fields.ForeignKeyNullableRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="chaining_policies", null=True, on_delete=fields.RESTRICT
    )
    channel_id: UUID | None
    is_automatic = fields.BooleanField()
    wait_minutes = fields.IntField()
    version: int = version()

    class Meta:
        table = "chaining_policies"
        indexes = (("organization_id", "channel_id", "id"),)
