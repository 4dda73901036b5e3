"""Carriers' services: when they fetch, how far they go, how long they take and what they ask.

`zones` are kept by rising distance as objects of up_to_km (null: everything beyond; only of the last), days_least,
days_most, base_minor, per_kilogram_minor and included_kilograms.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import Entry, Table, check_known, fresh_network, given, upsert
from domain.facts import Fact, FactKind
from domain.places import WEEKDAYS
from domain.promising.shipping import WEEKEND, WORKDAYS
from domain.validation import KEEP, Checks, Keep

MAX_ZONES: Final = 32
MAX_KM: Final = 21_000
"""Nothing on earth is farther away."""
MAX_DAYS: Final = 90

SERVICES: Final = Table(
    name="carrier_services",
    kind="carrier service",
    code="code",
    defaults={
        "name": None,
        "carrier": None,
        "channel_id": None,
        "cut_off": "14:00",
        "pickup_time": "17:00",
        "pickup_days": [day for day in WEEKDAYS if day in WORKDAYS],
        "non_transit_days": [day for day in WEEKDAYS if day in WEEKEND],
        "non_delivery_days": [day for day in WEEKDAYS if day in WEEKEND],
        "observes_holidays": True,
        "is_same_day": False,
        "zones": None,
        "price_minor": None,
        "is_active": True,
    },
    required=("name", "carrier", "zones"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceZone:
    """`up_to_km` None is for everything beyond."""

    up_to_km: int | None = None
    days_least: int
    days_most: int
    base_minor: int
    per_kilogram_minor: int = 0
    included_kilograms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertCarrierService:
    """Times like "14:00", local to the place the carrier fetches from; days are mon … sun."""

    code: str
    name: str | Keep = KEEP
    carrier: str | Keep = KEEP
    channel_id: UUID | Keep | None = KEEP
    cut_off: str | Keep = KEEP
    pickup_time: str | Keep = KEEP
    pickup_days: tuple[str, ...] | Keep = KEEP
    non_transit_days: tuple[str, ...] | Keep = KEEP
    non_delivery_days: tuple[str, ...] | Keep = KEEP
    observes_holidays: bool | Keep = KEEP
    is_same_day: bool | Keep = KEEP
    zones: tuple[ServiceZone, ...] | Keep = KEEP
    price_minor: int | Keep | None = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@fresh_network
@action
async def upsert_carrier_service(act: Act, command: UpsertCarrierService) -> UUID:
    """Raises InvalidInput or Conflict. Where routing counts with its rates, it does so with the new ones from now on."""
    checks = Checks()
    _check(checks, command)
    if isinstance(command.channel_id, UUID):
        await check_known(act, checks, "channels", [("channel_id", command.channel_id)])
    zones = command.zones
    values = given(
        name=command.name,
        carrier=command.carrier,
        channel_id=command.channel_id,
        cut_off=command.cut_off,
        pickup_time=command.pickup_time,
        observes_holidays=command.observes_holidays,
        is_same_day=command.is_same_day,
        zones=zones if isinstance(zones, Keep) else [asdict(zone) for zone in zones],
        price_minor=command.price_minor,
        is_active=command.is_active,
        **{name: _in_week(getattr(command, name)) for name in ("pickup_days", "non_transit_days", "non_delivery_days")},
    )
    entry = Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)
    [row] = await upsert(act, SERVICES, [entry])
    if row.is_changed:
        fact = Fact(kind=FactKind.PROMISING_CHANGED, payload={"carrier_service": row.values})
        await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return row.id


def _check(checks: Checks, command: UpsertCarrierService) -> None:
    checks.code("code", command.code, longest=32)
    checks.text("name", command.name, longest=200)
    if command.carrier is not KEEP:
        checks.code("carrier", command.carrier, longest=32)
    for name in ("cut_off", "pickup_time"):
        checks.time_of_day(name, getattr(command, name))
    for name in ("pickup_days", "non_transit_days", "non_delivery_days"):
        for at, day in enumerate(() if (days := getattr(command, name)) is KEEP else days):
            if day not in WEEKDAYS:
                checks.note(f"{name}.{at}", "INVALID_WEEKDAY", "Give a weekday: mon … sun.")
    checks.amount("price_minor", command.price_minor)
    if not isinstance(command.zones, Keep) and checks.size("zones", command.zones, least=1, most=MAX_ZONES):
        _check_zones(checks.below("zones"), command.zones)


def _check_zones(checks: Checks, zones: Sequence[ServiceZone]) -> None:
    for zone, below in checks.beside(zones):
        below.number("up_to_km", zone.up_to_km, least=1, most=MAX_KM)
        below.number("days_least", zone.days_least, most=MAX_DAYS)
        below.number("days_most", zone.days_most, least=zone.days_least, most=MAX_DAYS)
        below.amount("base_minor", zone.base_minor)
        below.amount("per_kilogram_minor", zone.per_kilogram_minor)
        below.number("included_kilograms", zone.included_kilograms)
    for at, (nearer, farther) in enumerate(pairwise(zones), 1):
        if nearer.up_to_km is None or (farther.up_to_km is not None and farther.up_to_km <= nearer.up_to_km):
            checks.note(f"{at}.up_to_km", "NOT_RISING", "Zones go by rising distance; only the last has no end.")


def _in_week(days: tuple[str, ...] | Keep) -> list[str] | Keep:
    return days if isinstance(days, Keep) else [day for day in WEEKDAYS if day in days]
