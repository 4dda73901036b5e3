"""Record what a provider tells on its own: late, twice, out of order, all harmless."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.payments.asking import WAYS
from actions.payments.books import Book, close_book, open_book_of
from domain.errors import InputProblem, InvalidInput
from domain.payments import PaymentEventKind
from models import Payment

OUR_OWN: Final = frozenset(WAYS)
"""Requests are what we ask for; nobody tells us those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaymentEvent:
    """`reference` is the one we sent with the request, or the provider's own where it acted by itself."""

    payment_id: UUID
    kind: PaymentEventKind
    amount_minor: int
    reference: str
    occurred_at: datetime
    message: str = ""
    expires_at: datetime | None = None


@action
async def record_payment_event(act: Act, command: RecordPaymentEvent) -> UUID:
    """The payment's id. Hearing the same again changes nothing. Raises InvalidInput or NotFound."""
    _check(command)
    book, payment = await open_book_of(act, command.payment_id)
    is_new = book.write(
        act,
        payment,
        command.kind,
        command.amount_minor,
        reference=command.reference,
        at=_moment(act, book, payment, command),
        message=command.message,
    )
    if is_new:
        if command.kind is PaymentEventKind.AUTHORIZATION_SUCCESS and command.expires_at:
            payment.expires_at = command.expires_at
        await close_book(act, book)
    return payment.id


def _check(command: RecordPaymentEvent) -> None:
    problems = []
    if command.kind in OUR_OWN:
        problems.append(
            InputProblem("kind", "OURS", "A request is made by authorising, capturing, voiding, refunding.")
        )
    if command.amount_minor < 0:
        problems.append(InputProblem("amount_minor", "TOO_SMALL", "An event's amount is not negative."))
    if not command.reference:
        problems.append(InputProblem("reference", "MISSING", "An event needs the reference it is about."))
    if problems:
        raise InvalidInput(problems)


def _moment(act: Act, book: Book, payment: Payment, command: RecordPaymentEvent) -> datetime:
    """Not before it was asked for and not after now, whatever the provider's clock says: the newest outcome counts."""
    asked = [
        event.occurred_at
        for event in book.events[payment.id]
        if event.reference == command.reference and event.kind in OUR_OWN
    ]
    return max([min(command.occurred_at, act.now), *asked])
