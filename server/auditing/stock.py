"""The ledger, the counters and what orders and carts claim are the same numbers."""

from typing import Final

from domain.lifecycle import ALLOCATED
from domain.stock import EFFECTS, IN_LEDGER
from server.auditing.checks import by_sql, listed

NAME: Final = "format('stock of %s at %s (%s)', v.sku, p.code, l.id)"
NAMED: Final = "JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id"

_EFFECTS: Final = ", ".join(
    f"('{kind}', {', '.join(str(getattr(effect, name)) for name in IN_LEDGER)})" for kind, effect in EFFECTS.items()
)
_SUMS: Final = ", ".join(f"coalesce(sum(m.quantity * e.{name}), 0) AS {name}" for name in IN_LEDGER)
_PAIRS: Final = ", ".join(f"('{name}', l.{name}, made.{name})" for name in IN_LEDGER)

COUNTED: Final = f"""
WITH e(kind, {", ".join(IN_LEDGER)}) AS (VALUES {_EFFECTS})
SELECT {NAME} AS name, format('%s is %s, its movements make %s', c.name, c.counted, c.moved) AS wrong
FROM stock_levels l {NAMED}
LEFT JOIN LATERAL (SELECT {_SUMS} FROM stock_movements m JOIN e ON e.kind = m.kind WHERE m.stock_level_id = l.id) AS made
    ON true
CROSS JOIN LATERAL (VALUES {_PAIRS}) AS c(name, counted, moved)
WHERE c.counted <> c.moved"""

CLAIMED: Final = f"""
SELECT CASE WHEN l.id IS NULL THEN format('stock of variant %s at location %s', u.variant_id, u.location_id)
            ELSE {NAME} END AS name,
    format('allocated is %s, orders hold %s units', coalesce(l.allocated, 0), coalesce(u.held, 0)) AS wrong
FROM (SELECT i.variant_id, s.location_id, sum(s.quantity) AS held FROM line_status s
      JOIN order_lines i ON i.id = s.line_id WHERE s.status IN ({listed(ALLOCATED)}) GROUP BY 1, 2) AS u
FULL JOIN stock_levels l ON l.variant_id = u.variant_id AND l.location_id = u.location_id
LEFT JOIN variants v ON v.id = l.variant_id LEFT JOIN locations p ON p.id = l.location_id
WHERE coalesce(l.allocated, 0) <> coalesce(u.held, 0)"""

RESERVED: Final = f"""
SELECT {NAME} AS name, format('reserved is %s, carts keep %s units', l.reserved, coalesce(r.kept, 0)) AS wrong
FROM stock_levels l {NAMED}
LEFT JOIN (SELECT stock_level_id, sum(quantity) AS kept FROM reservations WHERE status = 'active' GROUP BY 1) AS r
    ON r.stock_level_id = l.id
WHERE l.reserved <> coalesce(r.kept, 0)"""

MISPLACED: Final = """
SELECT format('reservation %s of cart %s', r.id, r.cart) AS name, 'is of another variant or location than its stock' AS wrong
FROM reservations r JOIN stock_levels l ON l.id = r.stock_level_id
WHERE (l.variant_id, l.location_id) <> (r.variant_id, r.location_id)"""

DAYS: Final = """
SELECT format('day %s of %s', coalesce(d.day, c.day, w.day), p.code) AS name,
    format('it counts %s units of %s orders and %s lines, claims make %s of %s and %s', coalesce(d.units, 0),
        coalesce(d.orders, 0), coalesce(d.lines, 0), coalesce(c.units, 0), coalesce(c.orders, 0), coalesce(w.lines, 0)) AS wrong
FROM location_days d
FULL JOIN (SELECT location_id, day, sum(units) AS units, count(*) AS orders FROM capacity_claims GROUP BY 1, 2) AS c
    ON c.location_id = d.location_id AND c.day = d.day
FULL JOIN (SELECT location_id, day, count(*) AS lines FROM line_claims GROUP BY 1, 2) AS w
    ON w.location_id = coalesce(d.location_id, c.location_id) AND w.day = coalesce(d.day, c.day)
JOIN locations p ON p.id = coalesce(d.location_id, c.location_id, w.location_id)
WHERE (coalesce(d.units, 0), coalesce(d.orders, 0), coalesce(d.lines, 0))
    <> (coalesce(c.units, 0), coalesce(c.orders, 0), coalesce(w.lines, 0))"""

CHECKS: Final = (
    by_sql("Every stock counter is the sum of its movements", COUNTED),
    by_sql("Allocated stock is what orders hold there", CLAIMED),
    by_sql("Reserved stock is what carts keep there", RESERVED),
    by_sql("What a location has taken on for a day is what orders claim of it", DAYS),
    by_sql("A reservation is of the variant and location of its stock", MISPLACED),
)
