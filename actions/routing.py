"""Give units of existing orders a location: locked stock, the exact plan of `domain/routing`, units moved by it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from actions import levels, reference
from actions.acting import Act
from actions.changing import OrderChange, Units
from domain.facts import FactKind
from domain.lifecycle import Action, UnitStatus
from domain.orders import AddressKind
from domain.placing.decision import METHODS, ROUTING, Position
from domain.placing.world import ChannelTerms, Network, Site
from domain.routing.plan import route as plan_route
from domain.routing.values import Demand, Exclusion, RoutingPlan, RoutingRequest
from models import ExcludedLocation, OrderAddress, Variant
from models.db import Fetching

WITHOUT_LOCATION: Final = (UnitStatus.PLACED, UnitStatus.BACKORDERED, UnitStatus.UNSCHEDULED)
Exclusions = set[tuple[UUID, UUID]]
"""(line, location) pairs."""


async def route(act: Act, change: OrderChange) -> None:
    """Schedule the units that have no location; what nobody can serve now becomes backordered. Records the facts.

    Takes the locks of every stock level of the wanted variants in id order. Locations that gave a line back before are
    not asked again before their exclusion ends. Raises BlockedByHold when a hold stops scheduling.
    """
    waiting = change.units(*WITHOUT_LOCATION)
    if not waiting:
        return
    plan = plan_route(await _request(act, change, waiting))
    _schedule(change, waiting, plan)
    _backorder(change, waiting, plan)


async def _request(act: Act, change: OrderChange, waiting: Sequence[Units]) -> RoutingRequest:
    network = await reference.network(Fetching, act.organization_id)
    channel = network.channels[change.order.channel_id]
    lines = [change.lines[units.place.line_id] for units in waiting]
    weights = {
        variant.id: variant.weight_grams for variant in await Variant.filter(id__in={line.variant_id for line in lines})
    }
    free = await _free(change, network, channel, {line.variant_id for line in lines})
    sites = sorted({site for at in free.values() for site in at}, key=lambda site: site.rank)
    refused = await _refused(act, [line.id for line in lines])
    position = await _position(change.order.id)
    excluded = {
        (at, place): Exclusion.TRIED_BEFORE
        for at, line in enumerate(lines)
        for place, site in enumerate(sites)
        if (line.id, site.id) in refused
    } | {
        (at, place): Exclusion.METHOD
        for at, line in enumerate(lines)
        for place, site in enumerate(sites)
        if line.pickup_location_id not in (None, site.id)
    }
    demands = [
        Demand(line.variant_id, units.quantity, weights[line.variant_id], METHODS[line.method])
        for line, units in zip(lines, waiting, strict=True)
    ]
    stock = [[free[line.variant_id].get(site, 0) for site in sites] for line in lines]
    candidates = [network.candidate(site, *position) for site in sites]
    return RoutingRequest(demands, candidates, stock, ROUTING, excluded=excluded)


async def _free(
    change: OrderChange, network: Network, channel: ChannelTerms, variants: set[UUID]
) -> dict[UUID, dict[Site, int]]:
    """Free units by variant and open location, what this change itself gives back included."""
    free: dict[UUID, dict[Site, int]] = {variant: {} for variant in variants}
    returned = change.returned()
    for level in await levels.lock_variants(variants):
        site = network.sites.get(level["location_id"])
        if site is not None and site.is_active and channel.allows(site.id):
            units = levels.available(level) + returned.get((level["variant_id"], site.id), 0)
            free[level["variant_id"]][site] = max(0, units)
    return free


async def _refused(act: Act, line_ids: Sequence[UUID]) -> Exclusions:
    found = await ExcludedLocation.filter(line_id__in=line_ids, until__gt=act.now)
    return {(each.line_id, each.location_id) for each in found}


async def _position(order_id: UUID) -> Position:
    address = await OrderAddress.get_or_none(order_id=order_id, kind=AddressKind.SHIPPING)
    return (address.latitude, address.longitude) if address else (None, None)


def _schedule(change: OrderChange, waiting: Sequence[Units], plan: RoutingPlan) -> None:
    for line, _, location_id, quantity in plan.assignments:
        change.move(Action.SCHEDULE, waiting[line].place, quantity, location_id=location_id)
    if plan.assignments:
        change.record(FactKind.UNITS_SCHEDULED)


def _backorder(change: OrderChange, waiting: Sequence[Units], plan: RoutingPlan) -> None:
    fresh = [short for short in plan.unserved if waiting[short.line].place.status is not UnitStatus.BACKORDERED]
    for line, quantity, _ in fresh:
        change.move(Action.BACKORDER, waiting[line].place, quantity)
    if fresh:
        change.record(FactKind.UNITS_BACKORDERED)
