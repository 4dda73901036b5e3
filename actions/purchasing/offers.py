"""What vendors sell: which variant, at what cost, how soon, and whether they ship it to customers themselves."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.inventory import MAX_UNITS
from actions.purchasing.vendors import MAX_LEAD_TIME_DAYS
from actions.stocked import check_stocked
from actions.upserting import check_known, given
from domain.errors import Conflict, NotFound
from domain.facts import Fact, FactKind
from domain.ids import new_id
from domain.validation import KEEP, Checks, Keep
from models import Vendor, VendorOffer
from models.db import execute

MAX_RANK: Final = 1_000
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertOffer:
    """One for each vendor and variant; what is silent stays. A withdrawn offer stands again.

    Without `lead_time_days` the vendor's. Quantities are those of one customer's order, for drop-ship; without a maximum
    there is none.
    """

    vendor_id: UUID
    variant_id: UUID
    unit_cost_minor: int | Keep = KEEP
    lead_time_days: int | Keep | None = KEEP
    drop_ships: bool | Keep = KEEP
    minimum_quantity: int | Keep = KEEP
    maximum_quantity: int | Keep | None = KEEP
    rank: int | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOffer:
    offer_id: UUID
    expected_version: int | None = None


@action
async def upsert_offer(act: Act, command: UpsertOffer) -> UUID:
    """Raises InvalidInput, NotFound or Conflict."""
    checks = await _checked(act, command)
    await execute(ONE_AT_A_TIME, [f"vendor_offers/{act.organization_id}"])
    found = VendorOffer.filter(vendor_id=command.vendor_id, variant_id=command.variant_id)
    offer = await found.select_for_update(no_key=True).get_or_none()
    if offer is None:
        _check_new(checks, command)
        offer = VendorOffer(
            id=new_id(),
            organization_id=act.organization_id,
            vendor_id=command.vendor_id,
            variant_id=command.variant_id,
            version=0,
        )
    elif command.expected_version not in (None, offer.version):
        raise Conflict("vendor offer", command.expected_version or 0, offer.version)
    changed = _given(command)
    if not offer.version or any(getattr(offer, name) != value for name, value in changed.items()):
        offer.update_from_dict(changed)
        await _check_whole(checks, offer)
        await _store(act, offer)
    return offer.id


@action
async def withdraw_offer(act: Act, command: WithdrawOffer) -> UUID:
    """Nobody is asked for it any more; what was ordered stays ordered. Raises NotFound or Conflict."""
    found = VendorOffer.filter(id=command.offer_id, organization_id=act.organization_id)
    offer = await found.select_for_update(no_key=True).get_or_none()
    if offer is None:
        raise NotFound("vendor offer", command.offer_id)
    if command.expected_version not in (None, offer.version):
        raise Conflict("vendor offer", command.expected_version or 0, offer.version)
    if offer.is_active:
        offer.is_active = False
        await _store(act, offer)
    return offer.id


async def _checked(act: Act, command: UpsertOffer) -> Checks:
    checks = Checks()
    checks.amount("unit_cost_minor", command.unit_cost_minor)
    checks.number("lead_time_days", command.lead_time_days, most=MAX_LEAD_TIME_DAYS)
    checks.number("minimum_quantity", command.minimum_quantity, least=1, most=MAX_UNITS)
    checks.number("maximum_quantity", command.maximum_quantity, least=1, most=MAX_UNITS)
    checks.number("rank", command.rank, most=MAX_RANK)
    await check_known(act, checks, "vendors", [("vendor_id", command.vendor_id)])
    await check_stocked(act, checks, [("variant_id", command.variant_id)])
    checks.refuse()
    return checks


def _check_new(checks: Checks, command: UpsertOffer) -> None:
    if command.expected_version is not None:
        raise NotFound("vendor offer", f"of {command.variant_id} by {command.vendor_id}")
    if isinstance(command.unit_cost_minor, Keep):
        checks.note("unit_cost_minor", "REQUIRED", "A new offer needs it.")
    checks.refuse()


def _given(command: UpsertOffer) -> dict[str, Any]:
    changed = given(
        unit_cost_minor=command.unit_cost_minor,
        lead_time_days=command.lead_time_days,
        drop_ships=command.drop_ships,
        minimum_quantity=command.minimum_quantity,
        maximum_quantity=command.maximum_quantity,
        rank=command.rank,
    )
    return {**changed, "is_active": True}


async def _check_whole(checks: Checks, offer: VendorOffer) -> None:
    if offer.maximum_quantity is not None and offer.maximum_quantity < offer.minimum_quantity:
        checks.note("maximum_quantity", "OUT_OF_RANGE", f"Must be at least {offer.minimum_quantity}, the minimum.")
    if offer.drop_ships and not await Vendor.filter(id=offer.vendor_id, location_id__isnull=False).exists():
        checks.note("drop_ships", "NO_LOCATION", "Say first from which location the vendor ships.")
    checks.refuse()


async def _store(act: Act, offer: VendorOffer) -> None:
    is_new = not offer.version
    offer.version += 1
    await offer.save(force_create=is_new)
    await outbox.record(act.organization_id, act.actor, act.now, [_told(offer)])


def _told(offer: VendorOffer) -> Fact:
    """Without costs: not everybody who hears it may know them."""
    payload = {
        "id": str(offer.id),
        "vendor": str(offer.vendor_id),
        "lead_time_days": offer.lead_time_days,
        "drop_ships": offer.drop_ships,
        "minimum_quantity": offer.minimum_quantity,
        "maximum_quantity": offer.maximum_quantity,
        "rank": offer.rank,
        "is_active": offer.is_active,
        "version": offer.version,
    }
    return Fact(kind=FactKind.VENDOR_OFFER_CHANGED, variant_id=offer.variant_id, payload=payload)
