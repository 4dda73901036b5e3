"""One option as it was offered, complete in itself: what a client hands back sealed, and what is kept with the order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from domain.promising.loads import OfferedParcel, OfferedUnits
from domain.promising.offers import Confidence, Option
from domain.promising.question import Question
from domain.promising.supply import SupplyKind
from domain.routing.values import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """`wanted` are units by variant. Country, region and postal code are where it was asked for, empty if not said."""

    id: UUID
    organization_id: UUID
    channel_id: UUID
    wanted: Mapping[UUID, int]
    country: str
    region: str
    postal_code: str
    latitude: float | None
    longitude: float | None
    method: Method
    carrier: str | None
    service: str | None
    location_id: UUID | None
    rule: str
    confidence: Confidence
    ready_at: datetime
    ship_on: date | None
    earliest_on: date
    latest_on: date
    currency: str
    cost_minor: int
    price_minor: int
    parcels: tuple[OfferedParcel, ...]
    promised_at: datetime
    expires_at: datetime
    wait_days: int | None = None
    """Of what is delivered together from `location_id`."""

    @classmethod
    def of(cls, promise_id: UUID, question: Question, option: Option) -> Self:
        channel, to = question.market.channel, question.destination
        return cls(
            id=promise_id,
            organization_id=channel.organization_id,
            channel_id=channel.id,
            wanted=question.asked_for,
            country=to.region.country,
            region=to.region.name,
            postal_code=to.postal_code,
            latitude=to.latitude,
            longitude=to.longitude,
            method=option.method,
            carrier=option.service.carrier if option.service else None,
            service=option.service.code if option.service else None,
            location_id=option.location_id,
            rule=option.rule,
            confidence=option.confidence,
            ready_at=option.ready_at,
            ship_on=option.ship_on,
            earliest_on=option.earliest_on,
            latest_on=option.latest_on,
            currency=channel.currency,
            cost_minor=option.cost_minor,
            price_minor=option.price_minor,
            parcels=option.parcels,
            promised_at=question.now,
            expires_at=option.expires_at,
            wait_days=option.wait_days,
        )

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        """The inverse of `told`."""
        location_id = told["location_id"]
        return cls(
            id=UUID(told["id"]),
            organization_id=UUID(told["organization_id"]),
            channel_id=UUID(told["channel_id"]),
            wanted={UUID(variant_id): units for variant_id, units in told["wanted"].items()},
            location_id=UUID(location_id) if location_id else None,
            method=Method(told["method"]),
            confidence=Confidence(told["confidence"]),
            ready_at=datetime.fromisoformat(told["ready_at"]),
            ship_on=_day(told["ship_on"]),
            earliest_on=date.fromisoformat(told["earliest_on"]),
            latest_on=date.fromisoformat(told["latest_on"]),
            parcels=parcels_of(told["parcels"]),
            promised_at=datetime.fromisoformat(told["promised_at"]),
            expires_at=datetime.fromisoformat(told["expires_at"]),
            wait_days=told.get("wait_days"),
            **{name: told[name] for name in PLAIN},
        )

    def goes_to(self, country: str, postal_code: str) -> bool:
        return self.country in ("", country) and self.postal_code in ("", postal_code)

    def told(self) -> dict[str, Any]:
        """As plain JSON data."""
        return {
            **{name: getattr(self, name) for name in PLAIN},
            "id": str(self.id),
            "organization_id": str(self.organization_id),
            "channel_id": str(self.channel_id),
            "wanted": {str(variant_id): units for variant_id, units in self.wanted.items()},
            "location_id": str(self.location_id) if self.location_id else None,
            "method": self.method.value,
            "confidence": self.confidence.value,
            "ready_at": self.ready_at.isoformat(),
            "ship_on": _text(self.ship_on),
            "earliest_on": self.earliest_on.isoformat(),
            "latest_on": self.latest_on.isoformat(),
            "parcels": self.parcels_told(),
            "promised_at": self.promised_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "wait_days": self.wait_days,
        }

    def parcels_told(self) -> list[dict[str, Any]]:
        return [_parcel_told(parcel) for parcel in self.parcels]

    def there(self) -> dict[tuple[UUID, UUID], int]:
        """The units that lie there already, by (variant, location)."""
        found: dict[tuple[UUID, UUID], int] = {}
        for parcel in self.parcels:
            for units in parcel.units:
                if units.kind is SupplyKind.ON_HAND:
                    place = units.variant_id, parcel.location_id
                    found[place] = found.get(place, 0) + units.quantity
        return found


PLAIN = (
    "country",
    "region",
    "postal_code",
    "latitude",
    "longitude",
    "carrier",
    "service",
    "rule",
    "currency",
    "cost_minor",
    "price_minor",
)


def parcels_of(told: list[dict[str, Any]]) -> tuple[OfferedParcel, ...]:
    return tuple(
        OfferedParcel(
            UUID(each["location_id"]),
            tuple(
                OfferedUnits(
                    UUID(units["variant_id"]), units["quantity"], SupplyKind(units["kind"]), _day(units["coming_on"])
                )
                for units in each["units"]
            ),
            datetime.fromisoformat(each["ready_at"]),
            _day(each["ship_on"]),
            date.fromisoformat(each["earliest_on"]),
            date.fromisoformat(each["latest_on"]),
            each["cost_minor"],
        )
        for each in told
    )


def _parcel_told(parcel: OfferedParcel) -> dict[str, Any]:
    return {
        "location_id": str(parcel.location_id),
        "units": [
            {
                "variant_id": str(units.variant_id),
                "quantity": units.quantity,
                "kind": units.kind.value,
                "coming_on": _text(units.coming_on),
            }
            for units in parcel.units
        ],
        "ready_at": parcel.ready_at.isoformat(),
        "ship_on": _text(parcel.ship_on),
        "earliest_on": parcel.earliest_on.isoformat(),
        "latest_on": parcel.latest_on.isoformat(),
        "cost_minor": parcel.cost_minor,
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
