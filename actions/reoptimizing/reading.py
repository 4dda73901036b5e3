"""Read without locks which orders may be routed together again, where their units stand, and what is free."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from actions import reference
from actions.acting import Act
from actions.changing import Place, Units
from domain.holds import STOPS
from domain.lifecycle import Action, UnitStatus
from domain.orders import FulfilmentMethod
from domain.placing.world import ChannelTerms, Network
from domain.routing.rules.choosing import Asker, WantedLine, matches
from domain.routing.standing import Standing, StandingOrder, standing_of
from domain.routing.values import Candidate, Demand, Method
from models.db import Fetching, rows

MOST_ORDERS: Final = 500
"""Orders that one run considers at most; a long backlog has its turn in samples, each seed drawing another."""
WAITING: Final = (UnitStatus.PLACED, UnitStatus.BACKORDERED, UnitStatus.UNSCHEDULED)
MOVABLE: Final = frozenset({*WAITING, UnitStatus.SCHEDULED})
STOPPING: Final = sorted(kind.value for kind, stops in STOPS.items() if Action.SCHEDULE in stops)

# What was promised to the customer for a place stays at that place.
ORDERS: Final = """
SELECT o.id, o.channel_id, a.latitude, a.longitude, coalesce(a.country, '') AS country, coalesce(a.region, '') AS region,
    coalesce(c.segment, '') AS segment
FROM orders o LEFT JOIN order_addresses a ON a.order_id = o.id AND a.kind = 'shipping'
LEFT JOIN customers c ON c.id = o.customer_id
WHERE o.organization_id = $1 AND ($2::uuid[] IS NULL OR o.id = ANY($2)) AND ($3::uuid IS NULL OR o.channel_id = $3)
    AND o.promise_id IS NULL
    AND o.id IN (SELECT order_id FROM line_status WHERE status = 'scheduled'
                 UNION SELECT order_id FROM line_status WHERE status IN ('backordered', 'unscheduled'))
    AND NOT EXISTS (SELECT FROM line_status s WHERE s.order_id = o.id AND s.status <> ALL($4::text[]))
    AND NOT EXISTS (SELECT FROM holds h WHERE h.order_id = o.id AND h.status <> 'resolved' AND h.kind = ANY($5::text[]))
ORDER BY md5(o.id::text || $6::text), o.id LIMIT $7"""

UNITS: Final = """
SELECT s.order_id, s.line_id, s.status, s.location_id, s.quantity, l.variant_id, v.weight_grams, p.category
FROM line_status s JOIN order_lines l ON l.id = s.line_id JOIN variants v ON v.id = l.variant_id
JOIN products p ON p.id = v.product_id
WHERE s.order_id = ANY($1::uuid[]) AND s.status <> 'cancelled' AND l.method = $2 AND (s.status = 'scheduled' OR NOT EXISTS (
    SELECT FROM backorder_terms t WHERE t.variant_id = l.variant_id AND t.launches_at > $3))
ORDER BY s.order_id, l.position, s.status, s.location_id"""

FREE: Final = """
SELECT variant_id, location_id, on_hand - allocated - reserved - damaged - quality_control - safety AS free
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
    """`units[order]` are what the demands of `standing` were made of, in the same order."""

    standing: Standing
    units: dict[UUID, list[Units]]


async def read_standing(act: Act, command: ReoptimizeOrders) -> Reading:
    network = await reference.network(Fetching, act.organization_id)
    orders = await _orders(act, command)
    by_order = await _units(act, [order["id"] for order in orders])
    refused = await _refused(act, list(by_order))
    units: dict[UUID, list[Units]] = {}
    standing = []
    for order in orders:
        found = by_order.get(order["id"], [])
        if found and not _is_ruled(act, network, order, found):
            units[order["id"]] = [
                Units(Place(row["line_id"], UnitStatus(row["status"]), row["location_id"]), row["quantity"])
                for row in found
            ]
            standing.append(
                StandingOrder(
                    order["id"],
                    [Demand(row["variant_id"], row["quantity"], row["weight_grams"]) for row in found],
                    [row["location_id"] for row in found],
                    open_to(network, order, refused[order["id"]]),
                    network.worth,
                )
            )
    free = await read_free({row["variant_id"] for key in units for row in by_order[key]})
    return Reading(standing_of(standing, free, everywhere(network)), units)


async def read_free(variant_ids: set[Any]) -> dict[UUID, dict[UUID, int]]:
    """Units that nobody holds, by variant and location."""
    free: dict[UUID, dict[UUID, int]] = {variant_id: {} for variant_id in sorted(variant_ids)}
    for row in await rows(FREE, [list(free)]):
        free[row["variant_id"]][row["location_id"]] = row["free"]
    return free


async def _orders(act: Act, command: ReoptimizeOrders) -> list[dict[str, Any]]:
    wanted = None if command.order_ids is None else sorted(set(command.order_ids))
    movable = sorted(status.value for status in MOVABLE | {UnitStatus.CANCELLED})
    narrowed = [act.organization_id, wanted, command.channel_id, movable, STOPPING]
    return await rows(ORDERS, [*narrowed, str(command.seed), MOST_ORDERS])


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


def _is_ruled(act: Act, network: Network, order: dict[str, Any], units: Sequence[dict[str, Any]]) -> bool:
    """Whether a routing rule is for the order: what it asks for is not known to the plan of many orders."""
    asker = Asker(order["segment"], order["country"], order["region"], act.now)
    lines = [WantedLine(order["channel_id"], row["variant_id"], row["category"], Method.SHIP) for row in units]
    return any(matches(rule, line, asker) for rule in network.rules for line in lines)


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
