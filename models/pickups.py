"""What customers show to collect, and what they are asked about units that they wanted to collect and cannot."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.fulfilment import DeclineReason
from domain.pickups import PickupChoice, QuestionStatus
from models.columns import key, version
from models.fulfilment import Fulfilment
from models.kits import OrderKit
from models.locations import Location
from models.orders import Order, OrderLine
from models.organizations import Organization
from models.promising import Promise


class PickupCode(Model):
    """Of a fulfilment that a customer collects; `wrong` codes were shown for it, the last of them at `last_wrong_at`."""

    id: UUID = key()
    fulfilment: fields.OneToOneRelation[Fulfilment] = fields.OneToOneField(
        "models.Fulfilment", related_name="kept_code", on_delete=fields.RESTRICT
    )
    fulfilment_id: UUID
    code = fields.CharField(max_length=6)
    wrong = fields.IntField(default=0, db_default=0)
    last_wrong_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "pickup_codes"


class PickupQuestion(Model):
    """`quantity` units of the line that its location gave back; while it is unanswered they stand there rejected.

    `new_line` has the units now, where the answer took them off their line. With a `kit` the question is about `quantity`
    whole kits: `line` is then that of their first component, and `new_kit` has them where `new_line` has its units.
    `promise` is the option that they ship by, if one was chosen.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="pickup_questions", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="pickup_questions", on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="pickup_questions", on_delete=fields.RESTRICT
    )
    line_id: UUID
    kit: fields.ForeignKeyNullableRelation[OrderKit] = fields.ForeignKeyField(
        "models.OrderKit", related_name="pickup_questions", null=True, on_delete=fields.RESTRICT
    )
    kit_id: UUID | None
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="pickup_questions", on_delete=fields.RESTRICT
    )
    location_id: UUID
    quantity = fields.IntField()
    reason = fields.CharEnumField(DeclineReason, max_length=32)
    status = fields.CharEnumField(QuestionStatus, max_length=16, default=QuestionStatus.OPEN)
    asked_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField()
    choice = fields.CharEnumField(PickupChoice, max_length=32, null=True)
    pickup_location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="pickup_answers", null=True, on_delete=fields.RESTRICT
    )
    pickup_location_id: UUID | None
    new_line: fields.ForeignKeyNullableRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="pickup_answers", null=True, on_delete=fields.RESTRICT
    )
    new_line_id: UUID | None
    new_kit: fields.ForeignKeyNullableRelation[OrderKit] = fields.ForeignKeyField(
        "models.OrderKit", related_name="pickup_answers", null=True, on_delete=fields.RESTRICT
    )
    new_kit_id: UUID | None
    promise: fields.ForeignKeyNullableRelation[Promise] = fields.ForeignKeyField(
        "models.Promise", related_name="pickup_answers", null=True, on_delete=fields.RESTRICT
    )
    promise_id: UUID | None
    answered_by = fields.CharField(max_length=128, null=True)
    answered_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    class Meta:
        table = "pickup_questions"
        indexes = (
            ("organization_id", "expires_at", "id"),
            ("organization_id", "status", "expires_at", "id"),
            ("organization_id", "location_id", "expires_at", "id"),
        )
