"""What the models and migrations promise is really in the database, by its own catalogues."""

import importlib
import re
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.fields.relational import ForeignKeyFieldInstance, ManyToManyFieldInstance
from tortoise.indexes import Index

import models
from models.db import execute, rows, tx
from tests.world import furnish
from tests.world.orders import new_order

pytestmark = pytest.mark.usefixtures("database")

backorders = importlib.import_module("models.migrations.0019_backorders")
substitutions = importlib.import_module("models.migrations.0027_substitutions")
promises = importlib.import_module("models.migrations.0002_promises")
payment_jobs = importlib.import_module("models.migrations.0003_payment_jobs")
labels = importlib.import_module("models.migrations.0008_labels_and_cartons")
waves = importlib.import_module("models.migrations.0015_waves_and_timers")
dates = importlib.import_module("models.migrations.0007_promises_of_dates")
availability = importlib.import_module("models.migrations.0014_availability")
transfers = importlib.import_module("models.migrations.0009_transfers")
purchasing = importlib.import_module("models.migrations.0012_purchasing")
counting = importlib.import_module("models.migrations.0013_counting")
reordering = importlib.import_module("models.migrations.0016_reordering")
drop_ship = importlib.import_module("models.migrations.0026_drop_ship")
routing_prices = importlib.import_module("models.migrations.0029_routing_prices")
kits = importlib.import_module("models.migrations.0030_kits")
order_kits = importlib.import_module("models.migrations.0031_order_kits")
reoptimizing = importlib.import_module("models.migrations.0011_reoptimizing")
routing = importlib.import_module("models.migrations.0010_routing")
location_groups = importlib.import_module("models.migrations.0020_location_groups")
capacity = importlib.import_module("models.migrations.0018_capacity")
line_capacity = importlib.import_module("models.migrations.0032_line_capacity")
undecided_merges = importlib.import_module("models.migrations.0040_undecided_merges")
pickup_promises = importlib.import_module("models.migrations.0037_pickup_promises")
pickups = importlib.import_module("models.migrations.0023_pickup_questions")
kit_questions = importlib.import_module("models.migrations.0034_kit_questions")
channel_launches = importlib.import_module("models.migrations.0035_channel_launches")
quotas = importlib.import_module("models.migrations.0028_quotas")
forwarding = importlib.import_module("models.migrations.0033_forwarding")
merging = importlib.import_module("models.migrations.0036_merging")
pickup_codes = importlib.import_module("models.migrations.0045_pickup_codes")
safety_trail = importlib.import_module("models.migrations.0047_safety_trail")
for_nobody = importlib.import_module("models.migrations.0041_groups_for_nobody")
quota_plans = importlib.import_module("models.migrations.0039_quota_plans")
RULES = {
    (table, name): rule
    for checks in (
        availability.CHECKS,
        backorders.CHECKS,
        pickup_codes.CHECKS,
        substitutions.CHECKS,
        promises.CHECKS,
        dates.CHECKS,
        labels.CHECKS,
        waves.CHECKS,
        undecided_merges.CHECKS,
        pickups.CHECKS,
        pickup_promises.CHECKS,
        transfers.CHECKS,
        purchasing.CHECKS,
        counting.CHECKS,
        capacity.CHECKS,
        line_capacity.CHECKS,
        location_groups.CHECKS,
        reordering.CHECKS,
        drop_ship.CHECKS,
        kits.CHECKS,
        order_kits.CHECKS,
        reoptimizing.CHECKS,
        routing_prices.CHECKS,
        routing.CHECKS,
        quotas.CHECKS,
        forwarding.CHECKS,
        kit_questions.CHECKS,
        channel_launches.CHECKS,
        merging.CHECKS,
        quota_plans.CHECKS,
    )
    for table, rules in checks.items()
    for name, rule in rules.items()
} | {("payments", "amounts"): payment_jobs.AMOUNTS}
RULES |= {
    name: rule
    for step in (drop_ship, forwarding, for_nobody, safety_trail)
    for name, (rule, _) in step.REPLACED.items()
}
INDEXES = {
    **availability.UNIQUE,
    **backorders.JOBS,
    **substitutions.UNIQUE,
    **promises.UNIQUE,
    **promises.JOBS,
    **payment_jobs.JOBS,
    **dates.JOBS,
    **labels.JOBS,
    **waves.JOBS,
    **pickups.QUEUES,
    **counting.JOBS,
    **drop_ship.INDEXES,
    **forwarding.INDEXES,
    **routing.UNIQUE,
    **quotas.UNIQUE,
    **quota_plans.INDEXES,
    **channel_launches.JOBS,
}
DELETING = {"RESTRICT": "r", "CASCADE": "c", "SET NULL": "n", "NO ACTION": "a"}
TABLES = [getattr(models, name) for name in models.__all__]

CHECKS_THERE = """
SELECT conrelid::regclass::text AS table, conname AS name, convalidated AS valid, pg_get_constraintdef(oid) AS rule
FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"""
KEYS_THERE = """
SELECT conrelid::regclass::text AS table, confrelid::regclass::text AS target, confdeltype::text AS deleting,
    (SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY(conkey)) AS columns
FROM pg_constraint WHERE contype = 'f' AND convalidated AND conenforced"""
INDEXES_THERE = """
SELECT i.indrelid::regclass::text AS table, c.relname AS name, i.indisunique AS is_unique, i.indpred IS NOT NULL AS is_partial,
    i.indnullsnotdistinct AS is_null_blind, i.indisvalid AS is_valid,
    ARRAY(SELECT trim('"' FROM pg_get_indexdef(i.indexrelid, n, true)) FROM generate_series(1, i.indnkeyatts) n) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace"""


def meta(model) -> Any:
    return model._meta


def column(model, name: str) -> str:
    return meta(model).fields_db_projection.get(name) or meta(model).fields_map[name].source_field


async def normalised(table: str, rule: str) -> str:
    """The rule as PostgreSQL writes it down for a table of the same columns."""
    async with tx():
        await execute(f"CREATE TEMP TABLE probe (LIKE {table}) ON COMMIT DROP")
        await execute(f"ALTER TABLE probe ADD CONSTRAINT probed CHECK ({rule})")
        [row] = await rows("SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conname = 'probed'")
        await execute("DROP TABLE probe")
    return row["rule"]


async def test_every_promised_check_is_there_word_for_word():
    there = {(row["table"], row["name"]): row for row in await rows(CHECKS_THERE)}

    for (table, name), rule in RULES.items():
        found = there.get((table, f"{table}_{name}"))
        assert found is not None, f"{table}_{name} is missing"
        assert found["valid"]
        assert found["rule"] == await normalised(table, rule), f"{table}_{name}"
    assert {table for table, _ in there} <= {table for table, _ in RULES}


async def test_every_promised_index_is_there_as_promised():
    there = {row["name"]: row for row in await rows(INDEXES_THERE)}

    for name, sql in INDEXES.items():
        found = there[name]
        table, columns = re.search(r" ON (\w+) \(([^)]*)\)", sql).groups()
        assert found["is_valid"]
        assert (found["table"], found["columns"]) == (table, columns.split(", "))
        assert found["is_unique"] == ("UNIQUE" in sql)
        assert found["is_partial"] == ("WHERE" in sql)
        assert found["is_null_blind"] == ("NULLS NOT DISTINCT" in sql)


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
async def test_the_keys_and_indexes_of_a_model_are_there(model):
    table = meta(model).db_table
    whole = [row for row in await rows(INDEXES_THERE) if row["table"] == table and not row["is_partial"]]
    unique = {tuple(row["columns"]) for row in whole if row["is_unique"]}
    listed = {tuple(row["columns"]) for row in whole}

    for name, field in meta(model).fields_map.items():
        if name in meta(model).fields_db_projection and (field.unique or field.pk):
            assert (column(model, name),) in unique, f"{name} is not unique"
        elif name in meta(model).fields_db_projection and field.index:
            assert any(columns[0] == column(model, name) for columns in listed), f"{name} has no index"
    for names in meta(model).unique_together:
        assert tuple(column(model, name) for name in names) in unique, f"{names} are not unique"
    for index in meta(model).indexes:
        names = index.fields if isinstance(index, Index) else index
        assert tuple(column(model, name) for name in names) in listed, f"{names} have no index"


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
async def test_the_foreign_keys_of_a_model_are_there(model):
    there = {(row["table"], tuple(row["columns"])): (row["target"], row["deleting"]) for row in await rows(KEYS_THERE)}
    table = meta(model).db_table

    for field in meta(model).fields_map.values():
        if isinstance(field, ForeignKeyFieldInstance):
            expected = (meta(field.related_model).db_table, DELETING[field.on_delete.value])
            assert there.get((table, (field.source_field,))) == expected
        elif isinstance(field, ManyToManyFieldInstance) and not field._generated:
            assert there.get((field.through, (field.backward_key,))) == (table, "c")
            assert there.get((field.through, (field.forward_key,))) == (meta(field.related_model).db_table, "c")


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
async def test_what_a_model_calls_not_null_is_so(model):
    sql = """SELECT attname::text AS name, attnotnull AS is_held FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"""
    held = {row["name"]: row["is_held"] for row in await rows(sql, [meta(model).db_table])}

    assert held == {
        name: not meta(model).fields_map[field].null for field, name in meta(model).fields_db_projection.items()
    }


def enums(model) -> dict[str, set[str]]:
    """The values of each column that holds a code."""
    return {
        column(model, name): {member.value for member in field.enum_type}
        for name, field in meta(model).fields_map.items()
        if hasattr(field, "enum_type")
    }


async def test_rules_speak_of_codes_that_exist():
    tables = {meta(model).db_table: enums(model) for model in TABLES}
    told = [(table, rule) for (table, _), rule in RULES.items()]
    told += [(re.search(r" ON (\w+) ", sql)[1], sql) for sql in INDEXES.values()]

    for table, rule in told:
        for name, words in re.findall(r"(\w+) (?:=|<>|NOT IN|IN) (\([^)]*'\)|'\w+')", rule):
            if name in tables[table]:
                assert set(re.findall(r"'(\w+)'", words)) <= tables[table][name], f"{table}: {rule}"


async def test_columns_of_codes_hold_nothing_but_codes():
    world = await furnish()
    await new_order(world, MUG=2)

    for model in TABLES:
        for name, values in enums(model).items():
            found = await rows(f"SELECT DISTINCT {name} AS value FROM {meta(model).db_table}")
            assert {row["value"] for row in found} - {None} <= values, f"{meta(model).db_table}.{name}"


BROKEN = {
    "stock_levels_counters": "UPDATE stock_levels SET damaged = -1",
    "stock_levels_no_oversell": "UPDATE stock_levels SET allocated = on_hand, reserved = 1",
    "stock_movements_quantity": "UPDATE stock_movements SET quantity = 0",
    "stock_movements_order_cause": "UPDATE stock_movements SET kind = 'shipped'",
    "stock_movements_cart_cause": "UPDATE stock_movements SET kind = 'reserved'",
    "stock_movements_reason": "UPDATE stock_movements SET kind = 'adjusted'",
    "channels_ttl": "UPDATE channels SET reservation_ttl_seconds = 59",
    "channels_currency": "UPDATE channels SET currency = 'usd'",
    "locations_latitude": "UPDATE locations SET latitude = 91",
    "variants_measures": "UPDATE variants SET weight_grams = -1",
    "prices_amount": "UPDATE prices SET amount_minor = -1",
    "customer_addresses_country": "UPDATE customer_addresses SET country = 'us'",
    "organizations_currency": "UPDATE organizations SET currency = 'us1'",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_rule_is_refused_by_its_name(name):
    await furnish()

    with pytest.raises((IntegrityError, OperationalError)) as refused:
        await execute(BROKEN[name])

    assert name in str(refused.value)
