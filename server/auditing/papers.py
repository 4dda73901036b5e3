"""Transfers and purchase orders, the movements that name them, and what they announced are the same numbers."""

from typing import Final

from domain.purchasing import ON_ORDER
from server.auditing.checks import by_sql, listed

# What a paper says of one variant at one end, and the kind of movement that must have made it so.
TRANSFERRED: Final = """
SELECT format('transfer %s, %s', t.number, v.sku) AS name,
    format('%s is %s, its movements make %s', told.what, told.units, coalesce(moved.units, 0)) AS wrong
FROM transfers t JOIN transfer_lines i ON i.transfer_id = t.id JOIN variants v ON v.id = i.variant_id
CROSS JOIN LATERAL (VALUES
    ('shipped', i.shipped, t.origin_id, 'transferred_out'),
    ('written back', i.written_back, t.origin_id, 'transferred_in'),
    ('received', i.received, t.destination_id, 'transferred_in')) AS told(what, units, location_id, kind)
LEFT JOIN LATERAL (SELECT sum(m.quantity) AS units FROM stock_movements m JOIN stock_levels l ON l.id = m.stock_level_id
    WHERE l.variant_id = i.variant_id AND l.location_id = told.location_id AND m.kind = told.kind
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
FROM (SELECT t.number, i.supply_id, i.variant_id, i.shipped - i.received - i.written_back - i.written_off AS units
      FROM transfer_lines i JOIN transfers t ON t.id = i.transfer_id
      UNION ALL
      SELECT o.number, i.supply_id, i.variant_id,
          CASE WHEN o.status IN ({listed(ON_ORDER)}) THEN greatest(0, i.quantity - i.received) ELSE 0 END
      FROM purchase_lines i JOIN purchase_orders o ON o.id = i.purchase_order_id) AS told
JOIN expected_supplies s ON s.id = told.supply_id JOIN variants v ON v.id = told.variant_id
WHERE s.quantity <> told.units"""

CHECKS: Final = (
    by_sql("A transfer's units left and arrived by movements that name it", TRANSFERRED),
    by_sql("What was received from a vendor came by movements that name the order", BOUGHT),
    by_sql("Nothing is in transit of a transfer that ended", ENDED),
    by_sql("What is still to come is announced, unit for unit", ANNOUNCED),
)
