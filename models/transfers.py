"""Transfers: goods on their way from one of our locations to another."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.transfers import Discrepancy, TransferStatus
from models.catalogue import Variant
from models.columns import key, version
from models.locations import Location
from models.orders import Order, OrderLine
from models.organizations import Organization
from models.promising import ExpectedSupply


class Transfer(Model):
    """One with an order brings it what is handed over at the destination.

    `answer_by`: until when its origin has to accept or send; None once it did, or where it may take its time.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="transfers", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    number = fields.CharField(max_length=32)
    origin: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="transfers_out", on_delete=fields.RESTRICT
    )
    origin_id: UUID
    destination: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="transfers_in", on_delete=fields.RESTRICT
    )
    destination_id: UUID
    order: fields.ForeignKeyNullableRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="transfers", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    order_id: UUID | None
    status = fields.CharEnumField(TransferStatus, max_length=32, default=TransferStatus.DRAFT)
    expected_on: date | None = fields.DateField(null=True)
    note = fields.CharField(max_length=200, default="")
    created_at: datetime = fields.DatetimeField()
    answer_by: datetime | None = fields.DatetimeField(null=True)
    accepted_at: datetime | None = fields.DatetimeField(null=True)
    shipped_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    lines: fields.ReverseRelation["TransferLine"]

    class Meta:
        table = "transfers"
        unique_together = (("organization", "number"),)
        indexes = (
            ("organization_id", "created_at", "id"),
            ("organization_id", "status", "created_at", "id"),
            ("origin_id", "created_at", "id"),
            ("destination_id", "created_at", "id"),
        )


class TransferLine(Model):
    """Units of one variant; `domain/transfers.py` says how its counters hang together.

    `awaited` of them are still on their way to the order line that they are for.
    """

    id: UUID = key()
    transfer: fields.ForeignKeyRelation[Transfer] = fields.ForeignKeyField(
        "models.Transfer", related_name="lines", on_delete=fields.CASCADE
    )
    transfer_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="transfer_lines", on_delete=fields.RESTRICT, db_index=True
    )
    variant_id: UUID
    order_line: fields.ForeignKeyNullableRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="transfer_lines", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    order_line_id: UUID | None
    position = fields.IntField()
    quantity = fields.IntField()
    shipped = fields.IntField(default=0)
    received = fields.IntField(default=0)
    damaged = fields.IntField(default=0)
    written_back = fields.IntField(default=0)
    written_off = fields.IntField(default=0)
    awaited = fields.IntField(default=0, db_default=0)
    discrepancy = fields.CharEnumField(Discrepancy, max_length=16, null=True)
    supply: fields.ForeignKeyNullableRelation[ExpectedSupply] = fields.ForeignKeyField(
        "models.ExpectedSupply", related_name="transfer_lines", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    supply_id: UUID | None

    class Meta:
        table = "transfer_lines"
        indexes = (("transfer_id", "position"),)
