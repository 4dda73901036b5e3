"""Give units of existing orders a location: locked stock, the exact plan of `domain/routing`, units moved by it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple
from uuid import UUID

from actions import decisions, levels, reference, safety, workload
from actions.acting import Act
from actions.backordering.waits import begin_waiting
from actions.changing import OrderChange, Units
from actions.forwarding import coming_together
from actions.quotas.buyers import groups_of
from actions.quotas.ledger import read_pools
from domain.facts import FactKind
from domain.kits import whole_kits
from domain.lifecycle import Action, UnitStatus
from domain.orders import AddressKind
from domain.placing.decision import METHODS, NOWHERE
from domain.placing.forwarding import HandOvers, hand_overs
from domain.placing.merging import merge_of
from domain.placing.sourcing import Routed, Wanted, route_order
from domain.placing.world import ChannelTerms, Network, Site
from domain.routing.kits import Bundle
from domain.routing.rules.choosing import ANYBODY, Asker, WantedLine
from domain.routing.rules.values import DecisionKind
from domain.routing.values import Demand, Exclusion, Method, RoutingPlan
from domain.workdays import Loads
from models import CapacityClaim, Customer, ExcludedLocation, OrderAddress, OrderLine, OrderMerge, Variant
from models.backorders import launch_in
from models.db import Fetching, rows

WITHOUT_LOCATION: Final = (UnitStatus.PLACED, UnitStatus.BACKORDERED, UnitStatus.UNSCHEDULED)
NEWCOMERS: Final = frozenset({DecisionKind.PLACED, DecisionKind.SUBSTITUTED})
"""Units of a variant that were not ordered before now."""
Exclusions = set[tuple[UUID, UUID]]
"""(line, location) pairs."""
# Who ordered before the launch is served first: until the job has done so, whoever orders waits behind them.
NOT_LAUNCHED: Final = f"""
SELECT v.id AS variant_id FROM unnest($1::uuid[]) AS v(id) CROSS JOIN LATERAL {launch_in("v.id", "$4::uuid")} AS t
WHERE t.launches_at > $2 OR $3 AND t.launches_at IS NOT NULL AND t.launched_at IS NULL"""


class Chosen(NamedTuple):
    """From where a person wants what ships to come, and why; what is collected comes from wherever it can."""

    location_id: UUID
    reason: str


class Occasion(NamedTuple):
    kind: DecisionKind
    chosen: Chosen | None


async def route(
    act: Act,
    change: OrderChange,
    kind: DecisionKind = DecisionKind.REROUTED,
    *,
    line_ids: Collection[UUID] | None = None,
    chosen: Chosen | None = None,
) -> None:
    """Schedule the units that have no location; what nobody can serve now becomes backordered. Records the facts.

    Takes the locks of every stock level of the wanted variants in id order. Locations that gave a line back before are
    not asked again before their exclusion ends. The decision is stored unless it changes nothing. What somebody has
    `chosen` holds instead of every rule. Raises BlockedByHold when a hold stops scheduling.
    """
    waiting = [each for each in change.units(*WITHOUT_LOCATION) if line_ids is None or each.place.line_id in line_ids]
    bundles: Sequence[Bundle] = ()
    if change.kits:
        waiting, bundles = together(change, waiting)
    if not waiting:
        return
    lines = [change.lines[units.place.line_id] for units in waiting]
    change.groups = await groups_of(act.organization_id, change.order.channel_id, change.order.customer_id)
    merge = await OrderMerge.get_or_none(order_id=change.order.id)
    routed = await _routed(act, change, waiting, Occasion(kind, chosen), bundles=bundles, merge=merge)
    plan = routed.by_line
    is_first = merge is not None and (merge.location_id is None or coming_together.is_untouched(change, waiting))
    _schedule(change, waiting, plan, chosen)
    if merge is not None and is_first:
        await coming_together.settle(act, change, merge, plan)
    elif merge is None and routed.bringing is not None:
        await coming_together.begin(act, change, merge_of(routed.bringing, routed.plan, act.now))
    is_changed = await _backorder(act, change, waiting, plan) or bool(plan.assignments)
    if is_changed:
        positions = [line.position for line in lines]
        await decisions.store([decisions.Made(change.order.id, kind, act.now, routed, positions)])


def together(change: OrderChange, waiting: Sequence[Units]) -> tuple[list[Units], list[Bundle]]:
    """Kits are served whole and wait whole: the waiting units of each kit in each status are one bundle.

    Units of an unfinished kit, if there ever are any, are left out: nobody is to be sent half a kit.
    """
    loose = [units for units in waiting if change.kit_of(units.place.line_id) is None]
    found, bundles = loose, []
    for kit in change.kits:
        for status in WITHOUT_LOCATION:
            there = {
                units.place.line_id: units
                for units in waiting
                if units.place.status is status and units.place.line_id in kit.in_one
            }
            kits = whole_kits({line_id: units.quantity for line_id, units in there.items()}, kit.in_one)
            if kits:
                lines = tuple(range(len(found), len(found) + len(there)))
                found = [*found, *there.values()]
                in_one = tuple(kit.in_one[line_id] for line_id in there)
                bundles.append(Bundle(kit.variant_id, "", kits, lines, in_one))
    return found, bundles


async def _routed(
    act: Act,
    change: OrderChange,
    waiting: Sequence[Units],
    occasion: Occasion,
    *,
    bundles: Sequence[Bundle],
    merge: OrderMerge | None,
) -> Routed:
    lines = [change.lines[units.place.line_id] for units in waiting]
    network = await reference.network(Fetching, act.organization_id)
    if occasion.chosen is not None:
        network = replace(network, rules=())
    channel = network.channels[change.order.channel_id]
    variants = {line.variant_id for line in lines}
    goods = {each.id: each for each in await Variant.filter(id__in=variants).select_related("product")}
    ways: dict[UUID, list[Method]] = {}
    for line in lines:
        ways.setdefault(line.variant_id, []).append(METHODS[line.method])
    free = await free_at(change, network, channel, ways)
    sites = sorted({site for at in free.values() for site in at}, key=lambda site: site.rank)
    refused = await _refused(act, [line.id for line in lines])
    address = await OrderAddress.get_or_none(order_id=change.order.id, kind=AddressKind.SHIPPING)
    brought_to = _brought_to(change, waiting, network) if network.brought_to else ()
    excluded = {
        (at, place): why
        for at, line in enumerate(lines)
        for place, site in enumerate(sites)
        if (
            why := _why_not(line, site, refused, is_brought=bool(brought_to and brought_to[at]), chosen=occasion.chosen)
        )
    }
    if network.has_backorder_terms:
        awaited = await not_launched(act, change, variants, occasion.kind)
        excluded |= {
            (at, place): Exclusion.NOT_LAUNCHED
            for at, line in enumerate(lines)
            for place in range(len(sites))
            if line.variant_id in awaited
        }
    wanted = Wanted(
        [
            Demand(line.variant_id, units.quantity, goods[line.variant_id].weight_grams, METHODS[line.method])
            for line, units in zip(lines, waiting, strict=True)
        ],
        [[free[line.variant_id].get(site, 0) for site in sites] for line in lines],
        excluded,
        lines=[
            WantedLine(channel.id, line.variant_id, goods[line.variant_id].product.category, METHODS[line.method])
            for line in lines
        ],
        asker=await _asker(act, change, address, network),
        value_minor=sum(line.unit_price_minor * units.quantity for line, units in zip(lines, waiting, strict=True)),
        loads=await _loads(act, change),
        bundles=await _named(bundles),
        hand_overs=brought_to,
        bringing=await coming_together.bringing_of(change, merge, network, channel) if merge else None,
        may_merge=network.is_merging and coming_together.is_untouched(change, waiting),
    )
    return route_order(wanted, sites, network, (address.latitude, address.longitude) if address else NOWHERE)


def _why_not(
    line: OrderLine, site: Site, refused: Exclusions, *, is_brought: bool, chosen: Chosen | None
) -> Exclusion | None:
    if line.pickup_location_id not in (None, site.id) and not is_brought:
        return Exclusion.METHOD
    if (line.id, site.id) in refused:
        return Exclusion.TRIED_BEFORE
    if chosen is not None and line.pickup_location_id is None and site.id != chosen.location_id:
        return Exclusion.NOT_CHOSEN
    return None


def _brought_to(change: OrderChange, waiting: Sequence[Units], network: Network) -> HandOvers:
    return hand_overs([change.lines[units.place.line_id].pickup_location_id for units in waiting], network)


async def _named(bundles: Sequence[Bundle]) -> Sequence[Bundle]:
    """With the categories of their products, which rules may want to know."""
    if not bundles:
        return ()
    wanted = {bundle.variant for bundle in bundles}
    goods = {each.id: each for each in await Variant.filter(id__in=wanted).select_related("product")}
    return [bundle._replace(category=goods[bundle.variant].product.category) for bundle in bundles]


async def _asker(act: Act, change: OrderChange, address: OrderAddress | None, network: Network) -> Asker:
    """Only rules want to know."""
    if not network.rules:
        return ANYBODY
    segments = await Customer.filter(id=change.order.customer_id).values_list("segment", flat=True)
    country, region = (address.country, address.region) if address else ("", "")
    return Asker(str(segments[0]) if segments else "", country, region, act.now)


async def free_at(
    change: OrderChange, network: Network, channel: ChannelTerms, variants: Mapping[UUID, Sequence[Method]]
) -> dict[UUID, dict[Site, int]]:
    """Free units by variant and open location, what this change itself gives back and what is set aside for it included.

    `variants` are wanted by the methods that are named.
    """
    free: dict[UUID, dict[Site, int]] = {variant: {} for variant in variants}
    returned = change.returned()
    # What the change has moved already is written under the same locks: no level is locked after a day.
    moved = {movement.variant_id for movement in change.movements}
    locked = [level for level in await levels.lock_variants(moved.union(variants)) if level["variant_id"] in variants]
    with_quotas = [level["id"] for level in locked if level["has_quotas"]]
    pools = await read_pools(Fetching, with_quotas, change.lines) if with_quotas else {}
    for level in locked:
        site = network.sites.get(level["location_id"])
        if site is not None and site.is_active and channel.allows(site.id):
            given, kept = returned.get((level["variant_id"], site.id), 0), 0
            if pool := pools.get(level["id"]):
                # What the order gives back of others' quotas is theirs again.
                given = max(0, given - sum(pool.foreign(line_id, change.groups) for line_id in change.lines))
                kept = pool.free_for(change.groups)
            free[level["variant_id"]][site] = max(0, levels.available(level) + given) + kept
            if network.safety_rules:
                unclaimed = levels.available(level) + level["safety"] + given + kept
                methods = variants[level["variant_id"]]
                free[level["variant_id"]][site] = safety.free_of(network.safety_rules, level, unclaimed, methods)
    return free


async def _loads(act: Act, change: OrderChange) -> Loads:
    """What locations have to do, locked; the order itself takes none of its own room twice."""
    loads = await workload.lock_days(act, [change])
    if loads:
        for place, day in await CapacityClaim.filter(order_id=change.order.id).values_list("location_id", "day"):
            if (place, day) in loads.ahead or (place in loads and loads[place].day == day):
                loads.take(place, day, 0, -1)
    return loads


async def _refused(act: Act, line_ids: Sequence[UUID]) -> Exclusions:
    found = await ExcludedLocation.filter(line_id__in=line_ids, until__gt=act.now)
    return {(each.line_id, each.location_id) for each in found}


async def not_launched(act: Act, change: OrderChange, variants: Collection[UUID], kind: DecisionKind) -> set[UUID]:
    """Those of the variants that nobody who is served so can have yet in the order's channel."""
    found = await rows(NOT_LAUNCHED, [sorted(variants), act.now, kind in NEWCOMERS, change.order.channel_id])
    return {row["variant_id"] for row in found}


def _schedule(change: OrderChange, waiting: Sequence[Units], plan: RoutingPlan, chosen: Chosen | None) -> None:
    for line, _, location_id, quantity in plan.assignments:
        change.move(Action.SCHEDULE, waiting[line].place, quantity, location_id=location_id)
    if plan.assignments:
        why: dict[str, Any] = {"reason": chosen.reason} if chosen else {}
        change.record(FactKind.UNITS_SCHEDULED, **why)


async def _backorder(act: Act, change: OrderChange, waiting: Sequence[Units], plan: RoutingPlan) -> bool:
    """Whether units wait that did not before."""
    fresh = [short for short in plan.unserved if waiting[short.line].place.status is not UnitStatus.BACKORDERED]
    for line, quantity, _ in fresh:
        change.move(Action.BACKORDER, waiting[line].place, quantity)
    if fresh:
        lines = list(dict.fromkeys(waiting[short.line].place.line_id for short in fresh))
        change.record(FactKind.UNITS_BACKORDERED, **await begin_waiting(act, change, lines))
    return bool(fresh)
