"""Locations: warehouses, stores, vendors and third parties that hold or ship goods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.geocoding import locate
from actions.upserting import Entry, Row, Table, amend, fresh_network, given, upsert
from domain.facts import Fact, FactKind
from domain.orders import Capability, PickupStock
from domain.validation import KEEP, Checks, Keep
from models.locations import LocationKind

MOST_MINUTES: Final = 60 * 24 * 30
MOST_DAYS: Final = 365

LOCATIONS: Final = Table(
    name="locations",
    kind="location",
    code="code",
    defaults={
        "name": None,
        "kind": LocationKind.WAREHOUSE.value,
        "line1": "",
        "city": "",
        "region": "",
        "postal_code": "",
        "country": None,
        "latitude": None,
        "longitude": None,
        "time_zone": None,
        "calendar": {},
        "capabilities": [],
        "daily_capacity_units": None,
        "daily_capacity_orders": None,
        "daily_capacity_lines": None,
        "cut_off": "",
        "accept_within_minutes": None,
        "collect_within_days": None,
        "pickup_stock": PickupStock.LOCAL.value,
        "is_active": True,
    },
    required=("name", "country", "latitude", "longitude", "time_zone"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertLocation:
    """A position that is not given is taken from a US postal code. `calendar` as in `domain/places.py`.

    `cut_off` is local, as "14:00": orders of that time or later are worked on from the next working day on; empty for none.
    What is not accepted or collected within the limits is declined or cancelled by itself; None for no limit.
    `pickup_stock`: whether what is collected there may be brought from other locations.
    """

    code: str
    name: str | Keep = KEEP
    kind: LocationKind | Keep = KEEP
    line1: str | Keep = KEEP
    city: str | Keep = KEEP
    region: str | Keep = KEEP
    postal_code: str | Keep = KEEP
    country: str | Keep = KEEP
    latitude: float | Keep = KEEP
    longitude: float | Keep = KEEP
    time_zone: str | Keep = KEEP
    calendar: Mapping[str, Any] | Keep = KEEP
    capabilities: tuple[Capability, ...] | Keep = KEEP
    daily_capacity_units: int | Keep | None = KEEP
    daily_capacity_orders: int | Keep | None = KEEP
    daily_capacity_lines: int | Keep | None = KEEP
    cut_off: str | Keep = KEEP
    accept_within_minutes: int | Keep | None = KEEP
    collect_within_days: int | Keep | None = KEEP
    pickup_stock: PickupStock | Keep = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateLocation:
    location_id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeactivateLocation:
    """It takes part in nothing new; what was promised from it stays with it."""

    location_id: UUID
    expected_version: int | None = None


@fresh_network
@action
async def upsert_location(act: Act, command: UpsertLocation) -> UUID:
    [row] = await _upsert(act, [_entry(command, Checks())])
    return row.id


@fresh_network
@action
async def upsert_locations(act: Act, commands: Sequence[UpsertLocation]) -> list[UUID]:
    entries = [_entry(command, checks) for command, checks in Checks().beside(commands)]
    return [row.id for row in await _upsert(act, entries)]


@fresh_network
@action
async def activate(act: Act, command: ActivateLocation) -> UUID:
    return await _set_active(act, command, is_active=True)


@fresh_network
@action
async def deactivate(act: Act, command: DeactivateLocation) -> UUID:
    return await _set_active(act, command, is_active=False)


async def _set_active(act: Act, command: ActivateLocation | DeactivateLocation, *, is_active: bool) -> UUID:
    row = await amend(act, LOCATIONS, command.location_id, {"is_active": is_active}, command.expected_version)
    await _record(act, [row])
    return row.id


async def _upsert(act: Act, entries: Sequence[Entry]) -> list[Row]:
    found = await upsert(act, LOCATIONS, entries)
    await _record(act, found)
    return found


def _check(command: UpsertLocation, checks: Checks) -> None:
    checks.code("code", command.code, longest=32)
    checks.text("name", command.name, longest=200)
    for name, longest in (("line1", 200), ("city", 100), ("region", 100), ("postal_code", 20)):
        checks.text(name, getattr(command, name), longest=longest, is_required=False)
    checks.country("country", command.country)
    checks.degrees("latitude", command.latitude, most=90)
    checks.degrees("longitude", command.longitude, most=180)
    checks.time_zone("time_zone", command.time_zone)
    checks.json("calendar", command.calendar)
    checks.calendar("calendar", command.calendar)
    checks.number("daily_capacity_units", command.daily_capacity_units)
    checks.number("daily_capacity_orders", command.daily_capacity_orders)
    checks.number("daily_capacity_lines", command.daily_capacity_lines)
    if command.cut_off:
        checks.time_of_day("cut_off", command.cut_off)
    checks.number("accept_within_minutes", command.accept_within_minutes, least=1, most=MOST_MINUTES)
    checks.number("collect_within_days", command.collect_within_days, least=1, most=MOST_DAYS)


def _entry(command: UpsertLocation, checks: Checks) -> Entry:
    _check(command, checks)
    capabilities = command.capabilities
    values = given(
        name=command.name,
        kind=command.kind,
        line1=command.line1,
        city=command.city,
        region=command.region,
        postal_code=command.postal_code,
        country=command.country,
        time_zone=command.time_zone,
        calendar=command.calendar,
        capabilities=KEEP if isinstance(capabilities, Keep) else sorted(set(capabilities)),
        daily_capacity_units=command.daily_capacity_units,
        daily_capacity_orders=command.daily_capacity_orders,
        daily_capacity_lines=command.daily_capacity_lines,
        cut_off=command.cut_off,
        accept_within_minutes=command.accept_within_minutes,
        collect_within_days=command.collect_within_days,
        pickup_stock=command.pickup_stock,
        is_active=command.is_active,
        **_position(command),
    )
    return Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)


def _position(command: UpsertLocation) -> dict[str, float | Keep]:
    is_given = command.latitude is not KEEP or command.longitude is not KEEP
    if not is_given and isinstance(command.country, str) and isinstance(command.postal_code, str):
        found = locate(command.country, command.postal_code)
        if found:
            return {"latitude": found.latitude, "longitude": found.longitude}
    return {"latitude": command.latitude, "longitude": command.longitude}


async def _record(act: Act, found: Sequence[Row]) -> None:
    facts = [
        Fact(kind=FactKind.LOCATION_CHANGED, location_id=row.id, payload=row.values) for row in found if row.is_changed
    ]
    await outbox.record(act.organization_id, act.actor, act.now, facts)
