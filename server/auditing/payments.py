"""Payments are what their events say, and orders say how far they are paid."""

from collections.abc import AsyncIterator
from typing import Any, Final

from actions.payments.books import STORED
from domain import owing
from domain import payments as rules
from domain.lifecycle import LEFT
from domain.owing import LineStanding
from domain.payments import PaymentAmounts, PaymentEventKind
from server.auditing.checks import BATCH, Check, Connection, Finding, listed

EVENTS: Final = f"""
SELECT format('payment %s of order %s', p.id, o.number) AS name, {", ".join(f"p.{name}" for name in STORED)},
    e.kinds, e.amounts, e.references, e.moments
FROM payments p JOIN orders o ON o.id = p.order_id
LEFT JOIN LATERAL (SELECT array_agg(kind ORDER BY recorded_at, id) AS kinds,
        array_agg(amount_minor ORDER BY recorded_at, id) AS amounts,
        array_agg(reference ORDER BY recorded_at, id) AS references,
        array_agg(occurred_at ORDER BY recorded_at, id) AS moments
    FROM payment_events e WHERE e.payment_id = p.id) AS e ON true"""

# Orders that nobody paid, of something and with nothing cancelled, are NONE by rule and not looked at.
WORDS: Final = f"""
SELECT format('order %s (%s)', o.number, o.id) AS name, o.authorize_status, o.charge_status, o.total_minor,
    {", ".join(f"coalesce(p.{name}, 0)::int8 AS {name}" for name in STORED)}, l.quantities, l.totals, l.lefts, l.cancelled
FROM orders o
LEFT JOIN LATERAL (SELECT {", ".join(f"sum({name}) AS {name}" for name in STORED)} FROM payments WHERE order_id = o.id)
    AS p ON true
LEFT JOIN LATERAL (
    SELECT array_agg(i.quantity) AS quantities, array_agg(i.total_minor) AS totals, array_agg(u.gone) AS lefts,
        array_agg(u.cancelled) AS cancelled
    FROM order_lines i JOIN LATERAL (
        SELECT coalesce(sum(s.quantity) FILTER (WHERE s.status IN ({listed(LEFT)})), 0)::int4 AS gone,
            coalesce(sum(s.quantity) FILTER (WHERE s.status = 'cancelled'), 0)::int4 AS cancelled
        FROM line_status s WHERE s.line_id = i.id) AS u ON true
    WHERE i.order_id = o.id) AS l ON true
WHERE o.authorize_status <> 'none' OR o.charge_status <> 'none' OR o.total_minor = 0
    OR o.id IN (SELECT order_id FROM payments) OR o.id IN (SELECT order_id FROM line_status WHERE status = 'cancelled')"""


async def _amounts(connection: Connection) -> AsyncIterator[Finding]:
    async for row in connection.cursor(EVENTS, prefetch=BATCH):
        told = zip(row["kinds"] or (), row["amounts"] or (), row["references"] or (), row["moments"] or (), strict=True)
        folded = rules.amounts_of(
            rules.PaymentEvent(PaymentEventKind(kind), amount, reference, moment)
            for kind, amount, reference, moment in told
        )
        for name in STORED:
            if row[name] != getattr(folded, name):
                yield Finding(row["name"], f"{name} is {row[name]}, its events make {getattr(folded, name)}")


async def _words(connection: Connection) -> AsyncIterator[Finding]:
    async for row in connection.cursor(WORDS, prefetch=BATCH):
        total, granted, amounts = row["total_minor"], *_owed(row)
        expected = {
            "authorize_status": rules.authorize_status(amounts.covered_minor, total, granted),
            "charge_status": rules.charge_status(amounts.charged_minor, total, granted),
        }
        for name, word in expected.items():
            if row[name] != word:
                yield Finding(row["name"], f"{name} is {row[name]}, its payments make it {word}")


def _owed(row: Any) -> tuple[int, PaymentAmounts]:
    amounts = PaymentAmounts(**{name: row[name] for name in STORED})
    columns = (row["quantities"] or (), row["totals"] or (), row["lefts"] or (), row["cancelled"] or ())
    lines = [
        LineStanding(quantity=quantity, total_minor=total, left=left, cancelled=cancelled)
        for quantity, total, left, cancelled in zip(*columns, strict=True)
    ]
    shipping = row["total_minor"] - sum(line.total_minor for line in lines)
    cancelled = owing.cancelled_minor(lines, shipping)
    return owing.granted_minor(row["total_minor"], cancelled, amounts), amounts


CHECKS: Final = (
    Check("Every payment's amounts follow from its events", _amounts),
    Check("Orders say how far they are paid", _words),
)
