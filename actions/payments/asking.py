"""Ask the provider without holding anything: write the request, commit, ask, write the answer.

    batch = await _request(act, command)            # a transaction: check, `request` -> the amounts are pending
    await carry_out(act, gateways, batch)           # no transaction: ask; then one transaction for each answer

Between the two lies a commit, so a crash, a cancelled caller or a time-out all leave the same thing behind: a request
without an answer, which `reconciling` looks up until it is known. Asking twice is harmless, as the reference is the
provider's idempotency key; so the caller's own key leads back to the same batch, and to the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from actions.acting import Act, action
from actions.gateways import Answer, Approved, Declined, GatewayRequest, Gateways, Operation
from actions.payments.books import Book, close_book, open_book_of
from domain.errors import DomainError, PaymentRefused, PaymentUnknown
from domain.ids import new_id
from domain.payments import PaymentEventKind, PaymentStep
from models import Payment
from models.db import rows

MAX_PAYMENTS: Final = 20
"""No order is paid in more ways than this, so no batch has more requests."""

K = PaymentEventKind


@dataclass(frozen=True, slots=True)
class Way:
    """The events of one thing a provider can be asked to do."""

    operation: Operation
    success: PaymentEventKind
    failure: PaymentEventKind


WAYS: Final[Mapping[PaymentEventKind, Way]] = {
    K.AUTHORIZATION_REQUEST: Way(Operation.AUTHORIZE, K.AUTHORIZATION_SUCCESS, K.AUTHORIZATION_FAILURE),
    K.CHARGE_REQUEST: Way(Operation.CAPTURE, K.CHARGE_SUCCESS, K.CHARGE_FAILURE),
    K.REFUND_REQUEST: Way(Operation.REFUND, K.REFUND_SUCCESS, K.REFUND_FAILURE),
    K.CANCEL_REQUEST: Way(Operation.VOID, K.CANCEL_SUCCESS, K.CANCEL_FAILURE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as written; `outcome` is the event that answered it, None while unknown."""

    payment_id: UUID
    kind: PaymentEventKind
    amount_minor: int
    reference: str
    at: datetime
    gateway: str
    token: str
    currency: str
    outcome: PaymentEventKind | None
    message: str

    @property
    def way(self) -> Way:
        return WAYS[self.kind]


def request(act: Act, book: Book, kind: PaymentEventKind, steps: Sequence[PaymentStep], *, message: str = "") -> UUID:
    """Write one request for each step into the book; the batch by which they are found again is the first one's id.

    Money without a provider, cash or an account, needs nobody's answer: it is moved at once. Without steps nothing is
    written, and the order's id is a batch of nothing.
    """
    batch = new_id()
    for number, step in enumerate(steps, 1):
        payment = book.payment(step.payment_id)
        reference = _reference(batch, number)
        book.write(
            act,
            payment,
            kind,
            step.amount_minor,
            reference=reference,
            at=act.now,
            message=message,
            id=batch if number == 1 else None,
        )
        if not payment.gateway:
            book.write(act, payment, WAYS[kind].success, step.amount_minor, reference=reference, at=act.now)
    return batch if steps else book.order.id


async def carry_out(act: Act, gateways: Gateways, batch: UUID) -> None:
    """Ask for every request of the batch that has no answer yet and write the answers.

    Raises the first refusal when all were asked: PaymentRefused, or PaymentUnknown when nobody answered.
    """
    refusals: list[DomainError] = []
    for one in await _requests(batch):
        if one.outcome is None:
            answer = await gateways.ask(one.gateway, one.way.operation, _sent(act, one))
            if isinstance(answer, Approved | Declined):
                await record_answer(replace(act, key=None), one, answer)
            refusals += _refusal(one, answer)
        elif one.outcome is one.way.failure:
            refusals.append(PaymentRefused(one.message))
    if refusals:
        raise refusals[0]


@action
async def record_answer(act: Act, asked: Request, answer: Approved | Declined) -> UUID:
    """Nothing happens when the same answer is known already, from a notice that was faster for example."""
    book, payment = await open_book_of(act, asked.payment_id)
    write_answer(act, book, payment, asked, answer)
    await close_book(act, book)
    return payment.id


def write_answer(act: Act, book: Book, payment: Payment, asked: Request, answer: Approved | Declined) -> None:
    is_approved = isinstance(answer, Approved)
    is_new = book.write(
        act,
        payment,
        asked.way.success if is_approved else asked.way.failure,
        asked.amount_minor,
        reference=asked.reference,
        at=max(answer.at or act.now, asked.at),  # nothing is answered before it was asked, whatever clocks say
        message="" if isinstance(answer, Approved) else answer.reason,
    )
    if is_new and isinstance(answer, Approved) and asked.way.operation is Operation.AUTHORIZE:
        payment.expires_at = answer.expires_at


OUTCOME: Final = """
LEFT JOIN LATERAL (SELECT a.kind, a.message FROM payment_events a
    WHERE a.payment_id = e.payment_id AND a.reference = e.reference AND a.kind = ANY({outcomes})
    ORDER BY a.occurred_at DESC, a.recorded_at DESC, a.id DESC LIMIT 1) AS o ON true"""
SELECT: Final = f"""
SELECT e.payment_id, e.kind, e.amount_minor, e.reference, e.occurred_at AS at, p.gateway, p.token, p.currency,
       o.kind AS outcome, coalesce(o.message, '') AS message
FROM payment_events e JOIN payments p ON p.id = e.payment_id {OUTCOME.format(outcomes="$2::text[]")}
WHERE e.kind = ANY($3::text[])"""
_ANSWERS: Final = [kind.value for way in WAYS.values() for kind in (way.success, way.failure)]
_ASKED: Final = [kind.value for kind in WAYS]


async def _requests(batch: UUID) -> list[Request]:
    references = [_reference(batch, number) for number in range(1, MAX_PAYMENTS + 1)]
    found = await rows(f"{SELECT} AND e.reference = ANY($1::text[]) ORDER BY e.id", [references, _ANSWERS, _ASKED])
    return [_request_of(row) for row in found]


async def unanswered(payment_id: UUID) -> list[Request]:
    """The requests of a payment whose outcome is unknown."""
    found = await rows(
        f"{SELECT} AND e.payment_id = $1 AND o.kind IS NULL ORDER BY e.id", [payment_id, _ANSWERS, _ASKED]
    )
    return [_request_of(row) for row in found]


def _request_of(row: dict[str, Any]) -> Request:
    outcome = row.pop("outcome")
    kind = PaymentEventKind(row.pop("kind"))
    return Request(kind=kind, outcome=PaymentEventKind(outcome) if outcome else None, **row)


def _sent(act: Act, one: Request) -> GatewayRequest:
    return GatewayRequest(
        reference=one.reference,
        payment_id=one.payment_id,
        amount_minor=one.amount_minor,
        currency=one.currency,
        token=one.token,
        now=act.now,
    )


def _refusal(one: Request, answer: Answer) -> list[DomainError]:
    if isinstance(answer, Approved):
        return []
    return [PaymentRefused(answer.reason) if isinstance(answer, Declined) else PaymentUnknown(one.reference)]


def _reference(batch: UUID, number: int) -> str:
    return f"{batch}-{number}"
