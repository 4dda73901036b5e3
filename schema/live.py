"""Subscriptions: each begins with everything as it is, then tells every change, and resumes from a cursor."""

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import UNSET, Parent

from domain.lifecycle import OrderStatus
from domain.permissions import Permission
from resolvers.context import Info
from resolvers.ids import uuid_of
from resolvers.live import Message, MessageKind, Watched, messages
from resolvers.watchable import (
    MOST_FULFILMENTS,
    MOST_LEVELS,
    MOST_NAMED,
    MOST_ORDERS,
    MOST_PLANS,
    MOST_QUESTIONS,
    MOST_TRANSFERS,
    OneOrder,
    Orders,
    PickupQuestions,
    Queue,
    QuotaPlans,
    Stock,
    Transfers,
)
from schema.facts import Fact
from schema.fields import live, root, via
from schema.fulfilment import Fulfilment
from schema.inventory import StockLevel
from schema.orders import Order
from schema.pickups import PickupQuestion
from schema.quota_plans import QuotaPlan
from schema.transfers import Transfer

strawberry.enum(
    MessageKind,
    description="What a message of a subscription tells. SNAPSHOT: everything as it is, the first message. CHANGED: one "
    "fact and what it changed. RESYNC: facts were missed that cannot be had any more; forget what you hold, this is "
    "everything as it is now.",
)

HAS_MORE = "Whether there are more than are listed here."
After = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last message you handled: every fact since comes, and no snapshot. When that is "
        "too long ago, one RESYNC comes instead."
    ),
]


def only_row(message: Parent[Message[Any]]) -> Any:
    return message.rows[0]


def all_rows(message: Parent[Message[Any]]) -> Any:
    return message.rows


@strawberry.type(description="One message of a subscription.")
class LiveMessage:
    cursor: str = strawberry.field(description="Give this as `after` to go on behind this message; opaque.")
    kind: MessageKind = strawberry.field(description="What this message tells.")
    fact: Fact | None = strawberry.field(
        description="What happened; null with SNAPSHOT and RESYNC, and where something is no longer yours to see."
    )


@strawberry.type(description="News of one order.")
class OrderMessage(LiveMessage):
    order: Order = via("The order as it is now.", only_row)


@strawberry.type(description="News of orders.")
class OrdersMessage(LiveMessage):
    orders: list[Order] = via("The newest orders, or the one that changed, as they are now.", all_rows)
    gone: list[strawberry.ID] = strawberry.field(
        description="Orders that do not fit the filter any more, or of which nothing is at your locations any more."
    )
    has_more: bool = strawberry.field(description=HAS_MORE)


@strawberry.type(description="News of stock.")
class StockMessage(LiveMessage):
    levels: list[StockLevel] = via("All watched stock levels, or the one that changed, as they are now.", all_rows)


@strawberry.type(description="News of plans of units for groups.")
class QuotaPlansMessage(LiveMessage):
    plans: list[QuotaPlan] = via("The open plans, newest first, or the one that changed, as they are now.", all_rows)
    gone: list[strawberry.ID] = strawberry.field(description="Plans that have ended.")
    has_more: bool = strawberry.field(description=HAS_MORE)


@strawberry.type(description="News of what a location has to do.")
class QueueMessage(LiveMessage):
    fulfilments: list[Fulfilment] = via("What waits, oldest first, or the one that changed, as they are now.", all_rows)
    gone: list[strawberry.ID] = strawberry.field(description="Fulfilments about which nothing is left to do.")
    has_more: bool = strawberry.field(description=HAS_MORE)


@strawberry.type(description="News of what a location has to send, and of what is brought to it.")
class TransfersMessage(LiveMessage):
    transfers: list[Transfer] = via("What is open, oldest first, or the one that changed, as they are now.", all_rows)
    gone: list[strawberry.ID] = strawberry.field(
        description="Transfers about which the location has nothing left to do."
    )
    has_more: bool = strawberry.field(description=HAS_MORE)


@strawberry.type(description="News of what customers are asked.")
class PickupQuestionsMessage(LiveMessage):
    questions: list[PickupQuestion] = via(
        "What waits for an answer, what expires first first, or the one that changed, as they are now.", all_rows
    )
    gone: list[strawberry.ID] = strawberry.field(description="Questions that wait for no answer any more.")
    has_more: bool = strawberry.field(description=HAS_MORE)


@strawberry.input(description="Which orders to watch; all that is given must hold.")
class OrderWatch:
    channel_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET, description=f"Only orders from these channels, at most {MOST_NAMED}."
    )
    customer_id: strawberry.ID | None = strawberry.field(default=UNSET, description="Only orders of this customer.")
    status: list[OrderStatus] | None = strawberry.field(
        default=UNSET, description="Only orders in one of these statuses; one that leaves them is told as gone."
    )


def order_changes(
    info: Info,
    order_id: Annotated[strawberry.ID, strawberry.argument(description="The order to watch.")],
    after: After = UNSET,
) -> AsyncGenerator[Message[Any], None]:
    return _told(info, OneOrder(uuid_of("Order", order_id)), after)


def orders(
    info: Info,
    filter: Annotated[OrderWatch | None, strawberry.argument(description="Which orders.")] = UNSET,
    first: Annotated[
        int, strawberry.argument(description=f"How many the snapshot lists, newest first; at most {MOST_ORDERS}.")
    ] = MOST_ORDERS,
    after: After = UNSET,
) -> AsyncGenerator[Message[Any], None]:
    wanted = filter or OrderWatch()
    watched = Orders(
        channel_ids=_keys("Channel", wanted.channel_ids),
        customer_id=uuid_of("Customer", wanted.customer_id or "") if _is_given(wanted.customer_id) else None,
        statuses=frozenset(wanted.status or ()) if _is_given(wanted.status) else None,
        first=first,
    )
    return _told(info, watched, after)


def stock_changes(
    info: Info,
    variant_ids: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description=f"Only these variants, at most {MOST_NAMED}.")
    ] = UNSET,
    location_ids: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description=f"Only at these locations, at most {MOST_NAMED}.")
    ] = UNSET,
    after: After = UNSET,
) -> AsyncGenerator[Message[Any], None]:
    watched = Stock(variant_ids=_keys("Variant", variant_ids), location_ids=_keys("Location", location_ids))
    return _told(info, watched, after)


def quota_plan_changes(
    info: Info,
    variant_ids: Annotated[
        list[strawberry.ID] | None, strawberry.argument(description=f"Only for these variants, at most {MOST_NAMED}.")
    ] = UNSET,
    after: After = UNSET,
) -> AsyncGenerator[Message[Any], None]:
    return _told(info, QuotaPlans(variant_ids=_keys("Variant", variant_ids)), after)


def fulfilment_queue(
    info: Info,
    location_id: Annotated[strawberry.ID, strawberry.argument(description="Whose queue.")],
    after: After = UNSET,
) -> AsyncGenerator[Message[Any], None]:
    return _told(info, Queue(uuid_of("Location", location_id)), after)


def transfer_queue(
    info: Info,
    location_id: Annotated[strawberry.ID, strawberry.argument(description="Whose transfers.")],
    after: After = UNSET,
) -> AsyncGenerator[Message[Any], None]:
    return _told(info, Transfers(uuid_of("Location", location_id)), after)


def pickup_questions(info: Info, after: After = UNSET) -> AsyncGenerator[Message[Any], None]:
    return _told(info, PickupQuestions(), after)


@root
class LiveSubscriptions:
    order_changes: AsyncGenerator[OrderMessage, None] = live(
        "Watch one order: the order, then everything that happens to it.", order_changes, needs=Permission.READ_ORDERS
    )
    orders: AsyncGenerator[OrdersMessage, None] = live(
        "Watch orders: the newest ones, then every order that something happens to.",
        orders,
        needs=Permission.READ_ORDERS,
    )
    stock_changes: AsyncGenerator[StockMessage, None] = live(
        f"Watch stock: at most {MOST_LEVELS:,} stock levels, then each that changes. Who reads slowly gets the last "
        "state of each level, not every one between.",
        stock_changes,
        needs=Permission.READ_STOCK,
    )
    quota_plan_changes: AsyncGenerator[QuotaPlansMessage, None] = live(
        f"Watch plans of units for groups: up to {MOST_PLANS} open ones, then each that is made, filled, changed or ended, and "
        "whose units buyers take or give back.",
        quota_plan_changes,
        needs=Permission.READ_STOCK,
    )
    fulfilment_queue: AsyncGenerator[QueueMessage, None] = live(
        f"Watch what a location has to do: up to {MOST_FULFILMENTS} fulfilments, then each that comes, changes or goes.",
        fulfilment_queue,
        needs=Permission.READ_FULFILMENTS,
    )
    transfer_queue: AsyncGenerator[TransfersMessage, None] = live(
        f"Watch what a location has to send to others, and what is brought to it: up to {MOST_TRANSFERS} transfers, then each "
        "that comes, changes or goes.",
        transfer_queue,
        needs=Permission.READ_STOCK,
    )
    pickup_questions: AsyncGenerator[PickupQuestionsMessage, None] = live(
        f"Watch what customers are asked about units that they cannot collect: up to {MOST_QUESTIONS} questions that wait "
        "for an answer, then each that comes, changes or goes.",
        pickup_questions,
        needs=Permission.READ_ORDERS,
    )


def _told(info: Info, watched: Watched[Any], after: str | None) -> AsyncGenerator[Message[Any], None]:
    return messages(info, watched, after if _is_given(after) else None)


def _keys(name: str, ids: Sequence[str] | None) -> frozenset[UUID] | None:
    return frozenset(uuid_of(name, text) for text in ids or ()) if _is_given(ids) else None


def _is_given(value: object) -> bool:
    return value is not None and value is not UNSET
