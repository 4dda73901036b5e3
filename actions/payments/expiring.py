"""Authorisations end: what was set aside and not captured by then is gone, and is asked for anew only to ship something."""

from datetime import datetime
from typing import Final
from uuid import UUID

from actions.acting import Act, action
from actions.payments.books import close_book, open_book_of
from actions.payments.working import each_found
from domain.payments import PaymentEventKind


async def expire_authorizations(now: datetime) -> int:
    """The job: mark what has expired. How many payments."""
    return await each_found(EXPIRED, [now], lambda payment: expire(payment.act(now), payment.id))


@action
async def expire(act: Act, payment_id: UUID) -> UUID:
    """An authorisation that expired is cancelled by itself; nothing is asked of the provider."""
    book, payment = await open_book_of(act, payment_id)
    if payment.expires_at is not None and payment.expires_at <= act.now and payment.authorized_minor:
        book.write(
            act,
            payment,
            PaymentEventKind.CANCEL_SUCCESS,
            payment.authorized_minor,
            reference=f"expired {payment.expires_at.isoformat()}",
            at=act.now,
            message="the authorisation expired",
        )
        payment.expires_at = None
        await close_book(act, book)
    return payment_id


EXPIRED: Final = """
SELECT id, organization_id FROM payments
WHERE expires_at <= $1 AND authorized_minor > 0 AND id > $2 ORDER BY id LIMIT $3"""
