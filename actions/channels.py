"""Channels: where orders come from, and what that decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.upserting import Entry, Row, Table, check_known, fresh_network, given, upsert
from domain.facts import Fact, FactKind
from domain.orders import ConfirmationPolicy
from domain.pickups import UnansweredPickup
from domain.placing.backordering import MOST_CANCEL_DAYS
from domain.validation import KEEP, Checks, Keep
from models.channels import ChannelKind
from models.db import execute, rows

LEAST_TTL_SECONDS: Final = 60
MOST_TTL_SECONDS: Final = 2_678_400
"""31 days; the same bounds are a CHECK of the table."""
MOST_ANSWER_MINUTES: Final = 44_640
"""31 days."""
MAX_LOCATIONS: Final = 10_000
MOST_OFFER_HOURS: Final = 24 * 365

CHANNELS: Final = Table(
    name="channels",
    kind="channel",
    code="code",
    defaults={
        "name": None,
        "kind": None,
        "currency": None,
        "prices_include_tax": False,
        "reservation_ttl_seconds": 600,
        "confirmation": ConfirmationPolicy.AUTOMATIC.value,
        "backorder_cancel_days": None,
        "may_split_declined": True,
        "pickup_answer_minutes": 1440,
        "pickup_unanswered": UnansweredPickup.KEEP_OPEN.value,
        "refunds_by_itself": True,
        "substitute_offer_hours": None,
        "is_active": True,
    },
    required=("name", "kind", "currency"),
)

LOCATIONS_OF: Final = "SELECT location_id FROM channel_locations WHERE channel_id = $1 ORDER BY location_id"
FORGET_LOCATIONS: Final = "DELETE FROM channel_locations WHERE channel_id = $1"
ADD_LOCATIONS: Final = "INSERT INTO channel_locations (channel_id, location_id) SELECT $1, unnest($2::uuid[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertChannel:
    """`location_ids` are the locations that may serve it; an empty tuple allows all.

    What waits for stock longer than `backorder_cancel_days` is cancelled; None lets it wait.
    Unless `may_split_declined`, a location that cannot ship part of an order's work gives back all of it. Customers are
    asked for `pickup_answer_minutes` what becomes of units that they cannot collect; then `pickup_unanswered` decides.
    With `refunds_by_itself`, what was captured and is not owed any more is given back without being asked for.
    `substitute_offer_hours`: a job proposes substitutes for what waits, which stand so long; None leaves it to people.
    """

    code: str
    name: str | Keep = KEEP
    kind: ChannelKind | Keep = KEEP
    currency: str | Keep = KEEP
    location_ids: tuple[UUID, ...] | Keep = KEEP
    reservation_ttl_seconds: int | Keep = KEEP
    confirmation: ConfirmationPolicy | Keep = KEEP
    backorder_cancel_days: int | Keep | None = KEEP
    may_split_declined: bool | Keep = KEEP
    pickup_answer_minutes: int | Keep = KEEP
    pickup_unanswered: UnansweredPickup | Keep = KEEP
    refunds_by_itself: bool | Keep = KEEP
    substitute_offer_hours: int | Keep | None = KEEP
    prices_include_tax: bool | Keep = KEEP
    is_active: bool | Keep = KEEP
    expected_version: int | None = None


@fresh_network
@action
async def upsert_channel(act: Act, command: UpsertChannel) -> UUID:
    [changed] = await _upsert(act, [command], [Checks()])
    return changed


@fresh_network
@action
async def upsert_channels(act: Act, commands: Sequence[UpsertChannel]) -> list[UUID]:
    return await _upsert(act, commands, [checks for _, checks in Checks().beside(commands)])


async def _upsert(act: Act, commands: Sequence[UpsertChannel], checks: Sequence[Checks]) -> list[UUID]:
    entries = []
    for command, checked in zip(commands, checks, strict=True):
        await _check(act, command, checked)
        entries.append(_entry(command, checked))
    found = await upsert(act, CHANNELS, entries)
    for command, row in zip(commands, found, strict=True):
        locations = await _keep_locations(row, command.location_ids)
        await _record(act, row, locations)
    return [row.id for row in found]


async def _check(act: Act, command: UpsertChannel, checks: Checks) -> None:
    checks.code("code", command.code, longest=32)
    checks.text("name", command.name, longest=200)
    checks.currency("currency", command.currency)
    checks.number(
        "reservation_ttl_seconds", command.reservation_ttl_seconds, least=LEAST_TTL_SECONDS, most=MOST_TTL_SECONDS
    )
    checks.number("backorder_cancel_days", command.backorder_cancel_days, least=1, most=MOST_CANCEL_DAYS)
    checks.number("pickup_answer_minutes", command.pickup_answer_minutes, least=1, most=MOST_ANSWER_MINUTES)
    checks.number("substitute_offer_hours", command.substitute_offer_hours, least=1, most=MOST_OFFER_HOURS)
    wanted = command.location_ids
    if not isinstance(wanted, Keep) and checks.size("location_ids", wanted, most=MAX_LOCATIONS):
        await check_known(act, checks, "locations", [(f"location_ids.{at}", each) for at, each in enumerate(wanted)])


def _entry(command: UpsertChannel, checks: Checks) -> Entry:
    values = given(
        name=command.name,
        kind=command.kind,
        currency=command.currency,
        reservation_ttl_seconds=command.reservation_ttl_seconds,
        confirmation=command.confirmation,
        backorder_cancel_days=command.backorder_cancel_days,
        may_split_declined=command.may_split_declined,
        pickup_answer_minutes=command.pickup_answer_minutes,
        pickup_unanswered=command.pickup_unanswered,
        refunds_by_itself=command.refunds_by_itself,
        substitute_offer_hours=command.substitute_offer_hours,
        prices_include_tax=command.prices_include_tax,
        is_active=command.is_active,
    )
    return Entry(code=command.code, given=values, checks=checks, expected_version=command.expected_version)


async def _keep_locations(row: Row, wanted: tuple[UUID, ...] | Keep) -> list[str]:
    """The locations of the channel after the change, which counts as one of the channel itself."""
    before = [each["location_id"] for each in await rows(LOCATIONS_OF, [row.id])]
    if isinstance(wanted, Keep) or sorted(set(wanted)) == before:
        return [str(each) for each in before]
    await execute(FORGET_LOCATIONS, [row.id])
    await execute(ADD_LOCATIONS, [row.id, sorted(set(wanted))])
    if not row.is_changed:
        await execute("UPDATE channels SET version = version + 1 WHERE id = $1", [row.id])
        row.values["version"] += 1
        row.is_changed = True
    return [str(each) for each in sorted(set(wanted))]


async def _record(act: Act, row: Row, locations: list[str]) -> None:
    if row.is_changed:
        payload: dict[str, Any] = {**row.values, "locations": locations}
        fact = Fact(kind=FactKind.CHANNEL_CHANGED, channel_id=row.id, payload=payload)
        await outbox.record(act.organization_id, act.actor, act.now, [fact])
