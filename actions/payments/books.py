"""The payments of one locked order: read together, changed by events only, written together.

    book = await open_book(act, order_id)
    book.write(payment, PaymentEventKind.CHARGE_SUCCESS, 500, reference, at=act.now)
    await close_book(act, book)

Closing computes each touched payment's amounts from all its events, the order's words from all its payments, and
records one fact for each payment.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from actions.acting import Act
from actions.changing import OrderChange, lock_orders, save
from actions.orders.confirming import confirm_if_authorized
from domain import owing
from domain import payments as rules
from domain.errors import Conflict, NotFound
from domain.facts import FactKind
from domain.ids import new_id
from domain.lifecycle import LEFT, UnitStatus
from domain.owing import LineStanding
from domain.payments import Payable, PaymentAmounts, PaymentEventKind
from models import Order, Payment, PaymentEvent

LOOKUP_AFTER: Final = timedelta(seconds=30)
"""A request without an answer is looked up this long after it was made: longer than any time-out."""

MAX_MESSAGE: Final = 500
STORED: Final = (
    "authorized_minor",
    "charged_minor",
    "refunded_minor",
    "cancelled_minor",
    "authorize_pending_minor",
    "charge_pending_minor",
    "refund_pending_minor",
    "cancel_pending_minor",
)
CHANGING: Final = (*STORED, "expires_at", "lookups", "next_lookup_at", "version")
OUTCOMES: Final = frozenset(
    {
        PaymentEventKind.AUTHORIZATION_SUCCESS,
        PaymentEventKind.AUTHORIZATION_ADJUSTMENT,
        PaymentEventKind.AUTHORIZATION_FAILURE,
    }
)


@dataclass(slots=True)
class Book:
    """`payments` in the order they are charged, `events` of each as recorded. The order is locked."""

    change: OrderChange
    payments: dict[UUID, Payment]
    events: dict[UUID, list[PaymentEvent]]
    fresh: list[PaymentEvent] = field(default_factory=list)
    _touched: dict[UUID, None] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        return self.change.order

    def payment(self, payment_id: UUID, expected_version: int | None = None) -> Payment:
        """Raises NotFound, or Conflict on another version."""
        found = self.payments.get(payment_id)
        if found is None:
            raise NotFound("payment", payment_id)
        if expected_version not in {None, found.version}:
            raise Conflict("payment", expected_version or 0, found.version)
        return found

    def chosen(self, payment_id: UUID | None) -> list[Payment]:
        """That payment, or all of them."""
        return list(self.payments.values()) if payment_id is None else [self.payment(payment_id)]

    def knows(self, payment: Payment, kind: PaymentEventKind, reference: str) -> bool:
        return any(event.kind is kind and event.reference == reference for event in self.events[payment.id])

    def write(  # noqa: PLR0913 - what one event says
        self,
        act: Act,
        payment: Payment,
        kind: PaymentEventKind,
        amount_minor: int,
        *,
        reference: str,
        at: datetime,
        message: str = "",
        id: UUID | None = None,
    ) -> bool:
        """Add an event; False, and nothing happens, when its kind is known of that reference already."""
        if self.knows(payment, kind, reference):
            return False
        event = PaymentEvent(
            id=id or new_id(),
            payment_id=payment.id,
            kind=kind,
            amount_minor=amount_minor,
            reference=reference,
            message=message[:MAX_MESSAGE],
            occurred_at=at,
            recorded_at=act.now,
            actor=act.actor,
        )
        self.events[payment.id].append(event)
        self.fresh.append(event)
        self.touch(payment)
        return True

    def add(self, payment: Payment) -> None:
        """A payment just made."""
        self.payments[payment.id] = payment
        self.events[payment.id] = []
        self.touch(payment)

    def touch(self, payment: Payment) -> None:
        """Its facts and words are written when the book is closed."""
        self._touched[payment.id] = None

    def touched(self) -> list[Payment]:
        return [self.payments[payment_id] for payment_id in self._touched]

    def amounts(self, payment: Payment) -> PaymentAmounts:
        return rules.amounts_of(_plain(event) for event in self.events[payment.id])

    def totals(self) -> PaymentAmounts:
        return rules.total_of(self.amounts(payment) for payment in self.payments.values())

    def payable(self, payment: Payment) -> Payable:
        """A payment whose newest authorisation was refused is not usable until one succeeds."""
        outcomes = [event for event in self.events[payment.id] if event.kind in OUTCOMES]
        refused = bool(outcomes) and outcomes[-1].kind is PaymentEventKind.AUTHORIZATION_FAILURE
        amounts = self.amounts(payment)
        return Payable(
            id=payment.id,
            amounts=amounts,
            sequence=payment.sequence,
            limit_minor=payment.limit_minor,
            is_usable=not refused or amounts.authorized_minor > 0,
        )

    def payables(self, payment_id: UUID | None = None) -> list[Payable]:
        return [self.payable(payment) for payment in self.chosen(payment_id)]

    def standing(self) -> list[LineStanding]:
        return [
            LineStanding(
                quantity=line.quantity,
                total_minor=line.total_minor,
                left=sum(units.quantity for units in self.change.units(*LEFT, line_id=line.id)),
                cancelled=sum(units.quantity for units in self.change.units(UnitStatus.CANCELLED, line_id=line.id)),
            )
            for line in self.change.lines.values()
        ]

    def shipping_minor(self) -> int:
        """What shipping costs, tax included: all of the total that is not a line."""
        goods: int = sum(line.total_minor for line in self.change.lines.values())
        total: int = self.order.total_minor
        return total - goods

    def granted_minor(self) -> int:
        """What of the order's total is not owed any more."""
        cancelled = owing.cancelled_minor(self.standing(), self.shipping_minor())
        return owing.granted_minor(self.order.total_minor, cancelled, self.totals())

    def due_minor(self) -> int:
        return rules.due_minor(self.order.total_minor, self.granted_minor())

    def unowed_minor(self) -> int:
        """What was captured and is not owed, less what is on its way back."""
        balance = rules.balance_minor(self.totals().charged_minor, self.order.total_minor, self.granted_minor())
        return max(0, balance)

    def capturable_minor(self) -> int:
        """What has left and was neither captured nor asked for yet.

        A charge-back does not make it due again: whether to charge once more is a person's decision.
        """
        taken = 0
        for payment in self.payments.values():
            events = [event for event in self.events[payment.id] if event.kind is not PaymentEventKind.CHARGE_BACK]
            amounts = rules.amounts_of(_plain(event) for event in events)
            taken += amounts.captured_minor + amounts.charge_pending_minor
        return owing.shipped_minor(self.standing(), self.shipping_minor()) - taken


async def open_book(act: Act, order_id: UUID, *, expected_version: int | None = None) -> Book:
    """Locks the order until the transaction ends. Raises NotFound, or Conflict on another version of the order."""
    [change] = await lock_orders(act, [order_id], expected_version=expected_version)
    return await book_of(change)


async def book_of(change: OrderChange) -> Book:
    """The payments of an order that is locked already."""
    payments = await Payment.filter(order_id=change.order.id).order_by("sequence", "id")
    events: dict[UUID, list[PaymentEvent]] = {payment.id: [] for payment in payments}
    if events:
        for event in await PaymentEvent.filter(payment_id__in=list(events)).order_by("recorded_at", "id"):
            events[event.payment_id].append(event)
    return Book(change, {payment.id: payment for payment in payments}, events)


async def open_book_of(act: Act, payment_id: UUID, *, expected_version: int | None = None) -> tuple[Book, Payment]:
    """The book a payment is in, and the payment. Raises NotFound, or Conflict on another version of the payment."""
    found = await Payment.get_or_none(id=payment_id, organization_id=act.organization_id)
    if found is None:
        raise NotFound("payment", payment_id)
    book = await open_book(act, found.order_id)
    return book, book.payment(payment_id, expected_version)


async def close_book(act: Act, book: Book) -> None:
    """Write the new events, the amounts that follow from them and the order's words, and record the facts."""
    if not book.touched():
        return
    if book.fresh:
        await PaymentEvent.bulk_create(book.fresh)
    words = await write_words(book)
    for payment in book.touched():
        _count(act, payment, book.amounts(payment))
        await payment.save(update_fields=list(CHANGING))
        book.change.record(FactKind.PAYMENT_CHANGED, **_told(payment), **words)
    await confirm_if_authorized(act, book.change)
    await save(act, [book.change])


async def recount(change: OrderChange) -> dict[str, Any]:
    """The payment words after units of a locked order were cancelled: part of the fact that tells it."""
    return await write_words(await book_of(change))


async def write_words(book: Book) -> dict[str, Any]:
    """The order's payment words anew, as a fact tells them."""
    granted, totals, order = book.granted_minor(), book.totals(), book.order
    order.authorize_status = rules.authorize_status(totals.covered_minor, order.total_minor, granted)
    order.charge_status = rules.charge_status(totals.charged_minor, order.total_minor, granted)
    await order.save(update_fields=["authorize_status", "charge_status"])
    return {"authorize_status": order.authorize_status.value, "charge_status": order.charge_status.value}


def _count(act: Act, payment: Payment, amounts: PaymentAmounts) -> None:
    for name in STORED:
        setattr(payment, name, getattr(amounts, name))
    payment.version += 1
    if amounts.is_settled:
        payment.lookups, payment.next_lookup_at = 0, None
    elif payment.next_lookup_at is None:
        payment.lookups, payment.next_lookup_at = 0, act.now + LOOKUP_AFTER


def _told(payment: Payment) -> dict[str, Any]:
    return {
        "payment": str(payment.id),
        "payment_version": payment.version,
        "tender": payment.tender.value,
        "currency": payment.currency,
        **{name: getattr(payment, name) for name in STORED},
    }


def _plain(event: PaymentEvent) -> rules.PaymentEvent:
    return rules.PaymentEvent(event.kind, event.amount_minor, event.reference, event.occurred_at)
