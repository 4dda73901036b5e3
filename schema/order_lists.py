"""How orders are listed, wherever they are."""

from datetime import datetime
from enum import Enum

import strawberry

from schema.enums import OrderStatus
from schema.filters import among, at_least, below, matches


@strawberry.enum(description="How orders may be listed.")
class OrderSort(Enum):
    NEWEST = "-placed_at"
    OLDEST = "placed_at"
    LARGEST = "-total_minor"


@strawberry.input(description="Which orders.")
class OrderFilter:
    status: list[OrderStatus] | None = among("status")
    channel_ids: list[strawberry.ID] | None = among("channel_id", of="Channel")
    customer_ids: list[strawberry.ID] | None = among("customer_id", of="Customer")
    placed_from: datetime | None = at_least("placed_at")
    placed_before: datetime | None = below("placed_at")
    number: str | None = matches("number")
