"""Give money back: in reverse charge order, to each tender at most what came in with it.

By hand, or by itself: what was captured before units were cancelled is not owed any more. That is a balance too, decided
under the order's lock: a refund nobody answered counts as given until it is known, so none is made twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.gateways import Gateways
from actions.payments.asking import carry_out, request
from actions.payments.books import close_book, open_book
from actions.payments.working import RETRY_AFTER, each_found
from domain.errors import InputProblem, InvalidInput
from domain.payments import PaymentEventKind, plan_refund

MOST_REFUSALS: Final = 5
"""After so many refusals of the provider a person has to find another way to give the money back."""


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


async def refund_unowed(gateways: Gateways, now: datetime) -> int:
    """The job: every order of a channel that refunds by itself with more captured than is owed. How many there were."""
    return await each_found(
        UNOWED, [now - RETRY_AFTER], lambda order: _refund_unowed(order.act(now), gateways, order.id)
    )


async def _refund_unowed(act: Act, gateways: Gateways, order_id: UUID) -> None:
    await carry_out(act, gateways, await _request_unowed(act, order_id))


@action
async def _request(act: Act, command: RefundPayment) -> UUID:
    book = await open_book(act, command.order_id, expected_version=command.expected_version)
    steps = plan_refund(command.amount_minor, book.payables(command.payment_id), book.order.currency)
    batch = request(act, book, PaymentEventKind.REFUND_REQUEST, steps, message=command.reason)
    await close_book(act, book)
    return batch


@action
async def _request_unowed(act: Act, order_id: UUID) -> UUID:
    """Money that no provider holds, cash for example, is left to the person who has it."""
    book = await open_book(act, order_id)
    steps = plan_refund(book.unowed_minor(), book.payables(), book.order.currency)
    asked = [step for step in steps if book.payment(step.payment_id).gateway]
    batch = request(act, book, PaymentEventKind.REFUND_REQUEST, asked, message="not owed any more")
    await close_book(act, book)
    return batch


# A refund that came back is not tried again: the bank had its reasons.
UNOWED: Final = f"""
SELECT o.id, o.organization_id FROM orders o JOIN channels c ON c.id = o.channel_id AND c.refunds_by_itself
WHERE o.id > $2 AND o.charge_status = 'overcharged'
  AND EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.gateway <> '' AND p.charged_minor > 0)
  AND NOT EXISTS (SELECT FROM payment_events e JOIN payments p ON p.id = e.payment_id
      WHERE p.order_id = o.id AND (e.kind = 'refund_reverse' OR (e.kind = 'refund_failure' AND e.recorded_at > $1)))
  AND (SELECT count(*) FROM payment_events e JOIN payments p ON p.id = e.payment_id
      WHERE p.order_id = o.id AND e.kind = 'refund_failure') < {MOST_REFUSALS}
ORDER BY o.id LIMIT $3"""
