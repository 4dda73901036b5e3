"""What this side of the counter asks of a payment provider, and the answers it understands.

Every request carries a reference of ours, which is also its idempotency key: asking again with the same reference
never moves money twice. No answer in time means the outcome is unknown, not that nothing happened.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeVar
from uuid import UUID

log = logging.getLogger("oms.payments")

TIMEOUT_SECONDS: Final = 10.0
"""A provider that says nothing for this long leaves the outcome unknown."""


A = TypeVar("A")


class Operation(StrEnum):
    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRequest:
    """`payment_id` groups the requests of one payment; `token` names the card or account at the provider."""

    reference: str
    payment_id: UUID
    amount_minor: int
    currency: str
    token: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """It happened, `at` that moment if the provider says; an authorisation may expire."""

    at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It did not happen and will not; `reason` may be shown to the customer."""

    reason: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NeverReceived:
    """Answer of a look-up only: the provider has no request with this reference (yet)."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none that can be understood."""


Answer = Approved | Declined | Unknown
Found = Approved | Declined | NeverReceived | Unknown


class PaymentGateway(Protocol):
    """Each call answers within about `timeout_seconds`, or raises OSError (TimeoutError is one)."""

    async def authorize(self, request: GatewayRequest, *, timeout_seconds: float) -> Answer: ...
    async def capture(self, request: GatewayRequest, *, timeout_seconds: float) -> Answer: ...
    async def void(self, request: GatewayRequest, *, timeout_seconds: float) -> Answer: ...
    async def refund(self, request: GatewayRequest, *, timeout_seconds: float) -> Answer: ...
    async def lookup(self, reference: str, *, timeout_seconds: float) -> Found: ...


@dataclass(frozen=True, slots=True)
class Gateways:
    """The providers this process can reach, by the name a payment carries."""

    by_name: Mapping[str, PaymentGateway]
    timeout_seconds: float = TIMEOUT_SECONDS

    async def ask(self, name: str, operation: Operation, request: GatewayRequest) -> Answer:
        """Never raises for what can go wrong on the way there or back: that is Unknown."""
        gateway = self.by_name.get(name)
        if gateway is None:
            return Unknown()
        call = {
            Operation.AUTHORIZE: gateway.authorize,
            Operation.CAPTURE: gateway.capture,
            Operation.VOID: gateway.void,
            Operation.REFUND: gateway.refund,
        }[operation]
        return await self._in_time(call(request, timeout_seconds=self.timeout_seconds)) or Unknown()

    async def lookup(self, name: str, reference: str) -> Found:
        gateway = self.by_name.get(name)
        if gateway is None:
            return Unknown()
        return await self._in_time(gateway.lookup(reference, timeout_seconds=self.timeout_seconds)) or Unknown()

    async def _in_time(self, answer: Awaitable[A]) -> A | None:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await answer
        except OSError as error:  # a TimeoutError too
            log.warning("a payment provider did not answer: %r", error)
            return None
