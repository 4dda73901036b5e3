"""Collect money: by hand, or for what has left, after it left and never inside the shipping itself.

For a shipment, the sum of what left since the beginning less what was captured or asked for is due. Under the order's
lock that is captured once, however many ask, and a refused or partial capture leaves the rest due.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.gateways import Gateways
from actions.payments.asking import carry_out, request
from actions.payments.books import close_book, open_book
from actions.payments.working import RETRY_AFTER, SOMETHING_LEFT, each_found
from domain.errors import AmountExceeded
from domain.payments import PaymentEventKind, plan_capture


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePayment:
    """One payment or all of the order's in sequence; without an amount, everything authorised."""

    order_id: UUID
    payment_id: UUID | None = None
    amount_minor: int | None = None
    expected_version: int | None = None


async def capture(act: Act, gateways: Gateways, command: CapturePayment) -> UUID:
    """The order's id. Raises PaymentRefused, PaymentUnknown, AmountExceeded, NotFound or Conflict."""
    batch = await _request(act, command)
    await carry_out(act, gateways, batch)
    return command.order_id


async def capture_shipped(act: Act, gateways: Gateways, order_id: UUID) -> UUID:
    """Capture what has left and is still due, as far as it is authorised. Raises what `capture` raises.

    Shipping is captured in full with the first shipment.
    """
    batch = await _request_shipped(act, order_id)
    await carry_out(act, gateways, batch)
    return order_id


async def capture_shipments(gateways: Gateways, now: datetime) -> int:
    """The job: every order with units that left and authorised money that is due for them. How many were asked for."""
    return await each_found(
        SHIPPED,
        [now - RETRY_AFTER],
        lambda order: capture_shipped(order.act(now), gateways, order.id),
    )


@action
async def _request(act: Act, command: CapturePayment) -> UUID:
    book = await open_book(act, command.order_id, expected_version=command.expected_version)
    payables = book.payables(command.payment_id)
    wanted = command.amount_minor
    if wanted is None:
        wanted = sum(payable.amounts.authorized_minor for payable in payables)
    plan = plan_capture(wanted, payables)
    if command.amount_minor is not None and plan.missing_minor:
        raise AmountExceeded(wanted, wanted - plan.missing_minor, book.order.currency)
    batch = request(act, book, PaymentEventKind.CHARGE_REQUEST, plan.steps)
    await close_book(act, book)
    return batch


@action
async def _request_shipped(act: Act, order_id: UUID) -> UUID:
    book = await open_book(act, order_id)
    plan = plan_capture(max(0, book.capturable_minor()), book.payables())
    batch = request(act, book, PaymentEventKind.CHARGE_REQUEST, plan.steps, message="for what was shipped")
    await close_book(act, book)
    return batch


# The sums here repeat `domain/owing.py` only to find candidates; what is captured is decided under the order's lock.
SHIPPED: Final = f"""
SELECT o.id, o.organization_id FROM orders o
JOIN LATERAL (SELECT sum(p.charged_minor + p.refunded_minor + p.refund_pending_minor + p.charge_pending_minor) AS taken
    FROM payments p WHERE p.order_id = o.id) AS m ON true
JOIN LATERAL (SELECT sum(l.total_minor) AS goods,
        sum(CASE WHEN u.n + u.gone = l.quantity THEN l.total_minor - u.gone * (l.total_minor / l.quantity)
                 ELSE u.n * (l.total_minor / l.quantity) END) FILTER (WHERE u.n > 0) AS shipped
    FROM order_lines l JOIN LATERAL (
        SELECT coalesce(sum(s.quantity) FILTER (WHERE s.status IN ('shipped', 'picked_up', 'delivered')), 0) AS n,
               coalesce(sum(s.quantity) FILTER (WHERE s.status = 'cancelled'), 0) AS gone
        FROM line_status s WHERE s.line_id = l.id) AS u ON true
    WHERE l.order_id = o.id) AS g ON g.shipped IS NOT NULL
WHERE o.id > $2 AND o.id IN (SELECT p.order_id FROM payments p WHERE p.authorized_minor > 0)
  AND o.status IN ({SOMETHING_LEFT}) AND g.shipped + o.total_minor - g.goods > m.taken
  AND NOT EXISTS (SELECT 1 FROM payment_events e JOIN payments p ON p.id = e.payment_id
      WHERE p.order_id = o.id AND e.kind = 'charge_failure' AND e.recorded_at > $1)
ORDER BY o.id LIMIT $3"""
