"""Give money back: in reverse charge order, from each tender at most what came in with it."""

from dataclasses import dataclass
from uuid import UUID

from actions.acting import Act, action
from actions.gateways import Gateways
from actions.payments.asking import carry_out, request
from actions.payments.books import close_book, open_book
from domain.errors import InputProblem, InvalidInput
from domain.payments import PaymentEventKind, plan_refund


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment:
    """To one payment, or to the order's payments in reverse charge order."""

    order_id: UUID
    amount_minor: int
    payment_id: UUID | None = None
    reason: str = ""
    expected_version: int | None = None


async def refund(act: Act, gateways: Gateways, command: RefundPayment) -> UUID:
    """The order's id. Raises PaymentRefused, PaymentUnknown, AmountExceeded, InvalidInput, NotFound or Conflict.

    AmountExceeded: more than was captured, less what was given back or is on its way.
    """
    if command.amount_minor <= 0:
        raise InvalidInput([InputProblem("amount_minor", "TOO_SMALL", "A refund is more than nothing.")])
    batch = await _request(act, command)
    await carry_out(act, gateways, batch)
    return command.order_id


@action
async def _request(act: Act, command: RefundPayment) -> UUID:
    book = await open_book(act, command.order_id, expected_version=command.expected_version)
    steps = plan_refund(command.amount_minor, book.payables(command.payment_id), book.order.currency)
    batch = request(act, book, PaymentEventKind.REFUND_REQUEST, steps, message=command.reason)
    await close_book(act, book)
    return batch
