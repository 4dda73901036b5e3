"""Units are all there, words follow from them, totals are sums, parcels carry only what left."""

from typing import Final

from domain.fulfilment import QUEUED, derive_fulfilment
from domain.lifecycle import LEFT, UnitStatus, derive
from server.auditing.checks import by_sql, by_word, listed

LINE: Final = "format('line %s of order %s (%s)', l.position, o.number, l.id)"

UNITS: Final = f"""
SELECT {LINE} AS name, format('%s units are accounted for, %s were ordered', coalesce(s.units, 0), l.quantity) AS wrong
FROM order_lines l JOIN orders o ON o.id = l.order_id
LEFT JOIN (SELECT line_id, sum(quantity) AS units FROM line_status GROUP BY 1) AS s ON s.line_id = l.id
WHERE coalesce(s.units, 0) <> l.quantity"""

STRAYS: Final = """
SELECT format('units %s of order %s', s.id, o.number) AS name, 'belong to a line or fulfilment of another order' AS wrong
FROM line_status s JOIN orders o ON o.id = s.order_id JOIN order_lines l ON l.id = s.line_id
LEFT JOIN fulfilments f ON f.id = s.fulfilment_id
WHERE l.order_id <> s.order_id OR f.order_id <> s.order_id OR f.location_id <> s.location_id"""

LINE_WORDS: Final = f"""
SELECT {LINE} AS name, l.status AS word, s.present FROM order_lines l JOIN orders o ON o.id = l.order_id
JOIN (SELECT line_id, string_agg(DISTINCT status, ',' ORDER BY status) AS present FROM line_status GROUP BY 1) AS s
    ON s.line_id = l.id"""

ORDER_WORDS: Final = """
SELECT format('order %s (%s)', o.number, o.id) AS name, o.status AS word, s.present FROM orders o
JOIN (SELECT order_id, string_agg(DISTINCT status, ',' ORDER BY status) AS present FROM line_status GROUP BY 1) AS s
    ON s.order_id = o.id"""

GAVE_BACK: Final = "gave_back"
FULFILMENT_WORDS: Final = f"""
SELECT format('fulfilment %s (%s)', f.number, f.id) AS name, f.status AS word,
    concat_ws(',', CASE WHEN f.decline_reason IS NOT NULL THEN '{GAVE_BACK}' END, s.present) AS present
FROM fulfilments f
LEFT JOIN (SELECT fulfilment_id, string_agg(DISTINCT status, ',' ORDER BY status) AS present FROM line_status GROUP BY 1)
    AS s ON s.fulfilment_id = f.id"""

TOTALS: Final = """
SELECT format('order %s (%s)', o.number, o.id) AS name, format('%s is %s, its lines make %s', c.name, c.kept, c.summed) AS wrong
FROM orders o
JOIN (SELECT order_id, sum(quantity * unit_price_minor) AS subtotal, sum(discount_minor) AS discount,
          sum(tax_minor) AS tax, sum(total_minor) AS total FROM order_lines GROUP BY 1) AS l ON l.order_id = o.id
CROSS JOIN LATERAL (VALUES
    ('the subtotal', o.subtotal_minor, l.subtotal),
    ('the discount', o.discount_minor, l.discount),
    ('the total', o.total_minor, l.total + o.shipping_minor),
    -- The tax of the shipping charge lies within it.
    ('the tax', o.tax_minor, greatest(l.tax, least(o.tax_minor, l.tax + o.shipping_minor)))
) AS c(name, kept, summed)
WHERE c.kept <> c.summed"""

SHIPPED: Final = f"""
SELECT format('line %s in fulfilment %s of order %s', l.position, f.number, o.number) AS name,
    format('parcels that left carry %s units, %s have left', c.carried, coalesce(u.units, 0)) AS wrong
FROM (SELECT x.line_id, x.fulfilment_id, sum(x.quantity) AS carried FROM parcel_lines x
      JOIN parcels p ON p.id = x.parcel_id AND p.shipped_at IS NOT NULL GROUP BY 1, 2) AS c
JOIN order_lines l ON l.id = c.line_id JOIN orders o ON o.id = l.order_id JOIN fulfilments f ON f.id = c.fulfilment_id
LEFT JOIN (SELECT line_id, fulfilment_id, sum(quantity) AS units FROM line_status
           WHERE status IN ({listed(LEFT)}) GROUP BY 1, 2) AS u
    ON (u.line_id, u.fulfilment_id) = (c.line_id, c.fulfilment_id)
WHERE c.carried > coalesce(u.units, 0)"""


OVERDUE: Final = f"""
SELECT {LINE} AS name, format('%s units still wait, which were to be cancelled at %s', s.quantity, b.cancels_at) AS wrong
FROM backorders b JOIN order_lines l ON l.id = b.line_id JOIN orders o ON o.id = l.order_id
JOIN line_status s ON s.line_id = l.id AND s.status = 'backordered'
WHERE b.ended_at IS NOT NULL OR b.order_id <> l.order_id"""

ASKED: Final = f"""
SELECT {LINE} AS name, format('its customer is asked about %s units, %s wait for an answer', coalesce(q.units, 0),
    coalesce(s.units, 0)) AS wrong
FROM order_lines l JOIN orders o ON o.id = l.order_id
LEFT JOIN (SELECT coalesce(c.line_id, a.line_id) AS line_id, sum(a.quantity * coalesce(c.units, 1)) AS units
           FROM pickup_questions a LEFT JOIN kit_lines c ON c.kit_id = a.kit_id
           WHERE a.status IN ('open', 'overdue') GROUP BY 1) AS q ON q.line_id = l.id
LEFT JOIN (SELECT line_id, sum(quantity) AS units FROM line_status WHERE status = 'pickup_rejected' GROUP BY 1)
    AS s ON s.line_id = l.id
WHERE coalesce(q.units, 0) <> coalesce(s.units, 0)"""


UNCODED: Final = f"""
SELECT format('fulfilment %s (%s)', f.number, f.id) AS name, 'a customer collects it, and has no code to show' AS wrong
FROM fulfilments f WHERE f.method = 'pickup' AND f.status IN ({listed(QUEUED)})
    AND NOT EXISTS (SELECT FROM pickup_codes c WHERE c.fulfilment_id = f.id)"""

SUBSTITUTED: Final = f"""
SELECT {LINE} AS name, format('%s were sent for %s units of it, %s of which were cancelled', p.sent, p.units,
    coalesce(c.units, 0)) AS wrong
FROM (SELECT coalesce(i.line_id, a.line_id) AS line_id, sum(a.quantity * coalesce(i.units, 1)) AS units,
          sum(coalesce(k.quantity, n.quantity) * coalesce(i.units, 1)) AS sent
      FROM substitutions a LEFT JOIN kit_lines i ON i.kit_id = a.kit_id
      LEFT JOIN order_kits k ON k.id = a.new_kit_id AND k.order_id = a.order_id
      LEFT JOIN order_lines n ON n.id = a.new_line_id AND n.order_id = a.order_id
      WHERE a.status = 'accepted' GROUP BY 1) AS p
JOIN order_lines l ON l.id = p.line_id JOIN orders o ON o.id = l.order_id
LEFT JOIN LATERAL (SELECT sum(s.quantity) AS units FROM line_status s
                   WHERE s.line_id = l.id AND s.status = 'cancelled') AS c ON true
WHERE p.sent > p.units OR coalesce(c.units, 0) < p.units"""


def _fulfilment_word(present: list[str]) -> str:
    units = [UnitStatus(status) for status in present if status != GAVE_BACK]
    return derive_fulfilment(units, gave_back=GAVE_BACK in present).value


def _order_word(present: list[str]) -> str:
    return derive(UnitStatus(status) for status in present).value


CHECKS: Final = (
    by_sql("The units of every line add up to what was ordered", UNITS),
    by_sql("Units belong to lines and fulfilments of their order, at its location", STRAYS),
    by_word("A line is called what its units make it", LINE_WORDS, _order_word),
    by_word("An order is called what its units make it", ORDER_WORDS, _order_word),
    by_word("A fulfilment is called what its units make it", FULFILMENT_WORDS, _fulfilment_word),
    by_sql("An order's totals are the sums of its lines and its shipping", TOTALS),
    by_sql("Nothing waits for stock after it was cancelled for waiting too long", OVERDUE),
    by_sql("Customers are asked about exactly the units that they cannot collect", ASKED),
    by_sql("Whatever a customer is to collect has a code", UNCODED),
    by_sql("What was sent instead stands for cancelled units of the line it is for", SUBSTITUTED),
    by_sql("Parcels that left carry no more than has left", SHIPPED),
)
