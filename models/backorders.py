"""How long ordered units may wait for stock, and how many of a variant at once."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.catalogue import Variant
from models.channels import Channel
from models.columns import key
from models.orders import Order, OrderLine
from models.organizations import Organization


class LaunchAndLimit(Model):
    """What terms say, whosever they are."""

    limit_units: int | None = fields.IntField(null=True)
    launches_at: datetime | None = fields.DatetimeField(null=True)
    ships_by: date | None = fields.DateField(null=True)
    launched_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        abstract = True


class BackorderTerms(LaunchAndLimit):
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

    class Meta:
        table = "backorder_terms"


class ChannelBackorderTerms(LaunchAndLimit):
    """Of a variant in one channel. Its launch there holds instead of the variant's, its limit beside the variant's."""

    id: UUID = key()
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "models.Organization", related_name="channel_backorder_terms", on_delete=fields.RESTRICT, db_index=True
    )
    organization_id: UUID
    variant: fields.ForeignKeyRelation[Variant] = fields.ForeignKeyField(
        "models.Variant", related_name="channel_backorder_terms", on_delete=fields.RESTRICT
    )
    variant_id: UUID
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="backorder_terms", on_delete=fields.RESTRICT
    )
    channel_id: UUID

    class Meta:
        table = "channel_backorder_terms"
        unique_together = (("variant", "channel"),)


def launch_in(variant: str, channel: str) -> str:
    """The launch that holds for a variant in a channel, as SQL: a table of one row or none, its own there before the variant's.

    Columns: launches_at, ships_by, launched_at.
    """
    return (
        "(SELECT launches_at, ships_by, launched_at FROM ("
        " SELECT 0 AS rank, launches_at, ships_by, launched_at FROM channel_backorder_terms"
        f" WHERE variant_id = {variant} AND channel_id = {channel} AND launches_at IS NOT NULL"
        " UNION ALL SELECT 1, launches_at, ships_by, launched_at FROM backorder_terms"
        f" WHERE variant_id = {variant}) AS launches ORDER BY rank LIMIT 1)"
    )


def does_count(row: str) -> str:
    """Whether it makes a difference what such a row of a channel says, as SQL.

    A launch that is over does as long as the variant's is still to come.
    """
    return (
        f"({row}.limit_units IS NOT NULL OR {row}.launches_at IS NOT NULL AND ({row}.launched_at IS NULL OR EXISTS ("
        f"SELECT FROM backorder_terms y WHERE y.variant_id = {row}.variant_id AND y.launches_at IS NOT NULL"
        " AND y.launched_at IS NULL)))"
    )


def is_unlaunched(variant: str, channel: str) -> str:
    """Whether the variant has a launch in the channel that is not over, as SQL: nobody new gets any before that.

    It goes on after its moment, until those who ordered before are served.
    """
    return (
        f"EXISTS (SELECT FROM {launch_in(variant, channel)} AS launch"
        " WHERE launch.launches_at IS NOT NULL AND launch.launched_at IS NULL)"
    )


def is_awaited(variant: str, channel: str, moment: str) -> str:
    """Whether the variant's launch in the channel is after the moment, as SQL."""
    return f"EXISTS (SELECT FROM {launch_in(variant, channel)} AS launch WHERE launch.launches_at > {moment})"


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
