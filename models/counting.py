"""Cycle counts: what was counted at a location, and what was expected there at that moment."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.counting import CountLineStatus, CountStatus
from models.catalogue import Variant
from models.columns import key, version
from models.inventory import StockLevel
from models.locations import Location
from models.organizations import Organization


class StockCount(Model):
    """Differences within `tolerance_units` or `tolerance_percent` need nobody's approval."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="stock_counts", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    number = fields.CharField(max_length=32)
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="stock_counts", on_delete=fields.RESTRICT
    )
    location_id: UUID
    status = fields.CharEnumField(CountStatus, max_length=16, default=CountStatus.COUNTING)
    tolerance_units = fields.IntField()
    tolerance_percent = fields.IntField()
    started_at: datetime = fields.DatetimeField()
    submitted_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)
    version: int = version()

    lines: fields.ReverseRelation["CountLine"]

    class Meta:
        table = "stock_counts"
        unique_together = (("organization", "number"),)
        indexes = (
            ("organization_id", "started_at", "id"),
            ("organization_id", "status", "started_at", "id"),
            ("organization_id", "location_id", "started_at", "id"),
        )


class CountLine(Model):
    """`expected` was on hand when `counted` units were found; `expected_at_start` when the sheet was made."""

    id: UUID = key()
    count: fields.ForeignKeyRelation[StockCount] = fields.ForeignKeyField(
        "models.StockCount", related_name="lines", on_delete=fields.RESTRICT
    )
    count_id: UUID
    stock_level: fields.ForeignKeyRelation[StockLevel] = fields.ForeignKeyField(
        "models.StockLevel", related_name="count_lines", on_delete=fields.RESTRICT
    )
    stock_level_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="count_lines", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    position = fields.IntField()
    status = fields.CharEnumField(CountLineStatus, max_length=16, default=CountLineStatus.OPEN)
    expected_at_start = fields.IntField()
    expected: int | None = fields.IntField(null=True)
    counted: int | None = fields.IntField(null=True)
    counted_at: datetime | None = fields.DatetimeField(null=True)
    counted_by = fields.CharField(max_length=128, null=True)

    class Meta:
        table = "count_lines"
        unique_together = (("count", "variant"),)
        indexes = (("count_id", "position", "id"),)
