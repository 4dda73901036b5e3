"""Channels, locations, tax rates and routing rules, kept in memory for a moment: every placement needs them all.

A change made in this process is seen at once (`forget`); one made in another process within `FRESH_SECONDS`.
"""

from collections.abc import Iterator, Sequence
from datetime import time
from time import monotonic
from typing import Any, Final
from uuid import UUID

import orjson

from actions import safety
from domain.geography import Coordinates
from domain.orders import Capability, ConfirmationPolicy, PickupStock
from domain.placing.world import METHOD_OF, ChannelTerms, Network, Site
from domain.promising.calendars import Calendar
from domain.quotas.groups import QuotaGroup
from domain.routing.rules.values import Groups, RoutingRule, terms_of
from domain.routing.values import Method, VariantKey
from domain.shipping_rates import DEFAULT_RATE_CARD, RateCard, rate_of
from domain.workdays import Workplace
from models.backorders import does_count
from models.locations import LocationKind

FRESH_SECONDS: Final = 2.0

CHANNELS: Final = """
SELECT c.*, coalesce(array_agg(l.location_id) FILTER (WHERE l.location_id IS NOT NULL), '{}') AS location_ids
FROM channels c LEFT JOIN channel_locations l ON l.channel_id = c.id WHERE c.organization_id = $1 GROUP BY c.id"""
SITES: Final = """
SELECT id, kind, latitude, longitude, capabilities, is_active, time_zone, calendar, country, region, cut_off,
    daily_capacity_units, daily_capacity_orders, daily_capacity_lines, pickup_stock FROM locations
WHERE organization_id = $1 ORDER BY id"""
RULES: Final = "SELECT * FROM routing_rules WHERE organization_id = $1 AND status = 'active' ORDER BY id"
GROUPS: Final = "SELECT id, members FROM location_groups WHERE organization_id = $1"
WORTH: Final = "SELECT variant_id, location_id, unit_minor FROM shadow_prices WHERE organization_id = $1"
CREDITS: Final = "SELECT variant_id, location_id, unit_minor FROM markdown_credits WHERE organization_id = $1"
CARD: Final = """
SELECT s.zones FROM routing_policies p JOIN carrier_services s ON s.id = p.carrier_service_id
WHERE p.organization_id = $1"""
TERMS: Final = f"""
SELECT EXISTS (SELECT FROM backorder_terms WHERE organization_id = $1
    AND (limit_units IS NOT NULL OR launches_at IS NOT NULL AND launched_at IS NULL)) AS has_any,
    EXISTS (SELECT FROM channel_backorder_terms c WHERE c.organization_id = $1 AND {does_count("c")}) AS has_own"""
QUOTA_GROUPS: Final = """
SELECT id, code, parent_id, depth, channel_ids, segment, priority, is_active, is_for_nobody FROM quota_groups
WHERE organization_id = $1 AND is_active ORDER BY id"""
TAX_RATES: Final = "SELECT tax_class, country, region, rate_ppm FROM tax_rates WHERE organization_id = $1"

_known: dict[UUID, tuple[float, Network]] = {}


async def network(connection: Any, organization_id: UUID) -> Network:
    """`connection` is asyncpg's, in or out of a transaction."""
    known = _known.get(organization_id)
    if known is not None and monotonic() - known[0] < FRESH_SECONDS:
        return known[1]
    sites = await connection.fetch(SITES, organization_id)
    found = await connection.fetch(RULES, organization_id)
    groups = await read_groups(connection, organization_id) if found else {}
    rules = [rule_of(row, groups) for row in found]
    [terms] = await connection.fetch(TERMS, organization_id)
    fresh = Network(
        channels={row["id"]: _terms(row) for row in await connection.fetch(CHANNELS, organization_id)},
        sites={row["id"]: _site(rank, row) for rank, row in enumerate(sites)},
        tax_rates={
            (row["tax_class"], row["country"], row["region"]): row["rate_ppm"]
            for row in await connection.fetch(TAX_RATES, organization_id)
        },
        card=_card(await connection.fetch(CARD, organization_id)),
        worth=_by_variant(await connection.fetch(WORTH, organization_id)),
        credits=_by_variant(await connection.fetch(CREDITS, organization_id)),
        rules=rules,
        workplaces=_workplaces(sites, is_dated=any(rule.is_dated for rule in rules)),
        has_backorder_terms=terms["has_any"] or terms["has_own"],
        has_channel_terms=terms["has_own"],
        safety_rules=safety.on_hand_only(await safety.rules_of(connection, organization_id)),
        quota_groups=[group_of(row) for row in await connection.fetch(QUOTA_GROUPS, organization_id)],
        brought_to=frozenset(row["id"] for row in sites if row["pickup_stock"] == PickupStock.ANY),
    )
    if known is not None and (known[1].sites, known[1].card) == (fresh.sites, fresh.card):
        fresh.keep_views(known[1])
    _known[organization_id] = monotonic(), fresh
    return fresh


async def read_groups(connection: Any, organization_id: UUID) -> dict[UUID, dict[UUID, int]]:
    """Each group's locations with their priorities."""
    return {
        row["id"]: {UUID(each["location_id"]): each["priority"] for each in orjson.loads(row["members"])}
        for row in await connection.fetch(GROUPS, organization_id)
    }


def forget(organization_id: UUID) -> None:
    """Read anew at the next placement; called by every action that changes what is kept here."""
    _known.pop(organization_id, None)


def rule_of(row: Any, groups: Groups) -> RoutingRule:
    """A row of routing_rules, as read by asyncpg: what is JSON is text."""
    parts = {name: orjson.loads(row[name]) for name in ("steps", "handling", "constraints")}
    return RoutingRule(
        id=row["id"],
        name=row["name"],
        revision=row["revision"],
        priority=row["priority"],
        effective_from=row["effective_from"],
        effective_until=row["effective_until"],
        channel_id=row["channel_id"],
        segment=row["segment"],
        variant_id=row["variant_id"],
        category=row["category"],
        country=row["country"],
        region=row["region"],
        method=Method(row["method"]) if row["method"] else None,
        step_minor=row["step_minor"],
        split_minor=row["split_minor"],
        delay_minor=row["delay_minor"],
        backlog_minor=row["backlog_minor"],
        backlog_free_days=row["backlog_free_days"],
        **terms_of(parts, groups),
    )


def group_of(row: Any) -> QuotaGroup:
    """A row of quota_groups."""
    values = dict(row)
    return QuotaGroup(**values | {"channel_ids": frozenset(values["channel_ids"])})


def _by_variant(found: Sequence[Any]) -> dict[VariantKey, dict[UUID, int]]:
    minors: dict[VariantKey, dict[UUID, int]] = {}
    for row in found:
        minors.setdefault(row["variant_id"], {})[row["location_id"]] = row["unit_minor"]
    return minors


def _card(found: Sequence[Any]) -> RateCard:
    """Of the service that the routing policy names; its last zone goes on for ever, as routing has to compare."""
    if not found:
        return DEFAULT_RATE_CARD
    zones = orjson.loads(found[0]["zones"])
    return RateCard(
        zone_up_to_km=tuple(zone["up_to_km"] for zone in zones[:-1]),
        rates=tuple(rate_of(zone) for zone in zones),
    )


def _terms(row: Any) -> ChannelTerms:
    return ChannelTerms(
        id=row["id"],
        organization_id=row["organization_id"],
        currency=row["currency"],
        prices_include_tax=row["prices_include_tax"],
        confirmation=ConfirmationPolicy(row["confirmation"]),
        reservation_ttl_seconds=row["reservation_ttl_seconds"],
        location_ids=frozenset(row["location_ids"]),
        is_active=row["is_active"],
        backorder_cancel_days=row["backorder_cancel_days"],
    )


def _workplaces(found: Sequence[Any], *, is_dated: bool) -> dict[UUID, Workplace]:
    limits = ("daily_capacity_units", "daily_capacity_orders", "daily_capacity_lines")
    return {
        row["id"]: Workplace(
            Calendar(
                time_zone=row["time_zone"],
                hours=orjson.loads(row["calendar"]),
                country=row["country"],
                region=row["region"],
            ),
            time.fromisoformat(row["cut_off"]) if row["cut_off"] else None,
            *(row[limit] for limit in limits),
        )
        for row in found
        if is_dated or any(row[limit] is not None for limit in limits)
    }


def _methods(row: Any) -> Iterator[Method]:
    """Nobody collects at a vendor's: customers are not told where it is."""
    for capability, method in METHOD_OF.items():
        if capability in row["capabilities"] and not (method is Method.PICKUP and row["kind"] == LocationKind.VENDOR):
            yield method


def _site(rank: int, row: Any) -> Site:
    return Site(
        id=row["id"],
        rank=rank,
        position=Coordinates(row["latitude"], row["longitude"]),
        methods=frozenset(_methods(row)),
        is_active=row["is_active"],
        kind=row["kind"],
        is_hazmat=Capability.HAZMAT in row["capabilities"],
    )
