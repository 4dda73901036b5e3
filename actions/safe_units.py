"""The predicate of `actions/safety.py` as SQL, for lists and sums over many stock levels."""

from typing import Final

from actions.quotas.buyers import KEPT_BACK, quotas_for
from domain.routing.values import Method
from models.kits import kits_sql

ANY_RULES: Final = "SELECT 1 FROM safety_rules WHERE is_active AND (kind IS NULL OR kind = 'on_hand') LIMIT 1"
OFFERED: Final = f"'{Method.SHIP}', '{Method.PICKUP}'"


def safe_for(level: str, channel: str, segment: str, method: str | None = None) -> str:
    """`free_for` less what the rules keep back, as SQL over a row of stock_levels.

    Without a method, an SQL text, it is what can be had one way or another: by the least careful rule of the location's ways.
    """
    unclaimed = " - ".join(f"{level}.{name}" for name in ("on_hand", *KEPT_BACK) if name != "safety")
    return _safely(level, f"{unclaimed} + {quotas_for(level, channel, segment)}", method)


def safe_kits(variants: str, channel: str, segment: str) -> str:
    """`kits_sql` by what may be had: a kit reaches its customer in one way, so all of it is counted for the same."""
    ways = [(f"'{method}'", f"'{method}' = ANY(p.capabilities::text[])") for method in (Method.SHIP, Method.PICKUP)]
    by_way = " UNION ALL ".join(
        f"SELECT k.* FROM ({kits_sql(variants, safe_for('f', channel, segment, method))}) AS k"
        f" JOIN locations p ON p.id = k.location_id WHERE {is_offered}"
        for method, is_offered in [*ways, (None, f"NOT p.capabilities::text[] && ARRAY[{OFFERED}]")]
    )
    return (
        f"SELECT w.variant_id, w.organization_id, w.location_id, max(w.units) AS units FROM ({by_way}) AS w"
        " GROUP BY w.variant_id, w.organization_id, w.location_id"
    )


def _safely(level: str, unclaimed: str, method: str | None) -> str:
    ways = (
        f"SELECT c FROM locations p, unnest(p.capabilities) AS c WHERE p.id = {level}.location_id AND c IN ({OFFERED})"
        f" UNION ALL SELECT NULL FROM locations p WHERE p.id = {level}.location_id"
        f" AND NOT p.capabilities::text[] && ARRAY[{OFFERED}]"
    )
    fitting = (
        f"y.organization_id = {level}.organization_id AND y.is_active AND (y.kind IS NULL OR y.kind = 'on_hand')"
        f" AND (y.variant_id IS NULL OR y.variant_id = {level}.variant_id)"
        f" AND (y.location_id IS NULL OR y.location_id = {level}.location_id)"
        " AND (y.method IS NULL OR y.method = way.method)"
    )
    kept = "greatest(coalesce(y.quantity, 0), u.units - u.units * (100 - coalesce(y.percent, 0)) / 100)"
    decides = "y.variant_id IS NULL, y.location_id IS NULL, y.method IS NULL, y.kind IS NULL, y.code"
    return (
        f"(SELECT greatest(0, u.units - greatest({level}.safety, (SELECT min(coalesce((SELECT {kept} FROM safety_rules y"
        f" WHERE {fitting} ORDER BY {decides} LIMIT 1), 0)) FROM ({(method and 'SELECT ' + method) or ways}) AS way(method))))"
        f" FROM (SELECT {unclaimed} AS units) AS u)"
    )
