"""What routing would have decided: past orders under another rule, other weights, locations or stock. Reads only."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from actions import reference
from actions.routing_rules import RuleHandling
from domain.errors import InputProblem, InvalidInput, NotFound
from domain.placing.simulating import Outcome, Past, Share, Totals, WhatIf, effective, simulate
from domain.promising.shipping import Region
from domain.routing.rules.choosing import Asker, WantedLine
from domain.routing.rules.keeping import Kept, kept_of, plan_of
from domain.routing.rules.values import Handling, RoutingRule
from domain.routing.values import Method
from models import Location, Order
from models.db import Fetching, rows
from resolvers.context import Info
from resolvers.promising.ways import arrivals
from resolvers.routing import locations_of
from resolvers.scopes import seen
from resolvers.visible import ORDERS

MOST_SIMULATED: Final = 2_000
"""Orders that one simulation decides again."""
MOST_CHANGED: Final = 100

PAST: Final = """
SELECT d.order_id, d.made_at, d.request, d.plan, o.channel_id, o.currency, o.subtotal_minor, o.promised_date, c.segment,
    a.country, a.region, a.latitude, a.longitude
FROM routing_decisions d JOIN orders o ON o.id = d.order_id
LEFT JOIN order_addresses a ON a.order_id = o.id AND a.kind = 'shipping' LEFT JOIN customers c ON c.id = o.customer_id
WHERE d.order_id = ANY($1::uuid[]) AND d.kind = 'placed' ORDER BY d.made_at, d.id"""
CATEGORIES: Final = """
SELECT v.id, p.category FROM variants v JOIN products p ON p.id = v.product_id WHERE v.id = ANY($1::uuid[])"""
RULE: Final = "SELECT * FROM routing_rules WHERE id = $1 AND organization_id = $2"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraStock:
    variant_id: UUID
    location_id: UUID
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateRouting:
    """Either `order_ids` or the moments from and until which orders were placed."""

    order_ids: tuple[UUID, ...] = ()
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    channel_ids: tuple[UUID, ...] = ()
    rule_id: UUID | None = None
    split_minor: int | None = None
    max_parcels: int | None = None
    max_sources_per_line: int | None = None
    handling: tuple[RuleHandling, ...] | None = None
    closed_location_ids: tuple[UUID, ...] = ()
    extra_stock: tuple[ExtraStock, ...] = ()


@dataclass(frozen=True, slots=True)
class CostShown:
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ShareShown:
    location: Location | None
    parcels: int
    units: int
    share: float


@dataclass(frozen=True, slots=True)
class TotalsShown:
    decisions: int
    costs: list[CostShown]
    parcels: int
    splits: int
    average_distance_km: float | None
    unserved_units: int
    promised: int
    on_time: int
    locations: list[ShareShown]


@dataclass(frozen=True, slots=True)
class SimulationShown:
    decided: TotalsShown
    simulated: TotalsShown
    changed_count: int
    changed: list[Order]
    is_truncated: bool
    outcome: Outcome
    place: Mapping[UUID, int]


async def simulation(info: Info, command: SimulateRouting) -> SimulationShown:
    """Reads only. Raises InvalidInput without orders to decide about, and NotFound."""
    viewer = info.context.viewer
    keys = await _orders(info, command)
    past = await _past(keys[:MOST_SIMULATED])
    network = await reference.network(Fetching, viewer.organization_id)
    changed = await _rule(command.rule_id, viewer.organization_id) if command.rule_id else None
    handling = command.handling
    extra: dict[tuple[object, UUID], int] = {}
    for each in command.extra_stock:
        place = (str(each.variant_id), each.location_id)
        extra[place] = extra.get(place, 0) + each.units
    what_if = WhatIf(
        rules=effective(network.rules, changed),
        split_minor=command.split_minor,
        max_parcels=command.max_parcels,
        max_sources_per_line=command.max_sources_per_line,
        handling=None if handling is None else {kind: Handling(*minor) for kind, *minor in map(astuple, handling)},
        closed=frozenset(command.closed_location_ids),
        extra=extra,
    )
    known = await arrivals(viewer.organization_id, network, [each.channel_id for each in past])

    def arrival(each: Past, location_id: UUID, kilometres: float, method: Method) -> date | None:
        destination = Region(each.asker.country, each.asker.region)
        return known.latest_on(location_id, method, each.decided_at, (each.channel_id, kilometres, destination))

    own = replace(network, seen=dict(network.seen))
    outcome = await asyncio.to_thread(simulate, past, what_if, own, arrival)
    order_at = {each.order_id: at for at, each in enumerate(past)}
    return await _shown(info, outcome, order_at, is_truncated=len(keys) > MOST_SIMULATED)


async def _orders(info: Info, command: SimulateRouting) -> list[UUID]:
    """The newest of those that are asked for, one more than are simulated."""
    visible = seen(Order, ORDERS, info.context.viewer)
    if command.order_ids:
        visible = visible.filter(id__in=command.order_ids)
    elif command.placed_from is None or command.placed_before is None:
        problem = InputProblem("placed_from", "REQUIRED", "Name orders, or from when and until when they were placed.")
        raise InvalidInput([problem])
    if command.placed_from and command.placed_before and command.placed_from >= command.placed_before:
        raise InvalidInput([InputProblem("placed_before", "OUT_OF_RANGE", "Must be after the moment it begins.")])
    if command.placed_from is not None:
        visible = visible.filter(placed_at__gte=command.placed_from)
    if command.placed_before is not None:
        visible = visible.filter(placed_at__lt=command.placed_before)
    if command.channel_ids:
        visible = visible.filter(channel_id__in=command.channel_ids)
    found: Any = await visible.order_by("-placed_at", "-id").limit(MOST_SIMULATED + 1).values_list("id", flat=True)
    return list(found)


async def _past(order_ids: Sequence[UUID]) -> list[Past]:
    found = await rows(PAST, [list(order_ids)])
    read = [kept_of(orjson.loads(row["request"])) for row in found]
    variants = {UUID(str(demand.variant)) for kept in read for demand in kept.case.strict.demands}
    categories = {row["id"]: row["category"] for row in await rows(CATEGORIES, [sorted(variants)])}
    return [_past_of(row, kept, categories) for row, kept in zip(found, read, strict=True)]


def _past_of(row: Any, kept: Kept, categories: dict[UUID, str]) -> Past:
    request = kept.case.strict
    keys = [UUID(str(demand.variant)) for demand in request.demands]
    return Past(
        order_id=row["order_id"],
        channel_id=row["channel_id"],
        currency=row["currency"],
        kept=kept,
        plan=plan_of(orjson.loads(row["plan"]), request.candidates),
        lines=[
            WantedLine(row["channel_id"], key, categories.get(key, ""), demand.method)
            for key, demand in zip(keys, request.demands, strict=True)
        ],
        asker=Asker(row["segment"] or "", row["country"] or "", row["region"] or "", row["made_at"]),
        value_minor=row["subtotal_minor"],
        position=(row["latitude"], row["longitude"]),
        decided_at=row["made_at"],
        promised_on=row["promised_date"],
    )


async def _rule(rule_id: UUID, organization_id: UUID) -> RoutingRule:
    found = await rows(RULE, [rule_id, organization_id])
    if not found:
        raise NotFound("routing rule", rule_id)
    return reference.rule_of(found[0], await reference.read_groups(Fetching, organization_id))


async def _shown(info: Info, outcome: Outcome, place: Mapping[UUID, int], *, is_truncated: bool) -> SimulationShown:
    decided, simulated = outcome.decided, outcome.simulated
    locations = await locations_of(info, [*decided.shares, *simulated.shares])
    first = [change.past.order_id for change in outcome.changes[:MOST_CHANGED]]
    changed = await seen(Order, ORDERS, info.context.viewer).filter(id__in=first)
    return SimulationShown(
        decided=_totals(decided, locations),
        simulated=_totals(simulated, locations),
        changed_count=len(outcome.changes),
        changed=sorted(changed, key=lambda order: place[order.id]),
        is_truncated=is_truncated,
        outcome=outcome,
        place=place,
    )


def _totals(totals: Totals, locations: dict[UUID, Location]) -> TotalsShown:
    units = sum(share.units for share in totals.shares.values())

    def shown(key: UUID, share: Share) -> ShareShown:
        return ShareShown(locations.get(key), share.parcels, share.units, share.units / units)

    most_first = sorted(totals.shares.items(), key=lambda each: (-each[1].units, each[0]))
    return TotalsShown(
        decisions=totals.decisions,
        costs=[CostShown(minor, currency) for currency, minor in sorted(totals.cost_minor.items())],
        parcels=totals.parcels,
        splits=totals.splits,
        average_distance_km=totals.far / totals.parcels if totals.parcels else None,
        unserved_units=totals.unserved_units,
        promised=totals.promised,
        on_time=totals.on_time,
        locations=[shown(key, share) for key, share in most_first],
    )
