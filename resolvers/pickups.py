"""Questions to customers: where else the units could be collected, and who may say what shipping costs."""

from typing import Final

from strawberry import ID, Parent

from actions.pickups.answering import AnswerPickup
from actions.safe_units import safe_for
from domain.errors import Forbidden
from domain.viewer import Viewer
from models import PickupQuestion
from models.channels import serves
from resolvers.context import Info
from resolvers.ids import global_id
from resolvers.orders import PRICE_MAKERS
from resolvers.sources import Sql

MOST_PLACES: Final = 20

FREE: Final = safe_for("f", "o.channel_id", "(SELECT segment FROM customers WHERE id = o.customer_id)", "'pickup'")
WANTED: Final = (
    "(SELECT c.line_id, c.units FROM kit_lines c WHERE c.kit_id = {row}.kit_id"
    " UNION ALL SELECT {row}.line_id, 1 WHERE {row}.kit_id IS NULL)"
)
_GIVES: Final = (
    f"{serves('o.channel_id', '{at}.id')}"
    " AND {at}.is_active AND NOT EXISTS (SELECT FROM excluded_locations e"
    f" WHERE e.line_id IN (SELECT u.line_id FROM {WANTED} AS u) AND e.location_id = {{at}}.id AND e.until > {{now}})"
)
# What is collected there lies there, or is brought there from wherever it lies; of kits whole ones, each from one location.
ELSEWHERE: Final = Sql(
    "(SELECT array_agg(place.id) FROM (SELECT p.id FROM orders o"
    " JOIN locations p ON p.organization_id = o.organization_id"
    " WHERE o.id = {row}.order_id AND {row}.status IN ('open', 'overdue') AND 'pickup' = ANY(p.capabilities)"
    " AND p.kind <> 'vendor'"
    f" AND p.id <> {{row}}.location_id AND {_GIVES.replace('{at}', 'p')} AND {{row}}.quantity <= ("
    f"SELECT sum(made.whole) FROM (SELECT min(greatest(0, {FREE}) / w.units) AS whole FROM {WANTED} AS w"
    " JOIN order_lines l ON l.id = w.line_id JOIN stock_levels f ON f.variant_id = l.variant_id"
    " JOIN locations s ON s.id = f.location_id"
    " WHERE (s.id = p.id OR p.pickup_stock = 'any' AND 'ship' = ANY(s.capabilities))"
    f" AND {_GIVES.replace('{at}', 's')}"
    f" GROUP BY s.id HAVING count(*) = (SELECT count(*) FROM {WANTED} AS every)) AS made)"
    f" ORDER BY p.code, p.id LIMIT {MOST_PLACES}) AS place)"
)


async def places_of(root: Parent[PickupQuestion], info: Info) -> list[ID]:
    found = await info.context.loaders.computed(ELSEWHERE, root)
    return [ID(global_id("Location", key)) for key in found or ()]


def as_answered_by(viewer: Viewer, command: AnswerPickup) -> AnswerPickup:
    """Raises Forbidden for a price of shipping by somebody who makes no prices."""
    if command.shipping_minor and viewer.audience not in PRICE_MAKERS:
        raise Forbidden("You cannot set what shipping costs.")
    return command
