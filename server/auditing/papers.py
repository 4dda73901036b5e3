"""Transfers and purchase orders, the movements that name them, what they announced, and the units that vendors ship to
customers are the same numbers.
"""

from typing import Final

from domain.lifecycle import AT_VENDOR, LEFT
from domain.purchasing import ON_ORDER, WITH_VENDOR
from server.auditing.checks import by_sql, listed

# What a paper says of one variant at one end, and the kind of movement that must have made it so.
TRANSFERRED: Final = """
SELECT format('transfer %s, %s', t.number, v.sku) AS name,
    format('%s is %s, its movements make %s', told.what, told.units, coalesce(moved.units, 0)) AS wrong
FROM transfers t JOIN (SELECT transfer_id, variant_id, sum(shipped) AS shipped, sum(written_back) AS written_back,
        sum(received) AS received FROM transfer_lines GROUP BY 1, 2) AS i ON i.transfer_id = t.id
JOIN variants v ON v.id = i.variant_id
CROSS JOIN LATERAL (VALUES
    ('shipped', i.shipped, t.origin_id, ARRAY['transferred_out', 'forwarded_out']),
    ('written back', i.written_back, t.origin_id, ARRAY['transferred_in']),
    ('received', i.received, t.destination_id, ARRAY['transferred_in', 'forwarded_in'])) AS told(what, units, location_id, kinds)
LEFT JOIN LATERAL (SELECT sum(m.quantity) AS units FROM stock_movements m JOIN stock_levels l ON l.id = m.stock_level_id
    WHERE l.variant_id = i.variant_id AND l.location_id = told.location_id AND m.kind = ANY(told.kinds)
      AND m.reference = t.number) AS moved ON true
WHERE told.units <> coalesce(moved.units, 0)"""

BOUGHT: Final = """
SELECT format('purchase order %s, %s', o.number, v.sku) AS name,
    format('received is %s, its movements make %s', i.received, coalesce(moved.units, 0)) AS wrong
FROM purchase_orders o JOIN purchase_lines i ON i.purchase_order_id = o.id JOIN variants v ON v.id = i.variant_id
LEFT JOIN LATERAL (SELECT sum(m.quantity) AS units FROM stock_movements m JOIN stock_levels l ON l.id = m.stock_level_id
    WHERE l.variant_id = i.variant_id AND l.location_id = o.destination_id AND m.kind = 'received'
      AND m.reference = o.number) AS moved ON true
WHERE i.received <> coalesce(moved.units, 0)"""

ENDED: Final = """
SELECT format('transfer %s', t.number) AS name, format('it is %s, and units are still in transit', t.status) AS wrong
FROM transfers t
WHERE t.status NOT IN ('in_transit', 'partially_received') AND EXISTS (
    SELECT 1 FROM transfer_lines i
    WHERE i.transfer_id = t.id AND i.shipped <> i.received + i.written_back + i.written_off)"""

ANNOUNCED: Final = f"""
SELECT format('%s, %s', told.number, v.sku) AS name,
    format('%s units are still to come, %s are announced', told.units, s.quantity) AS wrong
FROM (SELECT t.number, i.supply_id, i.variant_id,
          i.shipped - i.received - i.written_back - i.written_off - i.awaited AS units
      FROM transfer_lines i JOIN transfers t ON t.id = i.transfer_id
      UNION ALL
      SELECT o.number, i.supply_id, i.variant_id,
          CASE WHEN o.status IN ({listed(ON_ORDER)}) THEN greatest(0, i.quantity - i.received) ELSE 0 END
      FROM purchase_lines i JOIN purchase_orders o ON o.id = i.purchase_order_id) AS told
JOIN expected_supplies s ON s.id = told.supply_id JOIN variants v ON v.id = told.variant_id
WHERE s.quantity <> told.units"""

# What a chained purchase order says of one line of the customer's order, and where the units of that line stand.
CHAINED: Final = f"""
SELECT format('%s, %s of order %s', coalesce(told.number, 'no purchase order'), l.sku, o.number) AS name,
    format('the vendor has %s units and sent %s, the order says %s and %s', coalesce(told.open, 0), coalesce(told.sent, 0),
        coalesce(stood.open, 0), coalesce(stood.sent, 0)) AS wrong
FROM (SELECT p.number, p.fulfilment_id, i.order_line_id AS line_id, i.shipped AS sent,
          i.quantity - i.shipped - i.declined - i.cancelled AS open
      FROM purchase_lines i JOIN purchase_orders p ON p.id = i.purchase_order_id WHERE p.kind = 'drop_ship') AS told
FULL JOIN (SELECT s.fulfilment_id, s.line_id,
          sum(s.quantity) FILTER (WHERE s.status IN ({listed(AT_VENDOR)})) AS open,
          sum(s.quantity) FILTER (WHERE s.status IN ({listed(LEFT)})) AS sent
      FROM line_status s
      WHERE s.status IN ({listed(AT_VENDOR)}) OR s.fulfilment_id IN (SELECT fulfilment_id FROM purchase_orders)
      GROUP BY 1, 2) AS stood USING (fulfilment_id, line_id)
JOIN order_lines l ON l.id = line_id JOIN orders o ON o.id = l.order_id
WHERE (coalesce(told.open, 0), coalesce(told.sent, 0)) <> (coalesce(stood.open, 0), coalesce(stood.sent, 0))"""

CHAINED_WORDS: Final = f"""
SELECT format('purchase order %s', o.number) AS name,
    format('is called %s, and %s units are at the vendor', o.status, i.units) AS wrong
FROM purchase_orders o JOIN (SELECT purchase_order_id, sum(quantity - shipped - declined - cancelled) AS units
    FROM purchase_lines GROUP BY 1) AS i ON i.purchase_order_id = o.id
WHERE o.kind = 'drop_ship' AND (o.status IN ({listed(WITH_VENDOR)})) <> (i.units > 0)"""

CHECKS: Final = (
    by_sql("A transfer's units left and arrived by movements that name it", TRANSFERRED),
    by_sql("What was received from a vendor came by movements that name the order", BOUGHT),
    by_sql("Nothing is in transit of a transfer that ended", ENDED),
    by_sql("What is still to come is announced, unit for unit", ANNOUNCED),
    by_sql("Units that wait at a vendor are those of its chained purchase orders, and so are those it sent", CHAINED),
    by_sql("A chained purchase order is open while the vendor has units of it", CHAINED_WORDS),
)
