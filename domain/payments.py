"""Where an order's money is: amounts from the events of each payment, and plans to capture and to give back.

A payment is one tender of one order; what happened to it is a list of events, and the amounts are always computed from
all of them (after Saleor, `transaction_item_calculations`):

1. Events belong together by the gateway's reference; a request is pending only while its reference has neither success
   nor failure. A gateway that does not answer leaves it pending: unknown is not failed.
2. Of success and failure of one reference the newer one counts; a repeated event counts once.
3. A charge moves money from authorized to charged, a refund from charged to refunded, a cancellation from authorized to
   cancelled; a pending one has moved it already.
4. An adjustment overwrites what is authorized; earlier authorization events no longer count.
5. A charge-back takes from charged; a reversed refund goes back from refunded to charged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import AmountExceeded


class Tender(StrEnum):
    """What a customer pays with."""

    CARD = "card"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    ACCOUNT = "account"
    CASH = "cash"
    VOUCHER = "voucher"
    BUY_NOW_PAY_LATER = "buy_now_pay_later"


class PaymentEventKind(StrEnum):
    AUTHORIZATION_REQUEST = "authorization_request"
    AUTHORIZATION_SUCCESS = "authorization_success"
    AUTHORIZATION_FAILURE = "authorization_failure"
    AUTHORIZATION_ADJUSTMENT = "authorization_adjustment"
    CHARGE_REQUEST = "charge_request"
    CHARGE_SUCCESS = "charge_success"
    CHARGE_FAILURE = "charge_failure"
    CHARGE_BACK = "charge_back"
    REFUND_REQUEST = "refund_request"
    REFUND_SUCCESS = "refund_success"
    REFUND_FAILURE = "refund_failure"
    REFUND_REVERSE = "refund_reverse"
    CANCEL_REQUEST = "cancel_request"
    CANCEL_SUCCESS = "cancel_success"
    CANCEL_FAILURE = "cancel_failure"
    INFO = "info"


class ChargeStatus(StrEnum):
    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"
    OVERCHARGED = "overcharged"


class AuthorizeStatus(StrEnum):
    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


_K = PaymentEventKind
_AUTHORIZE: Final = (_K.AUTHORIZATION_REQUEST, _K.AUTHORIZATION_SUCCESS, _K.AUTHORIZATION_FAILURE)
_CHARGE: Final = (_K.CHARGE_REQUEST, _K.CHARGE_SUCCESS, _K.CHARGE_FAILURE)
_REFUND: Final = (_K.REFUND_REQUEST, _K.REFUND_SUCCESS, _K.REFUND_FAILURE)
_CANCEL: Final = (_K.CANCEL_REQUEST, _K.CANCEL_SUCCESS, _K.CANCEL_FAILURE)
_AUTHORIZATIONS: Final = frozenset({*_AUTHORIZE, _K.AUTHORIZATION_ADJUSTMENT})
_SUCCEEDED: Final = frozenset(kinds[1] for kinds in (_AUTHORIZE, _CHARGE, _REFUND, _CANCEL))


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """What the gateway said or was asked, at its own time."""

    kind: PaymentEventKind
    amount_minor: int
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAmounts:
    """One payment's money, or the sum of several. A pending amount has left where it came from already."""

    authorized_minor: int = 0
    charged_minor: int = 0
    refunded_minor: int = 0
    cancelled_minor: int = 0
    authorize_pending_minor: int = 0
    charge_pending_minor: int = 0
    refund_pending_minor: int = 0
    cancel_pending_minor: int = 0

    @property
    def captured_minor(self) -> int:
        """All that was ever charged, less charge-backs."""
        return self.charged_minor + self.refunded_minor + self.refund_pending_minor

    @property
    def refundable_minor(self) -> int:
        """captured - refunded - pending refunds: never more than came in with this tender."""
        return max(0, self.captured_minor - self.refunded_minor - self.refund_pending_minor)

    @property
    def covered_minor(self) -> int:
        return self.authorized_minor + self.charged_minor

    @property
    def is_settled(self) -> bool:
        """Nothing is pending."""
        return not (
            self.authorize_pending_minor
            or self.charge_pending_minor
            or self.refund_pending_minor
            or self.cancel_pending_minor
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Payable:
    """One payment as the plans see it. They go by (sequence, id); `limit_minor` caps what it may charge."""

    id: UUID
    amounts: PaymentAmounts
    sequence: int = 0
    limit_minor: int | None = None
    is_usable: bool = True


@dataclass(frozen=True, slots=True)
class PaymentStep:
    payment_id: UUID
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """`missing_minor` is what the payments cannot cover: the order then waits for payment information."""

    steps: tuple[PaymentStep, ...]
    missing_minor: int


def amounts_of(events: Iterable[PaymentEvent]) -> PaymentAmounts:
    """The amounts after all events, given in the order they were recorded.

    `authorized_minor` is never negative: a sale without authorization moves nothing out of it. Charged may be: a
    charge-back after a refund is a loss and is shown as one.
    """
    events = [event for _, event in sorted(enumerate(events), key=lambda numbered: (numbered[1].at, numbered[0]))]
    granting = _since_adjustment(events)
    adjusted = sum(event.amount_minor for event in granting[:1] if event.kind is _K.AUTHORIZATION_ADJUSTMENT)
    authorize_pending, authorized = _pending_and_done(granting, _AUTHORIZE)
    charge_pending, charged = _pending_and_done(events, _CHARGE)
    refund_pending, refunded = _pending_and_done(events, _REFUND)
    cancel_pending, cancelled = _pending_and_done(events, _CANCEL)
    charged_back, reversed_refunds = _once_each(events, _K.CHARGE_BACK), _once_each(events, _K.REFUND_REVERSE)
    return PaymentAmounts(
        authorized_minor=max(0, adjusted + authorized - charged - charge_pending - cancelled - cancel_pending),
        charged_minor=charged - charged_back - refunded - refund_pending + reversed_refunds,
        refunded_minor=refunded - reversed_refunds,
        cancelled_minor=cancelled,
        authorize_pending_minor=authorize_pending,
        charge_pending_minor=charge_pending,
        refund_pending_minor=refund_pending,
        cancel_pending_minor=cancel_pending,
    )


def total_of(payments: Iterable[PaymentAmounts]) -> PaymentAmounts:
    fields = PaymentAmounts.__dataclass_fields__
    every = list(payments)
    return PaymentAmounts(**{name: sum(getattr(one, name) for one in every) for name in fields})


def due_minor(total_minor: int, granted_refunds_minor: int = 0) -> int:
    """What the customer owes: the order's total less refunds that were granted, paid out or not."""
    return max(0, total_minor - granted_refunds_minor)


def charge_status(charged_minor: int, total_minor: int, granted_refunds_minor: int = 0) -> ChargeStatus:
    """An order of nothing is FULL."""
    due = due_minor(total_minor, granted_refunds_minor)
    if charged_minor > due:
        return ChargeStatus.OVERCHARGED
    if charged_minor == due:
        return ChargeStatus.FULL
    return ChargeStatus.PARTIAL if charged_minor > 0 else ChargeStatus.NONE


def authorize_status(covered_minor: int, total_minor: int, granted_refunds_minor: int = 0) -> AuthorizeStatus:
    """`covered_minor` is authorized plus charged."""
    if covered_minor >= due_minor(total_minor, granted_refunds_minor):
        return AuthorizeStatus.FULL
    return AuthorizeStatus.PARTIAL if covered_minor > 0 else AuthorizeStatus.NONE


def balance_minor(charged_minor: int, total_minor: int, granted_refunds_minor: int = 0) -> int:
    """Positive: we owe the customer; negative: the customer owes us."""
    return charged_minor - due_minor(total_minor, granted_refunds_minor)


def plan_capture(amount_minor: int, payments: Sequence[Payable]) -> CapturePlan:
    """Charge authorized money in ascending sequence, never above a payment's limit, unusable ones skipped (Sterling)."""
    steps, missing = [], amount_minor
    for payment in sorted(payments, key=_sequence):
        amounts = payment.amounts
        chargeable = amounts.authorized_minor if payment.is_usable else 0
        if payment.limit_minor is not None:
            chargeable = min(chargeable, payment.limit_minor - amounts.captured_minor - amounts.charge_pending_minor)
        amount = min(missing, chargeable)
        if amount > 0:
            steps.append(PaymentStep(payment.id, amount))
            missing -= amount
    return CapturePlan(tuple(steps), missing)


def plan_refund(amount_minor: int, payments: Sequence[Payable], currency: str) -> tuple[PaymentStep, ...]:
    """Give back in reverse charge order, each tender at most what it may; raises AmountExceeded."""
    refundable = sum(payment.amounts.refundable_minor for payment in payments)
    if amount_minor > refundable:
        raise AmountExceeded(amount_minor, refundable, currency)
    steps, left = [], amount_minor
    for payment in sorted(payments, key=_sequence, reverse=True):
        amount = min(left, payment.amounts.refundable_minor)
        if amount > 0:
            steps.append(PaymentStep(payment.id, amount))
            left -= amount
    return tuple(steps)


def plan_void(payments: Sequence[Payable]) -> tuple[PaymentStep, ...]:
    """Cancel every authorization that is left, in reverse charge order: nothing more will be captured."""
    return tuple(
        PaymentStep(payment.id, payment.amounts.authorized_minor)
        for payment in sorted(payments, key=_sequence, reverse=True)
        if payment.amounts.authorized_minor
    )


def _sequence(payment: Payable) -> tuple[int, UUID]:
    return payment.sequence, payment.id


def _since_adjustment(events: Sequence[PaymentEvent]) -> list[PaymentEvent]:
    """The authorization events that count: from the newest adjustment on."""
    granting = [event for event in events if event.kind in _AUTHORIZATIONS]
    for at in range(len(granting) - 1, -1, -1):
        if granting[at].kind is _K.AUTHORIZATION_ADJUSTMENT:
            return granting[at:]
    return granting


def _outcomes(events: Sequence[PaymentEvent], kinds: Sequence[PaymentEventKind]) -> list[PaymentEvent]:
    """Per reference of one action what counts of it: its open request, or its newest success; nothing if it failed."""
    requested, _, failed = kinds
    last: dict[str, PaymentEvent] = {}
    for event in events:
        if event.kind is requested:
            last.setdefault(event.reference, event)
        elif event.kind in kinds:
            last[event.reference] = event
    return [event for event in last.values() if event.kind is not failed]


def _pending_and_done(events: Sequence[PaymentEvent], kinds: Sequence[PaymentEventKind]) -> tuple[int, int]:
    outcomes = _outcomes(events, kinds)
    done = sum(event.amount_minor for event in outcomes if event.kind in _SUCCEEDED)
    return sum(event.amount_minor for event in outcomes) - done, done


def _once_each(events: Sequence[PaymentEvent], kind: PaymentEventKind) -> int:
    """Sum over references; a repeated message counts once, the newest."""
    return sum({event.reference: event.amount_minor for event in events if event.kind is kind}.values())
