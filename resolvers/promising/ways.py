"""How goods leave locations: calendars, promise rules and carrier services, and when parcels arrive by them."""

from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any, Final
from uuid import UUID

import orjson

from domain.placing.world import Network
from domain.promising.arrivals import Arrivals
from domain.promising.calendars import Calendar
from domain.promising.question import Place, PromiseRule, rule_for
from domain.promising.shipping import STANDARD, Service, Zone
from domain.shipping_rates import rate_of
from models.db import rows

SERVICES: Final = """
SELECT id, code, name, carrier, channel_id, cut_off, pickup_time, pickup_days, non_transit_days, non_delivery_days,
    observes_holidays, is_same_day, zones, price_minor FROM carrier_services
WHERE organization_id = $1 AND is_active AND (channel_id IS NULL OR channel_id = $2) ORDER BY code"""
RULES: Final = """
SELECT code, location_id, lead_time_minutes, pickup_ready_minutes, buffer_days, valid_minutes, past_due_days,
    past_due_demand_days, forward_days
FROM promise_rules WHERE organization_id = $1 AND is_active ORDER BY code"""
CALENDARS: Final = "SELECT id, time_zone, calendar, country, region, cut_off FROM locations WHERE organization_id = $1"


async def arrivals(organization_id: UUID, network: Network, channel_ids: Iterable[UUID]) -> Arrivals:
    """By what is in force now."""
    rules = await promise_rules(organization_id)
    return Arrivals(
        places={
            row["id"]: Place(
                site=network.sites[row["id"]],
                calendar=calendar_of(row),
                rule=rule_for(rules, row["id"]),
                cut_off=cut_off_of(row),
            )
            for row in await rows(CALENDARS, [organization_id])
            if row["id"] in network.sites
        },
        services={key: await services_of(organization_id, key) for key in sorted(set(channel_ids))},
    )


async def promise_rules(organization_id: UUID) -> list[PromiseRule]:
    return [PromiseRule(**row) for row in await rows(RULES, [organization_id])]


def calendar_of(row: Any) -> Calendar:
    return Calendar(
        time_zone=row["time_zone"], hours=_json(row["calendar"]), country=row["country"], region=row["region"]
    )


def cut_off_of(row: Any) -> time | None:
    return time.fromisoformat(row["cut_off"]) if row["cut_off"] else None


async def services_of(organization_id: UUID, channel_id: UUID) -> list[Service]:
    """The organization's own; the standard one where none of them ships on another day than today."""
    own = [_service(row) for row in await rows(SERVICES, [organization_id, channel_id])]
    return own if any(not service.is_same_day for service in own) else [STANDARD, *own]


def _service(row: Any) -> Service:
    return Service(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        carrier=row["carrier"],
        channel_id=row["channel_id"],
        zones=tuple(_zone(zone) for zone in _json(row["zones"])),
        cut_off=time.fromisoformat(row["cut_off"]),
        pickup_time=time.fromisoformat(row["pickup_time"]),
        pickup_days=frozenset(row["pickup_days"]),
        non_transit_days=frozenset(row["non_transit_days"]),
        non_delivery_days=frozenset(row["non_delivery_days"]),
        observes_holidays=row["observes_holidays"],
        is_same_day=row["is_same_day"],
        price_minor=row["price_minor"],
    )


def _zone(kept: Mapping[str, Any]) -> Zone:
    return Zone(kept["up_to_km"], kept["days_least"], kept["days_most"], rate_of(kept))


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value
