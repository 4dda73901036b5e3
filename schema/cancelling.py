"""Cancelling as clients see it: at once before release, by asking the location after it."""

from datetime import datetime

import strawberry

import models
from actions.orders import cancelling, recalling
from domain.errors import BlockedByHold, Forbidden, IllegalTransition
from domain.permissions import Permission
from resolvers import orders
from resolvers.visible import PARTS_OF_ORDERS
from schema.enums import CancellationStatus
from schema.fields import column, graph, root
from schema.inputs import given, ref
from schema.later import ORDER_VERSION, Order
from schema.mutations import action
from schema.nodes import Node

INTERNAL = Permission.READ_ORGANIZATION
MAX_REASON = cancelling.MAX_REASON_CHARACTERS


@graph(
    models.CancellationRequest,
    "Units a location works on that somebody wants cancelled; the location answers.",
    scope=PARTS_OF_ORDERS,
    needs=Permission.READ_ORDERS,
)
class CancellationRequest(Node):
    line_id: strawberry.ID = column("The line.", of="OrderLine")
    fulfilment_id: strawberry.ID = column("The location's work that is to stop.", of="Fulfilment")
    quantity: int = column("How many units.")
    status: CancellationStatus = column("What the location answered.")
    reason: str = column("Why it was asked for.")
    requested_by: str = column("Who asked.", needs=INTERNAL)
    requested_at: datetime = column("When it was asked for.")
    answered_by: str | None = column("Who answered.", needs=INTERNAL)
    answered_at: datetime | None = column("When it was answered.")


@strawberry.input(description="Units of one line to cancel.")
class CancelledLineInput:
    line_id: strawberry.ID = ref("The line.", "OrderLine")
    quantity: int | None = given("How many; all that can still be stopped if left out.", default=None, at_least=1)


@strawberry.input(description="Whole kits of one sort to cancel.")
class CancelledKitInput:
    kit_id: strawberry.ID = ref("The order's kits.", "OrderKit")
    quantity: int | None = given("How many; all that can still be stopped if left out.", default=None, at_least=1)


@strawberry.input(description="What of an order to cancel.")
class CancelOrderInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    lines: list[CancelledLineInput] | None = given(
        "Only these; with no kits either, the whole order. Components of kits are cancelled with their kits.",
        default=None,
        at_most=cancelling.MAX_LINES,
    )
    kits: list[CancelledKitInput] | None = given(
        "Only these, and the lines that are named.", default=None, at_most=cancelling.MAX_LINES
    )
    reason: str = given("Why, for the time line.", default="", at_most=MAX_REASON)
    expected_version: int | None = given(ORDER_VERSION, default=None)


@strawberry.input(description="What one location is asked to stop.")
class RequestCancellationInput:
    fulfilment_id: strawberry.ID = ref("The location's work.", "Fulfilment")
    line_id: strawberry.ID | None = ref("Only this line; all of it if left out.", "OrderLine", default=None)
    quantity: int | None = given("Only so many units of the line.", default=None, at_least=1)
    reason: str = given("Why, for the location.", default="", at_most=MAX_REASON)
    expected_version: int | None = given(
        "The fulfilment's version that you read; another one is refused.", default=None
    )


@strawberry.input(description="A location's answer to a request to stop.")
class AnswerCancellationInput:
    request_id: strawberry.ID = ref("The request.", "CancellationRequest")
    accept: bool = given("Yes: the units are cancelled and their stock is free. No: the work goes on.")
    reason: str = given("Why, for whoever asked.", default="", at_most=MAX_REASON)


@root
class CancellingMutations:
    cancel_order: Order = action(
        "Cancel an order, lines or units. What no location works on yet is cancelled at once; for the rest the "
        "locations are asked: see the order's cancellation requests. What has left cannot be cancelled.",
        cancelling.cancel,
        CancelOrderInput,
        refuses=(IllegalTransition, BlockedByHold),
        needs=Permission.CANCEL_ORDERS,
    )
    request_cancellation: Order = action(
        "Ask one location to stop working on units.",
        recalling.request_cancellation,
        RequestCancellationInput,
        refuses=(IllegalTransition, BlockedByHold),
        needs=Permission.CANCEL_ORDERS,
    )
    answer_cancellation: Order = action(
        "A location's yes or no. A yes to units that have left meanwhile is recorded as a no.",
        orders.answer_cancellation,
        AnswerCancellationInput,
        refuses=(IllegalTransition, Forbidden),
        needs=Permission.FULFIL,
    )
