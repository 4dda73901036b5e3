"""What locations with a daily capacity have taken on, day by day, and which orders that is."""

from datetime import date
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.columns import key
from models.locations import Location
from models.orders import Order, OrderLine
from models.organizations import Organization


class LocationDay(Model):
    """`units` and `orders` are the sum and the number of the claims on the day, `lines` the number of its line claims.

    A soft limit may have been passed.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="location_days", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="days", on_delete=fields.RESTRICT
    )
    location_id: UUID
    day: date = fields.DateField()
    units = fields.IntField(default=0)
    orders = fields.IntField(default=0)
    lines = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "location_days"
        unique_together = (("location", "day"),)
        indexes = (("organization_id", "day", "id"),)


class CapacityClaim(Model):
    """Units of an order that a location took on for one of its days. Whoever changes it holds the order's lock."""

    id: UUID = key()
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="capacity_claims", on_delete=fields.RESTRICT
    )
    order_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="capacity_claims", on_delete=fields.RESTRICT
    )
    location_id: UUID
    day: date = fields.DateField()
    units = fields.IntField()

    class Meta:
        table = "capacity_claims"
        unique_together = (("order", "location", "day"),)


class LineClaim(Model):
    """Units of an order line that a location took on for a day; only where it says how many lines it can do a day."""

    id: UUID = key()
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name="claims", on_delete=fields.RESTRICT
    )
    line_id: UUID
    location: fields.ForeignKeyRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="line_claims", on_delete=fields.RESTRICT
    )
    location_id: UUID
    day: date = fields.DateField()
    units = fields.IntField()

    class Meta:
        table = "line_claims"
        unique_together = (("line", "location", "day"),)
