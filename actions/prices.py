"""What variants cost in each channel, and the tax rates that apply to them. A price belongs to its variant's version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import outbox
from actions.acting import Act, action
from actions.catalogue import touch
from actions.upserting import MAX_ENTRIES, fresh_network
from domain.errors import Conflict, NotFound
from domain.facts import Fact, FactKind
from domain.ids import id_maker, new_id
from domain.validation import KEEP, Checks, Keep
from models.db import rows

MOST_PPM: Final = 1_000_000

LOCK_VARIANTS: Final = """
SELECT id, sku, version FROM variants WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE"""
CURRENCIES: Final = "SELECT id, currency FROM channels WHERE organization_id = $1"
SET_PRICES: Final = """
INSERT INTO prices (id, variant_id, channel_id, currency, amount_minor)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[])
ON CONFLICT (variant_id, channel_id, currency) DO UPDATE SET amount_minor = excluded.amount_minor
WHERE prices.amount_minor <> excluded.amount_minor
RETURNING variant_id, channel_id, currency, amount_minor"""
COUNT_UP: Final = "UPDATE variants SET version = version + 1 WHERE id = ANY($1::uuid[]) RETURNING id, sku, version"
REMOVE_PRICE: Final = """
DELETE FROM prices WHERE variant_id = $1 AND channel_id = $2 AND currency = $3 RETURNING variant_id"""
SET_TAX_RATE: Final = """
INSERT INTO tax_rates (id, organization_id, tax_class, country, region, rate_ppm) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (organization_id, tax_class, country, region) DO UPDATE SET rate_ppm = excluded.rate_ppm RETURNING id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPrice:
    """Minor units of `currency`, or of the channel's own. `expected_version` is the variant's."""

    variant_id: UUID
    channel_id: UUID
    amount_minor: int
    currency: str | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePrice:
    """Without a price, the channel does not sell the variant."""

    variant_id: UUID
    channel_id: UUID
    currency: str | Keep = KEEP
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTaxRate:
    """Parts per million: 8.25 % is 82,500. An empty `region` stands for the whole country."""

    tax_class: str
    country: str
    region: str = ""
    rate_ppm: int


@action
async def set_price(act: Act, command: SetPrice) -> UUID:
    await _set(act, [(command, Checks())])
    return command.variant_id


@action
async def set_prices(act: Act, commands: Sequence[SetPrice]) -> list[UUID]:
    """The variants, one for each command. Raises InvalidInput, NotFound or Conflict."""
    await _set(act, list(Checks().beside(commands)))
    return [command.variant_id for command in commands]


@action
async def remove_price(act: Act, command: RemovePrice) -> UUID:
    row = await touch(act, command.variant_id, command.expected_version)
    currency = command.currency
    if isinstance(currency, Keep):
        currency = (await _currencies(act)).get(command.channel_id, "")
    if not await rows(REMOVE_PRICE, [command.variant_id, command.channel_id, currency]):
        raise NotFound("price", command.channel_id)
    gone = {"variant_id": row.id, "channel_id": command.channel_id, "currency": currency, "amount_minor": None}
    await outbox.record(act.organization_id, act.actor, act.now, [_fact(row.values, gone)])
    return row.id


@fresh_network
@action
async def set_tax_rate(act: Act, command: SetTaxRate) -> UUID:
    checks = Checks()
    checks.text("tax_class", command.tax_class, longest=32)
    checks.country("country", command.country)
    checks.text("region", command.region, longest=100, is_required=False)
    checks.number("rate_ppm", command.rate_ppm, most=MOST_PPM)
    checks.refuse()
    values = [command.tax_class, command.country, command.region, command.rate_ppm]
    [kept] = await rows(SET_TAX_RATE, [new_id(), act.organization_id, *values])
    names = ("tax_class", "country", "region", "rate_ppm")
    payload = {"tax_rate": {"id": str(kept["id"]), **dict(zip(names, values, strict=True))}}
    await outbox.record(
        act.organization_id, act.actor, act.now, [Fact(kind=FactKind.CATALOGUE_CHANGED, payload=payload)]
    )
    changed: UUID = kept["id"]
    return changed


async def _set(act: Act, commands: Sequence[tuple[SetPrice, Checks]]) -> None:
    assert len(commands) <= MAX_ENTRIES, f"at most {MAX_ENTRIES} at a time"
    priced = await _checked(act, commands)
    table = sorted(
        (command.variant_id, command.channel_id, priced[at], command.amount_minor)
        for at, (command, _) in enumerate(commands)
    )
    make = id_maker(len(table))
    columns = [list(column) for column in zip(*table, strict=True)] or [[], [], [], []]
    changed = await rows(SET_PRICES, [[make() for _ in table], *columns])
    versions = {row["id"]: row for row in await rows(COUNT_UP, [sorted({row["variant_id"] for row in changed})])}
    facts = [_fact(versions[row["variant_id"]], row) for row in changed]
    await outbox.record(act.organization_id, act.actor, act.now, facts)


async def _checked(act: Act, commands: Sequence[tuple[SetPrice, Checks]]) -> list[str]:
    """The currency of each command, with every variant locked in id order."""
    wanted = sorted({command.variant_id for command, _ in commands})
    variants = {row["id"]: row["version"] for row in await rows(LOCK_VARIANTS, [act.organization_id, wanted])}
    channels = await _currencies(act)
    met: set[tuple[UUID, UUID, str]] = set()
    priced = []
    for command, checks in commands:
        currency = channels.get(command.channel_id, "") if isinstance(command.currency, Keep) else command.currency
        checks.currency("currency", command.currency)
        checks.amount("amount_minor", command.amount_minor)
        if command.variant_id not in variants:
            checks.note("variant_id", "UNKNOWN", "There is no such variant, or you may not use it.")
        if command.channel_id not in channels:
            checks.note("channel_id", "UNKNOWN", "There is no such channel, or you may not use it.")
        if (key := (command.variant_id, command.channel_id, currency)) in met:
            checks.note("variant_id", "DUPLICATE", "Another price of this list is for the same variant and channel.")
        met.add(key)
        priced.append(currency)
    for command, checks in commands:
        checks.refuse()
        if command.expected_version not in (None, variants[command.variant_id]):
            raise Conflict("variant", command.expected_version or 0, variants[command.variant_id])
    return priced


async def _currencies(act: Act) -> dict[UUID, str]:
    return {row["id"]: row["currency"] for row in await rows(CURRENCIES, [act.organization_id])}


def _fact(variant: dict[str, Any], price: dict[str, Any]) -> Fact:
    payload = {
        "variant": {"id": str(variant["id"]), "sku": variant["sku"], "version": variant["version"]},
        "price": {
            "channel": str(price["channel_id"]),
            "currency": price["currency"],
            "amount_minor": price["amount_minor"],
        },
    }
    return Fact(
        kind=FactKind.CATALOGUE_CHANGED,
        variant_id=price["variant_id"],
        channel_id=price["channel_id"],
        payload=payload,
    )
