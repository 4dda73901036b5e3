"""Have money set aside: as much as the order still needs, over its payments in their sequence."""

from dataclasses import dataclass
from uuid import UUID

from actions.acting import Act, action
from actions.gateways import Gateways
from actions.payments.asking import carry_out, request
from actions.payments.books import Book, close_book, open_book
from domain.errors import AmountExceeded, NotPaid
from domain.money import MAX_MINOR
from domain.payments import Payable, PaymentEventKind, PaymentStep


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizePayment:
    """One payment or all of the order's; without an amount, whatever is not covered yet.

    `is_by_customer`: only payments that a provider answers for, as nobody vouches for their own cash.
    """

    order_id: UUID
    payment_id: UUID | None = None
    amount_minor: int | None = None
    expected_version: int | None = None
    is_by_customer: bool = False


async def authorize(act: Act, gateways: Gateways, command: AuthorizePayment) -> UUID:
    """The order's id. Raises PaymentRefused, PaymentUnknown, AmountExceeded, NotPaid, NotFound or Conflict.

    AmountExceeded: more than the order needs, or than the payments' limits allow. NotPaid: no payment can be used.
    """
    batch = await _request(act, command)
    await carry_out(act, gateways, batch)
    return command.order_id


@action
async def _request(act: Act, command: AuthorizePayment) -> UUID:
    book = await open_book(act, command.order_id, expected_version=command.expected_version)
    wanted = _wanted(book, command)
    payables = [
        payable
        for payable in book.payables(command.payment_id)
        if book.payments[payable.id].gateway or not command.is_by_customer
    ]
    steps = _plan(wanted, payables, is_named=command.payment_id is not None)
    reached = sum(step.amount_minor for step in steps)
    if command.amount_minor is not None and reached < wanted:
        raise AmountExceeded(wanted, reached, book.order.currency)
    if wanted and not reached:
        raise NotPaid(wanted, 0, book.order.currency)
    batch = request(act, book, PaymentEventKind.AUTHORIZATION_REQUEST, steps)
    await close_book(act, book)
    return batch


def _wanted(book: Book, command: AuthorizePayment) -> int:
    totals = book.totals()
    underway = totals.covered_minor + totals.authorize_pending_minor + totals.charge_pending_minor
    uncovered = max(0, book.due_minor() - underway)
    if command.amount_minor is None:
        return uncovered
    if command.amount_minor > uncovered:
        raise AmountExceeded(command.amount_minor, uncovered, book.order.currency)
    return command.amount_minor


def _plan(wanted: int, payables: list[Payable], *, is_named: bool) -> list[PaymentStep]:
    """In sequence, each up to its limit. A payment that was refused is tried again only when named."""
    steps = []
    for payable in payables:
        amount = min(wanted, _room(payable)) if payable.is_usable or is_named else 0
        if amount > 0:
            steps.append(PaymentStep(payable.id, amount))
            wanted -= amount
    return steps


def _room(payable: Payable) -> int:
    amounts = payable.amounts
    used = amounts.authorized_minor + amounts.authorize_pending_minor
    used += amounts.captured_minor + amounts.charge_pending_minor
    return MAX_MINOR if payable.limit_minor is None else payable.limit_minor - used
