"""How many units of a variant may wait for stock, and from when on it is sent."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.catalogue import touch
from actions.inventory import MAX_UNITS
from actions.upserting import check_known, fresh_network
from domain.facts import Fact, FactKind
from domain.validation import KEEP, Checks, Keep
from models import BackorderTerms, ChannelBackorderTerms
from models.backorders import is_unlaunched

NAMES: Final = ("limit_units", "launches_at", "ships_by")


def is_sold(variant: str, channel: str) -> str:
    """Whether its launch in the channel, and that of each component of a kit, is over or never was, as SQL.

    Else nobody can have it there.
    """
    return (
        f"NOT EXISTS (SELECT FROM (SELECT {variant} AS id"
        f" UNION ALL SELECT component_variant_id FROM kit_components WHERE kit_variant_id = {variant}) AS made"
        f" WHERE {is_unlaunched('made.id', channel)})"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBackorderTerms:
    """`limit_units` None lets any number wait; `launches_at` None sells the variant like any other."""

    variant_id: UUID
    limit_units: int | Keep | None = KEEP
    launches_at: datetime | Keep | None = KEEP
    ships_by: date | Keep | None = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChannelBackorderTerms(SetBackorderTerms):
    """In one channel: `limit_units` None sets none beside the variant's, `launches_at` None follows the variant's launch."""

    channel_id: UUID


@fresh_network
@action
async def set_terms(act: Act, command: SetBackorderTerms) -> UUID:
    """The variant's id, whose version counts it. Units that wait already go on waiting. Raises InvalidInput, NotFound, Conflict.

    A launch that is moved holds back again what was not sent yet; one in the past is for the job to serve.
    """
    return await _set(act, command, BackorderTerms)


@fresh_network
@action
async def set_channel_terms(act: Act, command: SetChannelBackorderTerms) -> UUID:
    """The variant's id, whose version counts it; as `set_terms` in all else. Raises InvalidInput, NotFound, Conflict."""
    checks = Checks()
    await check_known(act, checks, "channels", [("channel_id", command.channel_id)])
    checks.refuse()
    return await _set(act, command, ChannelBackorderTerms, channel_id=command.channel_id)


async def _set(
    act: Act, command: SetBackorderTerms, kind: type[BackorderTerms | ChannelBackorderTerms], **channel: UUID
) -> UUID:
    row = await touch(act, command.variant_id, command.expected_version)
    terms = await kind.select_for_update(no_key=True).get_or_none(variant_id=row.id, **channel)
    if terms is None:
        terms = kind(organization_id=act.organization_id, variant_id=row.id, **channel)
    launched_before = terms.launches_at
    for name in NAMES:
        if (value := getattr(command, name)) is not KEEP:
            setattr(terms, name, value)
    _check(terms)
    if terms.launches_at != launched_before:
        terms.launched_at = None
    await terms.save()
    await outbox.record(act.organization_id, act.actor, act.now, [terms_fact(row.values, terms)])
    return row.id


def terms_fact(variant: dict[str, Any], terms: BackorderTerms | ChannelBackorderTerms) -> Fact:
    told = {name: _plain(getattr(terms, name)) for name in (*NAMES, "launched_at")}
    if isinstance(terms, BackorderTerms):
        payload = {"variant": variant, "backorder_terms": told}
        return Fact(kind=FactKind.CATALOGUE_CHANGED, variant_id=terms.variant_id, payload=payload)
    payload = {"variant": variant, "channel_backorder_terms": {**told, "channel": str(terms.channel_id)}}
    return Fact(
        kind=FactKind.CATALOGUE_CHANGED, variant_id=terms.variant_id, channel_id=terms.channel_id, payload=payload
    )


def _check(terms: BackorderTerms | ChannelBackorderTerms) -> None:
    checks = Checks()
    checks.number("limit_units", terms.limit_units, most=MAX_UNITS)
    if terms.ships_by is not None and terms.launches_at is None:
        checks.note("ships_by", "NO_LAUNCH", "Only what is still to be launched has a day to ship by.")
    elif terms.ships_by is not None and terms.launches_at is not None and terms.ships_by < terms.launches_at.date():
        checks.note("ships_by", "TOO_EARLY", "Must not be before the launch.")
    checks.refuse()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
