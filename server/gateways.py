"""A payment provider that exists only in this process, with every fault a real one has, for the demo and for tests.

It honours idempotency keys, keeps its own ledger, and sends a notice of everything it did, which whoever runs it takes
with `take_notices` and records. Which fault strikes is said by the token, as with the test cards of real providers:
"declined", "lost" (no answer, nothing happened), "silent" (no answer, yet it happened), "late" (the same, and look-ups
know of it only after some more), "twice" (each notice is sent twice). A token may name one operation:
"capture-declined". Amounts above `limit_minor` are declined.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from actions.gateways import (
    Answer,
    Approved,
    Declined,
    Found,
    GatewayRequest,
    Gateways,
    NeverReceived,
    Operation,
)
from server.settings import Settings

AUTHORIZATION_DAYS: Final = 7
LATE_LOOKUPS: Final = 2
"""So many look-ups of a late request find nothing."""

NO_LIMIT: Final = 10**15
MOST_NOTICES: Final = 10_000
MOST_REMEMBERED: Final = 200_000
"""Requests and payments it still knows; the oldest are forgotten first."""


class Fault(StrEnum):
    DECLINED = "declined"
    LOST = "lost"
    SILENT = "silent"
    LATE = "late"
    TWICE = "twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the provider tells on its own about one request."""

    payment_id: UUID
    operation: Operation
    is_approved: bool
    amount_minor: int
    reference: str
    occurred_at: datetime
    reason: str = ""


@dataclass(slots=True)
class Account:
    """What the provider holds of one payment, in minor units."""

    authorized_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0


@dataclass(slots=True)
class FakeGateway:
    limit_minor: int = NO_LIMIT
    accounts: dict[UUID, Account] = field(default_factory=dict)
    calls: int = 0
    """Requests that reached it, the repeated ones too."""
    _answers: dict[str, Approved | Declined] = field(default_factory=dict)
    _hidden: dict[str, int] = field(default_factory=dict)
    _notices: deque[Notice] = field(default_factory=lambda: deque(maxlen=MOST_NOTICES))

    async def authorize(self, request: GatewayRequest, *, timeout_seconds: float) -> Answer:
        return self._handle(Operation.AUTHORIZE, request, timeout_seconds)

    async def capture(self, request: GatewayRequest, *, timeout_seconds: float) -> Answer:
        return self._handle(Operation.CAPTURE, request, timeout_seconds)

    async def void(self, request: GatewayRequest, *, timeout_seconds: float) -> Answer:
        return self._handle(Operation.VOID, request, timeout_seconds)

    async def refund(self, request: GatewayRequest, *, timeout_seconds: float) -> Answer:
        return self._handle(Operation.REFUND, request, timeout_seconds)

    async def lookup(self, reference: str, *, timeout_seconds: float) -> Found:
        del timeout_seconds  # it never dawdles
        if self._hidden.get(reference, 0) > 0:
            self._hidden[reference] -= 1
            return NeverReceived()
        return self._answers.get(reference, NeverReceived())

    def take_notices(self) -> list[Notice]:
        """Everything told since the last time, in order."""
        taken = list(self._notices)
        self._notices.clear()
        return taken

    def _handle(self, operation: Operation, request: GatewayRequest, timeout_seconds: float) -> Answer:
        fault = _fault(operation, request.token)
        if fault is Fault.LOST:
            raise TimeoutError(f"nothing within {timeout_seconds} s")
        self.calls += 1
        answer = self._answers.get(request.reference)
        if answer is None:
            answer = self._answers[request.reference] = self._decide(operation, request, fault)
            _forget_oldest(self._answers)
            copies = 2 if fault is Fault.TWICE else 1
            self._notices += [_notice(operation, request, answer)] * copies
            if fault is Fault.LATE:
                self._hidden[request.reference] = LATE_LOOKUPS
        if fault in {Fault.SILENT, Fault.LATE}:
            raise TimeoutError(f"nothing within {timeout_seconds} s")
        return answer

    def _decide(self, operation: Operation, request: GatewayRequest, fault: Fault | None) -> Approved | Declined:
        if fault is Fault.DECLINED:
            return Declined(reason="the card was declined", at=request.now)
        if request.amount_minor > self.limit_minor:
            return Declined(reason="the amount is above the card's limit", at=request.now)
        account = self.accounts.get(request.payment_id)
        if account is None:
            if operation is not Operation.AUTHORIZE:
                # A payment of before this process started: nothing is known of it, so it is taken at its word.
                return Approved(at=request.now)
            account = self.accounts[request.payment_id] = Account()
            _forget_oldest(self.accounts)
        if not _moved(account, operation, request.amount_minor):
            return Declined(reason=f"there is not so much to {operation}", at=request.now)
        lasting = timedelta(days=AUTHORIZATION_DAYS) if operation is Operation.AUTHORIZE else None
        return Approved(at=request.now, expires_at=request.now + lasting if lasting else None)


def _forget_oldest(remembered: dict[Any, Any]) -> None:
    if len(remembered) > MOST_REMEMBERED:
        del remembered[next(iter(remembered))]


def _fault(operation: Operation, token: str) -> Fault | None:
    """ "declined" strikes always, "capture-declined" captures only; any other token is sound."""
    named, _, fault = token.rpartition("-")
    if named not in {"", operation.value} or fault not in set(Fault):
        return None
    return Fault(fault)


def _moved(account: Account, operation: Operation, amount: int) -> bool:
    match operation:
        case Operation.AUTHORIZE:
            account.authorized_minor += amount
        case Operation.CAPTURE if account.authorized_minor >= amount:
            account.authorized_minor -= amount
            account.captured_minor += amount
        case Operation.VOID if account.authorized_minor >= amount:
            account.authorized_minor -= amount
        case Operation.REFUND if account.captured_minor - account.refunded_minor >= amount:
            account.refunded_minor += amount
        case _:
            return False
    return True


def _notice(operation: Operation, request: GatewayRequest, answer: Approved | Declined) -> Notice:
    return Notice(
        payment_id=request.payment_id,
        operation=operation,
        is_approved=isinstance(answer, Approved),
        amount_minor=request.amount_minor,
        reference=request.reference,
        occurred_at=answer.at or request.now,
        reason=answer.reason if isinstance(answer, Declined) else "",
    )


def providers(settings: Settings) -> Gateways:
    """The payment providers of this installation by name; production has none until one is added here."""
    return Gateways({} if settings.is_production else {"fake": FakeGateway()})
