"""Give back money that was set aside and will not be needed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.gateways import Gateways
from actions.payments.asking import carry_out, request
from actions.payments.books import close_book, open_book
from actions.payments.working import RETRY_AFTER, SOMETHING_LEFT, each_found
from domain.owing import is_finished
from domain.payments import PaymentEventKind, plan_void


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidPayment:
    """One payment or all of the order's: everything that is authorised and not captured."""

    order_id: UUID
    payment_id: UUID | None = None
    expected_version: int | None = None


async def void(act: Act, gateways: Gateways, command: VoidPayment) -> UUID:
    """The order's id. Raises PaymentRefused, PaymentUnknown, NotFound or Conflict."""
    batch = await _request(act, command)
    await carry_out(act, gateways, batch)
    return command.order_id


async def void_unneeded(gateways: Gateways, now: datetime) -> int:
    """The job: orders with nothing left to ship and everything that left captured need no set-aside money any more."""
    return await each_found(FINISHED, [now - RETRY_AFTER], lambda order: _void_rest(order.act(now), gateways, order.id))


async def _void_rest(act: Act, gateways: Gateways, order_id: UUID) -> None:
    await carry_out(act, gateways, await _request_rest(act, order_id))


@action
async def _request(act: Act, command: VoidPayment) -> UUID:
    book = await open_book(act, command.order_id, expected_version=command.expected_version)
    batch = request(act, book, PaymentEventKind.CANCEL_REQUEST, plan_void(book.payables(command.payment_id)))
    await close_book(act, book)
    return batch


@action
async def _request_rest(act: Act, order_id: UUID) -> UUID:
    book = await open_book(act, order_id)
    is_due = book.capturable_minor() > 0 or book.totals().charge_pending_minor > 0
    steps = () if is_due or not is_finished(book.standing()) else plan_void(book.payables())
    batch = request(act, book, PaymentEventKind.CANCEL_REQUEST, steps, message="nothing is left to ship")
    await close_book(act, book)
    return batch


FINISHED: Final = f"""
SELECT o.id, o.organization_id FROM orders o
WHERE o.id > $2 AND o.id IN (SELECT p.order_id FROM payments p WHERE p.authorized_minor > 0)
  AND o.status IN ('cancelled', {SOMETHING_LEFT})
  AND NOT EXISTS (SELECT 1 FROM line_status s WHERE s.order_id = o.id
      AND s.status NOT IN ('shipped', 'picked_up', 'delivered', 'cancelled'))
  AND NOT EXISTS (SELECT 1 FROM payment_events e JOIN payments p ON p.id = e.payment_id
      WHERE p.order_id = o.id AND e.kind = 'cancel_failure' AND e.recorded_at > $1)
ORDER BY o.id LIMIT $3"""
