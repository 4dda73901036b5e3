"""Facts are complete and numbered without gaps; kept answers lead to something."""

from typing import Final

from tortoise.fields import UUIDField

import models
from server.auditing.checks import by_sql

GAPS: Final = """
SELECT 'event log' AS name, CASE WHEN seq = before + 2 THEN format('fact %s is missing', seq - 1)
    ELSE format('facts %s to %s are missing', before + 1, seq - 1) END AS wrong
FROM (SELECT e.seq, lag(e.seq, 1, r.horizon_seq) OVER (ORDER BY e.seq) AS before
      FROM event_log e CROSS JOIN relay_state r WHERE e.seq > r.horizon_seq) AS numbered
WHERE seq > before + 1
UNION ALL
SELECT 'event log', format('the last fact is %s, the relay stands at %s', kept.last, coalesce(r.last_seq, 0))
FROM (SELECT coalesce(max(seq), 0) AS last FROM event_log) AS kept LEFT JOIN relay_state r ON true
WHERE greatest(kept.last, coalesce(r.horizon_seq, 0)) <> coalesce(r.last_seq, 0)"""

VERSIONS: Final = """
SELECT format('order %s (%s)', o.number, o.id) AS name,
    format('it is at version %s, its newest fact tells of %s', o.version, coalesce(told.version::text, 'none')) AS wrong
FROM orders o
LEFT JOIN (SELECT order_id, max((payload ->> 'version')::int) AS version
           FROM (SELECT order_id, payload FROM event_log UNION ALL SELECT order_id, payload FROM outbox) AS facts
           WHERE order_id IS NOT NULL GROUP BY 1) AS told ON told.order_id = o.id
WHERE told.version IS DISTINCT FROM o.version"""

_TABLES: Final = [
    model._meta.db_table  # noqa: SLF001
    for model in (getattr(models, name) for name in models.__all__)
    if isinstance(model._meta.pk, UUIDField)  # noqa: SLF001
]
_NOWHERE: Final = " AND ".join(
    f"NOT EXISTS (SELECT FROM {table} t WHERE t.id = named.id::uuid)" for table in sorted(_TABLES)
)
# A parcel that is unpacked, or whose units are all recalled, is gone; that it was packed stays told.
_PARCELS: Final = " UNION ALL ".join(
    f"SELECT payload -> 'parcel' ->> 'id' FROM {table} WHERE kind = 'units_packed' AND payload -> 'parcel' ? 'id'"
    for table in ("event_log", "outbox")
)
ANSWERS: Final = f"""
SELECT format('idempotency key %s', k.id) AS name, format('its answer names %s, which is nowhere', named.id) AS wrong
FROM idempotency_keys k CROSS JOIN LATERAL (
    SELECT k.result ->> 'id' AS id WHERE k.result ? 'id'
    UNION ALL SELECT jsonb_array_elements_text(k.result -> 'ids') WHERE k.result ? 'ids') AS named
WHERE {_NOWHERE} AND named.id NOT IN ({_PARCELS})"""

CHECKS: Final = (
    by_sql("Facts are numbered without gaps", GAPS),
    by_sql("Every order's newest fact tells its version", VERSIONS),
    by_sql("Every kept answer leads to something that exists, or to a parcel that was opened", ANSWERS),
)
