"""Holds as clients see them, and how they are put on and taken off."""

from datetime import datetime
from enum import Enum

import strawberry

import models
from actions.orders import holding
from domain.errors import AlreadyExists, IllegalTransition
from domain.permissions import Permission
from resolvers.visible import PARTS_OF_ORDERS
from schema.enums import HoldKind, HoldStatus
from schema.fields import column, connection, find, graph, one, root
from schema.filters import among
from schema.inputs import given, ref
from schema.later import ORDER_VERSION, Order
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection

HOLDING = Permission.HOLD_ORDERS
MAX_REASON = holding.MAX_REASON_CHARACTERS


@graph(
    models.Hold,
    "Something that stops certain steps of an order, or of one line, until it is resolved.",
    scope=PARTS_OF_ORDERS,
    needs=Permission.READ_ORGANIZATION,
)
class Hold(Node):
    order: Order = one("What is held.")
    kind: HoldKind = column("Why, which decides what is stopped.")
    status: HoldStatus = column("How far the judgement is.")
    line_id: strawberry.ID | None = column("The line that is held; null for the whole order.", of="OrderLine")
    reason: str = column("Why, in words.")
    applied_by: str = column("Who put it on.")
    applied_at: datetime = column("When it was put on.")
    expires_at: datetime | None = column("When it ends by itself; null when it does not.")
    resolved_by: str | None = column("Who took it off.")
    resolved_at: datetime | None = column("When it was taken off.")
    resolution: str = column("What was found out.")


@strawberry.enum(description="How holds may be listed.")
class HoldSort(Enum):
    OLDEST = "applied_at"
    NEWEST = "-applied_at"


@strawberry.input(
    description="Which holds. CREATED and REJECTED are those that stand; UNROUTABLE are orders that somebody has to find a "
    "location for."
)
class HoldFilter:
    status: list[HoldStatus] | None = among("status")
    kind: list[HoldKind] | None = among("kind")


@strawberry.input(description="A hold to put on an order.")
class ApplyHoldInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    kind: HoldKind = given("Why, which decides what is stopped.")
    reason: str = given("Why, in words.", default="", at_most=MAX_REASON)
    line_id: strawberry.ID | None = ref("Only this line; the whole order if left out.", "OrderLine", default=None)
    expires_at: datetime | None = given("When it ends by itself.", default=None)
    expected_version: int | None = given(ORDER_VERSION, default=None)


@strawberry.input(description="A hold to confirm for good: what it stops stays stopped until it is resolved.")
class RejectHoldInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    hold_id: strawberry.ID = ref("The hold.", "Hold")
    reason: str = given("What was found out.", at_most=MAX_REASON)
    expected_version: int | None = given(ORDER_VERSION, default=None)


@strawberry.input(description="One hold to take off; others stay.")
class ResolveHoldInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    hold_id: strawberry.ID = ref("The hold.", "Hold")
    resolution: str = given("What was found out.", default="", at_most=MAX_REASON)
    expected_version: int | None = given(ORDER_VERSION, default=None)


@root
class HoldQueries:
    hold: Hold | None = find("The hold with this id.")
    holds: Connection[Hold] = connection(
        "What is held, the oldest first: the work that waits for somebody's judgement.", sort=HoldSort, where=HoldFilter
    )


@root
class HoldMutations:
    apply_hold: Order = action(
        "Stop certain steps of an order or of one line. Several holds can stand at once.",
        holding.apply_hold,
        ApplyHoldInput,
        refuses=(IllegalTransition, AlreadyExists),
        needs=HOLDING,
    )
    reject_hold: Order = action(
        "Judge that what is held is not to be let go; the hold stays, and no longer expires.",
        holding.reject_hold,
        RejectHoldInput,
        refuses=(IllegalTransition,),
        needs=HOLDING,
    )
    resolve_hold: Order = action(
        "Take one hold off.", holding.resolve_hold, ResolveHoldInput, refuses=(IllegalTransition,), needs=HOLDING
    )
