"""A carrier that exists only in this process, with every fault a real one has, for the demo and for tests.

It honours references, remembers what it sold, and moves every parcel along a journey that begins when its label is
bought. Which fault strikes is said by the service, before or after the name of one operation: "refused", "lost" (no
answer, nothing happened), "silent" (no answer, yet it happened), as in "buy-silent". How a parcel travels is said
likewise: "ground-failing" (nobody opens, then somebody does), "ground-returning", "ground-twice" (each report is told
twice), "ground-shuffled" (in no order). Parcels heavier than `limit_grams` are refused.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from actions.carriers import (
    Bought,
    Carriers,
    Consignment,
    Followed,
    Offer,
    Purchase,
    Rated,
    Refused,
    Sighting,
    Unknown,
    Voided,
    Voiding,
    nobody,
)
from actions.geocoding import locate
from domain.geography import distance_km
from domain.parcels import check_digit
from domain.shipping_rates import DEFAULT_RATE_CARD, with_factor
from domain.tracking import TrackingCode
from server.settings import Settings

MOST_REMEMBERED: Final = 200_000
"""Labels it still knows; the oldest are forgotten first."""
FAR_KM: Final = 2_500.0
"""How far it is to places that it cannot find."""
LIMIT_GRAMS: Final = 68_000
EXPRESS_PPM: Final = 2_200_000


class Fault(StrEnum):
    REFUSED = "refused"
    LOST = "lost"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Stop:
    """`hours` after the label was bought."""

    hours: int
    code: TrackingCode
    message: str
    signed_by: str = ""


_C = TrackingCode
_OUT: Final = (
    Stop(0, _C.LABEL_CREATED, "Shipping label created"),
    Stop(4, _C.PICKED_UP, "Picked up"),
    Stop(12, _C.IN_TRANSIT, "Departed the hub"),
    Stop(40, _C.OUT_FOR_DELIVERY, "On the vehicle for delivery"),
)
JOURNEYS: Final = {
    "": (*_OUT, Stop(48, _C.DELIVERED, "Delivered at the front door", signed_by="A. Recipient")),
    "failing": (
        *_OUT,
        Stop(46, _C.ATTEMPT_FAILED, "Nobody was there"),
        Stop(70, _C.DELIVERED, "Delivered to a neighbour", signed_by="N. Neighbour"),
    ),
    "returning": (
        *_OUT,
        Stop(46, _C.ATTEMPT_FAILED, "Nobody was there"),
        Stop(70, _C.RETURN_TO_SENDER, "The address is unknown"),
        Stop(118, _C.RETURNED, "Back with the sender"),
    ),
}


@dataclass(slots=True)
class Sold:
    label: Bought
    service: str
    at: datetime
    is_void: bool = False


@dataclass(slots=True)
class FakeCarrier:
    limit_grams: int = LIMIT_GRAMS
    sold: dict[str, Sold] = field(default_factory=dict)
    """By reference."""
    calls: int = 0
    """Purchases that reached it, the repeated ones too."""
    is_silent: bool = False
    """It answers nobody at all."""
    _references: dict[str, str] = field(default_factory=dict)
    """By tracking number."""

    async def rate(self, consignment: Consignment, *, timeout_seconds: float) -> Rated | Refused | Unknown:
        self._listen(timeout_seconds)
        if consignment.weight_grams > self.limit_grams:
            return Refused("the parcel is too heavy")
        ground = _price(consignment)
        offers = (("ground", ground, 4), ("express", with_factor(ground, EXPRESS_PPM), 1))
        return Rated(
            tuple(
                Offer(service=service, price_minor=price, currency=consignment.currency, transit_days=days)
                for service, price, days in offers
            )
        )

    async def buy(self, purchase: Purchase, *, timeout_seconds: float) -> Bought | Refused | Unknown:
        self._listen(timeout_seconds)
        fault = _fault("buy", purchase.service)
        if fault is Fault.LOST:
            raise TimeoutError(f"nothing within {timeout_seconds} s")
        self.calls += 1
        if fault is Fault.REFUSED:
            return Refused("the address is not served")
        if purchase.consignment.weight_grams > self.limit_grams:
            return Refused("the parcel is too heavy")
        if purchase.reference not in self.sold:
            self._sell(purchase)
            if fault is Fault.SILENT:
                raise TimeoutError(f"nothing within {timeout_seconds} s")
        return self.sold[purchase.reference].label

    async def void(self, voiding: Voiding, *, timeout_seconds: float) -> Voided | Refused | Unknown:
        self._listen(timeout_seconds)
        fault = _fault("void", voiding.service)
        sold = self.sold.get(voiding.reference)
        if fault is Fault.LOST:
            raise TimeoutError(f"nothing within {timeout_seconds} s")
        if fault is Fault.REFUSED or sold is None:
            return Refused("there is no such label to void")
        is_first = not sold.is_void
        sold.is_void = True
        if fault is Fault.SILENT and is_first:
            raise TimeoutError(f"nothing within {timeout_seconds} s")
        return Voided()

    async def track(
        self, tracking_number: str, *, now: datetime, timeout_seconds: float
    ) -> Followed | Refused | Unknown:
        self._listen(timeout_seconds)
        reference = self._references.get(tracking_number)
        if reference is None:
            return Refused("the number is not known")
        return Followed(_sightings(self.sold[reference], now))

    def _listen(self, timeout_seconds: float) -> None:
        if self.is_silent:
            raise TimeoutError(f"nothing within {timeout_seconds} s")

    def _sell(self, purchase: Purchase) -> None:
        number = _tracking_number(purchase.reference)
        label = Bought(
            tracking_number=number,
            cost_minor=_price(purchase.consignment),
            currency=purchase.consignment.currency,
        )
        self.sold[purchase.reference] = Sold(label, purchase.service, purchase.now)
        self._references[number] = purchase.reference
        _forget_oldest(self.sold)
        _forget_oldest(self._references)


def carriers_of(settings: Settings) -> Carriers:
    """The carriers of this installation by name; production has none until one is added here."""
    return nobody() if settings.is_production else Carriers(by_name={"fake": FakeCarrier()})


def _forget_oldest(remembered: dict[str, Any]) -> None:
    if len(remembered) > MOST_REMEMBERED:
        del remembered[next(iter(remembered))]


def _fault(operation: str, service: str) -> Fault | None:
    """ "refused" strikes always, "buy-refused" purchases only; any other service is sound."""
    named, _, fault = service.rpartition("-")
    if named not in {"", operation} or fault not in set(Fault):
        return None
    return Fault(fault)


def _price(consignment: Consignment) -> int:
    start, end = (locate(each.country, each.postal_code) for each in (consignment.sender, consignment.recipient))
    distance = FAR_KM if start is None or end is None else distance_km(start, end)
    return DEFAULT_RATE_CARD.rate(distance).price_minor(consignment.weight_grams)


def _tracking_number(reference: str) -> str:
    digits = f"92{int(reference.replace('-', ''), 16) % 10**19:019d}"
    return f"{digits}{check_digit(digits)}"


def _sightings(sold: Sold, now: datetime) -> tuple[Sighting, ...]:
    kind = sold.service.rpartition("-")[2]
    journey = JOURNEYS.get(kind, JOURNEYS[""])
    happened = tuple(
        Sighting(
            key=f"{sold.label.tracking_number}-{stop.hours}",
            code=stop.code,
            occurred_at=sold.at + timedelta(hours=stop.hours),
            place="Springfield",
            message=stop.message,
            signed_by=stop.signed_by,
        )
        for stop in journey
        if sold.at + timedelta(hours=stop.hours) <= now
    )
    if kind == "twice":
        return happened + happened
    return happened[1::2] + happened[::2] if kind == "shuffled" else happened
