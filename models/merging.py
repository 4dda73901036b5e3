"""Orders whose goods are brought together before they leave."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from domain.merging import DEFAULT_WAIT_DAYS
from models.columns import key
from models.locations import Location
from models.orders import Order
from models.organizations import Organization


class OrderMerge(Model):
    """What ships is brought to the location, and waits there for the rest until `waits_until`, or until it is ended.

    Without a location none was named, and none is chosen before something of the order lies anywhere.
    """

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="order_merges", on_delete=fields.RESTRICT
    )
    organization_id: UUID
    order: fields.OneToOneRelation[Order] = fields.OneToOneField(
        "models.Order", related_name="merge", on_delete=fields.RESTRICT
    )
    order_id: UUID
    location: fields.ForeignKeyNullableRelation[Location] = fields.ForeignKeyField(
        "models.Location", related_name="order_merges", null=True, on_delete=fields.RESTRICT
    )
    location_id: UUID | None
    wait_days = fields.IntField(default=DEFAULT_WAIT_DAYS, db_default=DEFAULT_WAIT_DAYS)
    waits_until: datetime = fields.DatetimeField()
    asked_by = fields.CharField(max_length=128)
    asked_at: datetime = fields.DatetimeField()
    ended_by = fields.CharField(max_length=128, null=True)
    ended_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "order_merges"


# Of a row `s` of line_status and its line `l`: they wait, where their order comes together, for what is still to come.
_WAITING = """
FROM order_merges g WHERE s.status = 'scheduled' AND g.order_id = s.order_id AND g.location_id = s.location_id
    AND g.ended_at IS NULL AND l.method = 'ship' AND EXISTS (
        SELECT FROM line_status w JOIN order_lines x ON x.id = w.line_id WHERE w.order_id = s.order_id AND x.method = 'ship'
            AND (w.status IN ('placed', 'backordered', 'unscheduled', 'awaiting_transfer', 'in_transfer')
                OR w.status = 'scheduled' AND w.location_id <> g.location_id))"""
WAITS_FOR_THE_REST = f"EXISTS (SELECT {_WAITING} AND g.waits_until > $1)"
"""At the moment $1."""
WAITED_FOR = f"SELECT extract(epoch FROM g.waits_until)::text {_WAITING}"
"""Until which second of all time; null for what waits for nothing."""
