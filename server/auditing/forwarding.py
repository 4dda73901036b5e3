"""What orders wait for from other locations is what their transfers bring."""

from typing import Final

from domain.lifecycle import ALLOCATED, FORWARDED, LEFT, UnitStatus
from domain.transfers import UNSHIPPED
from server.auditing.checks import by_sql, listed

AT_WORK: Final = ALLOCATED - FORWARDED - {UnitStatus.SCHEDULED} | LEFT

# What chained transfers bring each line of an order from a location, and where the units of that line stand.
BROUGHT: Final = f"""
SELECT format('%s from %s for order %s', l.sku, p.code, o.number) AS name,
    format('transfers bring %s units that are called %s, the order waits for %s', coalesce(told.units, 0), word,
        coalesce(stood.units, 0)) AS wrong
FROM (SELECT i.order_line_id AS line_id, t.origin_id AS location_id,
          CASE WHEN t.status IN ({listed(UNSHIPPED)}) THEN 'awaiting_transfer' ELSE 'in_transfer' END AS word,
          sum(i.awaited) AS units
      FROM transfers t JOIN transfer_lines i ON i.transfer_id = t.id WHERE i.awaited > 0 GROUP BY 1, 2, 3) AS told
FULL JOIN (SELECT line_id, location_id, status AS word, sum(quantity) AS units FROM line_status
           WHERE status IN ({listed(FORWARDED)}) GROUP BY 1, 2, 3) AS stood USING (line_id, location_id, word)
JOIN order_lines l ON l.id = line_id JOIN orders o ON o.id = l.order_id JOIN locations p ON p.id = location_id
WHERE coalesce(told.units, 0) <> coalesce(stood.units, 0)"""

FOREIGN: Final = """
SELECT format('transfer %s, %s', t.number, l.sku) AS name, 'it brings goods to a line of another order' AS wrong
FROM transfers t JOIN transfer_lines i ON i.transfer_id = t.id JOIN order_lines l ON l.id = i.order_line_id
WHERE t.order_id IS DISTINCT FROM l.order_id
UNION ALL
SELECT format('transfer %s', t.number), 'some of its lines are for the order, and some for nobody' AS wrong
FROM transfers t JOIN transfer_lines i ON i.transfer_id = t.id
WHERE t.order_id IS NOT NULL AND i.order_line_id IS NULL"""

# Vendors send what is theirs from where they are.
APART: Final = f"""
SELECT format('%s of order %s', l.sku, o.number) AS name,
    format('%s units are %s at %s, the order is delivered together from %s', s.quantity, s.status, p.code, m.code) AS wrong
FROM order_merges g JOIN orders o ON o.id = g.order_id JOIN locations m ON m.id = g.location_id
JOIN line_status s ON s.order_id = g.order_id JOIN order_lines l ON l.id = s.line_id JOIN locations p ON p.id = s.location_id
WHERE l.method = 'ship' AND s.location_id <> g.location_id AND s.status IN ({listed(AT_WORK)})
    AND NOT EXISTS (SELECT FROM purchase_orders c WHERE c.fulfilment_id = s.fulfilment_id)"""

UNDECIDED: Final = """
SELECT format('%s of order %s', l.sku, o.number) AS name,
    format('%s units are %s at %s, and nothing says where the order comes together', s.quantity, s.status, p.code) AS wrong
FROM order_merges g JOIN orders o ON o.id = g.order_id JOIN line_status s ON s.order_id = g.order_id
JOIN order_lines l ON l.id = s.line_id JOIN locations p ON p.id = s.location_id
WHERE g.location_id IS NULL AND l.method = 'ship'
    AND NOT EXISTS (SELECT FROM purchase_orders c WHERE c.fulfilment_id = s.fulfilment_id)"""

CHECKS: Final = (
    by_sql("Units that are brought to where they are handed over are those of the order's transfers", BROUGHT),
    by_sql("A transfer that is chained to an order brings goods to its lines alone", FOREIGN),
    by_sql(
        "An order that is delivered together has a place where it comes together, once something lies anywhere",
        UNDECIDED,
    ),
    by_sql("What is delivered together is worked on where it comes together", APART),
)
