"""Vendors: from whom goods are bought, in what currency, how long it takes, and how exactly they deliver."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import Entry, Table, given, upsert
from domain.facts import Fact, FactKind
from domain.purchasing import PERCENT
from domain.validation import KEEP, Checks, Keep
from models import Location, Vendor, VendorOffer
from models.locations import LocationKind

MAX_LEAD_TIME_DAYS: Final = 730

VENDORS: Final = Table(
    name="vendors",
    kind="vendor",
    code="code",
    defaults={
        "name": None,
        "currency": None,
        "lead_time_days": 0,
        "over_percent": 0,
        "short_percent": 0,
        "location_id": None,
        "is_active": True,
    },
    required=("name", "currency"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertVendor:
    """Tolerances are whole percent of each line: so much more may come, so much less is forgiven.

    `location_id` is its own location, of kind VENDOR, from which it ships to customers; no two vendors share one.
    """

    code: str
    name: str | Keep = KEEP
    currency: str | Keep = KEEP
    lead_time_days: int | Keep = KEEP
    over_percent: int | Keep = KEEP
    short_percent: int | Keep = KEEP
    location_id: UUID | Keep | None = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@action
async def upsert_vendor(act: Act, command: UpsertVendor) -> UUID:
    """Raises InvalidInput, NotFound or Conflict. Orders that are drafted already keep what they were drafted with."""
    checks = Checks()
    checks.code("code", command.code, longest=32)
    checks.text("name", command.name, longest=200)
    checks.currency("currency", command.currency)
    checks.number("lead_time_days", command.lead_time_days, most=MAX_LEAD_TIME_DAYS)
    checks.number("over_percent", command.over_percent, most=PERCENT)
    checks.number("short_percent", command.short_percent, most=PERCENT)
    await _check_location(act, checks, command)
    values = given(
        name=command.name,
        currency=command.currency,
        lead_time_days=command.lead_time_days,
        over_percent=command.over_percent,
        short_percent=command.short_percent,
        location_id=command.location_id,
        is_active=command.is_active,
    )
    entry = Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)
    [row] = await upsert(act, VENDORS, [entry])
    if row.is_changed:
        fact = Fact(kind=FactKind.VENDOR_CHANGED, payload=row.values)
        await outbox.record(act.organization_id, act.actor, act.now, [fact])
    return row.id


async def _check_location(act: Act, checks: Checks, command: UpsertVendor) -> None:
    if isinstance(command.location_id, Keep):
        return
    if command.location_id is None:
        shipping = VendorOffer.filter(vendor__code=command.code, drop_ships=True, is_active=True)
        if await shipping.filter(organization_id=act.organization_id).exists():
            checks.note("location_id", "IN_USE", "It ships to customers from there: withdraw those offers first.")
        return
    location = await Location.get_or_none(id=command.location_id, organization_id=act.organization_id)
    if location is None or location.kind is not LocationKind.VENDOR:
        checks.note("location_id", "NOT_A_VENDORS", "Must be a location of kind VENDOR.")
    elif await Vendor.filter(location_id=location.id).exclude(code=command.code).exists():
        checks.note("location_id", "IN_USE", "Is another vendor's.")
