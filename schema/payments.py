"""Payments as clients see them: how an order is paid, what happened to each payment, and what can be done about it."""

from datetime import datetime
from enum import Enum

import strawberry

import models
from actions.payments import adding, authorizing, capturing, recording, refunding, voiding
from domain.errors import AmountExceeded, Forbidden, NotPaid, PaymentRefused, PaymentUnknown
from domain.permissions import Permission
from resolvers import payments
from resolvers.visible import PARTS_OF_PAYMENTS, PAYMENTS
from schema.enums import PaymentEventKind, Tender
from schema.fields import column, connection, find, graph, money, one, root
from schema.inputs import given, ref
from schema.later import Order
from schema.mutations import action
from schema.nodes import Node
from schema.values import Connection, Minor, Money

READ = Permission.READ_PAYMENTS
HANDLING = Permission.HANDLE_PAYMENTS


@graph(models.PaymentEvent, "One thing that happened to a payment; never changed.", scope=PARTS_OF_PAYMENTS, needs=READ)
class PaymentEvent(Node):
    kind: PaymentEventKind = column("What happened.")
    amount_minor: Minor = column("How much it is about, in the payment's currency.")
    reference: str = column("What belongs together: one request to the provider and its answers.", needs=HANDLING)
    message: str = column("What the provider said, or why it was asked for.", needs=HANDLING)
    occurred_at: datetime = column("When it happened, by the provider's word.")
    recorded_at: datetime = column("When it was heard of here.")
    actor: str = column("Who did it.", needs=HANDLING)


@strawberry.enum(description="How a payment's events may be listed.")
class PaymentEventSort(Enum):
    OLDEST = "recorded_at"
    NEWEST = "-recorded_at"


@graph(models.Payment, "One of the ways an order is paid.", scope=PAYMENTS, needs=READ)
class Payment(Node):
    tender: Tender = column("With what.")
    gateway: str = column("The payment provider; empty where none is needed.", needs=HANDLING)
    token: str = column("What the provider knows the card or account by.", needs=HANDLING)
    sequence: int = column("Lower is charged first, and refunded last.")
    limit: Money | None = money("The most that may be charged to it; null for no limit.", "limit_minor")
    authorized: Money = money("Set aside and not captured yet.", "authorized_minor")
    charged: Money = money(
        "Captured and kept; less than nothing after a charge-back of what was refunded.", "charged_minor"
    )
    refunded: Money = money("Given back.", "refunded_minor")
    cancelled: Money = money("Set aside once, and let go or expired.", "cancelled_minor")
    authorize_pending: Money = money("Asked to be set aside; the provider has not answered.", "authorize_pending_minor")
    charge_pending: Money = money("Asked to be captured; the provider has not answered.", "charge_pending_minor")
    refund_pending: Money = money("Asked to be given back; the provider has not answered.", "refund_pending_minor")
    cancel_pending: Money = money("Asked to be let go; the provider has not answered.", "cancel_pending_minor")
    expires_at: datetime | None = column("When what is set aside lapses; null when it does not.")
    created_at: datetime = column("When it was added to the order.")
    version: int = column("Counts its changes.")
    order: Order = one("The order it pays.")
    events: Connection[PaymentEvent] = connection("Everything that happened to it.", sort=PaymentEventSort)


@strawberry.input(description="A way of paying, added to an order.")
class AddPaymentInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    tender: Tender = given("With what.")
    gateway: str = given("The payment provider; leave out for cash and accounts.", default="", at_most=32)
    token: str = given("What the provider knows the card or account by.", default="", at_most=128)
    sequence: int = given("Lower is charged first.", default=0, at_least=0, at_most=1000)
    limit_minor: Minor | None = given("The most that may be charged to it.", default=None, at_least=1)
    expected_version: int | None = given("The order's version that you read.", default=None)


@strawberry.input(description="Money to set aside for an order.")
class AuthorizePaymentInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    payment_id: strawberry.ID | None = ref(
        "Only by this payment; otherwise by all in sequence.", "Payment", default=None
    )
    amount_minor: Minor | None = given("How much; what the order still needs if left out.", default=None, at_least=1)
    expected_version: int | None = given("The order's version that you read.", default=None)


@strawberry.input(description="Money to capture of what is set aside for an order.")
class CapturePaymentInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    payment_id: strawberry.ID | None = ref(
        "Only of this payment; otherwise of all in sequence.", "Payment", default=None
    )
    amount_minor: Minor | None = given("How much; everything set aside if left out.", default=None, at_least=1)
    expected_version: int | None = given("The order's version that you read.", default=None)


@strawberry.input(description="Money to let go that was set aside for an order.")
class VoidPaymentInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    payment_id: strawberry.ID | None = ref("Only of this payment; otherwise of all.", "Payment", default=None)
    expected_version: int | None = given("The order's version that you read.", default=None)


@strawberry.input(description="Money to give back.")
class RefundPaymentInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    amount_minor: Minor = given("How much; at most what was captured and not given back.", at_least=1)
    payment_id: strawberry.ID | None = ref(
        "Only to this payment; otherwise to all in reverse charge order.", "Payment", default=None
    )
    reason: str = given("Why, for the books.", default="", at_most=500)
    expected_version: int | None = given("The order's version that you read.", default=None)


@strawberry.input(description="What a payment provider told about a payment.")
class RecordPaymentEventInput:
    payment_id: strawberry.ID = ref("The payment.", "Payment")
    kind: PaymentEventKind = given("What happened; not a request, those are made here.")
    amount_minor: Minor = given("How much it is about.", at_least=0)
    reference: str = given("The reference we sent, or the provider's own where it acted by itself.", at_most=128)
    occurred_at: datetime = given("When it happened.")
    message: str = given("What the provider said.", default="", at_most=500)
    expires_at: datetime | None = given("When an authorisation lapses.", default=None)


@root
class PaymentQueries:
    payment: Payment | None = find("The payment with this id.")


@root
class PaymentMutations:
    add_payment: Payment = action(
        "Add a way of paying to an order. No money moves yet.",
        adding.add_payment,
        AddPaymentInput,
        refuses=(Forbidden,),
        needs=Permission.PLACE_ORDERS,
        prepare=payments.may_add,
    )
    authorize_payment: Order = action(
        "Have money set aside for an order, over its payments in their sequence and up to their limits.",
        authorizing.authorize,
        AuthorizePaymentInput,
        refuses=(PaymentRefused, PaymentUnknown, AmountExceeded, NotPaid),
        needs=Permission.PLACE_ORDERS,
        needs_key=True,
        prepare=payments.on_behalf,
    )
    capture_payment: Order = action(
        "Capture money that is set aside. For what was shipped this happens by itself.",
        capturing.capture,
        CapturePaymentInput,
        refuses=(PaymentRefused, PaymentUnknown, AmountExceeded),
        needs=HANDLING,
        needs_key=True,
    )
    void_payment: Order = action(
        "Let go of money that is set aside. When nothing is left to ship this happens by itself.",
        voiding.void,
        VoidPaymentInput,
        refuses=(PaymentRefused, PaymentUnknown),
        needs=HANDLING,
        needs_key=True,
    )
    refund_payment: Order = action(
        "Give money back, in reverse charge order and to each payment at most what came in with it.",
        refunding.refund,
        RefundPaymentInput,
        refuses=(PaymentRefused, PaymentUnknown, AmountExceeded),
        needs=HANDLING,
        needs_key=True,
    )
    record_payment_event: Payment = action(
        "Record what a provider told by itself. Late, repeated and out-of-order news do no harm.",
        recording.record_payment_event,
        RecordPaymentEventInput,
        needs=HANDLING,
    )
