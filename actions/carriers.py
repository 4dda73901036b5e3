"""What this side of the counter asks of a carrier, and the answers it understands.

Every purchase carries a reference of ours, which is also its idempotency key: asking again with the same reference never
buys a second label, and tells what became of the first. No answer in time means the outcome is unknown, not that nothing
happened.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

from domain.carriers import DEFAULT_FALLBACK
from domain.shipping_rates import FallbackRate
from domain.tracking import TrackingCode

log = logging.getLogger("oms.carriers")

TIMEOUT_SECONDS: Final = 10.0
"""A carrier that says nothing for this long leaves the outcome unknown."""

A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a parcel starts or ends."""

    name: str
    line1: str
    line2: str = ""
    city: str
    region: str
    postal_code: str
    country: str
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """One parcel as a carrier sees it. Without dimensions it is charged by its weight alone."""

    number: str
    sender: Endpoint
    recipient: Endpoint
    weight_grams: int
    currency: str
    dimensions_mm: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    reference: str
    service: str
    consignment: Consignment
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Voiding:
    """`reference` is the purchase's; the carrier may never have received that one, and refuses then."""

    reference: str
    service: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a carrier asks for one parcel with one of its services."""

    service: str
    price_minor: int
    currency: str
    transit_days: int | None = None


@dataclass(frozen=True, slots=True)
class Rated:
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    tracking_number: str
    cost_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Voided:
    """The label is void, and was not charged."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not happen and will not; `reason` is for whoever packs."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none that can be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One report; `key` is the carrier's id of it. `signed_by` proves a delivery."""

    key: str
    code: TrackingCode
    occurred_at: datetime
    place: str = ""
    message: str = ""
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """All the carrier knows, in any order, each as often as it likes."""

    sightings: tuple[Sighting, ...]


class Carrier(Protocol):
    """Each call answers within about `timeout_seconds`, or raises OSError (TimeoutError is one)."""

    async def rate(self, consignment: Consignment, *, timeout_seconds: float) -> Rated | Refused | Unknown: ...
    async def buy(self, purchase: Purchase, *, timeout_seconds: float) -> Bought | Refused | Unknown: ...
    async def void(self, voiding: Voiding, *, timeout_seconds: float) -> Voided | Refused | Unknown: ...
    async def track(
        self, tracking_number: str, *, now: datetime, timeout_seconds: float
    ) -> Followed | Refused | Unknown: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """The carriers this process can reach, by the name a label carries, and how their prices are read.

    `rate_factor_ppm` multiplies each carrier's rates, in parts per million; `fallback` stands in for a carrier that does
    not answer.
    """

    by_name: Mapping[str, Carrier]
    timeout_seconds: float = TIMEOUT_SECONDS
    fallback: FallbackRate = DEFAULT_FALLBACK
    rate_factor_ppm: int = 1_000_000

    async def rate(self, name: str, consignment: Consignment) -> Rated | Refused | Unknown:
        """Like the others, never raises for what can go wrong on the way there or back: that is Unknown."""
        carrier = self.by_name.get(name)
        if carrier is None:
            return Unknown()
        return await self._in_time(carrier.rate(consignment, timeout_seconds=self.timeout_seconds)) or Unknown()

    async def buy(self, name: str, purchase: Purchase) -> Bought | Refused | Unknown:
        carrier = self.by_name.get(name)
        if carrier is None:
            return Unknown()
        return await self._in_time(carrier.buy(purchase, timeout_seconds=self.timeout_seconds)) or Unknown()

    async def void(self, name: str, voiding: Voiding) -> Voided | Refused | Unknown:
        carrier = self.by_name.get(name)
        if carrier is None:
            return Unknown()
        return await self._in_time(carrier.void(voiding, timeout_seconds=self.timeout_seconds)) or Unknown()

    async def track(self, name: str, tracking_number: str, now: datetime) -> Followed | Refused | Unknown:
        carrier = self.by_name.get(name)
        if carrier is None:
            return Unknown()
        asked = carrier.track(tracking_number, now=now, timeout_seconds=self.timeout_seconds)
        return await self._in_time(asked) or Unknown()

    async def _in_time(self, answer: Awaitable[A]) -> A | None:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await answer
        except OSError as error:  # a TimeoutError too
            log.warning("a carrier did not answer: %r", error)
            return None


def nobody() -> Carriers:
    """No carrier can be reached."""
    return Carriers(by_name={})
