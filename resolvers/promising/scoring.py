"""Promised against actual: how often what was promised first came true, by whom it depended on.

Only what is carried counts: when a customer collects goods is up to the customer. A day that was given with an order, by a
marketplace or by staff, is a promise without a rule and without a day to leave by; of imported orders nobody knows how they
arrived, so they do not count. A day is that of the place a parcel left,
and that of the customer's door, by its longitude where it is known: four minutes a degree.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from graphql import GraphQLError

from domain.viewer import Audience
from models import Location, Order
from models.db import rows
from resolvers.context import Info
from resolvers.scopes import AT_WORK, seen
from resolvers.visible import LOCATIONS, ORDERS

MOST_ORDERS: Final = 50_000
"""The newest of the period are looked at."""


class ScoreBy(StrEnum):
    LOCATION = "location"
    CARRIER = "carrier"
    RULE = "rule"


KEYS: Final = {
    ScoreBy.LOCATION: "coalesce(pa.location_id::text, pr.location_id::text, pr.parcels -> 0 ->> 'location_id',"
    " (SELECT min(s.location_id::text) FROM line_status s WHERE s.order_id = o.id))",
    ScoreBy.CARRIER: "coalesce(pa.carrier, pr.carrier)",
    ScoreBy.RULE: "pr.rule",
}
OF_KEY: Final = {ScoreBy.LOCATION: "AND s.location_id::text = w.key", ScoreBy.CARRIER: "", ScoreBy.RULE: ""}


def _sql(by: ScoreBy) -> str:
    left = f"EXISTS (SELECT FROM line_status s WHERE s.order_id = w.order_id {OF_KEY[by]} AND s.status NOT IN"
    return f"""
WITH whole AS (
    SELECT {KEYS[by]} AS key, o.id AS order_id, pr.ship_on, coalesce(pr.latest_on, o.promised_date) AS latest_on,
        bool_and(pa.shipped_at IS NOT NULL) AS is_shipped, bool_and(pa.delivered_at IS NOT NULL) AS is_delivered,
        max((pa.shipped_at AT TIME ZONE pa.time_zone)::date) AS shipped_on,
        max((CASE WHEN a.longitude IS NULL THEN pa.delivered_at AT TIME ZONE pa.time_zone
            ELSE pa.delivered_at AT TIME ZONE 'UTC' + make_interval(secs => a.longitude * 240) END)::date) AS delivered_on
    FROM orders o LEFT JOIN promises pr ON pr.id = o.promise_id
    LEFT JOIN order_addresses a ON a.order_id = o.id AND a.kind = 'shipping'
    LEFT JOIN LATERAL (
        SELECT DISTINCT p.id, p.location_id, p.carrier, p.shipped_at, p.delivered_at, place.time_zone
        FROM order_lines l JOIN parcel_lines pl ON pl.line_id = l.id JOIN parcels p ON p.id = pl.parcel_id
        JOIN locations place ON place.id = p.location_id WHERE l.order_id = o.id) AS pa ON true
    WHERE o.id = ANY($1::uuid[]) AND o.status <> 'cancelled' AND CASE WHEN pr.id IS NOT NULL THEN pr.method <> 'pickup'
        ELSE o.origin <> 'import' AND EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id AND l.method = 'ship') END
    GROUP BY 1, 2, 3, 4),
promised AS (
    SELECT key, ship_on, latest_on,
        CASE WHEN is_shipped AND NOT {left} ('cancelled', 'shipped', 'delivered')) THEN shipped_on END AS shipped_on,
        CASE WHEN is_delivered AND NOT {left} ('cancelled', 'delivered')) THEN delivered_on END AS delivered_on
    FROM whole w)
SELECT key, count(*)::int AS promised, count(shipped_on)::int AS shipped, count(delivered_on)::int AS delivered,
    count(*) FILTER (WHERE shipped_on <= ship_on)::int AS shipped_on_time,
    count(*) FILTER (WHERE delivered_on <= latest_on)::int AS on_time,
    count(*) FILTER (WHERE coalesce(delivered_on, $2::date) > latest_on)::int AS late,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY delivered_on - latest_on) AS median_lateness_days
FROM promised WHERE key IS NOT NULL GROUP BY key"""


STATEMENTS: Final = {by: _sql(by) for by in ScoreBy}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """`late` has what was delivered late and what is overdue. A place's key is its code."""

    key: str
    name: str
    location: Location | None
    promised: int
    shipped: int
    delivered: int
    shipped_on_time: int
    on_time: int
    late: int
    median_lateness_days: int | None

    @property
    def on_time_share(self) -> float | None:
        due = self.on_time + self.late
        return self.on_time / due if due else None


async def scores(info: Info, by: ScoreBy, placed_from: date, placed_before: date) -> list[Score]:
    """For staff; of orders placed in the period (days in UTC) that they may see."""
    viewer = info.context.viewer
    if viewer.audience not in AT_WORK | {Audience.PARTNER}:
        raise GraphQLError("Only staff may see how promises are kept.", extensions={"code": "FORBIDDEN"})
    period = {"placed_at__gte": _begin(placed_from), "placed_at__lt": _begin(placed_before)}
    visible: Any = seen(Order, ORDERS, viewer).filter(promised_date__isnull=False, **period)
    chosen = await visible.order_by("-placed_at").limit(MOST_ORDERS).values_list("id", flat=True)
    found = await rows(STATEMENTS[by], [list(chosen), info.context.clock().date()])
    locations = await _locations(info, found) if by is ScoreBy.LOCATION else {}
    scored = [_score(row, locations.get(row["key"])) for row in found]
    return sorted(scored, key=lambda score: (-score.promised, score.key))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _score(row: dict[str, Any], place: Location | None) -> Score:
    named = {"key": place.code, "name": place.name} if place else {"name": row["key"]}
    return Score(location=place, **(row | named))


async def _locations(info: Info, found: list[dict[str, Any]]) -> dict[str, Location]:
    visible = seen(Location, LOCATIONS, info.context.viewer)
    return {str(each.id): each for each in await visible.filter(id__in=[UUID(row["key"]) for row in found])}
