"""Orders that are delivered together, as clients see them."""

from datetime import datetime

import strawberry

import models
from actions.forwarding import merging
from domain.errors import BlockedByHold, IllegalTransition
from domain.merging import DEFAULT_WAIT_DAYS, MOST_WAIT_DAYS
from domain.permissions import Permission
from resolvers.visible import PARTS_OF_ORDERS
from schema.fields import column, graph, one, root
from schema.inputs import given, ref
from schema.later import ORDER_VERSION, Order
from schema.locations import Location
from schema.mutations import action
from schema.nodes import Node


@graph(
    models.OrderMerge,
    "That what ships of an order is brought to one place and leaves from there together.",
    scope=PARTS_OF_ORDERS,
    needs=Permission.READ_ORDERS,
)
class OrderMerge(Node):
    location: Location | None = one(
        "Where it comes together; null before that is chosen, which is when something of it can be served.",
        needs=Permission.READ_AVAILABILITY,
    )
    wait_days: int = column(
        "How many days what has come waits for the rest, from when the first of it could be served."
    )
    waits_until: datetime = column("Until when what has come waits for the rest.")
    asked_at: datetime = column("When that was decided.")
    ended_at: datetime | None = column("When somebody decided not to wait any more.")


@strawberry.input(description="An order of which all that ships shall arrive together.")
class DeliverTogetherInput:
    order_id: strawberry.ID = ref("The order, on which nobody works yet.", "Order")
    location_id: strawberry.ID | None = ref(
        "Where it comes together; where that costs least if left out.", "Location", default=None
    )
    wait_days: int = given(
        "So many days what has come waits for the rest.",
        default=DEFAULT_WAIT_DAYS,
        at_least=1,
        at_most=MOST_WAIT_DAYS,
    )
    expected_version: int | None = given(ORDER_VERSION, default=None)


@strawberry.input(description="That what ships of an order leaves in one delivery.")
class TogetherInput:
    location_id: strawberry.ID | None = ref(
        "Where it comes together; where that costs least if left out.", "Location", default=None
    )
    wait_days: int = given(
        "So many days what has come waits for the rest.",
        default=DEFAULT_WAIT_DAYS,
        at_least=1,
        at_most=MOST_WAIT_DAYS,
    )


@strawberry.input(description="An order that shall not wait for the rest any more.")
class DeliverWithoutWaitingInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    expected_version: int | None = given(ORDER_VERSION, default=None)


@root
class MergingMutations:
    deliver_together: Order = action(
        "Bring what ships of an order to one place and let it leave from there when all of it has come.",
        merging.deliver_together,
        DeliverTogetherInput,
        refuses=(IllegalTransition, BlockedByHold),
        needs=Permission.CHANGE_ORDERS,
    )
    deliver_without_waiting: Order = action(
        "Let what has come leave; what comes later follows as it comes.",
        merging.deliver_without_waiting,
        DeliverWithoutWaitingInput,
        refuses=(IllegalTransition,),
        needs=Permission.CHANGE_ORDERS,
    )
