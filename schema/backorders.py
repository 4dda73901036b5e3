"""What waits for stock as clients see it: until when, for which launch, and how that is changed."""

from datetime import date, datetime

import strawberry

import models
from actions.backordering import deadlines
from domain.errors import IllegalTransition
from domain.permissions import Permission
from resolvers.visible import PARTS_OF_LINES
from schema.fields import column, graph, root, sql
from schema.inputs import given, ref
from schema.later import ORDER_VERSION, Order
from schema.mutations import action


@graph(
    models.Backorder,
    "For how long units of a line may wait for stock.",
    scope=PARTS_OF_LINES,
    needs=Permission.READ_ORDERS,
)
class Backorder:
    is_preorder: bool = sql("Whether they wait for a launch.", "({row}.launches_at IS NOT NULL)")
    since: datetime = column("Since when they wait.")
    launches_at: datetime | None = column("Before this nothing is sent; null where it is no pre-order.")
    ships_by: date | None = column("By which day a pre-order is to be sent.")
    cancels_at: datetime | None = column("When what still waits is cancelled; null for never.")
    is_fixed: bool = column("Whether somebody chose that date.", needs=Permission.READ_ORGANIZATION)
    reason: str = column("Why it was chosen.", needs=Permission.READ_ORGANIZATION)


@strawberry.input(description="Until when what waits of an order may wait.")
class SetBackorderDeadlineInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    cancels_at: datetime | None = given("When what still waits is cancelled; never, if left out.", default=None)
    line_id: strawberry.ID | None = ref("Only this line; all that waits if left out.", "OrderLine", default=None)
    reason: str = given("Why, for the time line.", at_least=1, at_most=deadlines.MAX_REASON_CHARACTERS)
    expected_version: int | None = given(ORDER_VERSION, default=None)


@root
class BackorderMutations:
    set_backorder_deadline: Order = action(
        "Say until when what waits of an order may wait for stock, whatever the channel's policy.",
        deadlines.set_deadline,
        SetBackorderDeadlineInput,
        refuses=(IllegalTransition,),
        needs=Permission.CHANGE_ORDERS,
    )
