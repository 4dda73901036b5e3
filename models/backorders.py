"""How long ordered units may wait for stock, and how many of a variant at once."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.catalogue import Variant
from models.columns import key
from models.orders import Order, OrderLine
from models.organizations import Organization


class BackorderTerms(Model):
    """Of a variant. Without a limit any number may wait; before `launched_at` nothing of it is sent."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="backorder_terms", on_delete=fields.RESTRICT, db_index=True
    )
    organization_id: UUID
    variant: fields.OneToOneRelation[Variant] = fields.OneToOneField(
        "models.Variant", related_name="backorder_terms", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    limit_units: int | None = fields.IntField(null=True)
    launches_at: datetime | None = fields.DatetimeField(null=True)
    ships_by: date | None = fields.DateField(null=True)
    launched_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "backorder_terms"


class Backorder(Model):
    """What a line's units wait for, and until when; a pre-order where there is a launch to wait for.

    `is_fixed`: somebody chose the date, so no policy moves it. `ended_at`: the date came and what waited was cancelled.
    """

    id: UUID = key()
    line: fields.OneToOneRelation[OrderLine] = fields.OneToOneField(
        "models.OrderLine", related_name="backorder", on_delete=fields.RESTRICT
    )
    line_id: UUID
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="backorders", on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID
    since: datetime = fields.DatetimeField()
    cancels_at: datetime | None = fields.DatetimeField(null=True)
    is_fixed = fields.BooleanField(default=False)
    reason = fields.CharField(max_length=500, default="")
    launches_at: datetime | None = fields.DatetimeField(null=True)
    ships_by: date | None = fields.DateField(null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "backorders"
