"""What is set aside is what planners set aside, less what was taken; and nobody has taken more than they hold."""

from typing import Final

from actions.quotas.ledger import taken_sql
from domain.lifecycle import ALLOCATED
from server.auditing.checks import by_sql, listed

NAMED: Final = """
JOIN quota_groups g ON g.id = q.group_id JOIN variants v ON v.id = q.variant_id JOIN locations w ON w.id = q.location_id"""
NAME: Final = "format('quota of %s for %s at %s (%s)', g.code, v.sku, w.code, q.id)"

LEDGER: Final = f"""
SELECT {NAME} AS name, format('it is %s, its movements make %s', q.quantity, made.units) AS wrong FROM quotas q {NAMED}
CROSS JOIN LATERAL (
    SELECT coalesce({taken_sql("quota")}, 0) AS units FROM quota_movements m WHERE m.quota_id = q.id) AS made
WHERE q.quantity <> made.units"""

TAKEN: Final = f"""
SELECT {NAME} AS name, format('%s of it are taken, its movements make %s', q.taken, made.units) AS wrong FROM quotas q {NAMED}
CROSS JOIN LATERAL (
    SELECT coalesce({taken_sql("taken")}, 0) AS units FROM quota_movements m WHERE m.quota_id = q.id) AS made
WHERE q.taken <> made.units"""

SUMS: Final = """
SELECT format('stock of %s at %s (%s)', v.sku, p.code, l.id) AS name,
    format('%s units are set aside, its quotas are %s', l.set_aside, coalesce(made.units, 0)) AS wrong
FROM stock_levels l JOIN variants v ON v.id = l.variant_id JOIN locations p ON p.id = l.location_id
LEFT JOIN (SELECT stock_level_id, sum(quantity) AS units FROM quotas GROUP BY 1) AS made ON made.stock_level_id = l.id
WHERE l.set_aside <> coalesce(made.units, 0) OR (made.units IS NOT NULL AND NOT l.has_quotas)"""

LINES: Final = f"""
SELECT format('line %s of order %s', i.position + 1, o.number) AS name,
    format('it has %s units of quotas at %s and holds %s there', t.units, p.code, coalesce(h.units, 0)) AS wrong
FROM (SELECT m.line_id, q.location_id, {taken_sql("line")} AS units FROM quota_movements m JOIN quotas q ON q.id = m.quota_id
      WHERE m.line_id IS NOT NULL GROUP BY 1, 2) AS t
JOIN order_lines i ON i.id = t.line_id JOIN orders o ON o.id = i.order_id JOIN locations p ON p.id = t.location_id
LEFT JOIN (SELECT line_id, location_id, sum(quantity) AS units FROM line_status
           WHERE status IN ({listed(ALLOCATED)}) GROUP BY 1, 2) AS h ON (h.line_id, h.location_id) = (t.line_id, t.location_id)
WHERE t.units NOT BETWEEN 0 AND coalesce(h.units, 0)"""

CARTS: Final = f"""
SELECT format('reservation %s of cart %s', r.id, r.cart) AS name,
    format('it has %s units of quotas and keeps %s', t.units, CASE WHEN r.status = 'active' THEN r.quantity ELSE 0 END) AS wrong
FROM (SELECT m.reservation_id, {taken_sql("cart")} AS units FROM quota_movements m
      WHERE m.reservation_id IS NOT NULL GROUP BY 1) AS t
JOIN reservations r ON r.id = t.reservation_id
WHERE t.units NOT BETWEEN 0 AND CASE WHEN r.status = 'active' THEN r.quantity ELSE 0 END"""

CHECKS: Final = (
    by_sql("Every quota is the sum of its movements", LEDGER),
    by_sql("What was taken of a quota is the sum of its movements", TAKEN),
    by_sql("What is set aside of stock is the sum of its quotas", SUMS),
    by_sql("A line has taken no more of quotas than it holds there", LINES),
    by_sql("A cart has taken no more of quotas than it keeps", CARTS),
)
