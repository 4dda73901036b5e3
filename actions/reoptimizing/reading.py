"""Read without locks which orders may be routed together again, where their units stand, and what is free."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from uuid import UUID

from actions import reference, safety, workload
from actions.acting import Act
from actions.changing import Place, Units
from actions.reoptimizing.kits import are_whole, bundled
from domain.holds import kinds_stopping
from domain.lifecycle import Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.placing.considering import Considered, Standpoint, consider
from domain.placing.world import ChannelTerms, Network
from domain.routing.kits import gathered
from domain.routing.rooms import room_of
from domain.routing.rules.applying import Situation
from domain.routing.rules.choosing import Asker, WantedLine
from domain.routing.standing import Standing, StandingOrder, standing_of
from domain.routing.values import Candidate, Demand, Method
from domain.workdays import Load
from models.backorders import is_awaited
from models.db import Fetching, rows

MOST_ORDERS: Final = 500
"""Orders that one run considers at most; a long backlog has its turn in samples, each seed drawing another."""
WAITING: Final = (UnitStatus.PLACED, UnitStatus.BACKORDERED, UnitStatus.UNSCHEDULED)
MOVABLE: Final = frozenset({*WAITING, UnitStatus.SCHEDULED})
STOPPING: Final = kinds_stopping(Action.SCHEDULE)

_UNRELEASED: Final = """
o.organization_id = $1 AND ($2::uuid[] IS NULL OR o.id = ANY($2)) AND ($3::uuid IS NULL OR o.channel_id = $3)
    AND o.id IN (SELECT order_id FROM line_status WHERE status = 'scheduled'
                 UNION SELECT order_id FROM line_status WHERE status IN ('backordered', 'unscheduled'))
    AND NOT EXISTS (SELECT FROM line_status s WHERE s.order_id = o.id AND s.status <> ALL($4::text[]))
    AND NOT EXISTS (SELECT FROM order_merges g WHERE g.order_id = o.id)
    AND NOT EXISTS (SELECT FROM routing_decisions d WHERE d.order_id = o.id AND d.kind = 'chosen')
    AND NOT EXISTS (SELECT FROM holds h WHERE h.order_id = o.id AND h.status <> 'resolved' AND h.kind = ANY($5::text[]))"""
_PROMISED: Final = """(o.promise_id IS NOT NULL OR EXISTS (
    SELECT FROM pickup_questions q WHERE q.order_id = o.id AND q.promise_id IS NOT NULL))"""
# What was promised to the customer for a place stays at that place, and so do units that were set aside for the buyer.
ORDERS: Final = f"""
SELECT o.id, o.channel_id, a.latitude, a.longitude, coalesce(a.country, '') AS country, coalesce(a.region, '') AS region,
    coalesce(c.segment, '') AS segment
FROM orders o LEFT JOIN order_addresses a ON a.order_id = o.id AND a.kind = 'shipping'
LEFT JOIN customers c ON c.id = o.customer_id
WHERE {_UNRELEASED} AND NOT {_PROMISED} AND NOT EXISTS (
    SELECT FROM order_lines l JOIN quota_movements m ON m.line_id = l.id WHERE l.order_id = o.id)
ORDER BY md5(o.id::text || $6::text), o.id LIMIT $7"""
PROMISED: Final = f"SELECT count(*)::int AS orders FROM orders o WHERE {_UNRELEASED} AND {_PROMISED}"

UNITS: Final = f"""
SELECT s.id, s.order_id, s.line_id, s.status, s.location_id, s.quantity, l.variant_id, l.position, l.unit_price_minor,
    v.weight_grams, p.category, k.id AS kit_id, k.variant_id AS kit_variant_id, c.units AS in_one,
    kp.category AS kit_category, (SELECT count(*) FROM kit_lines n WHERE n.kit_id = k.id) AS components
FROM line_status s JOIN order_lines l ON l.id = s.line_id JOIN variants v ON v.id = l.variant_id
JOIN products p ON p.id = v.product_id JOIN orders o ON o.id = l.order_id
LEFT JOIN (kit_lines c JOIN order_kits k ON k.id = c.kit_id AND k.parted_at IS NULL
    JOIN variants kv ON kv.id = k.variant_id JOIN products kp ON kp.id = kv.product_id) ON c.line_id = l.id
WHERE s.order_id = ANY($1::uuid[]) AND s.status <> 'cancelled' AND l.method = $2 AND (s.status = 'scheduled'
    OR NOT {is_awaited("l.variant_id", "o.channel_id", "$3")})
ORDER BY s.order_id, l.position, s.status, s.location_id"""

FREE: Final = """
SELECT variant_id, location_id, safety,
    on_hand - allocated - reserved - damaged - quality_control - safety - set_aside AS free
FROM stock_levels WHERE variant_id = ANY($1::uuid[])"""

REFUSED: Final = """
SELECT l.order_id, e.location_id FROM excluded_locations e JOIN order_lines l ON l.id = e.line_id
WHERE l.order_id = ANY($1::uuid[]) AND e.until > $2"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReoptimizeOrders:
    """Orders by id, or those of a channel, or all. `rounds` is how long to search; the answer is the same for a `seed`.

    A change that saves less than `least_saving_minor` is not made.
    """

    order_ids: tuple[UUID, ...] | None = None
    channel_id: UUID | None = None
    rounds: int = 2_000
    seed: int = 1
    least_saving_minor: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """`units[order]` are what the demands of `standing` were made of, in the same order.

    The last three count orders that are left alone: promised, under a rule that a plan of many cannot keep to, and those
    that cannot be looked at together with others.
    """

    standing: Standing
    units: dict[UUID, list[Units]]
    considered: dict[UUID, Considered]
    promised: int
    ruled: int
    apart: int


async def read_standing(act: Act, command: ReoptimizeOrders) -> Reading:
    network = await reference.network(Fetching, act.organization_id)
    orders = await _orders(act, command)
    by_order = await _units(act, [order["id"] for order in orders])
    refused = await _refused(act, list(by_order))
    shipping = [order for order in orders if order["id"] in by_order]
    free = await read_free(network, {row["variant_id"] for found in by_order.values() for row in found})
    loads = await workload.read_loads(Fetching, network, act.now)
    claims = await workload.read_claims(loads, [order["id"] for order in shipping])
    considered = {
        key: _considered(act, network, Seen(order, by_order[key], refused[key], free, loads, claims.get(key, {})))
        for order in shipping
        if are_whole(by_order[key := order["id"]])
    }
    movable = [order for order in shipping if order["id"] in considered and considered[order["id"]].is_movable]
    standing = [_standing(network, considered[key], key, claims.get(key, {})) for key in (o["id"] for o in movable)]
    settled = [order for order in standing if order.is_settled]
    return Reading(
        standing_of(settled, free, everywhere(network), room_of(loads)),
        {order.id: [_units_of(row) for row in by_order[order.id]] for order in standing},
        considered,
        promised=await _promised(act, command),
        ruled=len(considered) - len(movable),
        apart=len(shipping) - len(considered) + len(standing) - len(settled),
    )


async def read_free(network: Network, variant_ids: set[Any]) -> dict[UUID, dict[UUID, int]]:
    """Units that nobody holds, that are set aside for nobody and that no rule keeps from shipping, by variant and location."""
    free: dict[UUID, dict[UUID, int]] = {variant_id: {} for variant_id in sorted(variant_ids)}
    for row in await rows(FREE, [list(free)]):
        units = row["free"]
        if network.safety_rules:
            units = safety.free_of(network.safety_rules, row, units + row["safety"], (Method.SHIP,))
        free[row["variant_id"]][row["location_id"]] = units
    return free


async def _orders(act: Act, command: ReoptimizeOrders) -> list[dict[str, Any]]:
    return await rows(ORDERS, [*_unreleased(act, command), str(command.seed), MOST_ORDERS])


async def _promised(act: Act, command: ReoptimizeOrders) -> int:
    [found] = await rows(PROMISED, _unreleased(act, command))
    orders: int = found["orders"]
    return orders


def _unreleased(act: Act, command: ReoptimizeOrders) -> list[Any]:
    wanted = None if command.order_ids is None else sorted(set(command.order_ids))
    movable = sorted(status.value for status in MOVABLE | {UnitStatus.CANCELLED})
    return [act.organization_id, wanted, command.channel_id, movable, STOPPING]


async def _units(act: Act, order_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in await rows(UNITS, [order_ids, FulfilmentMethod.SHIP.value, act.now]):
        found[row["order_id"]].append(row)
    return found


async def _refused(act: Act, order_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for row in await rows(REFUSED, [order_ids, act.now]):
        found[row["order_id"]].add(row["location_id"])
    return found


class Seen(NamedTuple):
    """An order and its units as they were read, the locations that gave any back, and what is free and to do anywhere.

    `own` are its own units and lines among what there is to do, by location.
    """

    order: dict[str, Any]
    units: Sequence[dict[str, Any]]
    refused: Collection[UUID]
    free: Mapping[UUID, Mapping[UUID, int]]
    loads: Mapping[UUID, Load]
    own: Mapping[UUID, workload.Own]

    def without_own(self, location_id: UUID) -> Load | None:
        load, own = self.loads.get(location_id), self.own.get(location_id)
        return load.with_order(-own.units, -1, -own.lines) if load and own else load


def _considered(act: Act, network: Network, seen: Seen) -> Considered:
    """What is free for an order is what nobody has, and what it has itself."""
    order, units = seen.order, seen.units
    candidates = open_to(network, order, seen.refused)
    view = network.view(order["latitude"], order["longitude"])
    sites = [site for site in network.sites.values() if site.id in candidates]
    own: dict[tuple[UUID, UUID | None], int] = defaultdict(int)
    for row in units:
        own[row["variant_id"], row["location_id"]] += row["quantity"]
    together = gathered(
        [Demand(row["variant_id"], row["quantity"], row["weight_grams"]) for row in units],
        [
            [
                max(0, seen.free[row["variant_id"]].get(site.id, 0)) + own.get((row["variant_id"], site.id), 0)
                for site in sites
            ]
            for row in units
        ],
        {},
        lines=[WantedLine(order["channel_id"], row["variant_id"], row["category"], Method.SHIP) for row in units],
        bundles=bundled(units),
    )
    situation = Situation(
        together.demands,
        [candidates[site.id] for site in sites],
        together.stock,
        {},
        kinds=[site.kind for site in sites],
        kilometres=[view.kilometres[site.rank] for site in sites],
        lines=together.lines,
        asker=Asker(order["segment"], order["country"], order["region"], act.now),
        value_minor=sum(row["unit_price_minor"] * row["quantity"] for row in units),
        loads=[seen.loads.get(site.id) for site in sites] if seen.loads else (),
        hazmat=frozenset(site.id for site in sites if site.is_hazmat),
    )
    positions, places = [row["position"] for row in units], [row["location_id"] for row in units]
    standpoint = Standpoint(positions, places, together.members, together.parts)
    considered = consider(situation, network.rules, standpoint)
    if not (considered.is_bound and seen.own):
        return considered
    loads = [seen.without_own(site.id) for site in sites]
    return consider(replace(situation, loads=loads), network.rules, standpoint)


def _standing(
    network: Network, considered: Considered, order_id: UUID, own: Mapping[UUID, workload.Own]
) -> StandingOrder:
    request = considered.case.strict
    worth = {demand.variant: network.worth_of(demand.variant) for demand in request.demands}
    for at, parts in considered.parts.items():
        worth[request.demands[at].variant] = network.worth_of_kit(parts)
    return StandingOrder(
        order_id,
        request.demands,
        considered.own,
        {one.location: one for one in request.candidates},
        worth,
        closed=considered.closed(),
        leanings=considered.leanings(),
        parts={at: tuple((part.variant, part.units) for part in parts) for at, parts in considered.parts.items()},
        is_bound=considered.is_bound,
        claimed={location_id: each.units for location_id, each in own.items()},
        lines=considered.lines,
    )


def _units_of(row: dict[str, Any]) -> Units:
    return Units(Place(row["line_id"], UnitStatus(row["status"]), row["location_id"]), row["quantity"])


def open_to(network: Network, order: dict[str, Any], refused: Collection[UUID] = ()) -> dict[UUID, Candidate]:
    """Where a parcel for this order may come from now; a location that gave a line of it back is left out for all."""
    channel: ChannelTerms = network.channels[order["channel_id"]]
    return {
        site.id: network.candidate(site, order["latitude"], order["longitude"])
        for site in network.sites.values()
        if site.offers(FulfilmentMethod.SHIP) and channel.allows(site.id) and site.id not in refused
    }


def everywhere(network: Network) -> dict[UUID, Candidate]:
    """Every location, in the order in which ties are decided."""
    return {site.id: network.candidate(site, None, None) for site in network.sites.values()}
