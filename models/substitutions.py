"""Sending something else than was ordered: who allows it, what was proposed, and what came of it."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.substitution import SubstitutePrice, SubstitutionStatus
from models.catalogue import Variant
from models.columns import key
from models.kits import OrderKit
from models.orders import Order, OrderLine


class SubstitutionConsent(Model):
    """The customer takes automatic substitutes for this line. `tried_at`: when none of them could be sent, last."""

    id: UUID = key()
    line: fields.OneToOneRelation[OrderLine] = fields.OneToOneField(
        "models.OrderLine", related_name="substitution_consent", on_delete=fields.RESTRICT
    )
    line_id: UUID
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="substitution_consents", on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID
    tried_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "substitution_consents"


class Substitution(Model):
    """Units of `line` that `variant` is to be sent for; once accepted, they stand on `new_line`. One open one a line.

    Of kits whole ones: then `line` is that of the first component, and `quantity` counts kits. Where kits are sent,
    `new_line` is the first of theirs.
    """

    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="substitutions", on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="substitutions", on_delete=fields.RESTRICT, db_index=True
    )
    line_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="substitutions", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    sku = fields.CharField(max_length=64)
    quantity = fields.IntField()
    price_rule = fields.CharEnumField(SubstitutePrice, max_length=32)
    unit_price_minor = fields.BigIntField()
    status = fields.CharEnumField(SubstitutionStatus, max_length=16, default=SubstitutionStatus.PROPOSED)
    reason = fields.CharField(max_length=500, default="")
    proposed_by = fields.CharField(max_length=128)
    proposed_at: datetime = fields.DatetimeField()
    expires_at: datetime | None = fields.DatetimeField(null=True)
    answered_by = fields.CharField(max_length=128, null=True)
    answered_at: datetime | None = fields.DatetimeField(null=True)
    new_line: fields.OneToOneNullableRelation[OrderLine] = fields.OneToOneField(
        "models.OrderLine", related_name="substituted_for", null=True, on_delete=fields.RESTRICT
    )
    new_line_id: UUID | None
    kit: fields.ForeignKeyNullableRelation[OrderKit] = fields.ForeignKeyField(
        "models.OrderKit", related_name="substitutions", null=True, on_delete=fields.RESTRICT
    )
    kit_id: UUID | None
    new_kit: fields.OneToOneNullableRelation[OrderKit] = fields.OneToOneField(
        "models.OrderKit", related_name="substituted_for", null=True, on_delete=fields.RESTRICT
    )
    new_kit_id: UUID | None

    class Meta:
        table = "substitutions"
