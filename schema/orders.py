"""Orders as clients see them, how they are found, confirmed and talked about."""

from datetime import date, datetime
from enum import Enum

import strawberry
from strawberry import Parent

import models
from actions.orders import confirming, noting
from domain.errors import BlockedByHold, IllegalTransition, NotPaid
from domain.permissions import Permission
from resolvers import orders
from resolvers.context import Info
from resolvers.ids import IdOf
from resolvers.visible import ORDERS
from schema.cancelling import CancellationRequest
from schema.channels import Channel
from schema.customers import Customer
from schema.enums import Action, AuthorizeStatus, ChargeStatus, NoteVisibility, OrderOrigin, OrderStatus
from schema.facts import Fact
from schema.fields import column, connection, find, graph, many, money, one, root, via
from schema.fulfilment import Fulfilment
from schema.holds import Hold
from schema.inputs import given, ref
from schema.later import ORDER_VERSION
from schema.merging import OrderMerge
from schema.mutations import action
from schema.nodes import Node
from schema.order_lists import OrderFilter, OrderSort
from schema.order_parts import Note, OrderAddress, OrderKit, OrderLine, PrivateNote
from schema.payments import Payment
from schema.pickups import PickupQuestion
from schema.promising import DeliveryPromise
from schema.purchasing import PurchaseOrder
from schema.routing import RoutingDecision
from schema.substitutions import Substitution
from schema.transfers import Transfer
from schema.values import Connection, Minor, Money

READ = Permission.READ_ORDERS
PAYMENTS = Permission.READ_PAYMENTS


async def cancelled_value(root: Parent[models.Order], info: Info) -> Money:
    return Money(minor=Minor(await orders.cancelled_minor(root, info)), currency=root.currency)


@strawberry.enum(description="How a time line may be read.")
class FactSort(Enum):
    OLDEST = "seq"
    NEWEST = "-seq"


@graph(models.Order, "What somebody bought in one go.", scope=ORDERS, needs=READ)
class Order(Node):
    number: str = column("The number printed on the receipt.")
    channel: Channel | None = one("By what way it came in; null when you may not see it any more.")
    origin: OrderOrigin = column("Who made it.")
    external_id: str | None = column("What the channel calls it; unique there.")
    status: OrderStatus = column("How far it is.")
    customer: Customer | None = one("Who ordered; nobody for a guest.")
    customer_name: str = column("Who ordered, as it was then; also for a guest.")
    customer_email: str | None = column("Where the customer is written to.", needs=Permission.READ_CONTACTS)
    lines: list[OrderLine] = many("What was ordered.", order_by="position")
    kits: list[OrderKit] = many("What was ordered as kits; their components are among the lines.", order_by="position")
    addresses: list[OrderAddress] = many("Where goods and bills go, as it was then.", order_by="kind")
    subtotal: Money = money("All lines before discounts, in the channel's basis.", "subtotal_minor")
    discount: Money = money("Everything taken off.", "discount_minor")
    shipping: Money = money("What the customer pays for shipping.", "shipping_minor")
    tax: Money = money("All tax.", "tax_minor")
    total: Money = money("What the customer pays, as it was billed.", "total_minor")
    cancelled_value: Money = via("What of the total is for units that were cancelled since.", cancelled_value)
    authorize_status: AuthorizeStatus = column("How much of the total is set aside or captured.", needs=PAYMENTS)
    charge_status: ChargeStatus = column("How much of the total is captured.", needs=PAYMENTS)
    payments: list[Payment] = many("How it is paid, in the sequence of charging.", order_by="sequence")
    requested_date: date | None = column("When the customer wishes to have it.")
    promised_date: date | None = column("When the customer was promised it.")
    promise: DeliveryPromise | None = one("What was promised when it was placed, if the customer chose an option.")
    placed_at: datetime = column("When it was placed; of a draft, when it was begun.")
    confirmed_at: datetime | None = column("When it was confirmed; before that nothing is released.")
    fulfilments: list[Fulfilment] = many("What locations were told to do for it.", order_by="released_at")
    purchase_orders: list[PurchaseOrder] = many(
        "What was ordered from vendors who ship it to the customer.",
        order_by="ordered_at",
        needs=Permission.READ_PURCHASING,
    )
    merge: OrderMerge | None = one("Where it comes together before it leaves; null if it leaves from wherever it lies.")
    transfers: list[Transfer] = many(
        "What locations were told to bring to where it is handed over.",
        order_by="created_at",
        needs=Permission.READ_STOCK,
    )
    routing_decisions: list[RoutingDecision] = many(
        "From where its units come, each time that was decided.", order_by="made_at", needs=Permission.READ_ROUTING
    )
    holds: list[Hold] = many("What stops it, or once did.", order_by="applied_at")
    cancellation_requests: list[CancellationRequest] = many(
        "What locations were asked to stop.", order_by="requested_at"
    )
    pickup_questions: list[PickupQuestion] = many(
        "What its customer was asked about units that cannot be collected.", order_by="asked_at"
    )
    substitutions: list[Substitution] = many(
        "What was proposed or sent instead of what was ordered.", order_by="proposed_at"
    )
    notes: list[Note] = many("What was said that the customer may read.", order_by="written_at")
    private_notes: list[PrivateNote] = many("What staff said among themselves.", "notes", order_by="written_at")
    events: Connection[Fact] = connection("Its time line: everything that ever happened to it.", "facts", sort=FactSort)
    available_actions: list[Action] = via("What may be done next to some of it.", orders.actions_of_order)
    version: int = column("Counts its changes; send it as `expectedVersion`.")


@strawberry.input(description="An order to say yes to.")
class ConfirmOrderInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    expected_version: int | None = given(ORDER_VERSION, default=None)


@strawberry.input(description="Something to say about an order.")
class AddNoteInput:
    order_id: strawberry.ID = ref("The order.", "Order")
    text: str = given("What to say.", at_least=1, at_most=noting.MAX_NOTE_CHARACTERS)
    visibility: NoteVisibility = given("Who may read it.", default=NoteVisibility.PRIVATE)


@root
class OrderQueries:
    order: Order | None = find("The order with this id.")
    order_by_number: Order | None = find("The order with this number.", number=str)
    order_by_external_id: Order | None = find(
        "The order that a channel calls so.", channel_id=IdOf("Channel"), external_id=str
    )
    orders: Connection[Order] = connection("Orders you may see.", sort=OrderSort, where=OrderFilter)


@root
class OrderMutations:
    confirm_order: Order = action(
        "Say yes to an order, so that it may be released. Saying it again changes nothing.",
        confirming.confirm,
        ConfirmOrderInput,
        refuses=(IllegalTransition, BlockedByHold, NotPaid),
        needs=Permission.CONFIRM_ORDERS,
    )
    add_note: Order = action(
        "Say something about an order. It does not change the order's version.",
        noting.add_note,
        AddNoteInput,
        needs=Permission.WRITE_NOTES,
        prepare=orders.as_noted_by,
    )
