"""Kits lie nowhere themselves, and what was ordered as one stands together."""

from typing import Final

from server.auditing.checks import by_sql

STOCKED: Final = """
SELECT format('kit %s (%s)', v.sku, v.id) AS name, format('%s units of it lie at %s', s.on_hand, l.code) AS wrong
FROM variants v JOIN stock_levels s ON s.variant_id = v.id JOIN locations l ON l.id = s.location_id
WHERE v.is_kit AND (s.on_hand <> 0 OR s.allocated <> 0 OR s.reserved <> 0)
UNION ALL
SELECT format('variant %s (%s)', v.sku, v.id), 'is marked as a kit and made of nothing' FROM variants v
WHERE v.is_kit AND NOT EXISTS (SELECT FROM kit_components k WHERE k.kit_variant_id = v.id)"""

QUANTITIES: Final = """
SELECT format('kit %s of order %s', k.sku, o.number) AS name,
    format('line %s has %s units, %s kits make %s', l.position, l.quantity, k.quantity, k.quantity * c.units) AS wrong
FROM order_kits k JOIN orders o ON o.id = k.order_id JOIN kit_lines c ON c.kit_id = k.id
JOIN order_lines l ON l.id = c.line_id
WHERE l.quantity <> k.quantity * c.units OR l.order_id <> k.order_id"""

# In a location's work one component may be ahead of another, and boxes leave one after the other: places count, not statuses,
# but for what is on its way to another location, or cancelled.
APART: Final = """
WITH standing AS NOT MATERIALIZED (
    SELECT s.line_id, s.quantity, s.location_id, s.fulfilment_id,
        CASE WHEN s.status IN ('cancelled', 'in_transfer') THEN s.status ELSE '' END AS way FROM line_status s),
places AS (
    SELECT DISTINCT c.kit_id, s.way, s.location_id, s.fulfilment_id
    FROM kit_lines c JOIN order_kits k ON k.id = c.kit_id AND k.parted_at IS NULL
    JOIN standing s ON s.line_id = c.line_id),
counted AS (
    SELECT p.kit_id, p.way, p.location_id, p.fulfilment_id, c.units, coalesce(sum(s.quantity), 0) AS there
    FROM places p JOIN kit_lines c ON c.kit_id = p.kit_id
    LEFT JOIN standing s ON s.line_id = c.line_id AND s.way = p.way
        AND s.location_id IS NOT DISTINCT FROM p.location_id AND s.fulfilment_id IS NOT DISTINCT FROM p.fulfilment_id
    GROUP BY p.kit_id, p.way, p.location_id, p.fulfilment_id, c.line_id, c.units)
SELECT format('kit %s of order %s', k.sku, o.number) AS name,
    format('%s stands %s', CASE s.way WHEN 'cancelled' THEN 'what was cancelled of it'
        WHEN 'in_transfer' THEN 'what is on its way' ELSE 'it' END,
        'in part at ' || coalesce(l.code, 'no location')) AS wrong
FROM counted s JOIN order_kits k ON k.id = s.kit_id JOIN orders o ON o.id = k.order_id
LEFT JOIN locations l ON l.id = s.location_id
GROUP BY k.id, k.sku, o.number, s.way, l.code, s.location_id, s.fulfilment_id
HAVING min(s.there / s.units) <> max(s.there / s.units) OR max(s.there % s.units) <> 0"""

NAMED: Final = """
SELECT format('kit %s (%s)', v.sku, v.id) AS name, format('%s is about it', p.paper) AS wrong FROM variants v JOIN (
    SELECT l.variant_id, o.number AS paper FROM purchase_lines l JOIN purchase_orders o ON o.id = l.purchase_order_id
        WHERE o.status IN ('draft', 'ordered', 'partially_received')
    UNION ALL SELECT l.variant_id, t.number FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
        WHERE t.status NOT IN ('received', 'cancelled')
    UNION ALL SELECT variant_id, 'an expected supply' FROM expected_supplies WHERE status = 'expected'
    UNION ALL SELECT variant_id, 'a reorder rule' FROM reorder_rules WHERE is_active
    UNION ALL SELECT variant_id, 'an offer of a vendor' FROM vendor_offers WHERE is_active
    UNION ALL SELECT variant_id, 'a quota plan' FROM quota_plans WHERE ended_at IS NULL) AS p ON p.variant_id = v.id
WHERE v.is_kit"""

CHECKS: Final = (
    by_sql("A kit is made of something and has no stock of its own", STOCKED),
    by_sql("No open paper, offer or quota plan is about a kit", NAMED),
    by_sql("The lines of a kit have the units that its kits have", QUANTITIES),
    by_sql("Kits that were not parted are everywhere in whole numbers", APART),
)
