"""Which parcels of a location could be one, of what the viewer may see there, and what that saves."""

from typing import Any, Final
from uuid import UUID

from actions import reference
from actions.acting import Act
from actions.parcels import consolidating
from actions.parcels.consolidating import ConsolidateParcels
from actions.parcels.packing import ADDRESS
from domain.consolidating import Consolidation, Piece, Recipient, Way, consolidations, recipient
from domain.geography import Coordinates, distance_km
from domain.holds import kinds_stopping
from domain.lifecycle import Action
from domain.placing.world import FAR_AWAY_KM
from domain.viewer import Viewer
from models import Fulfilment, Parcel
from models.db import Fetching, rows
from resolvers.context import Info
from resolvers.fulfilment import check_locations, is_confined
from resolvers.parcels import check_whole
from resolvers.scopes import seen
from resolvers.visible import FULFILMENTS

MOST_PIECES: Final = 1_000
"""Pieces of work and parcels that one answer looks at, the oldest first."""

Thing = Fulfilment | Parcel

PICKED: Final = """
SELECT s.fulfilment_id AS id, sum(s.quantity * v.weight_grams)::int AS grams, array_agg(DISTINCT s.order_id) AS orders
FROM line_status s JOIN order_lines l ON l.id = s.line_id JOIN variants v ON v.id = l.variant_id
WHERE s.fulfilment_id = ANY($1::uuid[]) AND s.status = 'picked' GROUP BY s.fulfilment_id ORDER BY s.fulfilment_id"""

# A parcel of which the viewer sees only a part is not theirs to open.
PARCELS: Final = """
SELECT p.id, p.weight_grams AS grams, array_agg(DISTINCT f.order_id) AS orders FROM parcels p
JOIN parcel_lines c ON c.parcel_id = p.id JOIN fulfilments f ON f.id = c.fulfilment_id
WHERE p.location_id = $1 AND p.shipped_at IS NULL AND p.delivered_at IS NULL
    AND NOT EXISTS (SELECT FROM labels b WHERE b.parcel_id = p.id AND b.status IN ('requested', 'bought', 'voiding'))
GROUP BY p.id HAVING bool_and(f.id = ANY($2::uuid[])) ORDER BY p.id LIMIT $3"""

ORDERS: Final = """
SELECT o.id, o.customer_id, o.currency, a.name, a.line1, a.line2, a.city, a.region, a.postal_code, a.country,
    a.latitude, a.longitude, p.carrier, p.service, coalesce(p.ship_on, o.promised_date, o.requested_date) AS ship_on
FROM orders o JOIN order_addresses a ON a.order_id = o.id AND a.kind = 'shipping'
LEFT JOIN promises p ON p.id = coalesce((
    SELECT q.promise_id FROM pickup_questions q WHERE q.order_id = o.id AND q.promise_id IS NOT NULL
    ORDER BY q.answered_at DESC LIMIT 1), o.promise_id)
WHERE o.id = ANY($1::uuid[]) AND NOT EXISTS (
    SELECT FROM holds h WHERE h.order_id = o.id AND h.status <> 'resolved' AND h.kind = ANY($2::text[]))"""

STOPPING: Final = kinds_stopping(Action.PACK, Action.SHIP)


async def suggested(info: Info, location_id: UUID) -> tuple[list[Consolidation[Thing]], str]:
    """What could be one parcel, the largest saving first, and the currency of the prices."""
    viewer = info.context.viewer
    here = seen(Fulfilment, FULFILMENTS, viewer).filter(location_id=location_id, method="ship", status="in_progress")
    work = {each.id: each for each in await here.order_by("released_at", "id").limit(MOST_PIECES)}
    found: list[tuple[Thing, Any]] = [(work[row["id"]], row) for row in await rows(PICKED, [list(work)])]
    packed = await rows(PARCELS, [location_id, list(work), MOST_PIECES])
    boxes = {box.id: box for box in await Parcel.filter(id__in=[row["id"] for row in packed])}
    found += [(boxes[row["id"]], row) for row in packed if row["id"] in boxes]
    orders = await rows(ORDERS, [[order for _, row in found for order in row["orders"]], STOPPING])
    network = await reference.network(Fetching, viewer.organization_id)
    site = network.sites.get(location_id)
    if site is None or not orders:
        return [], ""
    known = {order["id"]: order for order in orders}
    pieces = []
    for thing, row in found:
        inside = [known[key] for key in row["orders"] if key in known]
        ways = {_way(location_id, order) for order in inside}
        if len(inside) == len(row["orders"]) and len(ways) == 1:
            rate = network.card.rate(_kilometres(site.position, inside[0]))
            to = tuple(_recipient(order) for order in inside)
            pieces.append(Piece(thing, to, frozenset(row["orders"]), ways.pop(), row["grams"], rate))
    return consolidations(pieces), orders[0]["currency"]


async def consolidate(act: Act, viewer: Viewer, command: ConsolidateParcels) -> UUID:
    """For viewers who may see everything in the parcels, and work where everything is. Raises Forbidden."""
    if is_confined(viewer):
        found = Fulfilment.filter(id__in=command.fulfilment_ids, organization_id=viewer.organization_id)
        check_locations(viewer, await found.values_list("location_id", flat=True))
    for parcel_id in command.parcel_ids:
        await check_whole(viewer, parcel_id)
    return await consolidating.consolidate(act, command)


def _way(location_id: UUID, order: Any) -> Way:
    return Way(location_id, order["carrier"], order["service"], order["ship_on"])


def _recipient(order: Any) -> Recipient:
    return recipient(order["customer_id"], order["name"], [order[name] for name in ADDRESS])


def _kilometres(start: Coordinates, order: Any) -> float:
    if order["latitude"] is None or order["longitude"] is None:
        return FAR_AWAY_KM
    return distance_km(start, Coordinates(order["latitude"], order["longitude"]))
