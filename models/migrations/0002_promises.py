"""What the tables promise beyond their columns: checks, partial and null-blind uniqueness, number sequences.

Tortoise leaves CHECK constraints of the first migration out on PostgreSQL, so they stand here in SQL.
"""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

CHECKS = {
    "organizations": {
        "currency": "currency ~ '^[A-Z]{3}$'",
    },
    "channels": {
        "currency": "currency ~ '^[A-Z]{3}$'",
        "ttl": "reservation_ttl_seconds BETWEEN 60 AND 2678400",
    },
    "locations": {
        "country": "country ~ '^[A-Z]{2}$'",
        "latitude": "latitude BETWEEN -90 AND 90",
        "longitude": "longitude BETWEEN -180 AND 180",
        "capacity": "daily_capacity_units >= 0",
    },
    "variants": {
        "measures": "weight_grams >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0",
    },
    "prices": {
        "amount": "amount_minor >= 0",
        "currency": "currency ~ '^[A-Z]{3}$'",
    },
    "substitutes": {
        "other": "variant_id <> substitute_id",
    },
    "tax_rates": {
        "rate": "rate_ppm BETWEEN 0 AND 1000000",
    },
    "customer_addresses": {
        "country": "country ~ '^[A-Z]{2}$'",
    },
    "stock_levels": {
        "counters": (
            "on_hand >= 0 AND allocated >= 0 AND reserved >= 0 AND damaged >= 0 AND quality_control >= 0 AND "
            "safety >= 0"
        ),
        "no_oversell": "allocated + reserved + damaged + quality_control <= on_hand",
    },
    "reservations": {
        "quantity": "quantity > 0",
        "ended": "(status = 'active') = (ended_at IS NULL)",
    },
    "stock_movements": {
        "quantity": "quantity > 0 OR (kind = 'adjusted' AND quantity < 0)",
        "order_cause": "kind NOT IN ('allocated', 'released', 'shipped') OR line_id IS NOT NULL",
        "cart_cause": "kind NOT IN ('reserved', 'unreserved', 'converted') OR reservation_id IS NOT NULL",
        "reason": "kind <> 'adjusted' OR reason IS NOT NULL",
    },
    "orders": {
        "amounts": (
            "subtotal_minor >= 0 AND discount_minor BETWEEN 0 AND subtotal_minor AND shipping_minor >= 0 AND "
            "tax_minor >= 0"
        ),
        "total": (
            "total_minor BETWEEN subtotal_minor - discount_minor + shipping_minor AND subtotal_minor - "
            "discount_minor + shipping_minor + tax_minor"
        ),
        "currency": "currency ~ '^[A-Z]{3}$'",
        "version": "version > 0",
    },
    "order_addresses": {
        "country": "country ~ '^[A-Z]{2}$'",
    },
    "order_lines": {
        "quantity": "quantity > 0",
        "amounts": (
            "unit_price_minor >= 0 AND discount_minor BETWEEN 0 AND quantity * unit_price_minor AND "
            "tax_minor >= 0 AND tax_rate_ppm >= 0"
        ),
        "total": (
            "total_minor BETWEEN quantity * unit_price_minor - discount_minor AND quantity * "
            "unit_price_minor - discount_minor + tax_minor"
        ),
        "pickup": "(method = 'pickup') = (pickup_location_id IS NOT NULL)",
    },
    "line_status": {
        "quantity": "quantity > 0",
        "location": (
            "(status IN ('scheduled', 'released', 'acknowledged', 'picked', 'packed', 'ready_for_pickup', "
            "'shipped', 'picked_up', 'delivered')) = (location_id IS NOT NULL)"
        ),
        "fulfilment": (
            "(status IN ('released', 'acknowledged', 'picked', 'packed', 'ready_for_pickup', 'shipped', "
            "'picked_up', 'delivered')) = (fulfilment_id IS NOT NULL)"
        ),
    },
    "holds": {
        "resolved": "(status = 'resolved') = (resolved_at IS NOT NULL)",
    },
    "cancellation_requests": {
        "quantity": "quantity > 0",
        "answered": "(status = 'requested') = (answered_at IS NULL)",
    },
    "fulfilment_lines": {
        "quantity": "quantity > 0",
    },
    "parcels": {
        "weight": "weight_grams >= 0",
        "shipped": "shipped_at IS NULL OR tracking_number IS NULL OR carrier IS NOT NULL",
    },
    "parcel_lines": {
        "quantity": "quantity > 0",
    },
    "payments": {
        "amounts": (
            "authorized_minor >= 0 AND charged_minor >= 0 AND refunded_minor >= 0 AND cancelled_minor >= 0 "
            "AND limit_minor >= 0"
        ),
        "currency": "currency ~ '^[A-Z]{3}$'",
    },
    "payment_events": {
        "amount": "amount_minor >= 0",
    },
    "idempotency_keys": {
        "result": "jsonb_typeof(result) = 'object'",
    },
}
NUMBERS = ("order_numbers", "fulfilment_numbers", "parcel_numbers", "customer_numbers")

UNIQUE = {
    "line_status_once": (
        "CREATE UNIQUE INDEX line_status_once ON line_status (line_id, status, location_id, fulfilment_id) "
        "NULLS NOT DISTINCT"
    ),
    "reservations_active": (
        "CREATE UNIQUE INDEX reservations_active ON reservations (organization_id, cart, stock_level_id) "
        "WHERE status = 'active'"
    ),
    "holds_open": (
        "CREATE UNIQUE INDEX holds_open ON holds (order_id, line_id, kind) NULLS NOT DISTINCT WHERE status <> 'resolved'"
    ),
    "customer_addresses_default_shipping": (
        "CREATE UNIQUE INDEX customer_addresses_default_shipping ON customer_addresses (customer_id) "
        "WHERE is_default_shipping"
    ),
    "customer_addresses_default_billing": (
        "CREATE UNIQUE INDEX customer_addresses_default_billing ON customer_addresses (customer_id) "
        "WHERE is_default_billing"
    ),
    "cancellation_requests_open": (
        "CREATE UNIQUE INDEX cancellation_requests_open ON cancellation_requests (fulfilment_id, line_id) "
        "WHERE status = 'requested'"
    ),
}
JOBS = {
    "reservations_due": "CREATE INDEX reservations_due ON reservations (expires_at) WHERE status = 'active'",
    "holds_due": "CREATE INDEX holds_due ON holds (expires_at) WHERE status <> 'resolved' AND expires_at IS NOT NULL",
    "line_status_waiting": (
        "CREATE INDEX line_status_waiting ON line_status (order_id) WHERE status IN ('backordered', 'unscheduled')"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    # Few operations with many statements: Tortoise copies everything it knows of the tables for each operation.
    operations: list[Any] = [
        ops.RunSQL(
            "; ".join(
                f"ALTER TABLE {table} "
                + ", ".join(f"ADD CONSTRAINT {table}_{name} CHECK ({rule})" for name, rule in rules.items())
                for table, rules in CHECKS.items()
            ),
            "; ".join(
                f"ALTER TABLE {table} " + ", ".join(f"DROP CONSTRAINT {table}_{name}" for name in rules)
                for table, rules in CHECKS.items()
            ),
        ),
        ops.RunSQL(
            "; ".join([*UNIQUE.values(), *JOBS.values()]),
            "; ".join(f"DROP INDEX {name}" for name in [*UNIQUE, *JOBS]),
        ),
        ops.RunSQL(
            "; ".join(f"CREATE SEQUENCE {name} START 100001" for name in NUMBERS),
            "; ".join(f"DROP SEQUENCE {name}" for name in NUMBERS),
        ),
        ops.RunSQL("ALTER TABLE stock_levels SET (fillfactor = 70)", "ALTER TABLE stock_levels RESET (fillfactor)"),
        # Rows of the outbox live for milliseconds: without early vacuums the relay reads past all the dead ones.
        ops.RunSQL(
            "ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)",
            "ALTER TABLE outbox RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)",
        ),
    ]
