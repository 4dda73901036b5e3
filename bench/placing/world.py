"""A merchant for measuring: every variant at every location, ids that SQL and Python both can compute."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from tortoise import Tortoise

from actions.swift_ids import swift

VARIANTS = 2_000
LOCATIONS = 8
CUSTOMERS = 1_000
UNITS = 100_000_000
PRICE_MINOR = 1_999

ORGANIZATION, CHANNEL, VARIANT, LOCATION, LEVEL, CUSTOMER = range(1, 7)

FURNISH = f"""
TRUNCATE organizations CASCADE; TRUNCATE outbox, event_log, idempotency_keys;
CREATE OR REPLACE FUNCTION bench_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT ('00000000-0000-7000-800' || kind || '-' || lpad(to_hex(n), 12, '0'))::uuid $$;
INSERT INTO organizations (id, code, name, currency, created_at)
  VALUES (bench_id({ORGANIZATION}, 0), 'bench', 'Bench', 'USD', now());
INSERT INTO channels (id, organization_id, code, name, kind, currency, prices_include_tax, reservation_ttl_seconds,
                      confirmation, is_active, version)
  VALUES (bench_id({CHANNEL}, 0), bench_id({ORGANIZATION}, 0), 'web', 'Web', 'web', 'USD', false, 600, 'automatic', true, 1);
INSERT INTO locations (id, organization_id, code, name, kind, line1, city, region, postal_code, country, latitude,
                       longitude, time_zone, calendar, capabilities, is_active, version)
  SELECT bench_id({LOCATION}, n), bench_id({ORGANIZATION}, 0), 'L' || n, 'Location ' || n, 'warehouse', '', '', '', '', 'US',
    30 + n * 2, -120 + n * 6, 'UTC', '{{}}', '{{ship,pickup}}', true, 1 FROM generate_series(0, {LOCATIONS - 1}) n;
INSERT INTO products (id, organization_id, code, name, category, description, is_active, version)
  VALUES (bench_id({VARIANT}, 999999), bench_id({ORGANIZATION}, 0), 'P', 'Product', '', '', true, 1);
INSERT INTO variants (id, organization_id, product_id, sku, name, weight_grams, length_mm, width_mm, height_mm, tax_class,
                      is_active, version)
  SELECT bench_id({VARIANT}, n), bench_id({ORGANIZATION}, 0), bench_id({VARIANT}, 999999), 'SKU-' || n, 'Variant ' || n, 500,
    0, 0, 0, 'standard', true, 1 FROM generate_series(0, {VARIANTS - 1}) n;
INSERT INTO prices (id, variant_id, channel_id, currency, amount_minor)
  SELECT gen_random_uuid(), bench_id({VARIANT}, n), bench_id({CHANNEL}, 0), 'USD', {PRICE_MINOR}
  FROM generate_series(0, {VARIANTS - 1}) n;
INSERT INTO customers (id, organization_id, number, kind, name, email, locale, segment, preferences, is_blocked, created_at,
                       version)
  SELECT bench_id({CUSTOMER}, n), bench_id({ORGANIZATION}, 0), 'C-' || n, 'person', 'Customer ' || n, n || '@example.com',
    'en-US', '', '{{}}', false, now(), 1 FROM generate_series(0, {CUSTOMERS - 1}) n;
INSERT INTO stock_levels (id, organization_id, variant_id, location_id, on_hand, allocated, reserved, damaged,
                          quality_control, safety, version)
  SELECT bench_id({LEVEL}, v * {LOCATIONS} + l), bench_id({ORGANIZATION}, 0), bench_id({VARIANT}, v), bench_id({LOCATION}, l),
    {UNITS}, 0, 0, 0, 0, 0, 1 FROM generate_series(0, {VARIANTS - 1}) v, generate_series(0, {LOCATIONS - 1}) l;
"""
EMPTY = """
TRUNCATE orders, order_addresses, order_lines, line_status, stock_movements, outbox, idempotency_keys CASCADE;
UPDATE stock_levels SET allocated = 0 WHERE allocated > 0;
"""


@cache
def bench_id(kind: int, n: int) -> UUID:
    """As the graph's inputs give it."""
    return swift(UUID(f"00000000-0000-7000-800{kind}-{n:012x}"))


@dataclass(frozen=True, slots=True)
class Basket:
    """What one buyer wants: three variants, one to three units each."""

    customer: int
    variants: tuple[int, int, int]
    quantities: tuple[int, int, int]


def basket(luck, *, hot: bool) -> Basket:
    """In a hot basket the first variant is always the same."""
    first = 0 if hot else luck.randrange(1, VARIANTS)
    rest = luck.sample(range(1, VARIANTS), 3)
    others = [variant for variant in rest if variant != first][:2]
    quantities = (luck.randint(1, 3), luck.randint(1, 3), luck.randint(1, 3))
    return Basket(luck.randrange(CUSTOMERS), (first, *others), quantities)


async def furnish() -> None:
    connection = Tortoise.get_connection("default")
    await connection.execute_script(FURNISH)
    await connection.execute_script("VACUUM ANALYZE stock_levels")
    await connection.execute_script("ANALYZE")


async def empty() -> None:
    """Young tables again: no order yet, statistics as after the first ANALYZE."""
    connection = Tortoise.get_connection("default")
    await connection.execute_script(EMPTY)
    await connection.execute_script("VACUUM stock_levels")
    await connection.execute_script("CHECKPOINT")
